//! `ChangePlan`: one exact, ordered, immutable set of steps, the decision on it and the journal of carrying it out.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::offboard_status::Verified;
use crate::rules::{self, DIGEST, MOST_LOOKS, MOST_STEPS};
use crate::status::Classes;

/// One exact correction, written by the controller alone. Its spec never changes; its status holds the decision and the
/// journal: the audit record of what was done, why, by whom, when, and how to revert it.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "cloudspec.dev",
    version = "v1alpha1",
    kind = "ChangePlan",
    plural = "changeplans",
    shortname = "cplan",
    category = "cloudspec-all",
    namespaced,
    status = "ChangePlanStatus",
    derive = "PartialEq",
    doc = "One exact correction of a cloud, the decision on it, and the journal of carrying it out. Written by the controller alone; it never changes.",
    selectable = ".spec.owner.name",
    selectable = ".spec.digest",
    selectable = ".status.phase"
)]
#[serde(rename_all = "camelCase")]
pub struct ChangePlanSpec {
    /// The object that this plan corrects.
    pub owner: OwnerRef,
    /// The cloud that this plan is for; an approval is good for no other.
    pub cloud: CloudIdentity,
    /// `sha256:` and 64 hex digits; the same world gives the same digest.
    #[schemars(regex(pattern = DIGEST))]
    pub digest: String,
    /// Number of steps by class.
    pub classes: Classes,
    /// The steps, by waves: a wave is begun when the one before it is done.
    #[schemars(length(max = MOST_STEPS))]
    pub steps: Vec<PlanStep>,
    /// Findings that get no step, each with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_alone: Vec<LeftAlone>,
}

/// The object that a plan corrects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnerRef {
    /// `CloudSpec` or `TenantOffboard`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// The generation of its spec that the plan follows from.
    pub generation: i64,
    /// SHA-256 of what its spec asks for: all of it but what says when to look and whether to apply. The plan is carried out only as long as the
    /// spec asks for the same.
    pub spec_digest: String,
}

/// What identifies a cloud: where one logs in, the region, and the endpoints that are given by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CloudIdentity {
    /// Keystone's URL without a version suffix.
    pub auth_url: String,
    /// The region, or empty where none is chosen.
    pub region: String,
    /// URLs that are given in place of the catalogue's, by service type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoints: BTreeMap<String, String>,
}

/// One step: one call to one service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanStep {
    /// Its number, from 1.
    pub number: i64,
    /// The steps of one wave go side by side, and the waves in their order, from 1. Absent: the same as the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub wave: Option<i64>,
    /// What it does in words, such as `delete rule ingress tcp 22 from 0.0.0.0/0 of security group customers/team-a/web`.
    pub summary: String,
    /// Why: the fingerprints of the findings that it corrects.
    pub findings: Vec<String>,
    /// The class: `Reversible`, `Rebuildable`, `Destructive`.
    pub class: String,
    /// The call, as the controller will make it: complete, nothing is left to decide.
    #[schemars(schema_with = "any_object")]
    pub action: serde_json::Value,
    /// What is there before, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What will be there after, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// What others lose by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub side_effects: Vec<String>,
    /// The command that undoes it, or why nothing does.
    pub revert: String,
}

/// A finding without a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeftAlone {
    /// Fingerprint of the finding.
    pub finding: String,
    /// What it is about.
    pub resource: String,
    /// Why there is no step.
    pub reason: String,
}

/// The decision and the journal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangePlanStatus {
    /// `Offered`, `Superseded`, `Rejected`, `Applying`, `Succeeded`, `Stopped`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// The one decision on this plan. Written once, never changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Who carries it out: a replica writes here before its first call, and only the last one to do so may go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executor: Option<Executor>,
    /// What became of each step, by number; a step that is not in here was not begun.
    #[serde(default)]
    #[schemars(
        length(max = MOST_STEPS),
        extend(
            "x-kubernetes-list-type" = "map",
            "x-kubernetes-list-map-keys" = ["number"],
            "x-kubernetes-validations" = rules::journal()
        )
    )]
    pub journal: Vec<JournalEntry>,
    /// When the last step ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
    /// Why it stopped, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The plan of a tenant's leaving: what was seen of its stage after it. The first look that found something left, and the two
    /// that found nothing. Looks are added, and never change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = MOST_LOOKS),
        extend("x-kubernetes-list-type" = "atomic", "x-kubernetes-validations" = rules::verification())
    )]
    pub verification: Vec<Verified>,
}

/// Who approved what, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules::decision()))]
pub struct Decision {
    /// `Approved` or `Rejected`.
    pub verdict: String,
    /// The user who decided, as the API server knows them.
    pub by: String,
    /// Their groups at that moment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The value that they gave: `true`, `false` or the digest.
    pub value: String,
    /// The offer that it was given on.
    pub offer: i64,
    /// The digest of the plan that was shown to them.
    pub digest: String,
    /// When the controller accepted it.
    pub at: Time,
    /// `Enforced`, or `Advisory` where the admission policies were not asked for.
    pub gate: String,
}

/// The replica that carries a plan out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Executor {
    /// Identity of the lease's holder.
    pub holder: String,
    /// Grows each time another replica or process takes over.
    pub epoch: i64,
}

/// What became of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules::journal_entry()))]
pub struct JournalEntry {
    /// The step's number.
    pub number: i64,
    /// `Intended` (the call may have been made), `Done`, `AlreadyDone`, `Refused`, `Failed`, `NotTried`
    /// (another step of its wave failed before its call was made).
    pub state: String,
    /// The request id that was sent with the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The request id that the service answered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_request_id: Option<String>,
    /// The id of what was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_id: Option<String>,
    /// When the intent was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// When the result was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
    /// Why, where it was refused or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

fn any_object(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
}
