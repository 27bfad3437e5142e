//! An approved plan of any steps: what a writer and a run cannot be had without.

use cloudspec::gate::{ApprovedPlan, admit};
use cloudspec::model::cloud::CloudIdentity;
use cloudspec::model::{Plan, Step};
use cloudspec::plan::{digest, to_spec};
use cloudspec_crds::ChangePlanStatus;
use cloudspec_crds::change_plan::{Decision, OwnerRef};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

const OWNER: &str = "uid";

/// The plan of these steps for this cloud, as a decision that stands in its ChangePlan gives it.
pub(crate) fn approved(cloud: &CloudIdentity, steps: Vec<Step>) -> ApprovedPlan {
    let digest = digest(cloud, OWNER, &steps);
    let plan = Plan { cloud: cloud.clone(), owner: OWNER.into(), steps, left_alone: vec![], digest };
    let owner = OwnerRef {
        kind: "CloudSpec".into(),
        name: "lab".into(),
        uid: OWNER.into(),
        generation: 1,
        spec_digest: String::new(),
    };
    let decision = Decision {
        verdict: "Approved".into(),
        by: "ann".into(),
        groups: vec![],
        value: "true".into(),
        offer: 1,
        digest: plan.digest.0.clone(),
        at: Time(jiff::Timestamp::UNIX_EPOCH),
        gate: "Enforced".into(),
    };
    let status = ChangePlanStatus {
        phase: Some("Offered".into()),
        decision: Some(decision),
        ..ChangePlanStatus::default()
    };
    admit(&to_spec(&plan, owner), &status, OWNER, cloud).unwrap()
}
