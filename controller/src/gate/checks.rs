//! The policy: an ordered table of small named checks.
//!
//! Each looks at one thing and says nothing of what another check looks at: where there is no plan on offer, only
//! `PlanExists` fails.

use cloudspec_crds::annotation;

use super::approval::{Answer, Facts, Guard, Offered, Request, Rules, digest_required};
use super::reason::Reason;

/// One check.
pub struct Check {
    /// Stable name.
    pub name: &'static str,
    /// What must be so, for the documentation.
    pub doc: &'static str,
    /// What it is asked of.
    pub binds: Binds,
    pub(super) fails: fn(&Case<'_>) -> Option<Failure>,
}

/// What a check is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binds {
    /// Of an approval only.
    Approval,
    /// Of an approval and of a rejection.
    Both,
}

/// How a check fails.
pub(super) enum Failure {
    /// For good: this annotation will never be accepted.
    Refuses(Reason),
    /// For now.
    Holds(Reason),
}

/// All that is judged.
pub(super) struct Case<'a> {
    pub(super) request: &'a Request,
    /// The annotation's value.
    pub(super) value: &'a str,
    pub(super) offered: Option<&'a Offered>,
    pub(super) rules: &'a Rules,
    pub(super) facts: &'a Facts,
}

/// The checks, in their order.
pub fn checks() -> &'static [Check] {
    const {
        &[
            both("PlanExists", "a plan is on offer", plan_exists),
            both("NotBeingDeleted", "the object is not being deleted", not_being_deleted),
            both("NotInManifest", "`approved` is not part of an applied manifest", not_in_manifest),
            both("NotAppliedWithSpec", "no server-side apply owns it with spec", not_applied_with_spec),
            both("ValueValid", "the value is true, false or the digest on offer", value_valid),
            both("Stamped", "the API server stamped who, on which plan and which offer", stamped),
            both("PlanStampCurrent", "it was given on the plan that is on offer", plan_stamp_current),
            both("OfferCurrent", "it was given on the newest offer", offer_current),
            both("NotExpired", "the offer is not older than expiresAfter", not_expired),
            approval("SpecUnchanged", "the spec is the one that the plan follows from", spec_unchanged),
            both("OwnerSame", "the plan is for this object", owner_same),
            both("CloudSame", "the plan is for the cloud that is observed", cloud_same),
            both("NotDecided", "no decision on the plan stands", not_decided),
            approval("SeparateAuthor", "where asked, the approver did not change the spec", separate_author),
            approval("DigestGiven", "where asked, the digest is given", digest_given),
            both("StillMay", "the approver may approve at this moment", still_may),
            approval("WithinLimits", "the plan is within its limits", within_limits),
            approval("CanApply", "there is a credential to apply with", can_apply),
            approval("WorldUnchanged", "the cloud would give the same plan now", world_unchanged),
            approval("OldEnough", "the plan is at least minPlanAge old", old_enough),
            approval("NotSuspended", "spec.suspend is false", not_suspended),
            both("GuardEnforced", "the API server guards approvals, or does not have to", guard_enforced),
        ]
    }
}

type Fails = fn(&Case<'_>) -> Option<Failure>;

const fn both(name: &'static str, doc: &'static str, fails: Fails) -> Check {
    Check { name, doc, binds: Binds::Both, fails }
}

const fn approval(name: &'static str, doc: &'static str, fails: Fails) -> Check {
    Check { name, doc, binds: Binds::Approval, fails }
}

fn refuse_if(so: bool, reason: impl FnOnce() -> Reason) -> Option<Failure> {
    so.then(|| Failure::Refuses(reason()))
}

impl Case<'_> {
    /// The offer's number in the stamp, where it is one.
    pub(super) fn stamped_offer(&self) -> Option<i64> {
        self.request.offer.as_deref()?.parse().ok()
    }

    fn by(&self) -> String {
        self.request.by.clone().unwrap_or_else(|| "an unknown user".to_owned())
    }
}

fn plan_exists(case: &Case<'_>) -> Option<Failure> {
    refuse_if(case.offered.is_none(), || Reason::NoPlanOnOffer)
}

fn not_being_deleted(case: &Case<'_>) -> Option<Failure> {
    refuse_if(case.request.being_deleted, || Reason::BeingDeleted)
}

fn not_in_manifest(case: &Case<'_>) -> Option<Failure> {
    refuse_if(case.request.in_last_applied, || Reason::InManifest)
}

fn not_applied_with_spec(case: &Case<'_>) -> Option<Failure> {
    refuse_if(case.request.applied_with_spec, || Reason::AppliedWithSpec)
}

fn value_valid(case: &Case<'_>) -> Option<Failure> {
    let valid = match case.value {
        "true" | "false" => true,
        digest => case.offered.is_none_or(|offered| offered.digest.0 == digest),
    };
    refuse_if(!valid, || Reason::ValueInvalid(case.value.to_owned()))
}

