//! One audit: each listing is asked for once, and only a few at a time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::{BoxFuture, FutureExt};
use tokio::sync::{OnceCell, Semaphore};

use super::error::ReadError;
use super::port::{CloudRead, Listing, Rows};
use crate::model::cloud::CloudIdentity;
use crate::model::ids::ProjectId;

type Answer = Arc<OnceCell<Result<Rows, ReadError>>>;

/// Reads through another, but no listing twice and never more than a few at a time.
pub(super) struct Audit<'r> {
    read: &'r dyn CloudRead,
    turns: Semaphore,
    answers: Mutex<BTreeMap<Listing, Answer>>,
}

impl<'r> Audit<'r> {
    pub(super) fn new(read: &'r dyn CloudRead, at_once: usize) -> Self {
        Self { read, turns: Semaphore::new(at_once), answers: Mutex::default() }
    }

    fn answer(&self, what: &Listing) -> Answer {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.entry(what.clone()).or_default().clone()
    }

    async fn ask(&self, what: &Listing) -> Result<Rows, ReadError> {
        // The semaphore is never closed, so that there is always a turn.
        let _turn = self.turns.acquire().await;
        self.read.rows(what).await
    }
}

impl CloudRead for Audit<'_> {
    fn identity(&self) -> &CloudIdentity {
        self.read.identity()
    }

    fn rows<'a>(&'a self, what: &'a Listing) -> BoxFuture<'a, Result<Rows, ReadError>> {
        async move { self.answer(what).get_or_init(|| self.ask(what)).await.clone() }.boxed()
    }

    fn project(&self) -> BoxFuture<'_, Result<Option<ProjectId>, ReadError>> {
        self.read.project()
    }
}
