//! From what stands on the owner to a verdict.

use cloudspec_crds::change_plan::Decision;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::approval::{Facts, Guard, Offered, Request, Rules};
use super::checks::{Binds, Case, Failure, checks};
use super::reason::Reason;
use crate::model::PlanDigest;

/// What becomes of the annotation `approved`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is not there.
    NotAsked,
    /// The plan is approved: the decision is to be written, and then the annotations taken away.
    Approved(Approval),
    /// The plan is rejected: likewise.
    Rejected(Approval),
    /// It stays, and waits; never empty.
    Held(Vec<Reason>),
    /// It is taken away, and the reasons told: those that refuse, then those that would hold; never empty.
    Refused(Vec<Reason>),
}

/// What a person rules on a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// Carry it out.
    Approve,
    /// Never carry it out.
    Reject,
}

/// An act of a person on one plan that every check lets pass. It becomes the decision in the ChangePlan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// What was ruled.
    pub ruling: Ruling,
    /// Who did it.
    pub by: String,
    /// Their groups at that moment.
    pub groups: Vec<String>,
    /// The value that they gave.
    pub value: String,
    /// The offer that it was given on.
    pub offer: i64,
    /// The digest of the plan that was shown to them.
    pub digest: PlanDigest,
    /// `Enforced` or `Advisory`.
    pub gate: &'static str,
}

impl Approval {
    /// The decision as the ChangePlan keeps it.
    pub fn decision(&self, at: Timestamp) -> Decision {
        let Self { ruling, by, groups, value, offer, digest, gate } = self;
        Decision {
            verdict: ruling.verdict().to_owned(),
            by: by.clone(),
            groups: groups.clone(),
            value: value.clone(),
            offer: *offer,
            digest: digest.0.clone(),
            at: Time(at),
            gate: (*gate).to_owned(),
        }
    }
}

impl Ruling {
    /// What the value of the annotation asks for; whether it is a valid one is a check of its own.
    fn of(value: &str) -> Self {
        match value {
            "false" => Self::Reject,
            _ => Self::Approve,
        }
    }

    /// As a decision spells it.
    pub fn verdict(self) -> &'static str {
        match self {
            Self::Approve => "Approved",
            Self::Reject => "Rejected",
        }
    }
}

/// Judges what stands on the owner.
pub fn decide(request: &Request, offered: Option<&Offered>, rules: &Rules, facts: &Facts) -> Verdict {
    let Some(value) = request.approved.as_deref() else { return Verdict::NotAsked };
    let ruling = Ruling::of(value);
    let case = Case { request, value, offered, rules, facts };
    let (mut refusing, mut holding) = (Vec::new(), Vec::new());
    let binding = checks().iter().filter(|check| check.binds == Binds::Both || ruling == Ruling::Approve);
    for failure in binding.filter_map(|check| (check.fails)(&case)) {
        match failure {
            Failure::Refuses(reason) => refusing.push(reason),
            Failure::Holds(reason) => holding.push(reason),
        }
    }
    if !refusing.is_empty() {
        refusing.append(&mut holding);
        return Verdict::Refused(refusing);
    }
    if !holding.is_empty() {
        return Verdict::Held(holding);
    }
    match (approval(&case, ruling), ruling) {
        (Some(approval), Ruling::Approve) => Verdict::Approved(approval),
        (Some(approval), Ruling::Reject) => Verdict::Rejected(approval),
        // The check of the stamps lets nothing through that lacks one.
        (None, _) => Verdict::Refused(vec![Reason::NotStamped(Vec::new())]),
    }
}

fn approval(case: &Case<'_>, ruling: Ruling) -> Option<Approval> {
    Some(Approval {
        ruling,
        by: case.request.by.clone()?,
        groups: case.request.groups.clone(),
        value: case.value.to_owned(),
        offer: case.stamped_offer()?,
        digest: case.offered?.digest.clone(),
        gate: match case.facts.guard {
            Guard::Enforced => "Enforced",
            Guard::Advisory => "Advisory",
            Guard::NotEnforced(_) => return None,
        },
    })
}
