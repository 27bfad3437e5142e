//! Events: one for each change of what the status tells.

use cloudspec_crds::status::{ExecutionSummary, Offer};
use cloudspec_crds::{CloudSpecStatus, TenantOffboardStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::decided::WAITING;
use super::reasons;

/// An Event to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// True: something to look after.
    pub warning: bool,
    /// Stable CamelCase name.
    pub reason: String,
    /// What the controller did: `Observe`, `Offer`, `Decide`, `Apply`, `Guard`.
    pub action: &'static str,
    /// In words.
    pub message: String,
}

/// What of a status Events are made from.
#[derive(Clone, Copy)]
struct Part<'a> {
    conditions: &'a [Condition],
    plan: Option<&'a Offer>,
    last: Option<&'a ExecutionSummary>,
}

impl<'a> From<&'a CloudSpecStatus> for Part<'a> {
    fn from(status: &'a CloudSpecStatus) -> Self {
        Self {
            conditions: &status.conditions,
            plan: status.plan.as_ref(),
            last: status.last_execution.as_ref(),
        }
    }
}

impl<'a> From<&'a TenantOffboardStatus> for Part<'a> {
    fn from(status: &'a TenantOffboardStatus) -> Self {
        Self {
            conditions: &status.conditions,
            plan: status.plan.as_ref(),
            last: status.last_execution.as_ref(),
        }
    }
}

/// What changed from one status of a CloudSpec to the next.
pub fn events(before: &CloudSpecStatus, after: &CloudSpecStatus) -> Vec<Note> {
    between(before.into(), after.into())
}

/// What changed from one status of a TenantOffboard to the next.
pub fn events_of_leaving(before: &TenantOffboardStatus, after: &TenantOffboardStatus) -> Vec<Note> {
    between(before.into(), after.into())
}

fn between(before: Part<'_>, after: Part<'_>) -> Vec<Note> {
    let changed = after.conditions.iter().filter(|condition| changed(before, after, condition));
    let mut notes: Vec<Note> = changed.filter_map(note).collect();
    notes.extend(offered(before, after));
    notes
}

fn changed(before: Part<'_>, after: Part<'_>, condition: &Condition) -> bool {
    let old = before.conditions.iter().find(|old| old.type_ == condition.type_);
    match old {
        None => is_news_at_first(condition),
        Some(old) => {
            let drift_moved = condition.reason == reasons::DRIFTED && old.message != condition.message;
            let another_plan = condition.type_ == "Applied" && executed(before) != executed(after);
            old.status != condition.status || old.reason != condition.reason || drift_moved || another_plan
        }
    }
}

/// Name of the plan that was carried out last.
fn executed(status: Part<'_>) -> Option<&str> {
    status.last.map(|last| last.name.as_str())
}

/// What a new object does not have yet is no news, unless it is a fault or an act of a person.
fn is_news_at_first(condition: &Condition) -> bool {
    let fault = condition.status == "False" || matches!(condition.type_.as_str(), "Stalled" | "Contested");
    fault || matches!(condition.type_.as_str(), "Approved" | "Applied")
}

fn note(condition: &Condition) -> Option<Note> {
    let (action, good, bad) = match condition.type_.as_str() {
        "InSync" => ("Observe", reasons::IN_SYNC, reasons::DRIFT_DETECTED),
        "Observed" => ("Observe", reasons::OBSERVATION_RECOVERED, reasons::OBSERVATION_INCOMPLETE),
        "Stalled" => ("Observe", reasons::INVALID_SPEC, reasons::INVALID_SPEC),
        "Contested" => ("Observe", reasons::CONTESTED, reasons::CONTESTED),
        "ApprovalGateEnforced" => ("Guard", reasons::GATE_ENFORCED, reasons::GATE_NOT_ENFORCED),
        "Admitted" => ("Observe", reasons::ADMITTED, reasons::REFUSED),
        "Empty" if condition.status == "True" => ("Verify", reasons::NOTHING_LEFT, reasons::SOMETHING_LEFT),
        "Completed" if condition.status == "True" => ("Verify", reasons::COMPLETED, reasons::INCOMPLETE),
        "Applied" if condition.reason == reasons::APPLYING => return None,
        "Applied" => ("Apply", reasons::APPLIED, reasons::APPLY_STOPPED),
        "Approved" => return decided(condition),
        _ => return None,
    };
    let fault = matches!(condition.type_.as_str(), "Stalled" | "Contested");
    let (warning, reason) = match condition.status.as_str() {
        "True" => (fault, good),
        "False" => (true, bad),
        _ => return None,
    };
    Some(Note { warning, reason: reason.to_owned(), action, message: condition.message.clone() })
}

fn decided(condition: &Condition) -> Option<Note> {
    let (warning, reason) = match condition.reason.as_str() {
        reasons::AWAITING_APPROVAL | reasons::NOTHING_TO_APPROVE => return None,
        reasons::APPROVED => (false, reasons::APPROVED),
        reasons::REJECTED => (false, reasons::REJECTED),
        reasons::BEYOND_LIMITS => (true, reasons::BLOCKED),
        _ if condition.message.starts_with(WAITING) => (false, reasons::APPROVAL_HELD),
        _ => (true, reasons::APPROVAL_REFUSED),
    };
    Some(Note { warning, reason: reason.to_owned(), action: "Decide", message: condition.message.clone() })
}

fn offered(before: Part<'_>, after: Part<'_>) -> Vec<Note> {
    let note = |reason: &str, message: String| Note {
        warning: false,
        reason: reason.to_owned(),
        action: "Offer",
        message,
    };
    let (old, new) = (before.plan, after.plan);
    if old.map(|plan| &plan.digest) == new.map(|plan| &plan.digest) {
        return Vec::new();
    }
    let gone = old.filter(|_| !was_ruled_on(before, after));
    let gone =
        gone.map(|plan| note(reasons::PLAN_SUPERSEDED, format!("{} is no longer on offer", plan.name)));
    let offered = new.map(|plan| {
        note(reasons::PLAN_OFFERED, format!("{} with {} steps: {}", plan.name, plan.steps, plan.digest))
    });
    gone.into_iter().chain(offered).collect()
}

/// Whether the plan went because a person ruled on it; that has an Event of its own.
fn was_ruled_on(before: Part<'_>, after: Part<'_>) -> bool {
    let rejected = |status: Part<'_>| {
        status.conditions.iter().any(|one| one.type_ == "Approved" && one.reason == reasons::REJECTED)
    };
    executed(before) != executed(after) || (rejected(after) && !rejected(before))
}
