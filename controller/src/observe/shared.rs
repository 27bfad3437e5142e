//! One audit for all who look at the same cloud with the same credential.
//!
//! What comes in: a [`CloudRead`] and a clock. What goes out: views, each a [`CloudRead`] that is content with an answer to a question
//! that was put at or after a given time.
//!
//! # Guarantees
//! A listing is never asked for twice at a time. An answer serves every view whose time is not after the moment at which its question was put:
//! it shows nothing older than that. A failure is an answer too, so that twenty views do not knock twenty times.
//! Where the one that asks is dropped, the next in line asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::Instant;

use futures::future::{BoxFuture, FutureExt};
use tokio::sync::Mutex;

use super::error::ReadError;
use super::port::{CloudRead, Listing, Rows};
use crate::model::cloud::CloudIdentity;
use crate::model::ids::ProjectId;

/// An answer, and when its question was put.
#[derive(Clone)]
struct Answer {
    asked: Instant,
    rows: Result<Rows, ReadError>,
}

type Place = Arc<Mutex<Option<Answer>>>;

/// A reader and its latest answers.
pub struct Shared<R> {
    read: R,
    clock: Box<dyn Fn() -> Instant + Send + Sync>,
    answers: Lock<BTreeMap<Listing, Place>>,
}

/// Reads answers that are fresh enough.
pub struct View<'s, R> {
    shared: &'s Shared<R>,
    not_before: Instant,
    oldest: Lock<Option<Instant>>,
}

impl<R: CloudRead> Shared<R> {
    /// Shares this reader; the clock tells when a question is put.
    pub fn new(read: R, clock: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self { read, clock: Box::new(clock), answers: Lock::default() }
    }

    /// What is read through.
    pub fn reader(&self) -> &R {
        &self.read
    }

    /// A view that takes answers to questions put at or after this time, and asks otherwise.
    pub fn view(&self, not_before: Instant) -> View<'_, R> {
        View { shared: self, not_before, oldest: Lock::default() }
    }

    /// Lets go of answers to questions put before this time.
    pub fn forget(&self, before: Instant) {
        // A place that is locked is being filled.
        self.places().retain(|_, place| match place.try_lock() {
            Ok(answer) => answer.as_ref().is_some_and(|answer| answer.asked >= before),
            Err(_) => true,
        });
    }

    fn places(&self) -> std::sync::MutexGuard<'_, BTreeMap<Listing, Place>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, what: &Listing, not_before: Instant) -> Answer {
        let place = self.places().entry(what.clone()).or_default().clone();
        let mut place = place.lock().await;
        if let Some(answer) = place.as_ref().filter(|answer| answer.asked >= not_before) {
            return answer.clone();
        }
        let asked = (self.clock)();
        let answer = Answer { asked, rows: self.read.rows(what).await };
        *place = Some(answer.clone());
        answer
    }
}

impl<R> View<'_, R> {
    /// When the oldest of the questions was put whose answers were taken; none where none was.
    pub fn oldest(&self) -> Option<Instant> {
        *self.oldest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, answer: Answer) -> Result<Rows, ReadError> {
        let Answer { asked, rows } = answer;
        let mut oldest = self.oldest.lock().unwrap_or_else(PoisonError::into_inner);
        *oldest = Some(oldest.map_or(asked, |oldest| oldest.min(asked)));
        rows
    }
}

impl<R: CloudRead> CloudRead for View<'_, R> {
    fn identity(&self) -> &CloudIdentity {
        self.shared.read.identity()
    }

    fn rows<'a>(&'a self, what: &'a Listing) -> BoxFuture<'a, Result<Rows, ReadError>> {
        async { self.take(self.shared.answer(what, self.not_before).await) }.boxed()
    }

    fn project(&self) -> BoxFuture<'_, Result<Option<ProjectId>, ReadError>> {
        self.shared.read.project()
    }
}
