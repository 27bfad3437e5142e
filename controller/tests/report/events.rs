//! An Event for each change, once.

use cloudspec::gate::approval::Guard;
use cloudspec::gate::{Ruling, Verdict};
use cloudspec::report::events;
use cloudspec_crds::CloudSpecStatus;

use crate::cases::*;

/// Warnings with a mark.
fn told(before: &CloudSpecStatus, after: &CloudSpecStatus) -> Vec<String> {
    let mark = |warning: bool| if warning { "! " } else { "" };
    events(before, after).iter().map(|note| format!("{}{}", mark(note.warning), note.reason)).collect()
}

/// The Events of a change, after which the same world gives none.
fn once(before: &Case, after: Case) -> Vec<String> {
    let after = before.then(after);
    let again = after.then(after.clone());
    let told = told(&before.status(), &after.status());
    assert_eq!(events(&after.status(), &again.status()), vec![]);
    told
}

#[test]
fn nothing_changed_nothing_is_told() {
    for case in [quiet(), drifted(), blind(), invalid()] {
        assert_eq!(events(&case.status(), &case.status()), vec![]);
    }
}

#[test]
fn a_new_object_that_is_as_declared_is_no_news() {
    assert_eq!(told(&CloudSpecStatus::default(), &quiet().status()), Vec::<String>::new());
}

#[test]
fn what_is_wrong_with_a_new_object_is_news() {
    let new = |case: Case| told(&CloudSpecStatus::default(), &case.status());
    assert_eq!(new(drifted()), ["! DriftDetected", "PlanOffered"]);
    assert_eq!(new(blind()), ["! ObservationIncomplete"]);
    assert_eq!(new(invalid()), ["! InvalidSpec"]);
    assert_eq!(new(Case { guard: Guard::NotEnforced("why".into()), ..quiet() }), ["! GateNotEnforced"]);
    assert_eq!(new(Case { verdict: refused(), ..quiet() }), ["! ApprovalRefused"]);
    let beyond = Case { exceeded: vec!["too many".into()], offer: None, ..drifted() };
    assert_eq!(new(beyond), ["! DriftDetected", "! Blocked"]);
    assert_eq!(new(Case { contested: vec!["tenant a".into()], ..quiet() }), ["! Contested"]);
}

#[test]
fn drift_is_told_when_it_comes_when_it_changes_and_when_it_goes() {
    assert_eq!(once(&quiet(), drifted()), ["! DriftDetected", "PlanOffered"]);
    let more = Case { seen: Seen::Audited(vec![missing("team-b")]), ..drifted() };
    assert_eq!(once(&drifted(), more), ["! DriftDetected"]);
    assert_eq!(once(&drifted(), quiet()), ["InSync", "PlanSuperseded"]);
}

#[test]
fn a_plan_that_takes_the_place_of_another_is_told_with_it() {
    let another = Case { offer: Some(offer("bb", 2)), ..drifted() };
    assert_eq!(once(&drifted(), another), ["PlanSuperseded", "PlanOffered"]);
    let anew = Case { offer: Some(offer("aa", 2)), ..drifted() };
    assert_eq!(once(&drifted(), anew), Vec::<String>::new(), "the same plan under a new number is no news");
}

#[test]
fn every_ruling_is_told() {
    let with = |verdict| Case { verdict, ..drifted() };
    assert_eq!(once(&drifted(), with(refused())), ["! ApprovalRefused"]);
    assert_eq!(once(&drifted(), with(held())), ["ApprovalHeld"]);
    let rejected = Case { offer: None, ..with(Verdict::Rejected(approval(Ruling::Reject))) };
    assert_eq!(once(&drifted(), rejected), ["Rejected"]);
    let approved = Case {
        offer: None,
        last: Some(executed("lab-aa", "Applying", 0)),
        ..with(Verdict::Approved(approval(Ruling::Approve)))
    };
    assert_eq!(once(&drifted(), approved), ["Approved"]);
}

#[test]
fn what_came_of_a_plan_is_told_once() {
    let applying = Case { last: Some(executed("lab-aa", "Applying", 1)), offer: None, ..drifted() };
    let done = Case { last: Some(executed("lab-aa", "Succeeded", 2)), ..quiet() };
    assert_eq!(once(&applying, done.clone()), ["InSync", "Applied"]);
    let stopped = Case { last: Some(executed("lab-aa", "Stopped", 1)), offer: None, ..drifted() };
    assert_eq!(once(&applying, stopped), ["! ApplyStopped"]);
}

#[test]
fn a_plan_whose_beginning_was_not_told_is_told_at_its_end() {
    let done = Case { last: Some(executed("lab-aa", "Succeeded", 2)), ..quiet() };
    assert_eq!(once(&drifted(), done.clone()), ["InSync", "Approved", "Applied"]);
    let next = Case { last: Some(executed("lab-bb", "Succeeded", 2)), ..quiet() };
    assert_eq!(once(&done, next), ["Applied"]);
}

#[test]
fn sight_is_told_when_it_goes_and_when_it_comes_back() {
    assert_eq!(once(&quiet(), blind()), ["! ObservationIncomplete"]);
    assert_eq!(once(&quiet().then(blind()), quiet()), ["ObservationRecovered", "InSync"]);
}

#[test]
fn the_gate_is_told_when_it_falls_and_when_it_stands_again() {
    let open = Case { guard: Guard::NotEnforced("a binding is missing".into()), ..quiet() };
    assert_eq!(once(&quiet(), open.clone()), ["! GateNotEnforced"]);
    assert_eq!(once(&open, quiet()), ["GateEnforced"]);
}

#[test]
fn every_reason_of_an_event_is_explained() {
    let worlds = [
        quiet(),
        drifted(),
        blind(),
        invalid(),
        Case { verdict: refused(), ..drifted() },
        Case { verdict: held(), ..drifted() },
        Case { guard: Guard::Advisory, ..quiet() },
        Case { last: Some(executed("p", "Stopped", 1)), ..quiet() },
        Case { last: Some(executed("q", "Succeeded", 2)), ..quiet() },
        Case { contested: vec!["x".into()], ..quiet() },
        Case { exceeded: vec!["x".into()], ..quiet() },
    ];
    for before in &worlds {
        for after in &worlds {
            for note in events(&before.status(), &before.then(after.clone()).status()) {
                assert!(cloudspec::report::render::explain(&note.reason).is_ok(), "{note:?}");
            }
        }
    }
}
