//! The conditions of a CloudSpec, after KEP-1623.

use cloudspec_crds::CloudSpecStatus;
use cloudspec_crds::status::{ExecutionSummary, Offer};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::bound;
use super::metrics::Of;
use super::reasons;
use super::status::{Report, Sight, summary};
use crate::gate::approval::{Guard, digest_required};
use crate::gate::{Reason, Verdict};
use crate::model::desired::Invalid;
use crate::model::finding::Domain;
use crate::model::{Finding, FindingKind};

const TENANTS_IN_SYNC: &str = "TenantsInSync";
const SECURITY_GROUPS_IN_SYNC: &str = "SecurityGroupsInSync";
/// How the message of an approval begins that waits.
pub(super) const WAITING: &str = "waiting: ";

/// What a condition says, before it gets its times.
struct Says {
    kind: &'static str,
    status: &'static str,
    reason: String,
    message: String,
}

fn says(kind: &'static str, status: &'static str, reason: &str, message: impl Into<String>) -> Says {
    Says { kind, status, reason: reason.to_owned(), message: message.into() }
}

/// All that hold, in a fixed order.
pub(super) fn all(report: &Report<'_>) -> Vec<Condition> {
    let mut all = vec![ready(report), observed(report), in_sync(report)];
    all.extend(by_domain(report));
    all.push(approved(report));
    all.extend(applied(report));
    all.push(guarded(report.guard));
    all.extend(passing(report));
    all.into_iter().map(|says| condition(says, report)).collect()
}

/// With the time of the last change of its status, which is the previous condition's where the status is the same.
fn condition(says: Says, report: &Report<'_>) -> Condition {
    let Says { kind, status, reason, message } = says;
    let before = standing(report.previous, kind).filter(|before| before.status == status);
    Condition {
        type_: kind.to_owned(),
        status: status.to_owned(),
        reason,
        message: bound::text(&message),
        observed_generation: Some(report.generation),
        last_transition_time: before.map_or(Time(report.now), |before| before.last_transition_time.clone()),
    }
}

fn standing<'a>(status: &'a CloudSpecStatus, kind: &str) -> Option<&'a Condition> {
    status.conditions.iter().find(|condition| condition.type_ == kind)
}

fn fields(wrong: &[Invalid]) -> String {
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
    let (findings, tenants, security_groups) = match &report.sight {
        Sight::Audited { findings, tenants, security_groups, .. } => (findings, tenants, security_groups),
        Sight::Invalid(_) => return no_longer_told(report, reasons::INVALID_SPEC, "nothing was compared"),
        Sight::Blind(why) => return no_longer_told(report, &why.reason, &why.message),
    };
    let of = |domain: Domain| -> Vec<Finding> {
        findings.iter().filter(|finding| finding.subject.domain() == domain).cloned().collect()
    };
    let mut all = Vec::new();
    if *tenants {
        all.push(compared(TENANTS_IN_SYNC, &of(Domain::Tenants)));
    }
    if *security_groups {
        all.push(compared(SECURITY_GROUPS_IN_SYNC, &of(Domain::SecurityGroups)));
    }
    all
}

/// A condition that was there does not vanish where nothing can be told: whoever waits for it would wait for nothing.
fn no_longer_told(report: &Report<'_>, reason: &str, why: &str) -> Vec<Says> {
    let told = [TENANTS_IN_SYNC, SECURITY_GROUPS_IN_SYNC];
    let told = told.into_iter().filter(|kind| standing(report.previous, kind).is_some());
    told.map(|kind| says(kind, "Unknown", reason, why)).collect()
}

fn approved(report: &Report<'_>) -> Says {
    let kind = "Approved";
    match report.verdict {
        Verdict::Approved(approval) => {
            let message = format!("{} approved plan {}", approval.by, approval.digest);
            says(kind, "True", reasons::APPROVED, message)
        }
        Verdict::Rejected(approval) => {
            let message = format!("{} rejected plan {}", approval.by, approval.digest);
            says(kind, "False", reasons::REJECTED, message)
        }
        Verdict::Refused(why) => not_accepted("refused: ", why),
        Verdict::Held(why) => not_accepted(WAITING, why),
        Verdict::NotAsked => not_asked(report),
    }
}

