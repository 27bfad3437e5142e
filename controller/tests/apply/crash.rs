//! Processes that die, stand still or lose what they hold, at every point.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::task::{Context, Poll};

use cloudspec::apply::Outcome;
use cloudspec::model::Action;
use futures::FutureExt;
use futures::task::noop_waker_ref;

use crate::plan::{actions, approved};
use crate::world::{Shared, Told, World};
use crate::{steps, success, world};

/// The points that an undisturbed run passes: the look (2), the intent (2), the call (3), the result (2); of the step that is
/// done already the look and the result.
fn points() -> usize {
    (steps() as usize - 1) * 9 + 4
}

/// The cloud and the journal after a run that nothing disturbs.
static UNDISTURBED: LazyLock<(BTreeMap<Action, String>, Told)> = LazyLock::new(|| {
    let shared = Shared::new(world());
    assert_eq!(shared.run(&approved(actions())), success());
    let world = shared.lock();
    (world.done.clone(), world.told())
});

/// The same end as without the crash: the cloud, the journal, nothing twice.
fn assert_end(shared: &Shared, outcome: &Outcome, at: &dyn std::fmt::Debug) {
    let world = shared.lock();
    assert_eq!(*outcome, success(), "{at:?}");
    assert_eq!(world.wrong, [""; 0], "{at:?}");
    assert_eq!(world.done, UNDISTURBED.0, "{at:?}");
    assert_eq!(world.told(), UNDISTURBED.1, "{at:?}");
}

#[test]
fn an_undisturbed_run_passes_the_points_that_are_counted() {
    let shared = Shared::new(world());
    let (process, plan) = (shared.process(None), approved(actions()));
    assert_eq!(process.run(&plan).now_or_never(), Some(success()));
    assert_eq!(process.passed().len(), points());
}

#[test]
fn after_a_crash_at_any_point_the_end_is_as_without_it() {
    let plan = approved(actions());
    for point in 1..=points() {
        let shared = Shared::new(world());
        assert_eq!(shared.run_until(&plan, Some(point)), None, "{point}: it was killed");
        let outcome = shared.run(&plan);
        assert_end(&shared, &outcome, &point);
        // A call is made again only where the first was never sent.
        assert_eq!(shared.lock().calls.len(), steps() as usize - 1, "{point}");
    }
}

#[test]
fn after_crashes_at_any_two_points_the_end_is_as_without_them() {
    let plan = approved(actions());
    let mut pairs = 0;
    for first in 1..=points() {
        for second in 1.. {
            let shared = Shared::new(world());
            assert_eq!(shared.run_until(&plan, Some(first)), None);
            if shared.run_until(&plan, Some(second)).is_some() {
                break;
            }
            let outcome = shared.run(&plan);
            assert_end(&shared, &outcome, &(first, second));
            assert_eq!(shared.lock().calls.len(), steps() as usize - 1, "{first} {second}");
            pairs += 1;
        }
    }
    assert!(pairs > points() * points() / 3, "{pairs}");
}

#[test]
fn a_journal_that_is_lost_at_any_write_ends_the_calls_and_the_next_run_carries_on() {
    let plan = approved(actions());
    for kept in [false, true] {
        for write in 1..=2 * steps() as usize - 1 {
            let shared = Shared::new(World { lost_writes: [(write, kept)].into(), ..world() });
            let outcome = shared.run(&plan);
            assert!(
                matches!(&outcome, Outcome::Interrupted { why } if why.contains("journal")),
                "{outcome:?}"
            );
            let (looks, calls, writes) = shared.counts();
            assert_eq!(writes, write, "nothing more was written");
            assert!(calls * 2 <= write && looks * 2 <= write + 2, "{write}: {calls} calls, {looks} looks");
            let outcome = shared.run(&plan);
            assert_end(&shared, &outcome, &(write, kept));
            assert_eq!(shared.lock().calls.len(), steps() as usize - 1);
        }
    }
}

#[test]
fn whoever_may_not_go_on_makes_no_further_call_and_the_next_run_carries_on() {
    let plan = approved(actions());
    // Before each step, and again before each call.
    for question in 1..=2 * steps() as usize - 1 {
        let shared = Shared::new(World { no: BTreeSet::from([question]), ..world() });
        assert_eq!(shared.run(&plan), Outcome::Interrupted { why: "not the leader".into() });
        assert_eq!(shared.lock().asked, question);
        let outcome = shared.run(&plan);
        assert_end(&shared, &outcome, &question);
        assert_eq!(shared.lock().calls.len(), steps() as usize - 1);
    }
}

/// The first stands still at a point, the second takes over and runs to its end, and the first goes on.
#[test]
fn an_executor_that_was_overtaken_at_any_point_makes_no_further_call() {
    let plan = approved(actions());
    let mut in_hand = 0;
    for point in 1..=points() {
        let shared = Shared::new(world());
        let first = shared.process(Some(point));
        let mut running = Box::pin(first.run(&plan));
        let mut context = Context::from_waker(noop_waker_ref());
        assert!(running.poll_unpin(&mut context).is_pending(), "{point}");
        let standing_at = first.passed().last().copied();
        let second = shared.run(&plan);
        let calls = shared.lock().calls.len();
        if standing_at == Some("call begun") {
            // It has asked whether it may go on, and nothing can hold it back now: the service's own compare-and-set does.
            in_hand += 1;
            assert_end(&shared, &second, &point);
            continue;
        }
        first.release();
        let Poll::Ready(outcome) = running.poll_unpin(&mut context) else { unreachable!("{point}") };
        assert_end(&shared, &second, &point);
        assert_eq!(shared.lock().calls.len(), calls, "{point}: the first made no further call");
        let last = point == points();
        assert_eq!(matches!(outcome, Outcome::Interrupted { .. }), !last, "{point}: {outcome:?}");
    }
    assert_eq!(in_hand, steps() as usize - 1);
}
