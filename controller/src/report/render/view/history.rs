//! ChangePlans in a list.

use std::cmp::Reverse;

use cloudspec_crds::ChangePlan;
use serde::Serialize;

use super::Record;

/// ChangePlans, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// One for each plan.
    pub plans: Vec<Entry>,
}

/// What became of one plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Name of the ChangePlan.
    pub name: String,
    /// Name of the object that it corrects.
    pub owner: String,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// `Offered`, `Superseded`, `Rejected`, `Applying`, `Succeeded` or `Stopped`.
    pub phase: String,
    /// Who decided on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<String>,
    /// Steps that are done.
    pub done: i64,
    /// All steps.
    pub steps: i64,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// Why it stopped, where it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl History {
    /// Of these plans.
    pub fn of(plans: &[ChangePlan]) -> Self {
        let mut plans: Vec<Entry> = plans.iter().map(|plan| Entry::of(Record::of(plan, &[]))).collect();
        plans.sort_by_cached_key(|entry| (Reverse(entry.created_at.clone()), entry.name.clone()));
        Self { plans }
    }
}

impl Entry {
    fn of(record: Record) -> Self {
        let Record {
            name,
            namespace: _,
            owner,
            phase,
            created_at,
            plan,
            decision,
            journal,
            finished_at,
            message,
            verification: _,
            revert: _,
        } = record;
        let done = journal.iter().filter(|step| matches!(step.state.as_str(), "Done" | "AlreadyDone"));
        Self {
            name,
            owner: owner.name,
            created_at,
            phase,
            done: i64::try_from(done.count()).unwrap_or(i64::MAX),
            steps: i64::try_from(plan.steps.len()).unwrap_or(i64::MAX),
            decided_by: decision.as_ref().map(|decision| decision.by.clone()),
            decided_at: decision.map(|decision| decision.at),
            finished_at,
            message,
        }
    }
}
