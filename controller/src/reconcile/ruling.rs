//! What becomes of the offer that stands, and of the approval on it.

use cloudspec_crds::ChangePlan;
use cloudspec_crds::status::Offer;
use kube::ResourceExt;

use super::approver::may_approve;
use super::context::Context;
use super::guard::Seen;
use super::offers::{Now, Standing, standing};
use super::owner::{Audited, Declared, Owner};
use super::plans;
use crate::gate::approval::{Answer, Facts, Guard, Offered, Request};
use crate::gate::{Reason, Verdict, decide};
use crate::model::PlanDigest;
use crate::plan::from_spec;

/// The digest that an approval must be for, now that the world is so.
pub(super) fn current<O: Owner>(
    declared: &Declared<O>,
    audited: &Audited<O>,
    all: &[ChangePlan],
) -> PlanDigest {
    let name = declared.object.offer().map(|offer| &offer.name);
    let kept = all.iter().find(|plan| Some(&plan.name_any()) == name);
    let plan = kept.and_then(|plan| from_spec(&plan.spec).ok());
    O::current(plan.as_ref(), audited)
}

/// Whether the offer in status still stands: nothing has happened that it must not outlive.
pub(super) fn stands<O: Owner>(
    context: &Context,
    declared: &Declared<O>,
    seen: &Seen,
    current: &PlanDigest,
) -> Standing {
    let offer = declared.object.offer();
    let made_in = context.offered_in(&declared.uid);
    // Policies that could not be read are not policies that changed: nothing is accepted meanwhile, and nothing expires by it.
    let era = match (&made_in, seen.policies.is_empty()) {
        (Some(made_in), true) => made_in.clone(),
        _ => context.era(seen),
    };
    let now = Now {
        digest: current,
        generation: declared.object.meta().generation.unwrap_or_default(),
        at: context.clock.now(),
        expires_after: declared.rules.expires_after,
        era: &era,
    };
    let standing = standing(offer, made_in.as_ref(), &now);
    if let (Standing::Anew(why), Some(offer)) = (&standing, offer) {
        tracing::info!(object = %declared.key, offer = offer.offer, "the plan is offered anew: {why}");
    }
    standing
}

/// What an approval is ruled on with.
pub(super) struct Ruled<'a, O: Owner> {
    pub(super) declared: &'a Declared<O>,
    pub(super) request: &'a Request,
    pub(super) seen: &'a Seen,
    pub(super) audited: &'a Audited<O>,
    pub(super) current: &'a PlanDigest,
    pub(super) standing: &'a Standing,
    pub(super) all: &'a [ChangePlan],
}

/// Rules on what stands in the annotations.
pub(super) async fn rule<O: Owner>(context: &Context, ruled: Ruled<'_, O>) -> Verdict {
    let Ruled { declared, request, seen, audited, current, standing, all } = ruled;
    if request.approved.is_none() {
        return Verdict::NotAsked;
    }
    let object = declared.object.as_ref();
    let Some(offer) = object.offer() else {
        return Verdict::Refused(vec![Reason::NoPlanOnOffer]);
    };
    let guard = match &seen.guard {
        Guard::Enforced => context.watchman.test_on(object).await,
        other => other.clone(),
    };
    let plan = all.iter().find(|plan| plan.name_any() == offer.name);
    let facts = Facts {
        now: context.clock.now(),
        may_approve: match &request.by {
            Some(_) => may_approve(&context.client, object, request).await,
            None => Answer::No,
        },
        guard,
        suspended: object.suspended(),
        can_apply: audited.apply.is_some(),
        exceeded: audited.exceeded.clone(),
        owner: declared.uid.clone(),
        cloud: audited.cloud.clone(),
        current: Some(current.clone()),
        decided: plan.is_none_or(plans::is_decided),
    };
    let verdict = decide(request, plan.map(|plan| offered(offer, plan)).as_ref(), &declared.rules, &facts);
    match standing {
        Standing::Kept => verdict,
        Standing::Anew(why) => lapsed(offer, why, verdict),
    }
}

/// An offer that no longer stands is neither approved nor waited for; what the checks say of it is told first.
fn lapsed(offer: &Offer, why: &str, verdict: Verdict) -> Verdict {
    let lapsed = Reason::ApprovalExpired(format!("offer {} no longer stands: {why}", offer.offer));
    Verdict::Refused(match verdict {
        Verdict::Refused(reasons) => reasons,
        Verdict::Held(reasons) => std::iter::once(lapsed).chain(reasons).collect(),
        Verdict::NotAsked | Verdict::Approved(_) | Verdict::Rejected(_) => vec![lapsed],
    })
}

fn offered(offer: &Offer, plan: &ChangePlan) -> Offered {
    Offered {
        name: offer.name.clone(),
        digest: PlanDigest(plan.spec.digest.clone()),
        offer: offer.offer,
        offered_at: offer.offered_at.0,
        generation: offer.plan_generation,
        classes: plan.spec.classes,
        owner: plan.spec.owner.uid.clone(),
        cloud: crate::model::cloud::CloudIdentity {
            auth_url: plan.spec.cloud.auth_url.clone(),
            region: plan.spec.cloud.region.clone(),
            endpoints: plan.spec.cloud.endpoints.clone(),
        },
    }
}
