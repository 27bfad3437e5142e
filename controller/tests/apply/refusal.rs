//! Refusals, failures and unclear answers.

use std::collections::BTreeSet;

use cloudspec::apply::Outcome;
use cloudspec::apply::port::{Entry, StepState};
use jiff::Timestamp;

use crate::plan::{actions, approved};
use crate::world::{Odd, Shared, World};
use crate::{steps, success, world};

/// The step that is disturbed, and the number of its call: the steps before it are all made.
const STEP: u32 = 6;
const CALL: usize = STEP as usize;

fn stopped(why: &str) -> Outcome {
    let not_tried = (STEP + 1..=steps()).collect();
    Outcome::Stopped { at: STEP, why: why.into(), done: STEP - 1, not_tried }
}

fn entry(shared: &Shared, number: u32) -> Entry {
    shared.lock().journal[&number].clone()
}

/// What stopped stays so: the next run says the same and asks nothing.
fn assert_over(shared: &Shared, outcome: &Outcome) {
    let counts = shared.counts();
    assert_eq!(shared.run(&approved(actions())), *outcome);
    assert_eq!(shared.counts(), counts);
    let world = shared.lock();
    assert_eq!(world.wrong, [""; 0]);
    assert!(world.journal.keys().all(|number| *number <= STEP));
}

#[test]
fn an_object_that_is_not_as_planned_stops_the_plan_before_the_call() {
    let undisturbed = Shared::new(world());
    undisturbed.run(&approved(actions()));
    let changed = undisturbed.lock().calls[CALL - 1].0.clone();
    let shared = Shared::new(World { changed: BTreeSet::from([changed]), ..world() });
    let outcome = shared.run(&approved(actions()));
    assert_eq!(outcome, stopped("it is another"));
    assert_eq!(shared.lock().calls.len(), CALL - 1);
    let entry = entry(&shared, STEP);
    assert_eq!((entry.state, entry.request_id), (StepState::Refused, None));
    assert_eq!(entry.message.as_deref(), Some("it is another"));
    assert_over(&shared, &outcome);
}

#[test]
fn a_call_that_the_service_refuses_stops_the_plan_and_its_request_is_kept() {
    let shared = Shared::new(World { odd_calls: [(CALL, Odd::Refused)].into(), ..world() });
    let outcome = shared.run(&approved(actions()));
    assert_eq!(outcome, stopped("the service refused with 403: not you"));
    let entry = entry(&shared, STEP);
    assert_eq!(entry.state, StepState::Refused);
    assert!(entry.request_id.is_some());
    assert_eq!(entry.service_request_id.as_deref(), Some("srv-refused"));
    assert_over(&shared, &outcome);
}

#[test]
fn a_look_that_is_refused_stops_the_plan_and_one_that_fails_interrupts_it() {
    let shared = Shared::new(World { odd_looks: [(CALL, Odd::Refused)].into(), ..world() });
    let outcome = shared.run(&approved(actions()));
    assert_eq!(outcome, stopped("the service refused: not you"));
    assert_over(&shared, &outcome);
    for odd in [Odd::UnclearAndNot, Odd::NotSent] {
        let shared = Shared::new(World { odd_looks: [(CALL, odd)].into(), ..world() });
        let outcome = shared.run(&approved(actions()));
        assert!(matches!(outcome, Outcome::Interrupted { .. }), "{outcome:?}");
        assert!(!shared.lock().journal.contains_key(&STEP), "nothing was begun");
        assert_eq!(shared.run(&approved(actions())), success());
        assert_eq!(shared.lock().settled, 0, "no call could be under way");
    }
}

#[test]
fn an_unclear_answer_to_what_was_carried_out_is_done() {
    for odd in [Odd::UnclearAndDone, Odd::UnclearAndLate] {
        let shared = Shared::new(World { odd_calls: [(CALL, odd)].into(), ..world() });
        assert_eq!(shared.run(&approved(actions())), success(), "{odd:?}");
        let entry = entry(&shared, STEP);
        assert_eq!((entry.state, entry.service_request_id), (StepState::Done, None));
        assert_eq!(entry.created_id.as_deref(), Some("id-7"), "later steps need it");
        assert_eq!(shared.lock().settled, 1, "the look waits until the call can no longer be at work");
        assert_eq!(shared.lock().calls.len(), steps() as usize - 1);
        assert_eq!(shared.lock().wrong, [""; 0]);
    }
}

