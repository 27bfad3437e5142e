//! Whose turn it is: as many objects of one namespace are looked after at a time, and those of another never wait for them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The turns of all namespaces.
pub(super) struct Turns {
    at_a_time: usize,
    namespaces: Mutex<BTreeMap<String, Arc<Semaphore>>>,
}

impl Turns {
    /// So many at a time in each namespace; one at least.
    pub(super) fn new(at_a_time: u16) -> Self {
        Self { at_a_time: usize::from(at_a_time.max(1)), namespaces: Mutex::default() }
    }

    /// Waits for a turn in this namespace, which ends when the permit is dropped.
    pub(super) async fn wait(&self, namespace: &str) -> Option<OwnedSemaphorePermit> {
        // None is ever closed, so that there is always one.
        self.of(namespace).acquire_owned().await.ok()
    }

    fn of(&self, namespace: &str) -> Arc<Semaphore> {
        let mut namespaces = self.namespaces.lock().unwrap_or_else(PoisonError::into_inner);
        // Who waits or works holds the semaphore: one that only this map holds is nobody's.
        namespaces.retain(|_, turns| Arc::strong_count(turns) > 1);
        let make = || Arc::new(Semaphore::new(self.at_a_time));
        namespaces.entry(namespace.to_owned()).or_insert_with(make).clone()
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn who_comes_first_does_not_wait() {
        assert!(Turns::new(1).wait("a").now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_namespace_waits_for_itself_and_for_no_other() {
        let turns = Turns::new(2);
        let (first, _second) = (turns.wait("a").await, turns.wait("a").await);
        assert!(turns.wait("a").now_or_never().is_none());
        assert!(turns.wait("b").now_or_never().is_some());
        drop(first);
        assert!(turns.wait("a").now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_namespace_in_which_nothing_is_done_is_forgotten() {
        let turns = Turns::new(1);
        drop(turns.wait("a").await);
        let _of_another = turns.wait("b").await;
        assert_eq!(turns.namespaces.lock().unwrap().keys().collect::<Vec<_>>(), ["b"]);
    }
}
