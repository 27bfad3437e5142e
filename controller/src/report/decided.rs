//! What is told of approvals, in the same way of every kind.

use cloudspec_crds::cloud_spec::RequireDigest;
use cloudspec_crds::status::{ExecutionSummary, Offer};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::bound;
use super::metrics::Of;
use super::reasons;
use crate::gate::approval::{Guard, digest_required};
use crate::gate::{Reason, Verdict};

/// Why a plan on offer waits for no approval.
const ONLY_REPORTS: Reason = Reason::NoApplyCredential;
/// How the message of an approval begins that waits.
pub(super) const WAITING: &str = "waiting: ";

/// What a condition says, before it gets its times.
pub(super) struct Says {
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    pub(super) reason: String,
    pub(super) message: String,
}

pub(super) fn says(
    kind: &'static str,
    status: &'static str,
    reason: &str,
    message: impl Into<String>,
) -> Says {
    Says { kind, status, reason: reason.to_owned(), message: message.into() }
}

/// With the time of the last change of its status, which is the previous condition's where the status is the same.
pub(super) fn condition(says: Says, before: &[Condition], generation: i64, now: Timestamp) -> Condition {
    let Says { kind, status, reason, message } = says;
    let before = standing(before, kind).filter(|before| before.status == status);
    Condition {
        type_: kind.to_owned(),
        status: status.to_owned(),
        reason,
        message: bound::text(&message),
        observed_generation: Some(generation),
        last_transition_time: before.map_or(Time(now), |before| before.last_transition_time.clone()),
    }
}

pub(super) fn standing<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.type_ == kind)
}

/// What stands, and what stood before.
pub(super) struct Standing<'a> {
    /// The object.
    pub(super) of: Of<'a>,
    /// When the digest must be given; none where there is no credential to apply with.
    pub(super) approvable: Option<RequireDigest>,
    /// What becomes of the approval that stands.
    pub(super) verdict: &'a Verdict,
    /// The conditions that were told.
    pub(super) conditions: &'a [Condition],
    /// The plan that was told to be on offer.
    pub(super) offered: Option<&'a Offer>,
    /// The execution that was told of.
    pub(super) executed: Option<&'a ExecutionSummary>,
    /// The plan on offer.
    pub(super) offer: Option<&'a Offer>,
    /// Limits that the plan is beyond.
    pub(super) beyond: Option<String>,
    /// What came of the last approval.
    pub(super) last: Option<&'a ExecutionSummary>,
    /// Why it stopped, where it did.
    pub(super) last_message: Option<&'a str>,
}

impl Standing<'_> {
    /// Whether the plan is approved.
    pub(super) fn approved(&self) -> Says {
        let kind = "Approved";
        match self.verdict {
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
            Verdict::NotAsked => self.not_asked(),
        }
    }

    /// What was told of the last approval stays told until there is another plan to approve.
    fn not_asked(&self) -> Says {
        let kind = "Approved";
        let before = standing(self.conditions, kind);
        let same_plan = self.offered.map(|plan| &plan.digest) == self.offer.map(|offer| &offer.digest);
        let kept = |before: &Condition| Says {
            kind,
            status: if before.status == "True" { "True" } else { "False" },
            reason: before.reason.clone(),
            message: before.message.clone(),
        };
        let passing = [
            reasons::AWAITING_APPROVAL,
            ONLY_REPORTS.name(),
            reasons::NOTHING_TO_APPROVE,
            reasons::BEYOND_LIMITS,
        ];
        // An approval that waited and is gone was taken back by a person.
        let told = |before: &&Condition| {
            !passing.contains(&before.reason.as_str()) && !before.message.starts_with(WAITING)
        };
        let beyond = self.beyond.clone();
        if let (Some(last), None, None) = (self.untold(), self.offer, &beyond) {
            let message = format!("{} approved {}", last.approved_by, last.name);
            return says(kind, "True", reasons::APPROVED, message);
        }
        match (before.filter(told), self.offer, beyond) {
            (_, None, Some(beyond)) => says(kind, "False", reasons::BEYOND_LIMITS, beyond),
            // A plan that is on offer is not approved, whatever became of one that was.
            (Some(before), Some(_), _) if same_plan && before.status != "True" => kept(before),
            (Some(before), None, None) => kept(before),
            (_, Some(offer), _) => match self.approvable {
                Some(policy) => {
                    says(kind, "False", reasons::AWAITING_APPROVAL, self.how_to_approve(offer, policy))
                }
                None => says(kind, "False", ONLY_REPORTS.name(), ONLY_REPORTS.to_string()),
            },
            (None, None, None) => {
                says(kind, "False", reasons::NOTHING_TO_APPROVE, "there is no plan on offer")
            }
        }
    }

    /// What a person types who has read the plan.
    fn how_to_approve(&self, offer: &Offer, policy: RequireDigest) -> String {
        let (Of { kind, namespace, name }, Offer { name: plan, digest, classes, .. }) = (self.of, offer);
        let value = if digest_required(policy, *classes) { digest } else { "true" };
        let kind = kind.to_lowercase();
        let object = if kind == "cloudspec" { name.to_owned() } else { format!("{kind}/{name}") };
        format!(
            "read ChangePlan {plan}, then approve it: kubectl -n {namespace} annotate {kind} {name} approved={value}, or \
             kubectl cloudspec approve {object} -n {namespace}"
        )
    }

    /// An approval that no status has told of: the controller was stopped between the decision and its telling.
    fn untold(&self) -> Option<&ExecutionSummary> {
        let told = self.executed.map(|told| &told.name);
        self.last.filter(|last| Some(&last.name) != told)
    }

    /// What came of the last plan that was approved.
    pub(super) fn applied(&self) -> Option<Says> {
        let last = self.last?;
        let progress = format!("{} of {} steps of {}", last.done, last.steps, last.name);
        let kind = "Applied";
        Some(match last.result.as_str() {
            "Succeeded" => says(kind, "True", reasons::SUCCEEDED, progress),
            "Applying" => {
                let why = self.last_message.map(|why| format!(": {why}")).unwrap_or_default();
                says(kind, "False", reasons::APPLYING, progress + &why)
            }
            _ => {
                let why = self.last_message.unwrap_or("its ChangePlan says why");
                says(kind, "False", reasons::STOPPED, format!("{progress}: {why}"))
            }
        })
    }
}

fn not_accepted(how: &str, why: &[Reason]) -> Says {
    let reason = why.first().map_or(reasons::APPROVAL_REFUSED, Reason::name);
    let words: Vec<String> = why.iter().map(ToString::to_string).collect();
    says("Approved", "False", reason, format!("{how}{}", words.join("; ")))
}

/// Whether approvals are guarded.
pub(super) fn guarded(guard: &Guard) -> Says {
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
