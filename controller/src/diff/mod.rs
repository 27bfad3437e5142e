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

use std::fmt;

use crate::model::{Desired, Finding, FindingKind, Lookup, Severity, Snapshot, Unknown};

/// All that is not as declared, the worst first.
pub fn diff(desired: &Desired, snapshot: &Snapshot) -> Vec<Finding> {
    let Desired { tenants, reported_domains, security_groups } = desired;
    let mut findings = Vec::new();
    for tenant in tenants {
        tenants::compare(tenant, snapshot, &mut findings);
    }
    tenants::unlisted(tenants, reported_domains, snapshot, &mut findings);
    for group in security_groups {
        security_groups::compare(group, snapshot, &mut findings);
    }
    findings.sort();
    findings.dedup();
    findings
}

/// What is there, or the finding that says why nothing can be compared.
fn present<T>(lookup: Lookup<T>, resource: &impl fmt::Display) -> Result<T, Finding> {
    match lookup {
        Lookup::Present(found) => Ok(found),
        Lookup::Absent => Err(Finding::of(FindingKind::Missing, Severity::Warning, resource)
            .expected("present")
            .actual("absent")),
        Lookup::Ambiguous(ids) => {
            let message =
                format!("several have this name: {}; give the id of the one that is meant", ids.join(", "));
            Err(Finding::of(FindingKind::Unknowable, Severity::Warning, resource).message(message))
        }
        Lookup::Unknown(why) => Err(unknowable(resource, &why)),
    }
}

fn unknowable(resource: &impl fmt::Display, why: &Unknown) -> Finding {
    Finding::of(FindingKind::Unknowable, Severity::Warning, resource).message(why)
}

/// Compares one field, where it is listed.
fn field<T: PartialEq + fmt::Debug>(
    resource: &impl fmt::Display,
    name: &str,
    expected: Option<&T>,
    actual: &T,
    findings: &mut Vec<Finding>,
) {
    if let Some(expected) = expected.filter(|expected| *expected != actual) {
        let finding = Finding::of(FindingKind::Changed, Severity::Warning, resource).field(name);
        findings.push(finding.expected(format!("{expected:?}")).actual(format!("{actual:?}")));
    }
}
