//! Steps of one wave, side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::task::{Context, Poll};

use cloudspec::apply::Outcome;
use cloudspec::apply::port::StepState;
use cloudspec::gate::ApprovedPlan;
use cloudspec::model::{Action, ResourceKey, ResourceType};
use futures::FutureExt;
use futures::task::noop_waker_ref;

use crate::plan::in_waves;
use crate::world::{Odd, Shared, Told, World};

fn remove(kind: ResourceType, number: u32) -> Action {
    let what = ResourceKey { kind, id: format!("{kind:?}-{number}"), of: None };
    Action::Remove { what, project: "p-1".into() }
}

/// Three waves: eight of two services, one alone, three.
fn removals() -> Vec<Vec<Action>> {
    use ResourceType as T;
    let many = |kind: T, count: u32| (1..=count).map(move |number| remove(kind, number));
    vec![
        many(T::Server, 6).chain(many(T::Secret, 2)).collect(),
        many(T::Volume, 1).collect(),
        many(T::Port, 3).collect(),
    ]
}

fn plan() -> ApprovedPlan {
    in_waves(removals())
}

const STEPS: u32 = 12;
/// One is gone before.
const CALLS: usize = STEPS as usize - 1;

fn world() -> World {
    World { done: BTreeMap::from([(remove(ResourceType::Server, 3), "id-0".to_owned())]), ..World::default() }
}

fn success() -> Outcome {
    Outcome::Succeeded { done: STEPS - 1, already: 1 }
}

fn states(told: &Told) -> BTreeMap<u32, StepState> {
    told.iter().map(|(number, (state, _))| (*number, *state)).collect()
}

static UNDISTURBED: LazyLock<(BTreeSet<Action>, BTreeMap<u32, StepState>, usize)> = LazyLock::new(|| {
    let shared = Shared::new(world());
    let process = shared.process(None);
    assert_eq!(process.run(&plan()).now_or_never(), Some(success()));
    let points = process.passed().len();
    let world = shared.lock();
    assert_eq!(world.wrong, [""; 0]);
    (world.done.keys().cloned().collect(), states(&world.told()), points)
});

fn points() -> usize {
    UNDISTURBED.2
}

fn assert_end(shared: &Shared, outcome: &Outcome, at: &dyn std::fmt::Debug) {
    let world = shared.lock();
    assert_eq!(*outcome, success(), "{at:?}");
    assert_eq!(world.wrong, [""; 0], "{at:?}");
    assert_eq!(world.done.keys().cloned().collect::<BTreeSet<_>>(), UNDISTURBED.0, "{at:?}");
    assert_eq!(states(&world.told()), UNDISTURBED.1, "{at:?}");
    assert_eq!(world.calls.len(), CALLS, "{at:?}: each call once");
}

#[test]
fn a_wave_costs_one_write_of_intents_and_one_of_results_and_waits_for_the_one_before() {
    let shared = Shared::new(world());
    assert_eq!(shared.run(&plan()), success());
    let world = shared.lock();
    assert_eq!((world.looks, world.calls.len()), (STEPS as usize, CALLS));
    assert_eq!(world.writes, 6, "two a wave");
    let of = |kind| move |(action, _): &(Action, usize)| matches!(action, Action::Remove { what, .. } if what.kind == kind);
    let place = |kind| world.calls.iter().position(of(kind)).unwrap();
    assert_eq!(place(ResourceType::Volume), 7);
    assert_eq!(place(ResourceType::Port), 8);
}

#[test]
fn many_steps_go_in_batches_whose_results_are_written_with_the_next_intents() {
    let many = (1..=200).map(|number| remove(ResourceType::Port, number)).collect();
    let shared = Shared::new(World::default());
    let outcome = shared.run(&in_waves(vec![many]));
    assert_eq!(outcome, Outcome::Succeeded { done: 200, already: 0 });
    let world = shared.lock();
    assert_eq!(world.wrong, [""; 0]);
    assert_eq!(world.writes, 5, "64, 64, 64 and 8, and the last results");
    assert!(world.most_at_once <= 4, "{} at once", world.most_at_once);
}

#[test]
fn calls_of_one_service_are_bounded_and_services_do_not_wait_for_each_other() {
    let shared = Shared::new(World { slow_calls: true, ..world() });
    assert_eq!(futures::executor::block_on(shared.process(None).run(&plan())), success());
    let world = shared.lock();
    assert_eq!(world.wrong, [""; 0]);
    assert_eq!(world.most_at_once, 6, "four servers and two secrets");
}

