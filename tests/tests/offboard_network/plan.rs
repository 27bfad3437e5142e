//! An approved plan that removes all that an inventory shows.

use std::collections::BTreeSet;

use cloudspec::gate::{ApprovedPlan, admit};
use cloudspec::model::cloud::CloudIdentity;
use cloudspec::model::ids::ProjectId;
use cloudspec::model::{Action, Class, Inventory, Plan, Resource, ResourceKey, Step};
use cloudspec::plan::{digest, to_spec};
use cloudspec_crds::ChangePlanStatus;
use cloudspec_crds::change_plan::{Decision, OwnerRef};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// In the order of the types, each after what it waits for.
pub(crate) fn in_order(inventory: &Inventory) -> Vec<ResourceKey> {
    let mut left: Vec<&Resource> = inventory.resources().collect();
    left.retain(|resource| resource.key.kind.service() == "network");
    left.sort();
    let mut order = Vec::new();
    while !left.is_empty() {
        let waits: BTreeSet<&ResourceKey> = left.iter().map(|resource| &resource.key).collect();
        let next = left.iter().position(|one| one.after.iter().all(|key| !waits.contains(key))).unwrap();
        order.push(left.remove(next).key.clone());
    }
    order
}

pub(crate) fn removal(what: &ResourceKey, project: &str) -> Action {
    Action::Remove { what: what.clone(), project: ProjectId(project.to_owned()) }
}

pub(crate) fn approved(cloud: &CloudIdentity, actions: &[Action]) -> ApprovedPlan {
    let step = |(number, action): (u32, &Action)| Step {
        number,
        class: Class::Destructive,
        action: action.clone(),
        summary: "a removal".into(),
        findings: vec!["0".repeat(16)],
        before: None,
        after: None,
        side_effects: vec!["it is gone".into()],
        revert: "nothing".into(),
    };
    let steps: Vec<Step> = (1..).zip(actions).map(step).collect();
    let digest = digest(cloud, "uid", &steps);
    let plan =
        Plan { cloud: cloud.clone(), owner: "uid".into(), steps, left_alone: vec![], digest: digest.clone() };
    let owner = OwnerRef {
        kind: "TenantOffboard".into(),
        name: "rig".into(),
        uid: "uid".into(),
        generation: 1,
        spec_digest: String::new(),
    };
    let decision = Decision {
        verdict: "Approved".into(),
        by: "ann".into(),
        groups: vec![],
        value: "true".into(),
        offer: 1,
        digest: digest.0,
        at: Time(jiff::Timestamp::UNIX_EPOCH),
        gate: "Enforced".into(),
    };
    let status = ChangePlanStatus {
        phase: Some("Offered".into()),
        decision: Some(decision),
        ..ChangePlanStatus::default()
    };
    admit(&to_spec(&plan, owner), &status, "uid", cloud).unwrap()
}