#[test]
fn an_unclear_answer_to_what_was_not_carried_out_stops_the_plan() {
    let shared = Shared::new(World { odd_calls: [(CALL, Odd::UnclearAndNot)].into(), ..world() });
    let outcome = shared.run(&approved(actions()));
    assert_eq!(outcome, stopped("no clear answer (reset), and it is not done"));
    assert_eq!(entry(&shared, STEP).state, StepState::Failed);
    assert_eq!(shared.lock().calls.len(), CALL, "it is not tried again");
    assert_over(&shared, &outcome);
}

#[test]
fn an_unclear_answer_and_an_object_that_is_another_now_stop_the_plan() {
    let shared = Shared::new(World {
        odd_calls: [(CALL, Odd::UnclearAndNot)].into(),
        odd_looks: [(CALL + 1, Odd::Refused)].into(),
        ..world()
    });
    let outcome = shared.run(&approved(actions()));
    assert_eq!(outcome, stopped("no clear answer (reset), and now the service refused: not you"));
    assert_eq!(entry(&shared, STEP).state, StepState::Failed);
    assert_over(&shared, &outcome);
}

#[test]
fn an_unclear_answer_and_a_look_that_fails_leave_the_step_for_the_next_run() {
    for odd in [Odd::UnclearAndDone, Odd::UnclearAndNot] {
        let odd_looks = [(CALL + 1, Odd::NotSent)].into();
        let shared = Shared::new(World { odd_calls: [(CALL, odd)].into(), odd_looks, ..world() });
        let outcome = shared.run(&approved(actions()));
        assert!(matches!(outcome, Outcome::Interrupted { .. }), "{outcome:?}");
        assert_eq!(entry(&shared, STEP).state, StepState::Intended);
        assert_eq!(shared.run(&approved(actions())), success());
        assert_eq!(entry(&shared, STEP).state, StepState::Done);
        assert_eq!(shared.lock().wrong, [""; 0]);
    }
}

#[test]
fn a_call_that_could_not_be_sent_is_made_by_the_next_run_under_another_request_id() {
    let shared = Shared::new(World { odd_calls: [(CALL, Odd::NotSent)].into(), ..world() });
    assert_eq!(shared.run(&approved(actions())), Outcome::Interrupted { why: "no connection".into() });
    let first = entry(&shared, STEP);
    assert_eq!(first.state, StepState::Intended);
    assert_eq!(shared.run(&approved(actions())), success());
    assert_eq!(shared.lock().settled, 1, "the next run cannot know that it was never sent");
    assert_ne!(entry(&shared, STEP).request_id, first.request_id);
}

#[test]
fn a_step_that_may_have_been_made_and_is_not_as_planned_now_has_failed() {
    let shared = Shared::new(World {
        odd_calls: [(CALL, Odd::NotSent)].into(),
        odd_looks: [(CALL + 1, Odd::Refused)].into(),
        ..world()
    });
    shared.run(&approved(actions()));
    let outcome = shared.run(&approved(actions()));
    assert_eq!(
        outcome,
        stopped("the call may have been made before an interruption, and now the service refused: not you")
    );
    let entry = entry(&shared, STEP);
    assert_eq!(entry.state, StepState::Failed);
    assert!(entry.request_id.is_some(), "the request that may have been sent is kept");
    assert_over(&shared, &outcome);
}

#[test]
fn a_step_that_needs_what_has_no_id_in_the_journal_is_refused_before_any_look() {
    let shared = Shared::new(world());
    let at = Timestamp::UNIX_EPOCH;
    let made = |number| Entry {
        number,
        state: StepState::Done,
        request_id: None,
        service_request_id: None,
        created_id: None,
        started_at: at,
        finished_at: Some(at),
        message: None,
    };
    shared.lock().journal.extend((1..STEP).map(|number| (number, made(number))));
    let outcome = shared.run(&approved(actions()));
    let why = "tenant customers/team-b was to be made by an earlier step, and its id is not in the journal";
    assert_eq!(outcome, stopped(why));
    assert_eq!(shared.counts(), (0, 0, 1), "only the refusal is written");
    assert_over(&shared, &outcome);
}
