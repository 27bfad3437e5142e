//! The conditions of a CloudSpec, after KEP-1623.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::decided::{Says, Standing, condition, guarded, says, standing};
use super::reasons;
use super::status::{Report, Sight, summary};
use crate::model::desired::Invalid;
use crate::model::finding::Domain;
use crate::model::{Finding, FindingKind};

/// The condition of a part of the spec.
fn condition_of(domain: Domain) -> &'static str {
    match domain {
        Domain::Tenants => "TenantsInSync",
        Domain::SecurityGroups => "SecurityGroupsInSync",
        Domain::Certificates => "CertificatesInSync",
    }
}

/// All that hold, in a fixed order.
pub(super) fn all(report: &Report<'_>) -> Vec<Condition> {
    let mut all = vec![ready(report), observed(report), in_sync(report)];
    all.extend(by_domain(report));
    let decided = decided(report);
    all.push(decided.approved());
    all.extend(decided.applied());
    all.push(guarded(report.guard));
    all.extend(passing(report));
    let before = &report.previous.conditions;
    all.into_iter().map(|says| condition(says, before, report.generation, report.now)).collect()
}

fn decided<'a>(report: &'a Report<'_>) -> Standing<'a> {
    let beyond = match &report.sight {
        Sight::Audited { exceeded, .. } if !exceeded.is_empty() => Some(exceeded.join("; ")),
        Sight::Audited { .. } | Sight::Invalid(_) | Sight::Blind(_) => None,
    };
    let previous = report.previous;
    Standing {
        of: report.of,
        approvable: report.approvable,
        verdict: report.verdict,
        conditions: &previous.conditions,
        offered: previous.plan.as_ref(),
        executed: previous.last_execution.as_ref(),
        offer: report.offer,
        beyond,
        last: report.last.as_ref(),
        last_message: report.last_message,
    }
}

pub(super) fn fields(wrong: &[Invalid]) -> String {
    wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn ready(report: &Report<'_>) -> Says {
    match &report.sight {
        Sight::Invalid(wrong) => says("Ready", "False", reasons::INVALID_SPEC, fields(wrong)),
        Sight::Blind(why) => says("Ready", "False", &why.reason, why.message.clone()),
        Sight::Audited { .. } => {
            says("Ready", "True", reasons::WORKING, "the cloud is looked at, and what is not true is told")
        }
    }
}

fn observed(report: &Report<'_>) -> Says {
    match &report.sight {
        Sight::Invalid(_) => says("Observed", "Unknown", reasons::INVALID_SPEC, "nothing was looked at"),
        Sight::Blind(why) => says("Observed", "False", &why.reason, why.message.clone()),
        Sight::Audited { findings, .. } => match not_told(findings) {
            None => says("Observed", "True", reasons::OBSERVED, "all that is declared could be seen"),
            Some((reason, message)) => says("Observed", "False", reason, message),
        },
    }
}

/// What could not be told: the first of it, with the reason, and how much more.
fn not_told(findings: &[Finding]) -> Option<(&str, String)> {
    let mut unknowable = findings.iter().filter(|finding| finding.kind == FindingKind::Unknowable);
    let first = unknowable.next()?;
    let of_field = first.field().map(|field| format!(", {field}")).unwrap_or_default();
    let why = first.message.as_deref().unwrap_or("it was not seen");
    let more = unknowable.count();
    let rest = if more == 0 { String::new() } else { format!(" (and {more} more in status.findings)") };
    let reason = first.unseen.as_deref().unwrap_or(reasons::PARTLY_OBSERVED);
    Some((reason, format!("could not tell: {}{of_field}: {why}{rest}", first.subject)))
}

fn in_sync(report: &Report<'_>) -> Says {
    match &report.sight {
        Sight::Invalid(_) => says("InSync", "Unknown", reasons::INVALID_SPEC, "nothing was compared"),
        Sight::Blind(why) => says("InSync", "Unknown", &why.reason, why.message.clone()),
        Sight::Audited { findings, .. } => compared("InSync", findings),
    }
}

/// Drift that was seen is drift, whatever else could not be told; and only what was all seen is in sync.
fn compared(kind: &'static str, findings: &[Finding]) -> Says {
    let summary = summary(findings);
    match (summary.drift, not_told(findings)) {
        (0, None) => says(kind, "True", reasons::IN_SYNC, "all is as declared"),
        (0, Some((reason, message))) => says(kind, "Unknown", reason, message),
        _ => says(kind, "False", reasons::DRIFTED, summary.text),
    }
}

fn by_domain(report: &Report<'_>) -> Vec<Says> {
    let (findings, domains) = match &report.sight {
        Sight::Audited { findings, domains, .. } => (findings, domains),
        Sight::Invalid(_) => return no_longer_told(report, reasons::INVALID_SPEC, "nothing was compared"),
        Sight::Blind(why) => return no_longer_told(report, &why.reason, &why.message),
    };
    let of = |domain: Domain| -> Vec<Finding> {
        findings.iter().filter(|finding| finding.subject.domain() == domain).cloned().collect()
    };
    domains.iter().map(|domain| compared(condition_of(*domain), &of(*domain))).collect()
}

/// A condition that was there does not vanish where nothing can be told: whoever waits for it would wait for nothing.
fn no_longer_told(report: &Report<'_>, reason: &str, why: &str) -> Vec<Says> {
    let told = Domain::ALL
        .into_iter()
        .map(condition_of)
        .filter(|kind| standing(&report.previous.conditions, kind).is_some());
    told.map(|kind| says(kind, "Unknown", reason, why)).collect()
}

/// Conditions that are there only while they are true.
fn passing(report: &Report<'_>) -> Vec<Says> {
    let mut all = Vec::new();
    if report.last.as_ref().is_some_and(|last| last.result == "Applying") {
        all.push(says("Reconciling", "True", reasons::APPLYING, "an approved plan is being carried out"));
    }
    match &report.sight {
        Sight::Invalid(wrong) => all.push(says("Stalled", "True", reasons::INVALID_SPEC, fields(wrong))),
        Sight::Audited { contested, .. } if !contested.is_empty() => {
            all.push(says("Contested", "True", reasons::CONTESTED, contested.join("; ")));
        }
        Sight::Audited { .. } | Sight::Blind(_) => {}
    }
    all
}
