//! What became of one step of a tenant's leaving.

use std::collections::BTreeMap;

use cloudspec_crds::ChangePlan;
use cloudspec_crds::change_plan::{JournalEntry, PlanStep};
use serde::Serialize;

use super::second;
use crate::model::{Action, ResourceKey};
use crate::plan::offboard::own_loss;

/// A step, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// Name of the ChangePlan.
    pub plan: String,
    /// The step.
    pub step: i64,
    /// What it does, in words.
    pub summary: String,
    /// The type of the resource, where it removes one.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What it hangs on, where its id alone does not name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `Done`, `AlreadyDone`, `Refused`, `Failed`, `Intended` (the call may have been made) or `NotBegun`.
    pub state: String,
    /// When the intent was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// When the result was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// The request id that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The request id that the service answered with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_request_id: Option<String>,
    /// Why, where it was refused or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Names the same in every plan.
    #[serde(skip)]
    pub(super) about: String,
}

/// Which of the lists of a certificate a step stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// It removed something.
    Removed,
    /// What it would have removed was gone.
    AlreadyGone,
    /// It changed something, or that was so already.
    Changed,
    /// It did nothing, or nobody knows.
    No,
}

impl Call {
    /// Of each step of a plan.
    pub(super) fn all(plan: &ChangePlan) -> Vec<(Done, Self)> {
        let journal: BTreeMap<i64, &JournalEntry> = plan
            .status
            .iter()
            .flat_map(|status| &status.journal)
            .map(|entry| (entry.number, entry))
            .collect();
        let name = plan.metadata.name.as_deref().unwrap_or_default();
        plan.spec.steps.iter().map(|step| Self::of(name, step, journal.get(&step.number).copied())).collect()
    }

    fn of(plan: &str, step: &PlanStep, entry: Option<&JournalEntry>) -> (Done, Self) {
        let what = removed(step);
        let state = entry.map_or("NotBegun", |entry| entry.state.as_str());
        let done = match (state, what.is_some()) {
            ("Done", true) => Done::Removed,
            ("AlreadyDone", true) => Done::AlreadyGone,
            ("Done" | "AlreadyDone", false) => Done::Changed,
            _ => Done::No,
        };
        let call = Self {
            plan: plan.to_owned(),
            step: step.number,
            summary: step.summary.clone(),
            name: what.as_ref().and_then(|key| name(&step.summary, key)),
            kind: what.as_ref().map(|key| key.kind.one().to_owned()),
            of: what.as_ref().and_then(|key| key.of.clone()),
            id: what.map(|key| key.id),
            state: state.to_owned(),
            started_at: entry.and_then(|entry| entry.started_at.as_ref()).map(second),
            finished_at: entry.and_then(|entry| entry.finished_at.as_ref()).map(second),
            request_id: entry.and_then(|entry| entry.request_id.clone()),
            service_request_id: entry.and_then(|entry| entry.service_request_id.clone()),
            message: entry.and_then(|entry| entry.message.clone()),
            about: step.findings.first().cloned().unwrap_or_else(|| step.summary.clone()),
        };
        (done, call)
    }

    /// What others lose by a step: not what is lost with the resource itself, and not that a frozen tenant makes nothing new.
    pub(super) fn lost(step: &PlanStep) -> Vec<String> {
        let own = match serde_json::from_value(step.action.clone()) {
            Ok(Action::Remove { what, project: _ }) => own_loss(what.kind),
            Ok(Action::SetQuota { .. }) => return Vec::new(),
            Ok(_) | Err(_) => "",
        };
        step.side_effects.iter().filter(|what| *what != own).cloned().collect()
    }
}

/// What a step removes, where this version understands it.
pub(super) fn removed(step: &PlanStep) -> Option<ResourceKey> {
    match serde_json::from_value(step.action.clone()).ok()? {
        Action::Remove { what, project: _ } => Some(what),
        _ => None,
    }
}

/// The name that the summary quotes after the key.
fn name(summary: &str, key: &ResourceKey) -> Option<String> {
    let quoted = summary.strip_prefix(&format!("remove {key} "))?;
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    unquoted(inner)
}

/// The text of which this is what `{:?}` shows.
fn unquoted(shown: &str) -> Option<String> {
    let mut out = String::with_capacity(shown.len());
    let mut rest = shown.chars();
    while let Some(character) = rest.next() {
        out.push(match character {
            '\\' => escape(&mut rest)?,
            plain => plain,
        });
    }
    Some(out)
}

fn escape(rest: &mut std::str::Chars<'_>) -> Option<char> {
    match rest.next()? {
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        '0' => Some('\0'),
        'u' => {
            let digits: String = rest.by_ref().skip(1).take_while(|digit| *digit != '}').collect();
            char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
        }
        itself => Some(itself),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ResourceType;

    #[test]
    fn a_name_reads_back_from_the_summary_whatever_is_in_it() {
        let key = ResourceKey { kind: ResourceType::Volume, id: "v-1".to_owned(), of: None };
        for wanted in ["data", "a \"b\" \\c", "\u{1b}[2J\n\t\r\0\u{202e}é", "{x}", ""] {
            let summary = format!("remove {key} {wanted:?}");
            assert_eq!(name(&summary, &key).as_deref(), Some(wanted), "{summary}");
        }
        assert_eq!(name(&format!("remove {key}"), &key), None);
    }
}
