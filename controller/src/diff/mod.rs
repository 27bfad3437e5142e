//! Floor 1: [`Desired`] × [`Snapshot`] → findings.
//!
//! What comes in: what must be true, and what was seen. What goes out: what is not true, and what could not be told, in a
//! total order, the worst first.
//!
//! # Guarantees
//! Pure. Only listed fields are compared. What could not be seen yields [`FindingKind::Unknowable`], never `Missing` and
//! never silence.

mod roles;
mod rules;
mod security_groups;
mod tenants;

use std::collections::BTreeSet;
use std::fmt;

use crate::model::desired::DesiredGroup;
use crate::model::{Aspect, Desired, Finding, FindingKind, Lookup, Severity, Snapshot, Subject, Unknown};

pub use roles::principal;
pub use rules::{peer_address_group, peer_group};

/// All that is not as declared, the worst first; each has a fingerprint of its own.
pub fn diff(desired: &Desired, snapshot: &Snapshot) -> Vec<Finding> {
    let Desired { tenants, reported_domains, security_groups } = desired;
    let mut findings = Vec::new();
    for tenant in tenants {
        tenants::compare(tenant, snapshot, &mut findings);
    }
    tenants::unlisted(tenants, reported_domains, snapshot, &mut findings);
    for group in security_groups {
        security_groups::compare(group, security_groups, snapshot, &mut findings);
    }
    findings.sort();
    // Two entries of one name, told apart by their ids, may both lack the same: that is one finding.
    let mut names = BTreeSet::new();
    findings.retain(|finding| names.insert(finding.fingerprint()));
    findings
}

/// What is not as declared of one security group that the spec lists: its part of [`diff`].
pub fn diff_group(group: &DesiredGroup, desired: &Desired, snapshot: &Snapshot) -> Vec<Finding> {
    let mut findings = Vec::new();
    security_groups::compare(group, &desired.security_groups, snapshot, &mut findings);
    findings
}

/// Why nothing can be compared with something that was looked for.
struct NotThere {
    kind: FindingKind,
    message: String,
}

impl NotThere {
    /// A finding about the subject that needed it.
    fn finding(self, subject: &Subject, aspect: Aspect) -> Finding {
        Finding::of(self.kind, Severity::Warning, subject, aspect).message(self.message)
    }
}

/// What is there, or why nothing can be compared.
fn present<T>(lookup: Lookup<T>, what: &impl fmt::Display) -> Result<T, NotThere> {
    let (kind, message) = match lookup {
        Lookup::Present(found) => return Ok(found),
        Lookup::Absent => (FindingKind::Missing, format!("there is no {what}")),
        Lookup::Ambiguous(ids) => {
            let ids = ids.join(", ");
            let message = format!("several are {what}: {ids}; give the id of the one that is meant");
            (FindingKind::Unknowable, message)
        }
        Lookup::Unknown(why) => (FindingKind::Unknowable, why.to_string()),
    };
    Err(NotThere { kind, message })
}

/// The subject itself, or the finding that it is missing or could not be told.
fn subject_present<T>(lookup: Lookup<T>, subject: &Subject) -> Result<T, Finding> {
    present(lookup, subject).map_err(|why| match why.kind {
        FindingKind::Missing => {
            let finding = Finding::of(why.kind, Severity::Warning, subject, Aspect::Existence);
            finding.expected("present").actual("absent")
        }
        _ => why.finding(subject, Aspect::Existence),
    })
}

fn unknowable(subject: &Subject, aspect: Aspect, why: &Unknown) -> Finding {
    Finding::of(FindingKind::Unknowable, Severity::Warning, subject, aspect).message(why)
}

/// Compares one field, where it is listed.
fn field<T: PartialEq + fmt::Debug>(
    subject: &Subject,
    aspect: Aspect,
    expected: Option<&T>,
    actual: &T,
    findings: &mut Vec<Finding>,
) {
    if let Some(expected) = expected.filter(|expected| *expected != actual) {
        let finding = Finding::of(FindingKind::Changed, Severity::Warning, subject, aspect);
        findings.push(finding.expected(format!("{expected:?}")).actual(format!("{actual:?}")));
    }
}
