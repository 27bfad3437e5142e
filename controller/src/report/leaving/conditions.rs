//! The conditions of a TenantOffboard, after KEP-1623.

use cloudspec_crds::TenantOffboardStatus;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::{Leave, Phase, Report, Sight};
use crate::plan::offboard::Remaining;
use crate::report::conditions::fields;
use crate::report::decided::{Says, Standing, condition, guarded, says, standing};
use crate::report::reasons;

/// The most resources that a message names.
const MOST_NAMED: usize = 5;

/// All that hold, in a fixed order.
pub(super) fn all(report: &Report<'_>, state: &'static str) -> Vec<Condition> {
    let decided = decided(report);
    let mut all = vec![ready(report), observed(report), admitted(report), empty(report)];
    all.push(completed(report, state));
    all.push(decided.approved());
    all.extend(decided.applied());
    all.push(guarded(report.guard));
    all.extend(passing(report));
    let before = &report.previous.conditions;
    all.into_iter().map(|says| condition(says, before, report.generation, report.now)).collect()
}

/// Whether the status that stood says that the last plan was rejected.
pub(super) fn was_rejected(before: &TenantOffboardStatus) -> bool {
    standing(&before.conditions, "Approved").is_some_and(|one| one.reason == reasons::REJECTED)
}

fn decided<'a>(report: &'a Report<'_>) -> Standing<'a> {
    let previous = report.previous;
    Standing {
        of: report.of,
        approvable: report.approvable,
        verdict: report.verdict,
        conditions: &previous.conditions,
        offered: previous.plan.as_ref(),
        executed: previous.last_execution.as_ref(),
        offer: report.offer,
        beyond: None,
        last: report.last.as_ref(),
        last_message: report.last_message,
    }
}

fn ready(report: &Report<'_>) -> Says {
    match &report.sight {
        Sight::Invalid(wrong) => says("Ready", "False", reasons::INVALID_SPEC, fields(wrong)),
        Sight::Blind(why) => says("Ready", "False", &why.reason, why.message.clone()),
        Sight::Looked(_) => {
            says("Ready", "True", reasons::WORKING, "the tenant is looked at, and what it holds is told")
        }
    }
}

fn observed(report: &Report<'_>) -> Says {
    let kind = "Observed";
    match &report.sight {
        Sight::Invalid(_) => says(kind, "Unknown", reasons::INVALID_SPEC, "nothing was looked at"),
        Sight::Blind(why) => says(kind, "False", &why.reason, why.message.clone()),
        Sight::Looked(Leave { left: Err(why), .. }) => {
            says(kind, "False", reasons::PARTLY_OBSERVED, why.to_string())
        }
        Sight::Looked(_) => {
            says(kind, "True", reasons::OBSERVED, "all that the tenant may hold could be seen")
        }
    }
}

fn admitted(report: &Report<'_>) -> Says {
    let kind = "Admitted";
    match &report.sight {
        Sight::Invalid(_) => says(kind, "Unknown", reasons::INVALID_SPEC, "nothing was looked at"),
        Sight::Blind(why) => says(kind, "Unknown", &why.reason, why.message.clone()),
        Sight::Looked(leave) => match leave.bars.first() {
            None => says(kind, "True", reasons::ADMITTED, "the tenant is the one that was typed"),
            Some(first) => {
                let words: Vec<&str> = leave.bars.iter().map(|bar| bar.message.as_str()).collect();
                says(kind, "False", first.reason, words.join("; "))
            }
        },
    }
}

fn empty(report: &Report<'_>) -> Says {
    let kind = "Empty";
    match &report.sight {
        Sight::Invalid(_) => says(kind, "Unknown", reasons::INVALID_SPEC, "nothing was looked at"),
        Sight::Blind(why) => says(kind, "Unknown", &why.reason, why.message.clone()),
        Sight::Looked(leave) => match leave.left {
            Err(why) => says(kind, "Unknown", reasons::NOT_TOLD, why.to_string()),
            Ok(left) if left.is_empty() && may_verify(leave) => {
                says(kind, "True", reasons::NOTHING_LEFT, "nothing is left of what is to go")
            }
            Ok(left) if left.is_empty() => {
                says(kind, "Unknown", reasons::REFUSED, "the tenant is not the one that was typed")
            }
            Ok(left) => says(kind, "False", reasons::SOMETHING_LEFT, named(left)),
        },
    }
}

/// Of a project that is not the one that was typed, nothing is left means nothing.
fn may_verify(leave: &Leave<'_>) -> bool {
    leave.bars.is_empty() || matches!(leave.phase, Phase::Verifying | Phase::Completed)
}

fn completed(report: &Report<'_>, state: &'static str) -> Says {
    let kind = "Completed";
    match &report.sight {
        Sight::Looked(Leave { phase: Phase::Completed, verified, .. }) => {
            let times: Vec<String> = verified.iter().map(|look| look.at.0.to_string()).collect();
            let message = format!("full looks found nothing left: {}", times.join(", "));
            says(kind, "True", reasons::COMPLETED, message)
        }
        Sight::Looked(Leave { left: Ok(left), .. }) if !left.is_empty() => {
            says(kind, "False", state, named(left))
        }
        Sight::Looked(_) | Sight::Invalid(_) | Sight::Blind(_) => {
            says(kind, "False", state, "it was not seen twice that nothing is left")
        }
    }
}

fn named(left: &[Remaining]) -> String {
    let mut words: Vec<String> = left.iter().take(MOST_NAMED).map(ToString::to_string).collect();
    let more = left.len().saturating_sub(MOST_NAMED);
    if more > 0 {
        words.push(format!("and {more} more in status.remaining"));
    }
    format!("left: {}", words.join("; "))
}

/// Conditions that are there only while they are true.
fn passing(report: &Report<'_>) -> Vec<Says> {
    let mut all = Vec::new();
    if report.is_removing() {
        all.push(says("Reconciling", "True", reasons::REMOVING, "an approved plan is being carried out"));
    }
    if let Sight::Invalid(wrong) = &report.sight {
        all.push(says("Stalled", "True", reasons::INVALID_SPEC, fields(wrong)));
    }
    all
}
