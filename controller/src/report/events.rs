//! Events: one for each change of what the status tells.

use cloudspec_crds::CloudSpecStatus;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

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

/// What changed from one status to the next.
pub fn events(before: &CloudSpecStatus, after: &CloudSpecStatus) -> Vec<Note> {
    let changed = after.conditions.iter().filter(|condition| changed(before, condition));
    let mut notes: Vec<Note> = changed.filter_map(note).collect();
    notes.extend(offered(before, after));
    notes
}

fn changed(before: &CloudSpecStatus, condition: &Condition) -> bool {
    let old = before.conditions.iter().find(|old| old.type_ == condition.type_);
    match old {
        // What a new object does not have yet is no news, unless it is a fault.
        None => condition.type_ == "Contested" || is_news_at_first(condition),
        Some(old) => {
            let drift_moved = condition.reason == reasons::DRIFTED && old.message != condition.message;
            old.status != condition.status || old.reason != condition.reason || drift_moved
        }
    }
}

fn is_news_at_first(condition: &Condition) -> bool {
    let bad = condition.status == "False" || condition.type_ == "Stalled";
    bad && condition.type_ != "Approved"
}

fn note(condition: &Condition) -> Option<Note> {
    let (action, good, bad) = match condition.type_.as_str() {
        "InSync" => ("Observe", reasons::IN_SYNC, "DriftDetected"),
        "Observed" => ("Observe", "ObservationRecovered", "ObservationIncomplete"),
        "Stalled" => ("Observe", reasons::INVALID_SPEC, reasons::INVALID_SPEC),
        "Contested" => ("Observe", reasons::CONTESTED, reasons::CONTESTED),
        "ApprovalGateEnforced" => ("Guard", "GateEnforced", "GateNotEnforced"),
        "Applied" if condition.reason == reasons::APPLYING => return None,
        "Applied" => ("Apply", "Applied", "ApplyStopped"),
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
        reasons::BEYOND_LIMITS => (true, "Blocked"),
        _ if condition.message.starts_with("waiting") => (false, reasons::APPROVAL_HELD),
        _ => (true, reasons::APPROVAL_REFUSED),
    };
    Some(Note { warning, reason: reason.to_owned(), action: "Decide", message: condition.message.clone() })
}

fn offered(before: &CloudSpecStatus, after: &CloudSpecStatus) -> Option<Note> {
    let note = |reason: &str, message: String| Note {
        warning: false,
        reason: reason.to_owned(),
        action: "Offer",
        message,
    };
    match (&before.plan, &after.plan) {
        (Some(old), Some(new)) if old.digest == new.digest => None,
        (_, Some(new)) => Some(note(
            reasons::PLAN_OFFERED,
            format!("{} with {} steps: {}", new.name, new.steps, new.digest),
        )),
        (Some(old), None) if after.last_execution == before.last_execution => {
            Some(note(reasons::PLAN_SUPERSEDED, format!("{} is no longer on offer", old.name)))
        }
        (Some(_) | None, None) => None,
    }
}
