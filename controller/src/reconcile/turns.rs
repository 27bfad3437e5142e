//! Whose turn it is: as many objects of one kind in one namespace are looked after at a time, and those of another kind or another
//! namespace never wait for them: a tenant may take hours to leave.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Those who wait for each other: a kind, and a namespace.
type Row = (&'static str, String);

/// The turns of all kinds and namespaces.
pub(super) struct Turns {
    at_a_time: usize,
    rows: Mutex<BTreeMap<Row, Arc<Semaphore>>>,
}

impl Turns {
    /// So many at a time of each kind in each namespace; one at least.
    pub(super) fn new(at_a_time: u16) -> Self {
        Self { at_a_time: usize::from(at_a_time.max(1)), rows: Mutex::default() }
    }

    /// Waits for a turn of this kind in this namespace, which ends when the permit is dropped.
    pub(super) async fn wait(&self, kind: &'static str, namespace: &str) -> Option<OwnedSemaphorePermit> {
        // None is ever closed, so that there is always one.
        self.of((kind, namespace.to_owned())).acquire_owned().await.ok()
    }

    fn of(&self, row: Row) -> Arc<Semaphore> {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        // Who waits or works holds the semaphore: one that only this map holds is nobody's.
        rows.retain(|_, turns| Arc::strong_count(turns) > 1);
        let make = || Arc::new(Semaphore::new(self.at_a_time));
        rows.entry(row).or_insert_with(make).clone()
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn who_comes_first_does_not_wait() {
        assert!(Turns::new(1).wait("spec", "a").now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_namespace_waits_for_itself_and_for_no_other() {
        let turns = Turns::new(2);
        let (first, _second) = (turns.wait("spec", "a").await, turns.wait("spec", "a").await);
        assert!(turns.wait("spec", "a").now_or_never().is_none());
        assert!(turns.wait("spec", "b").now_or_never().is_some());
        drop(first);
        assert!(turns.wait("spec", "a").now_or_never().is_some());
    }

    #[tokio::test]
    async fn what_takes_hours_holds_up_nothing_of_another_kind() {
        let turns = Turns::new(1);
        let _leaves = turns.wait("offboard", "a").await;
        assert!(turns.wait("offboard", "a").now_or_never().is_none());
        assert!(turns.wait("spec", "a").now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_namespace_in_which_nothing_is_done_is_forgotten() {
        let turns = Turns::new(1);
        drop(turns.wait("spec", "a").await);
        let _of_another = turns.wait("spec", "b").await;
        assert_eq!(turns.rows.lock().unwrap().keys().collect::<Vec<_>>(), [&("spec", "b".to_owned())]);
    }
}