fn not_accepted(how: &str, why: &[Reason]) -> Says {
    let reason = why.first().map_or(reasons::APPROVAL_REFUSED, Reason::name);
    let words: Vec<String> = why.iter().map(ToString::to_string).collect();
    says("Approved", "False", reason, format!("{how}{}", words.join("; ")))
}

/// What was told of the last approval stays told until there is another plan to approve.
fn not_asked(report: &Report<'_>) -> Says {
    let kind = "Approved";
    let before = standing(report.previous, kind);
    let same_plan =
        report.previous.plan.as_ref().map(|plan| &plan.digest) == report.offer.map(|offer| &offer.digest);
    let kept = |before: &Condition| Says {
        kind,
        status: if before.status == "True" { "True" } else { "False" },
        reason: before.reason.clone(),
        message: before.message.clone(),
    };
    let passing = [reasons::AWAITING_APPROVAL, reasons::NOTHING_TO_APPROVE, reasons::BEYOND_LIMITS];
    // An approval that waited and is gone was taken back by a person.
    let told = |before: &&Condition| {
        !passing.contains(&before.reason.as_str()) && !before.message.starts_with(WAITING)
    };
    let beyond = match &report.sight {
        Sight::Audited { exceeded, .. } if !exceeded.is_empty() => Some(exceeded.join("; ")),
        Sight::Audited { .. } | Sight::Invalid(_) | Sight::Blind(_) => None,
    };
    if let (Some(last), None, None) = (untold(report), report.offer, &beyond) {
        let message = format!("{} approved {}", last.approved_by, last.name);
        return says(kind, "True", reasons::APPROVED, message);
    }
    match (before.filter(told), report.offer, beyond) {
        (_, None, Some(beyond)) => says(kind, "False", reasons::BEYOND_LIMITS, beyond),
        // A plan that is on offer is not approved, whatever became of one that was.
        (Some(before), Some(_), _) if same_plan && before.status != "True" => kept(before),
        (Some(before), None, None) => kept(before),
        (_, Some(offer), _) => says(kind, "False", reasons::AWAITING_APPROVAL, how_to_approve(report, offer)),
        (None, None, None) => says(kind, "False", reasons::NOTHING_TO_APPROVE, "there is no plan on offer"),
    }
}

/// What a person types who has read the plan.
fn how_to_approve(report: &Report<'_>, offer: &Offer) -> String {
    let (Of { namespace, name }, Offer { name: plan, digest, classes, .. }) = (report.of, offer);
    let value = if digest_required(report.require_digest, *classes) { digest } else { "true" };
    format!(
        "read ChangePlan {plan}, then approve it: kubectl -n {namespace} annotate cloudspec {name} approved={value}, or \
         kubectl cloudspec approve {name} -n {namespace}"
    )
}

/// An approval that no status has told of: the controller was stopped between the decision and its telling.
fn untold<'a>(report: &'a Report<'_>) -> Option<&'a ExecutionSummary> {
    let told = report.previous.last_execution.as_ref().map(|told| &told.name);
    report.last.as_ref().filter(|last| Some(&last.name) != told)
}

fn applied(report: &Report<'_>) -> Option<Says> {
    let last = report.last.as_ref()?;
    let progress = format!("{} of {} steps of {}", last.done, last.steps, last.name);
    let kind = "Applied";
    Some(match last.result.as_str() {
        "Succeeded" => says(kind, "True", reasons::SUCCEEDED, progress),
        "Applying" => {
            let why = report.last_message.map(|why| format!(": {why}")).unwrap_or_default();
            says(kind, "False", reasons::APPLYING, progress + &why)
        }
        _ => {
            let why = report.last_message.unwrap_or("its ChangePlan says why");
            says(kind, "False", reasons::STOPPED, format!("{progress}: {why}"))
        }
    })
}

fn guarded(guard: &Guard) -> Says {
    let kind = "ApprovalGateEnforced";
    match guard {
        Guard::Enforced => {
            says(kind, "True", reasons::ENFORCED, "the API server refuses approvals by those who may not")
        }
        Guard::Advisory => {
            let message = "whoever may edit the object may approve: --approval-enforcement=advisory";
            says(kind, "False", reasons::ADVISORY, message)
        }
        Guard::NotEnforced(why) => says(kind, "False", reasons::NOT_ENFORCED, why.clone()),
    }
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
