//! Services that take a call up and carry it out later.

use cloudspec::apply::Outcome;
use cloudspec::apply::port::StepState;

use crate::plan::{actions, approved};
use crate::world::{Shared, World};
use crate::{steps, success, world};

fn slow() -> World {
    World { slow: true, ..world() }
}

#[test]
fn a_step_is_done_when_a_look_says_so_and_not_when_the_call_was_taken() {
    let shared = Shared::new(slow());
    assert_eq!(shared.run(&approved(actions())), success());
    let world = shared.lock();
    assert_eq!(world.wrong, [""; 0]);
    assert_eq!(world.calls.len(), steps() as usize - 1);
    assert!(world.waited >= world.calls.len());
    assert!(world.journal.values().all(|entry| entry.state != StepState::Intended));
}

#[test]
fn what_takes_too_long_ends_the_plan_and_says_what_was_waited_for() {
    let shared = Shared::new(World { patience: Some(1), ..slow() });
    let Outcome::Stopped { at: 1, why, done: 0, not_tried } = shared.run(&approved(actions())) else {
        panic!("it did not stop at its first step")
    };
    assert_eq!(why, "it is on its way; it was waited for long enough");
    assert_eq!(not_tried.len(), steps() as usize - 1);
    assert_eq!(shared.lock().told()[&1].0, StepState::Failed);
}

#[test]
fn whoever_takes_over_while_a_service_works_waits_and_does_not_call_again() {
    let plan = approved(actions());
    let all = Shared::new(slow());
    let process = all.process(None);
    futures::executor::block_on(process.run(&plan));
    for point in 1..=process.passed().len() {
        let shared = Shared::new(slow());
        assert_eq!(shared.run_until(&plan, Some(point)), None, "point {point}");
        let outcome = shared.run(&plan);
        assert!(matches!(outcome, Outcome::Succeeded { .. }), "point {point}: {outcome:?}");
        let world = shared.lock();
        assert_eq!(world.wrong, [""; 0], "point {point}");
        assert_eq!(world.calls.len(), steps() as usize - 1, "point {point}");
    }
}
