//! A ChangePlan with its decision, its journal, and the way back.

use std::collections::BTreeMap;

use cloudspec_crds::ChangePlan;
use cloudspec_crds::change_plan::{self as kept, ChangePlanStatus, JournalEntry, OwnerRef};
use cloudspec_crds::offboard_status::Verified;
use cloudspec_crds::status::FindingStatus;
use serde::Serialize;

use super::{Finding, Plan, second};

/// A ChangePlan: the plan, who decided on it, and what became of each step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Name of the ChangePlan.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The object that it corrects.
    pub owner: OwnerRef,
    /// `Offered`, `Superseded`, `Rejected`, `Applying`, `Succeeded` or `Stopped`.
    pub phase: String,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// The plan.
    pub plan: Plan,
    /// Who decided, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// What became of the steps that were begun.
    pub journal: Vec<Journalled>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// Why it stopped, where it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What was seen after it, of a tenant that leaves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub verification: Vec<Verified>,
    /// How to take back what was done, in the order in which to do it: the last step first.
    pub revert: Vec<Revert>,
}

/// Who decided what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// `Approved` or `Rejected`.
    pub verdict: String,
    /// The user.
    pub by: String,
    /// Their groups at that moment.
    pub groups: Vec<String>,
    /// The value that they gave.
    pub value: String,
    /// The offer that it was given on.
    pub offer: i64,
    /// The digest that was shown to them.
    pub digest: String,
    /// When it was accepted.
    pub at: String,
    /// `Enforced` or `Advisory`.
    pub gate: String,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Journalled {
    /// The step's number.
    pub number: i64,
    /// `Intended`, `Done`, `AlreadyDone`, `Refused`, `Failed` or `NotTried`.
    pub state: String,
    /// The request id that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The request id that the service answered with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_request_id: Option<String>,
    /// The id of what was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_id: Option<String>,
    /// When the intent was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// When the result was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// Why, where it was refused or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// How to take one step back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Revert {
    /// The step.
    pub step: i64,
    /// The command, with the ids of what was made.
    pub command: String,
    /// False: the step may have been taken, or not. Look before the command is run.
    pub certain: bool,
}

impl Record {
    /// Of a ChangePlan, and the findings that are still known.
    pub fn of(plan: &ChangePlan, findings: &[FindingStatus]) -> Self {
        let known: Vec<Finding> = findings.iter().map(Finding::kept).collect();
        let ChangePlanStatus { phase, decision, executor: _, journal, finished_at, message, verification } =
            plan.status.clone().unwrap_or_default();
        Self {
            name: plan.metadata.name.clone().unwrap_or_default(),
            namespace: plan.metadata.namespace.clone().unwrap_or_default(),
            owner: plan.spec.owner.clone(),
            phase: phase.unwrap_or_else(|| "Offered".to_owned()),
            created_at: plan.metadata.creation_timestamp.as_ref().map(second),
            plan: Plan::kept(&plan.spec, &known),
            decision: decision.map(Decision::kept),
            revert: reverts(plan, &journal),
            journal: journal.into_iter().map(Journalled::kept).collect(),
            finished_at: finished_at.as_ref().map(second),
            message,
            verification,
        }
    }
}

impl Decision {
    pub(super) fn kept(decision: kept::Decision) -> Self {
        let kept::Decision { verdict, by, groups, value, offer, digest, at, gate } = decision;
        Self { verdict, by, groups, value, offer, digest, at: second(&at), gate }
    }
}

impl Journalled {
    fn kept(entry: JournalEntry) -> Self {
        let JournalEntry {
            number,
            state,
            request_id,
            service_request_id,
            created_id,
            started_at,
            finished_at,
            message,
        } = entry;
        Self {
            number,
            state,
            request_id,
            service_request_id,
            created_id,
            started_at: started_at.as_ref().map(second),
            finished_at: finished_at.as_ref().map(second),
            message,
        }
    }
}

/// What was already as wanted was not done here, and is not taken back.
fn reverts(plan: &ChangePlan, journal: &[JournalEntry]) -> Vec<Revert> {
    let states: BTreeMap<i64, &str> =
        journal.iter().map(|entry| (entry.number, entry.state.as_str())).collect();
    let steps = plan.spec.steps.iter().rev();
    let taken = steps.filter_map(|step| {
        let certain = match states.get(&step.number).copied()? {
            "Done" => true,
            "Intended" | "Failed" => false,
            _ => return None,
        };
        Some(Revert { step: step.number, command: with_ids(&step.revert, journal), certain })
    });
    taken.collect()
}

/// A plan names what it makes by the step that makes it; the journal knows the id.
fn with_ids(command: &str, journal: &[JournalEntry]) -> String {
    let mut command = command.to_owned();
    for entry in journal {
        let id = entry.created_id.as_deref().filter(|id| is_word(id));
        if let Some(id) = id {
            command = command.replace(&format!("'<created id of step {}>'", entry.number), id);
        }
    }
    command
}

/// What a shell reads as one word, and as itself.
fn is_word(id: &str) -> bool {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    !id.is_empty() && !id.starts_with('-') && id.chars().all(plain)
}
