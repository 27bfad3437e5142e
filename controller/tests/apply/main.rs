//! A run of an approved plan: in order, each step once, none lost, whatever happens to the process.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

#[path = "../approval/mod.rs"]
mod approval;
mod crash;
mod plan;
mod refusal;
mod waits;
mod waves;
mod world;

use std::collections::BTreeMap;

use cloudspec::apply::Outcome;
use cloudspec::apply::port::StepState;
use cloudspec::model::Action;
use cloudspec::model::action::{GroupRef, ProjectRef};
use plan::{DESCRIBE, actions, approved};
use world::{Shared, World};

/// A world in which one step is done already.
pub(crate) fn world() -> World {
    let describe = actions().remove(DESCRIBE as usize - 1);
    World { done: BTreeMap::from([(describe, "id-0".to_owned())]), ..World::default() }
}

pub(crate) fn steps() -> u32 {
    u32::try_from(actions().len()).unwrap()
}

/// The end of a run that nothing disturbs.
pub(crate) fn success() -> Outcome {
    Outcome::Succeeded { done: steps() - 1, already: 1 }
}

#[test]
fn where_everything_is_as_wanted_no_call_is_made() {
    let plan = approved(actions());
    let shared = Shared::new(world());
    shared.run(&plan);
    {
        let mut world = shared.lock();
        world.journal.clear();
        world.calls.clear();
    }
    assert_eq!(shared.run(&plan), Outcome::Succeeded { done: 0, already: steps() });
    let world = shared.lock();
    assert_eq!(world.calls, []);
    assert_eq!(world.wrong, [""; 0]);
    assert!(world.journal.values().all(|entry| entry.state == StepState::AlreadyDone));
    assert!(world.journal.values().all(|entry| entry.request_id.is_none()));
}

#[test]
fn a_plan_without_steps_is_done() {
    let shared = Shared::default();
    assert_eq!(shared.run(&approved(vec![])), Outcome::Succeeded { done: 0, already: 0 });
    assert_eq!(shared.counts(), (0, 0, 0));
}

#[test]
fn steps_are_taken_in_their_order_each_with_its_intent_and_its_result() {
    let shared = Shared::new(world());
    assert_eq!(shared.run(&approved(actions())), success());
    let world = shared.lock();
    assert_eq!(world.wrong, [""; 0]);
    assert_eq!(world.settled, 0, "nothing was unclear");
    assert_eq!(world.looks, actions().len());
    let planned = actions().into_iter().enumerate().filter(|(place, _)| *place + 1 != DESCRIBE as usize);
    let kinds: Vec<_> = planned.map(|(_, action)| std::mem::discriminant(&action)).collect();
    let called: Vec<_> = world.calls.iter().map(|(action, _)| std::mem::discriminant(action)).collect();
    assert_eq!(called, kinds);
    for (number, entry) in &world.journal {
        let sent = entry.request_id.as_deref();
        match *number {
            DESCRIBE => assert_eq!((entry.state, sent), (StepState::AlreadyDone, None)),
            _ => {
                assert_eq!(entry.state, StepState::Done);
                assert_eq!(entry.service_request_id, sent.map(|id| format!("srv-{id}")));
                assert!(entry.created_id.is_some());
            }
        }
    }
}

#[test]
fn what_an_earlier_step_made_is_known_by_its_id() {
    let shared = Shared::new(world());
    shared.run(&approved(actions()));
    let world = shared.lock();
    let (project, group) = (&world.journal[&2].created_id, &world.journal[&6].created_id);
    let (project, group) = (project.clone().unwrap(), group.clone().unwrap());
    for (action, _) in &world.calls {
        let written = serde_json::to_string(action).unwrap();
        assert!(!written.contains("made"), "{written}");
    }
    let quota = world.calls.iter().find_map(|(action, _)| match action {
        Action::SetQuota { project, .. } => Some(project.clone()),
        _ => None,
    });
    assert_eq!(quota, Some(ProjectRef::Id(project.as_str().into())));
    let of_new_group = world.calls.iter().filter(|(action, _)| match action {
        Action::CreateRule { group: it, .. } | Action::DeleteRule { group: it, .. } => {
            *it == GroupRef::Id(group.as_str().into())
        }
        _ => false,
    });
    assert_eq!(of_new_group.count(), 2);
}
