//! What is told of a CloudSpec.

use cloudspec_crds::status::{ExecutionSummary, Offer, Summary};
use cloudspec_crds::{CloudSpec, CloudSpecStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1 as kept;
use serde::Serialize;

use super::{Finding, second};

/// What the controller tells of a CloudSpec.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The state in a word; `Unknown` where nothing was told yet.
    pub state: String,
    /// True: the status speaks of the spec as it is now.
    pub current: bool,
    /// Exact counts of the findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// Findings as far as the status lists them.
    pub findings: Vec<Finding>,
    /// Number of findings that the status leaves out.
    pub findings_omitted: i64,
    /// The plan on offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Offer>,
    /// What came of the last approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_execution: Option<ExecutionSummary>,
    /// The conditions.
    pub conditions: Vec<Condition>,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Such as `InSync`.
    #[serde(rename = "type")]
    pub type_: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Stable name; `explain` tells what it means.
    pub reason: String,
    /// In words.
    pub message: String,
    /// When the status last changed.
    pub since: String,
}

impl Told {
    /// Of the object as it was read.
    pub fn of(object: &CloudSpec) -> Self {
        let CloudSpecStatus {
            observed_generation,
            state,
            conditions,
            plan,
            last_offer: _,
            summary,
            findings,
            findings_omitted,
            omitted_first_seen: _,
            last_execution,
        } = object.status.clone().unwrap_or_default();
        Self {
            name: object.metadata.name.clone().unwrap_or_default(),
            namespace: object.metadata.namespace.clone().unwrap_or_default(),
            state: state.unwrap_or_else(|| "Unknown".to_owned()),
            current: observed_generation.is_some() && observed_generation == object.metadata.generation,
            summary,
            findings: findings.iter().map(Finding::kept).collect(),
            findings_omitted,
            plan,
            last_execution,
            conditions: conditions.into_iter().map(Condition::of).collect(),
        }
    }
}

impl Condition {
    pub(super) fn of(condition: kept::Condition) -> Self {
        let kept::Condition {
            type_,
            status,
            reason,
            message,
            observed_generation: _,
            last_transition_time: since,
        } = condition;
        Self { type_, status, reason, message, since: second(&since) }
    }
}
