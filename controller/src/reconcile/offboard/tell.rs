//! What a look for a TenantOffboard found out, told: status, Events, metrics.

use cloudspec_crds::TenantOffboard;
use kube::ResourceExt;

use super::Saw;
use crate::gate::Verdict;
use crate::model::desired::Invalid;
use crate::reconcile::context::Context;
use crate::reconcile::owner::{Owner, Told};
use crate::reconcile::told::{execution, last_approved, write};
use crate::report::leaving::{Bar, Leave, Report, Sight, status};
use crate::report::{Of, events_of_leaving};

/// Tells it; nothing is written where nothing changed.
pub(super) async fn tell(context: &Context, told: Told<'_, TenantOffboard>) -> Result<(), kube::Error> {
    let Told { declared, seen, audited, offer, verdict, all, interrupted } = told;
    let object = &declared.object;
    let bars: Vec<Bar> =
        audited.iter().flat_map(|audited| &audited.saw.bars).map(super::Barred::told).collect();
    let sight = match audited {
        Ok(audited) => {
            let Saw { inventory, left, bars: _, appeared, verified, phase } = &audited.saw;
            Sight::Looked(Leave { inventory, left, bars: &bars, appeared, verified, phase: *phase })
        }
        Err(why) => Sight::Blind(why),
    };
    let last = last_approved(all);
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let of = Of { kind: TenantOffboard::KIND, namespace: &namespace, name: &name };
    let whole = audited.is_ok_and(|audited| audited.saw.left.is_ok());
    context.metrics.looked(of, whole, audited.ok().map(|_| context.clock.now()));
    context.metrics.offered(of, offer);
    context.metrics.guard(&seen.guard);
    let report = Report {
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
    };
    put(context, object, &report).await
}

/// Tells that a spec is wrong.
pub(super) async fn tell_invalid(
    context: &Context,
    object: &TenantOffboard,
    wrong: &[Invalid],
) -> Result<(), kube::Error> {
    let seen = context.guard.borrow().clone();
    let report = Report {
        previous: &object.status.clone().unwrap_or_default(),
        generation: object.metadata.generation.unwrap_or_default(),
        now: context.clock.now(),
        sight: Sight::Invalid(wrong),
        offer: None,
        verdict: &Verdict::NotAsked,
        guard: &seen.guard,
        last: object.status.as_ref().and_then(|status| status.last_execution.clone()),
        last_message: None,
        suspended: object.spec.suspend,
    };
    put(context, object, &report).await
}

async fn put(context: &Context, object: &TenantOffboard, report: &Report<'_>) -> Result<(), kube::Error> {
    let after = status(report);
    let notes = events_of_leaving(report.previous, &after);
    write(context, object, after, notes).await
}
