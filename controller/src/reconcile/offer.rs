//! Puts a plan on offer: a ChangePlan that shows it, and a number that an approval is stamped with.

use cloudspec_crds::ChangePlan;
use cloudspec_crds::change_plan::OwnerRef;
use cloudspec_crds::status::Offer;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;

use super::context::Context;
use super::guard::Seen;
use super::owner::{Audited, Declared, Owner};
use super::plans::{Plans, was_rejected};
use crate::plan::to_spec;

/// The offer that stands after this look: the old one, a new one, or none.
pub(super) async fn make<O: Owner>(
    context: &Context,
    declared: &Declared<O>,
    plans: &Plans,
    seen: &Seen,
    audited: &Audited<O>,
    standing: Option<Offer>,
    all: &[ChangePlan],
) -> Result<Option<Offer>, kube::Error> {
    let generation = declared.object.meta().generation.unwrap_or_default();
    let digest = &audited.plan.digest.0;
    let nothing = audited.plan.steps.is_empty() || !audited.exceeded.is_empty();
    if nothing || was_rejected(all, digest, &declared.asked) {
        plans.supersede(None, all).await?;
        return Ok(None);
    }
    if let Some(offer) = standing.filter(|offer| all.iter().any(|plan| plan.name_any() == offer.name)) {
        return Ok(Some(offer));
    }
    let number = declared.object.last_offer() + 1;
    let owner = OwnerRef {
        kind: O::KIND.to_owned(),
        name: declared.object.name_any(),
        uid: declared.uid.clone(),
        generation,
        spec_digest: declared.asked.clone(),
    };
    let spec = to_spec(&audited.plan, owner);
    let plan = plans.undecided(&spec, number, all).await?;
    plans.supersede(Some(&plan.name_any()), all).await?;
    context.offers_in(&declared.uid, context.era(seen));
    Ok(Some(Offer {
        name: plan.name_any(),
        digest: digest.clone(),
        offer: number,
        plan_generation: generation,
        offered_at: Time(context.clock.now()),
        steps: i64::try_from(audited.plan.steps.len()).unwrap_or(i64::MAX),
        classes: spec.classes,
    }))
}