fn stamped(case: &Case<'_>) -> Option<Failure> {
    let given = |stamp: &Option<String>| stamp.as_deref().is_some_and(|stamp| !stamp.is_empty());
    let Request { by, plan, .. } = case.request;
    let missing: Vec<&'static str> = [
        (annotation::APPROVED_BY, given(by)),
        (annotation::APPROVED_PLAN, given(plan)),
        (annotation::APPROVED_OFFER, case.stamped_offer().is_some()),
    ]
    .into_iter()
    .filter_map(|(name, given)| (!given).then_some(name))
    .collect();
    refuse_if(!missing.is_empty(), || Reason::NotStamped(missing))
}

fn plan_stamp_current(case: &Case<'_>) -> Option<Failure> {
    let (stamped, offered) = (case.request.plan.as_ref()?, case.offered?);
    refuse_if(*stamped != offered.digest.0, || Reason::OtherPlan {
        stamped: stamped.clone(),
        offered: offered.digest.clone(),
    })
}

fn offer_current(case: &Case<'_>) -> Option<Failure> {
    let (stamped, newest) = (case.stamped_offer()?, case.offered?.offer);
    let expired = || {
        Reason::ApprovalExpired(format!("it was given on offer {stamped}, and offer {newest} has followed"))
    };
    match stamped.cmp(&newest) {
        std::cmp::Ordering::Less => Some(Failure::Refuses(expired())),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(Failure::Refuses(Reason::OfferNeverMade { stamped, newest })),
    }
}

fn not_expired(case: &Case<'_>) -> Option<Failure> {
    let (offered_at, least) = (case.offered?.offered_at, case.rules.expires_after);
    refuse_if(case.facts.now.duration_since(offered_at) > least, || {
        Reason::ApprovalExpired(format!("the plan was offered at {offered_at}, and that holds for {least:#}"))
    })
}

fn spec_unchanged(case: &Case<'_>) -> Option<Failure> {
    let (planned, current) = (case.offered?.generation, case.request.generation);
    refuse_if(planned != current, || Reason::SpecChanged { planned, current })
}

fn owner_same(case: &Case<'_>) -> Option<Failure> {
    let owner = &case.offered?.owner;
    refuse_if(*owner != case.facts.owner, || Reason::OtherOwner(owner.clone()))
}

fn cloud_same(case: &Case<'_>) -> Option<Failure> {
    let cloud = &case.offered?.cloud;
    refuse_if(*cloud != case.facts.cloud, || Reason::OtherCloud(cloud.to_string()))
}

fn not_decided(case: &Case<'_>) -> Option<Failure> {
    refuse_if(case.facts.decided, || Reason::AlreadyDecided)
}

fn separate_author(case: &Case<'_>) -> Option<Failure> {
    if !case.rules.separate_author {
        return None;
    }
    match &case.request.spec_author {
        None => Some(Failure::Refuses(Reason::AuthorNotTold)),
        Some(author) => {
            refuse_if(case.request.by.as_ref() == Some(author), || Reason::ApproverIsAuthor(author.clone()))
        }
    }
}

fn digest_given(case: &Case<'_>) -> Option<Failure> {
    let offered = case.offered?;
    let asked = digest_required(case.rules.require_digest, offered.classes);
    refuse_if(asked && case.value == "true", || Reason::DigestRequired(offered.digest.clone()))
}

fn still_may(case: &Case<'_>) -> Option<Failure> {
    match &case.facts.may_approve {
        Answer::Yes => None,
        Answer::No => Some(Failure::Refuses(Reason::ApproverMayNot(case.by()))),
        Answer::NotTold(why) => {
            Some(Failure::Holds(Reason::ApproverNotTold { by: case.by(), why: why.clone() }))
        }
    }
}

fn within_limits(case: &Case<'_>) -> Option<Failure> {
    let exceeded = &case.facts.exceeded;
    refuse_if(!exceeded.is_empty(), || Reason::BeyondLimits(exceeded.clone()))
}

fn can_apply(case: &Case<'_>) -> Option<Failure> {
    refuse_if(!case.facts.can_apply, || Reason::NoApplyCredential)
}

fn world_unchanged(case: &Case<'_>) -> Option<Failure> {
    let offered = case.offered?;
    match &case.facts.current {
        None => Some(Failure::Holds(Reason::WorldNotTold)),
        Some(current) => refuse_if(*current != offered.digest, || Reason::WorldChanged(current.clone())),
    }
}

fn old_enough(case: &Case<'_>) -> Option<Failure> {
    let (offered_at, least) = (case.offered?.offered_at, case.rules.min_plan_age);
    (case.facts.now.duration_since(offered_at) < least)
        .then_some(Failure::Holds(Reason::PlanTooYoung { offered_at, least }))
}

fn not_suspended(case: &Case<'_>) -> Option<Failure> {
    case.facts.suspended.then_some(Failure::Holds(Reason::Suspended))
}

fn guard_enforced(case: &Case<'_>) -> Option<Failure> {
    match &case.facts.guard {
        Guard::Enforced | Guard::Advisory => None,
        Guard::NotEnforced(why) => Some(Failure::Holds(Reason::GateNotEnforced(why.clone()))),
    }
}
