//! Steps before they are ordered and numbered, and what is left alone.

use std::collections::BTreeSet;

use crate::model::plan::LeftAlone;
use crate::model::{Action, Aspect, Finding, FindingKind, Lookup};

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
        let mut resource = finding.subject.to_string();
        if let Some(field) = finding.field() {
            resource = format!("{resource} {field}");
        }
        // Which of several.
        if let (Aspect::Role(_) | Aspect::Rule(..), Some(one)) = (&finding.aspect, which(finding)) {
            resource = format!("{resource}: {one}");
        }
        self.left_alone.insert(LeftAlone { finding: finding.fingerprint(), resource, reason: reason.into() });
    }

    /// A part of a finding that gets no step, beside other parts that do.
    pub(super) fn leave_part(&mut self, finding: &Finding, part: &str, reason: impl Into<String>) {
        let resource = format!("{} {part}", finding.subject);
        self.left_alone.insert(LeftAlone { finding: finding.fingerprint(), resource, reason: reason.into() });
    }
}

fn which(finding: &Finding) -> Option<&str> {
    let Finding { expected, actual, .. } = finding;
    match finding.kind {
        FindingKind::Extra => actual.as_deref(),
        FindingKind::Missing | FindingKind::Changed | FindingKind::Unknowable => expected.as_deref(),
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
