//! Steps before they are ordered and numbered, and what is left alone.

use std::collections::BTreeSet;

use crate::model::plan::LeftAlone;
use crate::model::{Action, Finding, Lookup};

/// A step without its place, class and way back, which follow from the others.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// The call.
    pub(super) action: Action,
    /// What it is about, in words: the order among calls of one phase.
    pub(super) subject: String,
    /// What it does, in words.
    pub(super) summary: String,
    /// Fingerprints of the findings that it corrects.
    pub(super) findings: BTreeSet<String>,
    /// What is there before, in words.
    pub(super) before: Option<String>,
    /// What will be there after, in words.
    pub(super) after: Option<String>,
}

/// What is collected while the findings are gone through.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    pub(super) drafts: Vec<Draft>,
    pub(super) left_alone: BTreeSet<LeftAlone>,
}

impl Drafts {
    pub(super) fn push(&mut self, draft: Draft) {
        self.drafts.push(draft);
    }

    /// A finding that gets no step.
    pub(super) fn leave(&mut self, finding: &Finding, reason: impl Into<String>) {
        let resource = match finding.field() {
            Some(field) => format!("{} {field}", finding.subject),
            None => finding.subject.to_string(),
        };
        self.left_alone.insert(LeftAlone { finding: finding.fingerprint(), resource, reason: reason.into() });
    }

    /// A part of a finding that gets no step, beside other parts that do.
    pub(super) fn leave_part(&mut self, finding: &Finding, part: &str, reason: impl Into<String>) {
        let resource = format!("{} {part}", finding.subject);
        self.left_alone.insert(LeftAlone { finding: finding.fingerprint(), resource, reason: reason.into() });
    }
}

/// What was found, or why there is no step, in words.
pub(super) fn told<T>(lookup: Lookup<T>, what: &str) -> Result<T, String> {
    match lookup {
        Lookup::Present(found) => Ok(found),
        Lookup::Absent => Err(format!("there is no {what}")),
        Lookup::Ambiguous(ids) => Err(format!("several are {what}: {}", ids.join(", "))),
        Lookup::Unknown(why) => Err(format!("could not be told: {why}")),
    }
}
