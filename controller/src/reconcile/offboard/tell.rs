//! What a look for a TenantOffboard found out, told: status, Events, metrics.

use cloudspec_crds::{TenantOffboard, TenantOffboardStatus};
use kube::ResourceExt;

use super::{Saw, evidence};
use crate::gate::Verdict;
use crate::model::desired::Invalid;
use crate::observe::covered;
use crate::reconcile::context::Context;
use crate::reconcile::owner::{Owner, Told};
use crate::reconcile::told::{execution, last_approved, not_looked, write};
use crate::report::leaving::{Bar, Leave, Report, Sight, status};
use crate::report::{Of, events_of_leaving};

/// Tells it; nothing is written where nothing changed.
pub(super) async fn tell(context: &Context, told: Told<'_, TenantOffboard>) -> Result<(), kube::Error> {
    let Told { declared, seen, audited, offer, verdict, all, interrupted } = told;
    let object = &declared.object;
    // First the record: what is told then can be shown.
    if let Ok(audited) = audited {
        evidence::keep(context, declared, &audited.saw, all).await?;
    }
    let bars: Vec<Bar> =
        audited.iter().flat_map(|audited| &audited.saw.bars).map(super::Barred::told).collect();
    let sight = match audited {
        Ok(audited) => {
            let Saw { inventory, stage: _, left, bars: _, appeared, verified, phase } = &audited.saw;
            Sight::Looked(Leave { inventory, left, bars: &bars, appeared, verified, phase: *phase })
        }
        Err(why) => Sight::Blind(why),
    };
    let last = last_approved(all);
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let of = Of { kind: TenantOffboard::KIND, namespace: &namespace, name: &name };
    let coverage = audited.ok().map(|audited| covered(&audited.saw.inventory));
    context.metrics.looked(of, coverage.as_ref().map(|coverage| (coverage, context.clock.now())));
    context.metrics.offered(of, offer);
    context.metrics.guard(&seen.guard);
    let report = Report {
        of,
        previous: &object.status.clone().unwrap_or_default(),
        generation: object.metadata.generation.unwrap_or_default(),
        now: context.clock.now(),
        sight,
        offer,
        verdict,
        guard: &seen.guard,
        last: last.and_then(execution),
        last_message: interrupted.or(last.and_then(|plan| plan.status.as_ref()?.message.as_deref())),
        suspended: object.spec.suspend,
        approvable: audited
            .ok()
            .and_then(|audited| audited.apply.as_ref())
            .map(|_| object.spec.approval.require_digest),
    };
    put(context, object, &status(&report)).await
}

/// Tells that a spec is wrong.
pub(super) async fn tell_invalid(
    context: &Context,
    object: &TenantOffboard,
    wrong: &[Invalid],
) -> Result<(), kube::Error> {
    put(context, object, &unlooked(context, object, Sight::Invalid(wrong))).await
}

/// Tells that it is being deleted.
pub(super) async fn tell_leaving(context: &Context, object: &TenantOffboard) -> Result<(), kube::Error> {
    let why = not_looked("BeingDeleted", "the object is being deleted, and nothing is done for it any more");
    put(context, object, &unlooked(context, object, Sight::Blind(&why))).await
}

/// A status that says that nothing can be said.
pub(super) fn without_room(context: &Context, object: &TenantOffboard) -> TenantOffboardStatus {
    let why = not_looked("TooLarge", "no room for a status");
    let mut short = unlooked(context, object, Sight::Blind(&why));
    short.conditions.retain(|one| one.reason == "TooLarge");
    short
}

/// What is told where nothing was looked at.
fn unlooked(context: &Context, object: &TenantOffboard, sight: Sight<'_>) -> TenantOffboardStatus {
    let guard = context.guard.borrow().guard.clone();
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    status(&Report {
        of: Of { kind: TenantOffboard::KIND, namespace: &namespace, name: &name },
        previous: &object.status.clone().unwrap_or_default(),
        generation: object.metadata.generation.unwrap_or_default(),
        now: context.clock.now(),
        sight,
        offer: None,
        verdict: &Verdict::NotAsked,
        guard: &guard,
        last: object.status.as_ref().and_then(|status| status.last_execution.clone()),
        last_message: None,
        suspended: object.spec.suspend,
        approvable: None,
    })
}

async fn put(
    context: &Context,
    object: &TenantOffboard,
    after: &TenantOffboardStatus,
) -> Result<(), kube::Error> {
    let notes = events_of_leaving(&object.status.clone().unwrap_or_default(), after);
    write(context, object, after.clone(), notes).await
}
