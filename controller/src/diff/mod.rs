//! Floor 1: [`Desired`] × [`Snapshot`] → findings.
//!
//! What comes in: what must be true, and what was seen. What goes out: what is not true, and what could not be told, in a
//! total order, the worst first.
//!
//! # Guarantees
//! Pure. Only listed fields are compared. What could not be seen yields [`FindingKind::Unknowable`], never `Missing` and
//! never silence.

mod certificates;
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
    let Desired { tenants, reported_domains, security_groups, certificates } = desired;
    let mut findings = Vec::new();
    for tenant in tenants {
        tenants::compare(tenant, snapshot, &mut findings);
    }
    tenants::unlisted(tenants, reported_domains, snapshot, &mut findings);
    for group in security_groups {
        security_groups::compare(group, security_groups, snapshot, &mut findings);
    }
    for certificate in certificates {
        certificates::compare(certificate, &snapshot.certificates, &mut findings);
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
enum NotThere {
    /// It is not there.
    Absent(String),
    /// Several are it.
    Ambiguous(String),
    /// It could not be seen.
    Unseen(Unknown),
}

impl NotThere {
    /// A finding about the subject that needed it.
    fn finding(self, subject: &Subject, aspect: Aspect) -> Finding {
        self.say_of(Finding::of(FindingKind::Unknowable, Severity::Warning, subject, aspect))
    }

    /// The finding, in the way that this makes it one.
    fn say_of(self, finding: Finding) -> Finding {
        match self {
            Self::Absent(message) => Finding { kind: FindingKind::Missing, ..finding }.message(message),
            Self::Ambiguous(message) => Finding { kind: FindingKind::Unknowable, ..finding }.message(message),
            Self::Unseen(why) => Finding { kind: FindingKind::Unknowable, ..finding }.unseen(&why),
        }
    }
}

/// What is there, or why nothing can be compared.
fn present<T>(lookup: Lookup<T>, what: &impl fmt::Display) -> Result<T, NotThere> {
    Err(match lookup {
        Lookup::Present(found) => return Ok(found),
        Lookup::Absent => NotThere::Absent(format!("there is no {what}")),
        Lookup::Ambiguous(ids) => {
            let ids = ids.join(", ");
            NotThere::Ambiguous(format!("several are {what}: {ids}; give the id of the one that is meant"))
        }
        Lookup::Unknown(why) => NotThere::Unseen(why),
    })
}

/// The subject itself, or the finding that it is missing or could not be told.
fn subject_present<T>(lookup: Lookup<T>, subject: &Subject) -> Result<T, Box<Finding>> {
    present(lookup, subject).map_err(|why| match why {
        NotThere::Absent(_) => {
            let finding = Finding::of(FindingKind::Missing, Severity::Warning, subject, Aspect::Existence);
            Box::new(finding.expected("present").actual("absent"))
        }
        NotThere::Ambiguous(_) | NotThere::Unseen(_) => Box::new(why.finding(subject, Aspect::Existence)),
    })
}

fn unknowable(subject: &Subject, aspect: Aspect, why: &Unknown) -> Finding {
    Finding::of(FindingKind::Unknowable, Severity::Warning, subject, aspect).unseen(why)
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
