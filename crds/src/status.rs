//! What the controller says of a CloudSpec. Written by the controller alone; an idle cycle writes nothing.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Observed state of a CloudSpec. At most 256 KiB: totals are exact, lists are cut and say so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CloudSpecStatus {
    /// The generation of spec that this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The state in a word: `InSync`, `Drifted`, `AwaitingApproval`, `Applying`, `Blocked`, `Unknown`, `Suspended`, `Invalid`.
    /// What another CloudSpec lists too makes no state of its own, and gets no step: see the condition Contested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Conditions after KEP-1623: Ready, Observed, InSync, TenantsInSync, SecurityGroupsInSync, CertificatesInSync, Approved, Applied,
    /// ApprovalGateEnforced; and, only while they are true, Reconciling, Stalled, Contested (another CloudSpec of the same cloud
    /// lists the same tenant or security group: neither corrects it).
    #[serde(default)]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// The plan on offer: what `approved=true` would approve now. Absent: nothing to approve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Offer>,
    /// The highest offer number ever given; it never falls.
    #[serde(default)]
    pub last_offer: i64,
    /// Exact counts of the findings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// Findings, the most severe first, at most 200 of them; `summary` counts them all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["fingerprint"]))]
    pub findings: Vec<FindingStatus>,
    /// Number of findings that the list above leaves out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub findings_omitted: i64,
    /// When each finding was first seen that `findings` leaves out, or that stood before and could not be told at the last look; by
    /// fingerprint. At most 2000 of them, and none where they would not fit: what is omitted here counts as new when it is listed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub omitted_first_seen: BTreeMap<String, Time>,
    /// The last decision, and what came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_execution: Option<ExecutionSummary>,
}

/// The plan on offer. The admission policies stamp its digest and number on an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Offer {
    /// Name of the ChangePlan.
    pub name: String,
    /// `sha256:` and 64 hex digits over the canonical steps, the cloud, the owner and what the steps depend on.
    pub digest: String,
    /// Grows with each offer; an approval counts for the offer that it was given on.
    pub offer: i64,
    /// The generation of the spec that the plan follows from.
    pub plan_generation: i64,
    /// When this offer was made.
    pub offered_at: Time,
    /// Number of steps.
    pub steps: i64,
    /// Steps by class.
    pub classes: Classes,
}

/// Steps by class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Classes {
    /// Class A: can be reverted by the commands given.
    pub reversible: i64,
    /// Class B: can be built anew, under another id.
    pub rebuildable: i64,
    /// Class C: destroys data or access.
    pub destructive: i64,
}

/// Exact counts of the findings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// All findings but the unknowable ones.
    pub drift: i64,
    /// Listed and not there.
    pub missing: i64,
    /// There and not listed.
    pub extra: i64,
    /// There and different.
    pub changed: i64,
    /// What could not be told.
    pub unknowable: i64,
    /// In words, for `kubectl get`: `2 missing, 1 extra`, `none`, `unknown`.
    pub text: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingStatus {
    /// Stable short name of the finding: 16 hex digits over its key, kind and values.
    pub fingerprint: String,
    /// `Missing`, `Extra`, `Changed` or `Unknowable`.
    pub kind: String,
    /// `Info`, `Warning` or `Critical`.
    pub severity: String,
    /// What it is about, such as `securityGroup customers/team-a/web ingress tcp 443 from 0.0.0.0/0`.
    pub resource: String,
    /// The field, where one field of the resource differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What was declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// More in words: why no step is planned, or why it could not be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When it was first seen. Kept while the finding stands, across restarts and looks that could not tell it; a finding that was
    /// gone and comes back is new.
    pub first_seen: Time,
}

/// What came of the last approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionSummary {
    /// Name of the ChangePlan.
    pub name: String,
    /// Who approved it.
    pub approved_by: String,
    /// `Applying`, `Succeeded`, `Stopped`, `Superseded`.
    pub result: String,
    /// Steps done, of all.
    pub done: i64,
    /// All steps.
    pub steps: i64,
    /// When the decision was written.
    pub decided_at: Time,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}
