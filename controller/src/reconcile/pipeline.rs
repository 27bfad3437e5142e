//! One reconciliation of an object of any kind, from what is declared to what is told.
//!
//! ```text
//! validate → carry on what was approved → look, plan → gate → offer → report
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant};

use cloudspec_crds::ChangePlan;
use cloudspec_crds::status::Offer;
use kube::ResourceExt;
use kube::runtime::controller::Action;

use super::context::Context;
use super::execute::{Interrupted, execute};
use super::guard::Seen;
use super::offers::Standing;
use super::owner::{Audited, Declared, Key, Owner, Told, api_of};
use super::plans::{self, Plans};
use super::ruling::{Ruled, current, rule, stands};
use super::taken::{still_stands, take_away, take_away_decided};
use super::{offer, request};
use crate::gate::approval::Request;
use crate::gate::{Approval, Reason, Verdict};
use crate::model::Unknown;

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
pub(super) async fn reconcile<O: Owner>(object: Arc<O>, context: Arc<Context>) -> Result<Action, Error> {
    let _turn = context.turns.wait(O::KIND, &object.namespace().unwrap_or_default()).await;
    let begun = context.clock.monotonic();
    let key = Key::of(object.as_ref());
    let done = reconcile_once(object.clone(), &context).await;
    // One that went while it was looked at may have got a plan after it was swept up: it is swept up once more.
    context.looks_after(object.as_ref());
    if done.is_ok() {
        context.succeeded(&key);
    }
    let took = context.clock.monotonic().duration_since(begun);
    context.metrics.reconciled(done.is_ok(), took);
    done
}

async fn reconcile_once<O: Owner>(object: Arc<O>, context: &Context) -> Result<Action, Error> {
    if !leads(context) {
        return Ok(Action::await_change());
    }
    // What is decided on is what stands now, not what a cache remembers.
    let api = api_of(&context.client, object.as_ref());
    let Some(object) = api.get_opt(&object.name_any()).await? else { return Ok(Action::await_change()) };
    context.looks_after(&object);
    if object.meta().deletion_timestamp.is_some() {
        O::tell_leaving(context, &object).await?;
        return Ok(Action::await_change());
    }
    if object.rests() {
        return Ok(Action::await_change());
    }
    let declared = match O::declared(Arc::new(object.clone())) {
        Ok(declared) => declared,
        Err(wrong) => {
            O::tell_invalid(context, &object, &wrong).await?;
            return Ok(Action::await_change());
        }
    };
    let plans = Plans::of(&context.client, &object);
    let all = plans.all().await?;
    // A leader that ended between its decision and the telling of it left a status that waits for an approval.
    if object.offer().is_some() && all.iter().any(plans::is_unfinished) {
        tell_unfinished(context, &declared, &all, None).await?;
    }
    // An approval is used once: it goes before its plan is carried out.
    take_away_decided(context, &declared, &all).await?;
    let Some(plan) = all.iter().find(|plan| plans::is_unfinished(plan)) else {
        return Turn::begin(context, declared, plans, all).take().await;
    };
    let done = execute(context, &declared, plan).await;
    // Whatever it did, what was seen before says nothing any more.
    context.look_anew(&declared.key);
    match done {
        // The annotations are gone and the world has moved: begin again with what stands now.
        Ok(()) => Ok(Action::requeue(Duration::ZERO)),
        Err(why) => {
            if leads(context) {
                // Its progress was told meanwhile.
                let Some(object) = api.get_opt(&declared.key.name).await? else {
                    return Ok(Action::await_change());
                };
                let declared = Declared { object: Arc::new(object), ..declared };
                tell_unfinished(context, &declared, &plans.all().await?, Some(&why)).await?;
            }
            Err(why.into())
        }
    }
}

/// A plan that has to be carried on, and why not at once: what is so now is told, and nothing else is offered or ruled on.
async fn tell_unfinished<O: Owner>(
    context: &Context,
    declared: &Declared<O>,
    all: &[ChangePlan],
    why: Option<&Interrupted>,
) -> Result<(), Error> {
    let seen = context.guard.borrow().clone();
    let audited = O::look(context, declared, all, context.not_before(&declared.key, declared.interval)).await;
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
    Ok(O::tell(context, told).await?)
}

fn leads(context: &Context) -> bool {
    context.mandate.holds(context.clock.as_ref())
}

/// The part after everything approved is done: look, rule on an approval, offer, tell.
struct Turn<'a, O: Owner> {
    context: &'a Context,
    declared: Declared<O>,
    plans: Plans,
    all: Vec<ChangePlan>,
    request: Request,
}

impl<'a, O: Owner> Turn<'a, O> {
    fn begin(context: &'a Context, declared: Declared<O>, plans: Plans, all: Vec<ChangePlan>) -> Self {
        let request = request::of(declared.object.meta());
        Self { context, declared, plans, all, request }
    }

    fn is_asked(&self) -> bool {
        self.request.approved.is_some()
    }

