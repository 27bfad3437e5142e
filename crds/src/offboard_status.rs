//! What the controller says of a TenantOffboard. Written by the controller alone; an idle cycle writes nothing.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::{MOST_TOLD, MOST_TYPES, MOST_UNCOVERED};
use crate::status::{ExecutionSummary, Offer};

/// Observed state of a TenantOffboard. Totals are exact, lists are cut and say so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenantOffboardStatus {
    /// The generation of spec that this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The state in a word: `Invalid`, `Unknown`, `Refused`, `Suspended`, `AwaitingApproval`, `Rejected`, `Removing`, `Incomplete`,
    /// `Verifying`, `Completed`, `Aborted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Conditions after KEP-1623: Ready, Observed, Admitted, Approved, Applied, Empty, Completed, ApprovalGateEnforced, Reconciling,
    /// Stalled.
    #[serde(default)]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// The plan on offer: what an approval would approve now. Absent: nothing to approve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Offer>,
    /// The highest offer number ever given; it never falls.
    #[serde(default)]
    pub last_offer: i64,
    /// The last decision, and what came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_execution: Option<ExecutionSummary>,
    /// How far the plan is that is carried out just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// What the project holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory: Option<Holdings>,
    /// What is left of it, at most 100 of them; `inventory` counts them all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub remaining: Vec<RemainingStatus>,
    /// Number of resources that the list above leaves out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub remaining_omitted: i64,
    /// What is there and not in the plan that is on offer or was approved, for it appeared later, in words; at most 50 of them. It is
    /// never removed by that plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub appeared: Vec<String>,
    /// What may hold something of the tenant, and nothing here sweeps: `spec.acceptUncovered` takes these names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    pub uncovered: Vec<String>,
    /// The full looks that found nothing left, with nothing found in between: of each stage the first, and one at least
    /// `spec.verifyAfter` later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub verified: Vec<Verified>,
}

/// A full look at a stage, as it was taken: what it found, and what it left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verified {
    /// `Resources`: what the project holds in the services; `Project`: the project itself.
    pub stage: String,
    /// When it was taken.
    pub at: Time,
    /// SHA-256 of the cloud, and of what the spec asked for: two looks count together only where both are the same.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub of: String,
    /// The tenant that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<SeenTenant>,
    /// Each type that was looked at, in the order of removal, with what was found of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MOST_TYPES), extend("x-kubernetes-list-type" = "atomic"))]
    pub types: Vec<SeenType>,
    /// What stays because `spec.keep` says so, at most 20 of them; `types` counts them all, and `leftAlone` of the plan names them all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MOST_TOLD), extend("x-kubernetes-list-type" = "atomic"))]
    pub kept: Vec<KeptStatus>,
    /// Number of resources that the list above leaves out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub kept_omitted: i64,
    /// What nothing here sweeps and was accepted by name: services of the catalogue, and `network:ALIAS` for extensions of Neutron.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MOST_UNCOVERED), extend("x-kubernetes-list-type" = "atomic"))]
    pub uncovered: Vec<String>,
    /// What was left, at most 20 of it. Absent: nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MOST_TOLD), extend("x-kubernetes-list-type" = "atomic"))]
    pub remaining: Vec<RemainingStatus>,
    /// Number of resources that the list above leaves out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub remaining_omitted: i64,
}

/// The tenant that was looked at, as `spec.tenant` names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeenTenant {
    /// The project's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Name of its domain.
    pub domain: String,
}

/// What a look found of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeenType {
    /// The type, as `spec.keep` takes it.
    #[serde(rename = "type")]
    pub kind: String,
    /// How many are left that are to go. Absent: nobody could tell any more, for the project itself is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<i64>,
    /// How many stay because `spec.keep` says so.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub kept: i64,
}

/// One resource that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeptStatus {
    /// Its type and id, and what it hangs on: `volume 1f1a…`.
    pub resource: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The reason that was given.
    pub reason: String,
}

/// How far a plan is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Name of the ChangePlan.
    pub plan: String,
    /// Steps done.
    pub done: i64,
    /// All steps.
    pub steps: i64,
    /// In words: `18 of 44 steps; waiting: load balancer lb-1 is PENDING_DELETE, 35 s`.
    pub text: String,
    /// When this was so.
    pub at: Time,
}

/// What a project holds, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Holdings {
    /// All resources that were seen.
    pub total: i64,
    /// In words, for `kubectl get`: `44 resources`, `nothing`, `3 resources, and 2 types not told`.
    pub text: String,
    /// By type, in the order of removal; a type of which there is nothing is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub types: Vec<HeldType>,
}

/// What a project holds of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldType {
    /// The type, as `spec.keep` takes it.
    #[serde(rename = "type")]
    pub kind: String,
    /// How many. Absent: it could not be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// How much all of them take up, in bytes, where the service says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<i64>,
    /// Why it could not be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// One resource that is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemainingStatus {
    /// Its type and id, and what it hangs on: `volume 1f1a…`.
    pub resource: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its state in the service's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Why it cannot be removed, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}