#[test]
fn after_a_crash_at_any_point_of_a_wave_the_end_is_as_without_it() {
    let plan = plan();
    for point in 1..=points() {
        let shared = Shared::new(world());
        assert_eq!(shared.run_until(&plan, Some(point)), None, "{point}: it was killed");
        let outcome = shared.run(&plan);
        assert_end(&shared, &outcome, &point);
    }
}

#[test]
fn after_crashes_at_any_two_points_of_waves_the_end_is_as_without_them() {
    let plan = plan();
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
            pairs += 1;
        }
    }
    assert!(pairs > points() * points() / 3, "{pairs}");
}

#[test]
fn after_a_crash_while_services_work_side_by_side_nothing_is_called_twice() {
    let plan = plan();
    let slow = || World { slow: true, ..world() };
    let all = Shared::new(slow());
    let process = all.process(None);
    assert_eq!(process.run(&plan).now_or_never(), Some(success()));
    for point in 1..=process.passed().len() {
        let shared = Shared::new(slow());
        assert_eq!(shared.run_until(&plan, Some(point)), None, "{point}");
        let outcome = shared.run(&plan);
        assert_end(&shared, &outcome, &point);
    }
}

#[test]
fn a_journal_that_is_lost_at_any_write_of_a_wave_ends_the_calls() {
    let plan = plan();
    for kept in [false, true] {
        for write in 1..=6 {
            let shared = Shared::new(World { lost_writes: [(write, kept)].into(), ..world() });
            let outcome = shared.run(&plan);
            assert!(
                matches!(&outcome, Outcome::Interrupted { why } if why.contains("journal")),
                "{outcome:?}"
            );
            let (_, calls, writes) = shared.counts();
            assert_eq!(writes, write, "nothing more was written");
            assert_eq!(calls, [0, 7, 7, 8, 8, 11][write - 1], "{write}");
            let outcome = shared.run(&plan);
            assert_end(&shared, &outcome, &(write, kept));
        }
    }
}

/// Results come while others are at work: time passes with each call.
#[test]
fn a_journal_that_is_lost_while_calls_are_at_work_ends_the_calls() {
    let plan = plan();
    let passing = || World { slow_calls: true, seconds_a_call: 3, ..world() };
    let all = Shared::new(passing());
    assert_eq!(futures::executor::block_on(all.process(None).run(&plan)), success());
    let (_, _, writes) = all.counts();
    assert!(writes > 6, "{writes}: results are written while others are at work");
    for write in 1..=writes {
        let shared = Shared::new(World { lost_writes: [(write, false)].into(), ..passing() });
        let outcome = futures::executor::block_on(shared.process(None).run(&plan));
        assert!(matches!(&outcome, Outcome::Interrupted { why } if why.contains("journal")), "{outcome:?}");
        assert_eq!(shared.counts().2, write, "nothing more was written");
        assert!(shared.lock().begun_after_loss <= 4, "only what was about to begin");
        let outcome = futures::executor::block_on(shared.process(None).run(&plan));
        assert_end(&shared, &outcome, &write);
    }
}

#[test]
fn whoever_may_not_go_on_in_the_middle_of_a_wave_makes_no_further_call() {
    let plan = plan();
    let all = Shared::new(world());
    all.run(&plan);
    let asked = all.lock().asked;
    assert_eq!(asked, CALLS + 3, "before each batch, and before each call");
    for question in 1..=asked {
        let shared = Shared::new(World { no: BTreeSet::from([question]), ..world() });
        assert_eq!(shared.run(&plan), Outcome::Interrupted { why: "not the leader".into() });
        let calls = shared.lock().calls.len();
        assert!(calls < CALLS);
        let begun = shared.lock().told().values().filter(|(state, _)| *state == StepState::Done).count();
        assert_eq!(begun, calls, "what was done is kept");
        let outcome = shared.run(&plan);
        assert_end(&shared, &outcome, &question);
    }
}

/// The first stands still at a point, the second takes over and runs to its end, and the first goes on.
#[test]
fn an_executor_that_was_overtaken_in_a_wave_makes_no_further_call() {
    let plan = plan();
    for point in 1..=points() {
        let shared = Shared::new(world());
        let first = shared.process(Some(point));
        let mut running = Box::pin(first.run(&plan));
        let mut context = Context::from_waker(noop_waker_ref());
        assert!(running.poll_unpin(&mut context).is_pending(), "{point}");
        let standing_at = first.passed()[point - 1];
        let second = shared.run(&plan);
        let calls = shared.lock().calls.len();
        if standing_at == "call begun" {
            // It has asked whether it may go on, and nothing can hold it back now.
            continue;
        }
        first.release();
        let outcome = loop {
            if let Poll::Ready(outcome) = running.poll_unpin(&mut context) {
                break outcome;
            }
        };
        assert_end(&shared, &second, &point);
        assert_eq!(shared.lock().calls.len(), calls, "{point}: the first made no further call");
        let last = point == points();
        assert_eq!(matches!(outcome, Outcome::Interrupted { .. }), !last, "{point}: {outcome:?}");
    }
}

