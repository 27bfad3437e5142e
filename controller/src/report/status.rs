//! The status of a CloudSpec.

use std::collections::{BTreeMap, BTreeSet};

use cloudspec_crds::CloudSpecStatus;
use cloudspec_crds::cloud_spec::RequireDigest;
use cloudspec_crds::status::{ExecutionSummary, FindingStatus, Offer, Summary};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::bound::{self, MOST_FINDINGS, MOST_REMEMBERED};
use super::conditions;
use super::metrics::Of;
use super::remember::Memory;
use crate::gate::Verdict;
use crate::gate::approval::Guard;
use crate::model::desired::Invalid;
use crate::model::finding::Domain;
use crate::model::{Finding, FindingKind, Unknown};

/// What was seen of what a spec declares.
#[derive(Clone, Debug)]
pub enum Sight<'a> {
    /// The spec is wrong, and nothing was looked at.
    Invalid(&'a [Invalid]),
    /// There is no way to look.
    Blind(&'a Unknown),
    /// It was looked at.
    Audited {
        /// What is not as declared, and what could not be told.
        findings: &'a [Finding],
        /// What is declared.
        domains: &'a BTreeSet<Domain>,
        /// Limits that the plan is beyond.
        exceeded: &'a [String],
        /// What other CloudSpecs list too, in words.
        contested: &'a [String],
    },
}

/// All that a status is made of.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// The CloudSpec.
    pub of: Of<'a>,
    /// The status that stands.
    pub previous: &'a CloudSpecStatus,
    /// Generation of the spec that this speaks of.
    pub generation: i64,
    /// The time.
    pub now: Timestamp,
    /// What was seen.
    pub sight: Sight<'a>,
    /// The plan on offer.
    pub offer: Option<&'a Offer>,
    /// What becomes of the approval that stands.
    pub verdict: &'a Verdict,
    /// Whether approvals are guarded.
    pub guard: &'a Guard,
    /// What came of the last approval.
    pub last: Option<ExecutionSummary>,
    /// Why it stopped, where it did.
    pub last_message: Option<&'a str>,
    /// `spec.suspend`.
    pub suspended: bool,
    /// `spec.approval.requireDigest`; none where there is no credential to apply with, and so nothing to approve.
    pub approvable: Option<RequireDigest>,
}

/// The status.
pub fn status(report: &Report<'_>) -> CloudSpecStatus {
    let Report { previous, generation, now, sight, offer, verdict: _, guard: _, last, .. } = report;
    let findings = match sight {
        Sight::Audited { findings, .. } => Some(*findings),
        Sight::Invalid(_) | Sight::Blind(_) => None,
    };
    let mut status = CloudSpecStatus {
        observed_generation: Some(*generation),
        state: Some(state(report).to_owned()),
        conditions: conditions::all(report),
        plan: offer.cloned(),
        last_offer: previous.last_offer.max(offer.map_or(0, |offer| offer.offer)),
        summary: Some(findings.map_or_else(unknown_summary, summary)),
        findings: Vec::new(),
        findings_omitted: 0,
        omitted_first_seen: BTreeMap::new(),
        last_execution: last.as_ref().map(executed),
    };
    let findings = findings.unwrap_or_default();
    list(&mut status, findings, is_whole(sight), &Memory::of(previous), *now);
    bound::fit(status)
}

/// Whether all that is declared was seen.
fn is_whole(sight: &Sight<'_>) -> bool {
    match sight {
        Sight::Invalid(_) | Sight::Blind(_) => false,
        Sight::Audited { findings, .. } => findings.iter().all(|one| one.kind != FindingKind::Unknowable),
    }
}

/// The last execution, with a name of bounded length.
fn executed(last: &ExecutionSummary) -> ExecutionSummary {
    ExecutionSummary { approved_by: bound::text(&last.approved_by), ..last.clone() }
}

/// The state in a word.
fn state(report: &Report<'_>) -> &'static str {
    let applying = report.last.as_ref().is_some_and(|last| last.result == "Applying");
    let (drift, unknowable, blocked) = match &report.sight {
        Sight::Invalid(_) => return "Invalid",
        Sight::Blind(_) => (false, true, false),
        Sight::Audited { findings, exceeded, .. } => {
            let unknowable = findings.iter().any(|finding| finding.kind == FindingKind::Unknowable);
            let drift = findings.iter().any(|finding| finding.kind != FindingKind::Unknowable);
            (drift, unknowable, !exceeded.is_empty())
        }
    };
    match () {
        () if report.suspended => "Suspended",
        () if applying => "Applying",
        () if blocked => "Blocked",
        () if report.offer.is_some() && report.approvable.is_some() => "AwaitingApproval",
        () if drift => "Drifted",
        () if unknowable => "Unknown",
        () => "InSync",
    }
}

/// Exact counts.
pub(super) fn summary(findings: &[Finding]) -> Summary {
    let count =
        |kind| i64::try_from(findings.iter().filter(|one| one.kind == kind).count()).unwrap_or(i64::MAX);
    let (missing, extra) = (count(FindingKind::Missing), count(FindingKind::Extra));
    let (changed, unknowable) = (count(FindingKind::Changed), count(FindingKind::Unknowable));
    let named = [(missing, "missing"), (extra, "extra"), (changed, "changed"), (unknowable, "unknown")];
    let words: Vec<String> = named
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    Summary {
        drift: missing + extra + changed,
        missing,
        extra,
        changed,
        unknowable,
        text: if words.is_empty() { "none".to_owned() } else { words.join(", ") },
    }
}

fn unknown_summary() -> Summary {
    Summary { text: "unknown".to_owned(), ..Summary::default() }
}

/// Lists the findings, and remembers since when those stand that are left out or could not be told.
fn list(status: &mut CloudSpecStatus, findings: &[Finding], whole: bool, memory: &Memory, now: Timestamp) {
    let mut seen = BTreeSet::new();
    for finding in findings {
        let fingerprint = finding.fingerprint();
        let since = memory.since(&fingerprint, now);
        // Two findings of one fingerprint are one row: the list is keyed by it.
        if !seen.insert(fingerprint.clone()) {
            continue;
        }
        if status.findings.len() < MOST_FINDINGS {
            status.findings.push(row(finding, fingerprint, since));
            continue;
        }
        status.findings_omitted += 1;
        if status.omitted_first_seen.len() < MOST_REMEMBERED {
            status.omitted_first_seen.insert(fingerprint, since);
        }
    }
    if !whole {
        let room = MOST_REMEMBERED - status.omitted_first_seen.len();
        status.omitted_first_seen.extend(memory.beyond(&seen).take(room));
    }
}

fn row(finding: &Finding, fingerprint: String, first_seen: Time) -> FindingStatus {
    let Finding { severity, subject, aspect: _, kind, expected, actual, message, unseen: _ } = finding;
    let cut = |text: &Option<String>| text.as_deref().map(bound::text);
    FindingStatus {
        fingerprint,
        kind: format!("{kind:?}"),
        severity: format!("{severity:?}"),
        resource: bound::text(&subject.to_string()),
        field: cut(&finding.field()),
        expected: cut(expected),
        actual: cut(actual),
        message: cut(message),
        first_seen,
    }
}
