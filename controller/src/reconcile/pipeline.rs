//! One reconciliation of a CloudSpec, from what is declared to what is told.
//!
//! ```text
//! validate → carry on what was approved → observe, diff, plan → gate → offer → report
//! ```

use std::sync::Arc;
use std::time::Duration;

use cloudspec_crds::status::Offer;
use cloudspec_crds::{ChangePlan, CloudSpec, annotation};
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use kube::runtime::controller::Action;
use serde_json::json;

use super::approver::may_approve;
use super::audit::{Audited, audit};
use super::context::Context;
use super::declared::{Declared, key};
use super::execute::{Interrupted, execute};
use super::guard::Seen;
use super::offers::{Now, Standing, standing};
use super::plans::{self, Plans};
use super::tell::{Told, tell, tell_invalid, tell_leaving};
use super::{offer, request};
use crate::gate::approval::{Answer, Facts, Guard, Offered, Request};
use crate::gate::{Reason, Verdict, decide};

/// Pause before something that a person or another server must change is looked at again.
const SOON: Duration = Duration::from_secs(5);
/// The longest pause before a credential that is missing or wrong is looked at again.
const BLIND: Duration = Duration::from_secs(30);

/// Why a reconciliation has to be repeated.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The API server.
    #[error("failed to talk to the API server: {0}")]
    Kube(#[from] kube::Error),
    /// An approved plan could not be carried on.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// An annotation could not be taken away.
    #[error("failed to write a patch: {0}")]
    Patch(#[from] serde_json::Error),
}

/// One reconciliation.
pub(super) async fn reconcile(object: Arc<CloudSpec>, context: Arc<Context>) -> Result<Action, Error> {
    let _turn = context.turns.wait(&object.namespace().unwrap_or_default()).await;
    let begun = context.clock.monotonic();
    let key = key(&object);
    let done = reconcile_once(object, &context).await;
    if done.is_ok() {
        context.succeeded(&key);
    }
    let took = context.clock.monotonic().duration_since(begun);
    context.metrics.reconciled(done.is_ok(), took);
    done
}

async fn reconcile_once(object: Arc<CloudSpec>, context: &Context) -> Result<Action, Error> {
    if !leads(context) {
        return Ok(Action::await_change());
    }
    // What is decided on is what stands now, not what a cache remembers.
    let api: Api<CloudSpec> =
        Api::namespaced(context.client.clone(), object.namespace().as_deref().unwrap_or_default());
    let Some(object) = api.get_opt(&object.name_any()).await? else { return Ok(Action::await_change()) };
    context.looks_after(&object);
    if object.metadata.deletion_timestamp.is_some() {
        tell_leaving(context, &object).await?;
        return Ok(Action::await_change());
    }
    let declared = match Declared::of(Arc::new(object.clone())) {
        Ok(declared) => declared,
        Err(wrong) => {
            tell_invalid(context, &object, &wrong).await?;
            return Ok(Action::await_change());
        }
    };
    let plans = Plans::of(&context.client, &object);
    let mut all = plans.all().await?;
    // A leader that ended between its decision and the telling of it left a status that waits for an approval.
    let waits = object.status.as_ref().is_some_and(|status| status.plan.is_some());
    if waits && all.iter().any(plans::is_unfinished) {
        tell_unfinished(context, &declared, &all, None).await?;
    }
    // An approval is used once: it goes before its plan is carried out.
    take_away_decided(context, &declared, &all).await?;
    let Some(plan) = all.iter().find(|plan| plans::is_unfinished(plan)) else {
        return look_and_tell(context, declared, &plans, all).await;
    };
    let done = execute(context, &declared, plan).await;
    // Whatever it did, what was seen before says nothing any more.
    context.look_anew(&declared.key);
    match done {
        // The annotations are gone and the world has moved: begin again with what stands now.
        Ok(()) => Ok(Action::requeue(Duration::ZERO)),
        Err(why) => {
            if leads(context) {
                all = plans.all().await?;
                tell_unfinished(context, &declared, &all, Some(&why)).await?;
            }
            Err(why.into())
        }
    }
}

/// A plan that has to be carried on, and why not at once: what is so now is told, and nothing else is offered or ruled on.
async fn tell_unfinished(
    context: &Context,
    declared: &Declared,
    all: &[ChangePlan],
    why: Option<&Interrupted>,
) -> Result<(), Error> {
    let seen = context.guard.borrow().clone();
    let audited = audit(context, declared, context.not_before(&declared.key, declared.interval)).await;
    if !leads(context) {
        return Ok(());
    }
    // The telling must not change from try to try, or each would be a write.
    let why = why.map(ToString::to_string);
    let told = Told {
        declared,
        seen: &seen,
        audited: audited.as_ref(),
        offer: None,
        verdict: &Verdict::NotAsked,
        all,
        interrupted: why.as_deref(),
    };
    Ok(tell(context, told).await?)
}

fn leads(context: &Context) -> bool {
    context.mandate.holds(context.clock.as_ref())
}

/// The part after everything approved is done: look, rule on an approval, offer, tell.
async fn look_and_tell(
    context: &Context,
    declared: Declared,
    plans: &Plans,
    all: Vec<ChangePlan>,
) -> Result<Action, Error> {
    let request = request::of(&declared.object.metadata);
    let asked = request.approved.is_some();
    let seen = if asked { context.watchman.look().await } else { context.guard.borrow().clone() };
    let not_before = match asked || changed_since(&declared) {
        true => context.clock.monotonic(),
        false => context.not_before(&declared.key, declared.interval),
    };
    let audited = audit(context, &declared, not_before).await;
    // A process that was stopped while it looked may no longer be the leader: what it saw is not its to tell.
    if !leads(context) {
        return Ok(Action::await_change());
    }
    let audited = match audited {
        Ok(audited) => audited,
        Err(why) => {
            let verdict = if asked { Verdict::Held(vec![Reason::WorldNotTold]) } else { Verdict::NotAsked };
            let told = Told {
                declared: &declared,
                seen: &seen,
                audited: Err(&why),
                // What was on offer is still that; it is ruled on when the world can be told.
                offer: declared.object.status.as_ref().and_then(|status| status.plan.as_ref()),
                verdict: &verdict,
                all: &all,
                interrupted: None,
            };
            tell(context, told).await?;
            return Ok(Action::requeue(context.until_next(declared.interval).clamp(SOON, BLIND)));
        }
    };
    let standing = stands(context, &declared, &seen, &audited);
    let verdict = rule(context, &declared, &request, &seen, &audited, &standing, &all).await;
    let standing_offer = match standing {
        Standing::Kept => declared.object.status.as_ref().and_then(|status| status.plan.clone()),
        Standing::Anew(_) => None,
    };
    let decides = matches!(verdict, Verdict::Approved(_) | Verdict::Rejected(_));
    if decides && !still_stands(context, &declared, &request).await? {
        return Ok(Action::requeue(Duration::ZERO));
    }
    if !leads(context) {
        return Ok(Action::await_change());
    }
    match &verdict {
        Verdict::Approved(approval) | Verdict::Rejected(approval) => {
            let phase = if matches!(verdict, Verdict::Approved(_)) { "Applying" } else { "Rejected" };
            let name = standing_offer.as_ref().map(|offer| offer.name.as_str()).unwrap_or_default();
            if let Some(plan) = all.iter().find(|plan| plan.name_any() == name) {
                let decision = approval.decision(context.clock.now());
                plans.decide(plan.clone(), decision, phase).await?;
                context.metrics.approval(approval.ruling.verdict(), "Accepted");
            }
            let all = plans.all().await?;
            let told = Told {
                declared: &declared,
                seen: &seen,
                audited: Ok(&audited),
                offer: None,
                verdict: &verdict,
                all: &all,
                interrupted: None,
            };
            tell(context, told).await?;
            Ok(Action::requeue(Duration::ZERO))
        }
        Verdict::NotAsked | Verdict::Held(_) | Verdict::Refused(_) => {
            let offered = offer::make(context, &declared, plans, &seen, &audited, standing_offer, &all).await;
            // What was seen is told even where no plan can be kept: the status must not go on saying what was true before.
            let (offer, failed) = match offered {
                Ok(offer) => (offer, None),
                Err(why) => (None, Some(why)),
            };
            let told = Told {
                declared: &declared,
                seen: &seen,
                audited: Ok(&audited),
                offer: offer.as_ref(),
                verdict: &verdict,
                all: &all,
                interrupted: None,
            };
            tell(context, told).await?;
            if let Some(why) = failed {
                return Err(why.into());
            }
            if let Verdict::Refused(reasons) = &verdict {
                for reason in reasons {
                    context.metrics.approval("Refused", reason.name());
                }
                take_away(context, &declared.object, &request).await?;
            }
            let next = context.until_next(declared.interval);
            Ok(Action::requeue(if asked { SOON } else { next }))
        }
    }
}

/// A spec that the standing status does not speak of yet is looked at freshly.
fn changed_since(declared: &Declared) -> bool {
    let spoken_of = declared.object.status.as_ref().and_then(|status| status.observed_generation);
    spoken_of != declared.object.metadata.generation
}

/// Whether the offer in status still stands: nothing has happened that it must not outlive.
fn stands(context: &Context, declared: &Declared, seen: &Seen, audited: &Audited) -> Standing {
    let offer = declared.object.status.as_ref().and_then(|status| status.plan.as_ref());
    let made_in = context.offered_in(&declared.uid);
    // Policies that could not be read are not policies that changed: nothing is accepted meanwhile, and nothing expires by it.
    let era = match (&made_in, seen.policies.is_empty()) {
        (Some(made_in), true) => made_in.clone(),
        _ => context.era(seen),
    };
    let now = Now {
        digest: &audited.plan.digest,
        generation: declared.object.metadata.generation.unwrap_or_default(),
        at: context.clock.now(),
        expires_after: declared.rules.expires_after,
        era: &era,
    };
    let standing = standing(offer, made_in.as_ref(), &now);
    if let (Standing::Anew(why), Some(offer)) = (&standing, offer) {
        tracing::info!(cloudspec = declared.key, offer = offer.offer, "the plan is offered anew: {why}");
    }
    standing
}

/// Rules on what stands in the annotations.
async fn rule(
    context: &Context,
    declared: &Declared,
    request: &Request,
    seen: &Seen,
    audited: &Audited,
    standing: &Standing,
    all: &[ChangePlan],
) -> Verdict {
    if request.approved.is_none() {
        return Verdict::NotAsked;
    }
    let Some(offer) = declared.object.status.as_ref().and_then(|status| status.plan.as_ref()) else {
        return Verdict::Refused(vec![Reason::NoPlanOnOffer]);
    };
    let guard = match &seen.guard {
        Guard::Enforced => context.watchman.test_on(&declared.object).await,
        other => other.clone(),
    };
    let plan = all.iter().find(|plan| plan.name_any() == offer.name);
    let facts = Facts {
        now: context.clock.now(),
        may_approve: match &request.by {
            Some(_) => may_approve(&context.client, &declared.object, request).await,
            None => Answer::No,
        },
        guard,
        suspended: declared.object.spec.suspend,
        can_apply: declared.object.spec.cloud.apply.is_some(),
        exceeded: audited.exceeded.clone(),
        owner: declared.uid.clone(),
        cloud: audited.cloud.clone(),
        current: Some(audited.plan.digest.clone()),
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
        digest: crate::model::PlanDigest(plan.spec.digest.clone()),
        offer: offer.offer,
        offered_at: offer.offered_at.0,
        generation: offer.plan_generation,
        classes: plan.spec.classes,
        owner: plan.spec.owner.uid.clone(),
        cloud: crate::model::cloud::CloudIdentity {
            auth_url: plan.spec.cloud.auth_url.clone(),
            region: plan.spec.cloud.region.clone(),
        },
    }
}

/// Whether what was ruled on is there still: a look takes long enough for an approval to be taken back, for another spec, and for
/// another leader's offer.
async fn still_stands(context: &Context, declared: &Declared, request: &Request) -> Result<bool, Error> {
    let api: Api<CloudSpec> =
        Api::namespaced(context.client.clone(), declared.object.namespace().as_deref().unwrap_or_default());
    let now = api.get_opt(&declared.object.name_any()).await?;
    let same = now.is_some_and(|now| {
        now.metadata.uid == declared.object.metadata.uid
            && request::of(&now.metadata) == *request
            && now.status.map(|status| status.last_offer)
                == declared.object.status.as_ref().map(|status| status.last_offer)
    });
    Ok(same)
}

/// Takes an approval away that was used: the one that stands, where the plan and the offer that it was given on are decided.
async fn take_away_decided(context: &Context, declared: &Declared, all: &[ChangePlan]) -> Result<(), Error> {
    let request = request::of(&declared.object.metadata);
    let used = all.iter().filter_map(|plan| plan.status.as_ref()?.decision.as_ref()).any(|decision| {
        request.plan.as_ref() == Some(&decision.digest)
            && request.offer.as_ref() == Some(&decision.offer.to_string())
    });
    match used {
        true => take_away(context, &declared.object, &request).await,
        false => Ok(()),
    }
}

/// Takes the annotations of an approval away, as long as they are the ones that were ruled on.
async fn take_away(context: &Context, object: &CloudSpec, request: &Request) -> Result<(), Error> {
    if request.approved.is_none() {
        return Ok(());
    }
    let mut patch = Vec::new();
    for name in annotation::OF_APPROVAL {
        if let Some(value) = object.annotations().get(name) {
            let path = format!("/metadata/annotations/{}", name.replace('~', "~0").replace('/', "~1"));
            patch.push(json!({"op": "test", "path": path, "value": value}));
            patch.push(json!({"op": "remove", "path": path}));
        }
    }
    let patch: json_patch::Patch = serde_json::from_value(json!(patch))?;
    let api: Api<CloudSpec> =
        Api::namespaced(context.client.clone(), object.namespace().as_deref().unwrap_or_default());
    match api.patch(&object.name_any(), &PatchParams::default(), &Patch::Json::<()>(patch)).await {
        Ok(_) => Ok(()),
        // Somebody else changed or removed them meanwhile: what stands now is ruled on anew.
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409 | 422) => {
            tracing::info!(cloudspec = key(object), "the approval changed meanwhile: {}", status.message);
            Ok(())
        }
        Err(why) => Err(why.into()),
    }
}