fn refused() -> World {
    World { refused: BTreeSet::from([remove(ResourceType::Server, 2)]), ..world() }
}

#[test]
fn after_a_refusal_in_a_wave_nothing_new_begins_and_the_rest_is_told_as_not_tried() {
    let shared = Shared::new(refused());
    let outcome = shared.run(&plan());
    let Outcome::Stopped { at, why, done, not_tried } = &outcome else { panic!("{outcome:?}") };
    assert_eq!((*at, why.as_str()), (2, "the service refused with 403: not you"));
    let calls = shared.lock().calls.len();
    assert!((2..7).contains(&calls), "{calls}: it is not the last of the wave");
    assert_eq!(usize::try_from(*done).unwrap(), calls - 1 + 1, "the others, and the one that was gone");
    assert_eq!(not_tried.len() + calls + 1, STEPS as usize);
    let told = states(&shared.lock().told());
    for number in 1..=8 {
        assert_eq!(told[&number] == StepState::NotTried, not_tried.contains(&number), "{number}");
        assert_ne!(told[&number], StepState::Intended, "{number}");
    }
    assert!(told.keys().all(|number| *number <= 8), "the next wave is not begun");
    assert_eq!(shared.lock().wrong, [""; 0]);
    let counts = shared.counts();
    assert_eq!(shared.run(&plan()), outcome, "the next run says the same");
    assert_eq!(shared.counts(), counts, "and asks nothing");
}

#[test]
fn after_a_crash_at_any_point_of_a_refused_wave_no_later_wave_begins_and_nothing_is_left_open() {
    let plan = plan();
    let all = Shared::new(refused());
    let process = all.process(None);
    assert!(matches!(process.run(&plan).now_or_never(), Some(Outcome::Stopped { at: 2, .. })));
    for point in 1..=process.passed().len() {
        let shared = Shared::new(refused());
        assert_eq!(shared.run_until(&plan, Some(point)), None, "{point}");
        let outcome = shared.run(&plan);
        let stopped = matches!(&outcome, Outcome::Stopped { at: 2, done, not_tried, .. } if done + 1 + u32::try_from(not_tried.len()).unwrap() == STEPS);
        assert!(stopped, "{point}: {outcome:?}");
        let told = states(&shared.lock().told());
        assert!(told.keys().all(|number| *number <= 8), "{point}");
        assert!(told.values().all(|state| *state != StepState::Intended), "{point}: {told:?}");
        let world = shared.lock();
        assert_eq!(world.wrong, [""; 0], "{point}");
        let done =
            told.values().filter(|state| matches!(state, StepState::Done | StepState::AlreadyDone)).count();
        assert_eq!(world.done.len(), done, "{point}: the journal says what is done");
    }
}

#[test]
fn an_unclear_answer_in_a_wave_is_looked_into_before_anything_new_begins() {
    for odd in [Odd::UnclearAndDone, Odd::UnclearAndLate] {
        let shared = Shared::new(World { odd_calls: [(2, odd)].into(), ..world() });
        let outcome = shared.run(&plan());
        assert_end(&shared, &outcome, &odd);
        assert_eq!(shared.lock().settled, 1);
    }
    let shared = Shared::new(World { odd_calls: [(2, Odd::UnclearAndNot)].into(), ..world() });
    let outcome = shared.run(&plan());
    let Outcome::Stopped { at: 7, why, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(why, "no clear answer (reset), and it is not done");
}

#[test]
fn an_object_that_a_step_beside_it_changed_is_looked_at_again() {
    let shared = Shared::new(World { odd_calls: [(2, Odd::Outdated), (4, Odd::Outdated)].into(), ..world() });
    assert_eq!(shared.run(&plan()), success());
    let world = shared.lock();
    assert_eq!(world.wrong, [""; 0]);
    assert_eq!((world.looks, world.calls.len()), (STEPS as usize + 2, CALLS + 2));
    drop(world);
    let always = (2..40).map(|call| (call, Odd::Outdated)).collect();
    let shared = Shared::new(World { odd_calls: always, ..World::default() });
    let outcome = shared.run(&plan());
    let Outcome::Stopped { why, .. } = &outcome else { panic!("{outcome:?}") };
    assert!(why.contains("the service refused with 412"), "{why}");
    assert!(shared.lock().told().values().all(|(state, _)| *state != StepState::Intended));
}
