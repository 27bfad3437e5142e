//! An approved plan of any calls: what a writer cannot be had without.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use cloudspec::gate::{ApprovedPlan, admit};
use cloudspec::model::cloud::CloudIdentity;
use cloudspec::model::inventory::Loss;
use cloudspec::model::{Action, Class, Plan, Step};
use cloudspec::plan::{digest, to_spec};
use cloudspec_crds::ChangePlanStatus;
use cloudspec_crds::change_plan::{Decision, OwnerRef};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

const OWNER: &str = "uid";

/// The plan of these calls for this cloud, as a decision that stands in its ChangePlan gives it.
///
/// # Errors
/// When they are no sound plan.
pub fn approved(cloud: &CloudIdentity, actions: &[Action]) -> Result<ApprovedPlan> {
    approved_losing(cloud, actions, &BTreeSet::new())
}

/// The same, of calls by which others lose something.
///
/// # Errors
/// When they are no sound plan.
pub fn approved_losing(
    cloud: &CloudIdentity,
    actions: &[Action],
    losses: &BTreeSet<Loss>,
) -> Result<ApprovedPlan> {
    let mut steps: Vec<Step> = (1..).zip(actions).map(|(number, action)| step(number, action)).collect();
    for step in &mut steps {
        let Action::Remove { what, project: _ } = &step.action else { continue };
        step.side_effects.extend(losses.iter().filter(|loss| loss.by == *what).map(|loss| loss.what.clone()));
        step.side_effects.sort();
    }
    let digest = digest(cloud, OWNER, &steps);
    let plan = Plan { cloud: cloud.clone(), owner: OWNER.to_owned(), steps, left_alone: vec![], digest };
    let owner = OwnerRef {
        kind: "CloudSpec".to_owned(),
        name: "rig".to_owned(),
        uid: OWNER.to_owned(),
        generation: 1,
        spec_digest: String::new(),
    };
    let decision = Decision {
        verdict: "Approved".to_owned(),
        by: "ann".to_owned(),
        groups: vec![],
        value: "true".to_owned(),
        offer: 1,
        digest: plan.digest.0.clone(),
        at: Time(jiff::Timestamp::UNIX_EPOCH),
        gate: "Enforced".to_owned(),
    };
    let status = ChangePlanStatus {
        phase: Some("Offered".to_owned()),
        decision: Some(decision),
        ..ChangePlanStatus::default()
    };
    admit(&to_spec(&plan, owner), &status, OWNER, cloud).context("the plan is not admitted")
}

fn step(number: u32, action: &Action) -> Step {
    let (class, side_effects) = match action {
        Action::Remove { .. } => (Class::Destructive, vec!["what is taken away is lost".to_owned()]),
        Action::DeleteRule { .. } => (Class::Rebuildable, vec![]),
        _ => (Class::Reversible, vec![]),
    };
    Step {
        number,
        wave: number,
        action: action.clone(),
        summary: "the call under test".to_owned(),
        findings: vec!["0".repeat(16)],
        class,
        before: None,
        after: None,
        side_effects,
        revert: "nothing".to_owned(),
    }
}