    async fn take(self) -> Result<Action, Error> {
        let Self { context, declared, all, request, .. } = &self;
        let seen = match self.is_asked() {
            true => context.watchman.look().await,
            false => context.guard.borrow().clone(),
        };
        let audited = O::look(context, declared, all, self.not_before()).await;
        // A process that was stopped while it looked may no longer be the leader: what it saw is not its to tell.
        if !leads(context) {
            return Ok(Action::await_change());
        }
        let audited = match audited {
            Ok(audited) => audited,
            Err(why) => return self.blind(&seen, &why, Err(&why)).await,
        };
        if let Some(why) = &audited.untold {
            return self.blind(&seen, why, Ok(&audited)).await;
        }
        let current = current(declared, &audited, all);
        let standing = stands(context, declared, &seen, &current);
        let ruled = Ruled {
            declared,
            request,
            seen: &seen,
            audited: &audited,
            current: &current,
            standing: &standing,
            all,
        };
        let verdict = rule(context, ruled).await;
        let offer = match standing {
            Standing::Kept => declared.object.offer().cloned(),
            Standing::Anew(_) => None,
        };
        let decides = matches!(verdict, Verdict::Approved(_) | Verdict::Rejected(_));
        if decides && !still_stands(context, declared, request).await? {
            return Ok(Action::requeue(Duration::ZERO));
        }
        if !leads(context) {
            return Ok(Action::await_change());
        }
        match &verdict {
            Verdict::Approved(approval) => {
                self.decided(&seen, &audited, offer, &verdict, approval, "Applying").await
            }
            Verdict::Rejected(approval) => {
                self.decided(&seen, &audited, offer, &verdict, approval, "Rejected").await
            }
            Verdict::NotAsked | Verdict::Held(_) | Verdict::Refused(_) => {
                self.offered(&seen, &audited, offer, &verdict).await
            }
        }
    }

    /// A spec that the standing status does not speak of yet is looked at freshly, and so is what is to be ruled on.
    fn not_before(&self) -> Instant {
        let Self { context, declared, .. } = self;
        let changed = declared.object.spoken_of() != declared.object.meta().generation;
        match self.is_asked() || changed {
            true => context.clock.monotonic(),
            false => context.not_before(&declared.key, declared.interval),
        }
    }

    /// There was no way to look, or not to all of it.
    async fn blind(
        &self,
        seen: &Seen,
        why: &Unknown,
        audited: Result<&Audited<O>, &Unknown>,
    ) -> Result<Action, Error> {
        let Self { context, declared, all, .. } = self;
        let verdict = match self.is_asked() {
            true => Verdict::Held(vec![Reason::WorldNotTold]),
            false => Verdict::NotAsked,
        };
        let told = Told {
            declared,
            seen,
            audited,
            // What was on offer is still that; it is ruled on when the world can be told.
            offer: declared.object.offer(),
            verdict: &verdict,
            all,
            interrupted: None,
        };
        O::tell(context, told).await?;
        tracing::debug!(object = %declared.key, "could not tell: {why}");
        Ok(Action::requeue(context.until_next(declared.interval).clamp(SOON, BLIND)))
    }

    /// A decision is written, and told.
    async fn decided(
        &self,
        seen: &Seen,
        audited: &Audited<O>,
        offer: Option<Offer>,
        verdict: &Verdict,
        approval: &Approval,
        phase: &str,
    ) -> Result<Action, Error> {
        let Self { context, declared, plans, all, .. } = self;
        let name = offer.map(|offer| offer.name).unwrap_or_default();
        if let Some(plan) = all.iter().find(|plan| plan.name_any() == name) {
            let decision = approval.decision(context.clock.now());
            plans.decide(plan.clone(), decision, phase).await?;
            context.metrics.approval(approval.ruling.verdict(), "Accepted");
        }
        let all = plans.all().await?;
        let told =
            Told { declared, seen, audited: Ok(audited), offer: None, verdict, all: &all, interrupted: None };
        O::tell(context, told).await?;
        Ok(Action::requeue(Duration::ZERO))
    }

    /// A plan is on offer, or there is none.
    async fn offered(
        &self,
        seen: &Seen,
        audited: &Audited<O>,
        standing: Option<Offer>,
        verdict: &Verdict,
    ) -> Result<Action, Error> {
        let Self { context, declared, plans, all, request } = self;
        let offered = offer::make(context, declared, plans, seen, audited, standing, all).await;
        // What was seen is told even where no plan can be kept: the status must not go on saying what was true before.
        let (offer, failed) = match offered {
            Ok(offer) => (offer, None),
            Err(why) => (None, Some(why)),
        };
        let told = Told {
            declared,
            seen,
            audited: Ok(audited),
            offer: offer.as_ref(),
            verdict,
            all,
            interrupted: None,
        };
        O::tell(context, told).await?;
        if let Some(why) = failed {
            return Err(why.into());
        }
        if let Verdict::Refused(reasons) = verdict {
            for reason in reasons {
                context.metrics.approval("Refused", reason.name());
            }
            take_away(context, declared.object.as_ref(), request).await?;
        }
        let next = audited.again.unwrap_or_else(|| context.until_next(declared.interval));
        Ok(Action::requeue(if self.is_asked() { SOON } else { next }))
    }
}
