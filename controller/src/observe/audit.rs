//! One audit: each listing is asked for once, and only a few at a time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::error::{ReadError, Reason};
use super::port::{CloudRead, Listing, Rows};
use crate::model::cloud::CloudIdentity;
use crate::model::ids::ProjectId;

type Answer = Arc<OnceCell<Result<Rows, ReadError>>>;

/// Reads through another, but no listing twice and never more than a few at a time.
pub(super) struct Audit<'r> {
    read: &'r dyn CloudRead,
    turns: Semaphore,
    answers: Mutex<BTreeMap<Listing, Answer>>,
    /// When no answer is waited for any more, and how long that is from the start.
    end: Option<(Instant, Duration)>,
}

impl<'r> Audit<'r> {
    pub(super) fn new(read: &'r dyn CloudRead, at_once: usize) -> Self {
        Self { read, turns: Semaphore::new(at_once), answers: Mutex::default(), end: None }
    }

    /// From now on, so long for all of it: a service that hangs, listing after listing, does not hold it up for ever.
    pub(super) fn within(self, whole: Duration) -> Self {
        Self { end: Some((Instant::now() + whole, whole)), ..self }
    }

    fn answer(&self, what: &Listing) -> Answer {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.entry(what.clone()).or_default().clone()
    }

    async fn ask(&self, what: &Listing) -> Result<Rows, ReadError> {
        let answer = async {
            // The semaphore is never closed, so that there is always a turn.
            let _turn = self.turns.acquire().await;
            self.read.rows(what).await
        };
        let Some((end, whole)) = self.end else { return answer.await };
        timeout_at(end, answer).await.unwrap_or_else(|_elapsed| {
            let message = format!("{what}: the whole look was not done within {whole:?}");
            Err(ReadError::new(what.service(), Reason::Timeout, message))
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A cloud that never answers.
    struct Silent(CloudIdentity);

    impl CloudRead for Silent {
        fn identity(&self) -> &CloudIdentity {
            &self.0
        }

        fn rows<'a>(&'a self, _: &'a Listing) -> BoxFuture<'a, Result<Rows, ReadError>> {
            futures::future::pending().boxed()
        }

        fn project(&self) -> BoxFuture<'_, Result<Option<ProjectId>, ReadError>> {
            async { Ok(None) }.boxed()
        }
    }

    fn silent() -> Silent {
        Silent(CloudIdentity { auth_url: String::new(), region: String::new(), endpoints: [].into() })
    }

    #[tokio::test]
    async fn a_cloud_that_never_answers_is_not_waited_for_for_ever_listing_after_listing() {
        let silent = silent();
        // One at a time: each waits for its turn, and all for the same end.
        let audit = Audit::new(&silent, 1).within(Duration::from_millis(50));
        let both = async { tokio::join!(audit.rows(&Listing::Domains), audit.rows(&Listing::Projects)) };
        let (one, other) = tokio::time::timeout(Duration::from_secs(5), both).await.unwrap();
        assert_eq!((one.unwrap_err().reason, other.unwrap_err().reason), (Reason::Timeout, Reason::Timeout));
        let later = audit.rows(&Listing::Roles).await.unwrap_err();
        assert!(later.message.contains("the whole look was not done within 50ms"), "{later}");
    }

    #[tokio::test]
    async fn a_look_at_a_tenant_of_a_cloud_that_never_answers_ends_with_nothing_told() {
        let silent = silent();
        let audit = Audit::new(&silent, 8).within(Duration::from_millis(50));
        let tenant = ProjectId("0".repeat(32));
        let look = crate::observe::inventory(&audit, &tenant);
        let seen = tokio::time::timeout(Duration::from_secs(5), look).await.unwrap();
        assert!(seen.tenant.is_err() && seen.uncovered.is_err());
        assert_eq!(seen.not_told().count(), crate::model::ResourceType::ALL.len());
    }
}
