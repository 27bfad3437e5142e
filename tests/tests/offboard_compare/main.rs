//! Two like tenants leave a real cloud: one by `openstack project cleanup`, one by a `TenantOffboard`. A proxy before the cloud counts the calls, and the
//! services' databases say what each has left behind.
//!
//! Whole (`cargo rig matrix compare_cleanup`): a small and a large tenant; in the test command the small one. Each tenant has a domain of its own with people
//! of its own, which is removed.
#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

mod at_once;
mod bulk;
mod cleanup;
#[path = "../offboard_real/kept.rs"]
mod kept;
mod offboard;
#[path = "../offboard_services/place.rs"]
mod place;
#[path = "../offboard_real/sweep.rs"]
mod sweep;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cloudspec_tests::judge::Judge;
use cloudspec_tests::proxy::Call;
use cloudspec_tests::rig::MATRIX_WHOLE;
use futures::FutureExt;
use place::{Place, in_a_place};

/// What a way of leaving took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Took {
    /// The calls from its begin to the last that removes something.
    pub(crate) calls: Vec<Call>,
    /// The time that those took.
    pub(crate) time: Duration,
    /// Calls and time of what comes before: an inventory to be read; and after: what tells that all is gone.
    pub(crate) before: usize,
    pub(crate) after: (usize, Duration),
    /// How it ended, in its own words.
    pub(crate) end: String,
}

impl Took {
    /// Calls that removed something; a limit that is set to nothing removes nothing.
    fn removals(&self) -> usize {
        let removed = |call: &&Call| {
            let freezes = call.method == "PUT" && call.path.contains("quota");
            call.is_write() && !freezes && call.status.is_some_and(|status| status < 300)
        };
        self.calls
            .iter()
            .filter(removed)
            .map(|call| (&call.method, &call.path))
            .collect::<BTreeSet<_>>()
            .len()
    }
}

/// What is left of the project itself, and of its people's access to it, is another plan's.
fn left(project: &str) -> BTreeMap<String, usize> {
    kept::left(&Judge::of_rig().unwrap(), project, &["keystone"])
}

fn held(project: &str) -> usize {
    left(project).values().sum()
}

type Way<'a> = std::pin::Pin<Box<dyn Future<Output = Took> + Send + 'a>>;

/// A tenant of this size, and what is said of its leaving: what it took, the rows that it had, and those that it has left.
async fn leaves(
    size: usize,
    way: impl for<'a> Fn(&'a Place) -> Way<'a> + Send + Sync + 'static,
) -> (Took, usize, BTreeMap<String, usize>) {
    let told = Arc::new(Mutex::new(None));
    let keep = told.clone();
    in_a_place(|place| async move {
        let result = AssertUnwindSafe(async {
            place.fill(&place.tenant).await;
            bulk::fill(&place, size).await;
            for (user, role) in [("observer", "observer"), ("admin", "admin")] {
                place.let_in(user, role).await;
                place.let_in(user, "key-manager:service-admin").await;
            }
            let before = held(&place.tenant);
            let took = way(&place).await;
            let left = left(&place.tenant);
            *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some((took, before, left));
        });
        let result = result.catch_unwind().await;
        sweep::sweep(&place).await;
        if let Err(panic) = result {
            resume_unwind(panic);
        }
    })
    .await;
    told.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap()
}

fn line(way: &str, (took, held, left): &(Took, usize, BTreeMap<String, usize>)) -> String {
    let (calls, removals) = (took.calls.len(), took.removals());
    let each = |calls: usize| calls as f64 / removals.max(1) as f64;
    let reads = took.calls.iter().filter(|call| !call.is_write()).count();
    format!(
        "| {way} | {calls} ({reads} reads) | {removals} | {:.2} | {:.1} s | {} and {} in {:.1} s | {:.2} | {} of {held} rows | {} |",
        each(calls),
        took.time.as_secs_f64(),
        took.before,
        took.after.0,
        took.after.1.as_secs_f64(),
        each(calls + took.before + took.after.0),
        left.values().sum::<usize>(),
        took.end,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn matrix_compare_cleanup_of_like_tenants_and_what_each_leaves_behind() {
    let is_whole = std::env::var(MATRIX_WHOLE).is_ok_and(|name| name == "compare_cleanup");
    for size in if is_whole { vec![1, 5] } else { vec![1] } {
        println!(
            "| size {size} | calls | removals | calls a removal | time | calls before, and after | all calls a removal | left | end |"
        );
        let theirs = leaves(size, |place| Box::pin(cleanup::cleanup(place))).await;
        println!("{}", line("project cleanup", &theirs));
        let ours = leaves(size, |place| Box::pin(offboard::offboard(place))).await;
        println!("{}", line("TenantOffboard", &ours));
        println!(
            "time: {:.2} ×; calls: {:.2} ×",
            ours.0.time.as_secs_f64() / theirs.0.time.as_secs_f64(),
            ours.0.calls.len() as f64 / theirs.0.calls.len() as f64
        );
        println!("project cleanup left {:?}", theirs.2);
        assert_eq!(ours.2, BTreeMap::new(), "a tenant that is told to be gone is gone");
        assert!(ours.0.removals() >= theirs.0.removals(), "the tenants were alike");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_at_all_tells_what_a_look_at_each_tells_with_far_fewer_calls() {
    let (took, held, left) = leaves(2, |place| Box::pin(at_once::at_once(place))).await;
    assert_eq!(left.values().sum::<usize>(), held, "a look changes nothing");
    let looks: usize = took.end.split(' ').next().unwrap().parse().unwrap();
    assert!(looks > 60 && took.calls.len() * 2 < looks, "{} calls for {}", took.calls.len(), took.end);
}
