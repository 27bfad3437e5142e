//! What the looks saw is written into the plans that they are about, before the end is told of the object.
//!
//! # Guarantees
//! A look is written once: what stands in a plan is not written again, whoever was killed in between. What is written is bounded; where there
//! is no room for more, the status of the object still holds the two looks that found nothing.

use cloudspec_crds::offboard_status::Verified;
use cloudspec_crds::rules::MOST_LOOKS;
use cloudspec_crds::{ChangePlan, TenantOffboard};
use jiff::Timestamp;
use kube::ResourceExt;
use kube::api::PostParams;

use super::Saw;
use super::life::{self, Left, Past};
use crate::model::Inventory;
use crate::model::leaving::Leaving;
use crate::plan::offboard::Stage;
use crate::reconcile::context::Context;
use crate::reconcile::owner::Declared;
use crate::reconcile::plans::Plans;
use crate::report::leaving::{Phase, look};

/// What a look saw of a stage.
pub(super) fn seen(
    inventory: &Inventory,
    leaving: &Leaving,
    stage: Stage,
    left: &Left,
    asked: &str,
    now: Timestamp,
) -> Verified {
    let look = look(inventory, leaving, stage, left.as_deref().unwrap_or_default(), now);
    Verified { of: life::question(&inventory.cloud, asked), ..look }
}

/// Writes down what is to be kept and is not yet.
pub(super) async fn keep(
    context: &Context,
    declared: &Declared<TenantOffboard>,
    saw: &Saw,
    all: &[ChangePlan],
) -> Result<(), kube::Error> {
    let past = Past::of(all, &saw.inventory.cloud);
    let incomplete = incomplete(saw, declared, context.clock.now());
    let plans = Plans::of(&context.client, declared.object.as_ref());
    for stage in [Stage::Resources, Stage::Project] {
        let Some(plan) = past.tried(stage) else { continue };
        let looks = lacking(plan, stage, &saw.verified, incomplete.as_ref());
        if looks.is_empty() {
            continue;
        }
        let mut plan = plan.clone();
        plan.status.get_or_insert_default().verification.extend(looks);
        match plans.api().replace_status(&plan.name_any(), &PostParams::default(), &plan).await {
            // A plan that has no room for it must not keep the end from being told.
            Err(kube::Error::Api(why)) if why.message.contains("too large") => {
                tracing::warn!(object = %declared.key, plan = plan.name_any(), "no room for what was seen: {}", why.message);
            }
            other => drop(other?),
        }
    }
    Ok(())
}

/// What is left after a plan was tried.
fn incomplete(saw: &Saw, declared: &Declared<TenantOffboard>, now: Timestamp) -> Option<Verified> {
    let leaving = &declared.what.leaving;
    let something = saw.left.as_ref().is_ok_and(|left| !left.is_empty());
    let tried = saw.phase == Phase::Tried && something;
    tried.then(|| seen(&saw.inventory, leaving, saw.stage, &saw.left, &declared.asked, now))
}

/// The looks that a plan does not hold yet: of those that found something the first alone, and both that found nothing.
fn lacking(
    plan: &ChangePlan,
    stage: Stage,
    verified: &[Verified],
    incomplete: Option<&Verified>,
) -> Vec<Verified> {
    let held = plan.status.as_ref().map(|status| status.verification.as_slice()).unwrap_or_default();
    let of_stage = |look: &&Verified| look.stage == life::name(stage);
    let told_once = held.iter().any(|look| !look.remaining.is_empty());
    let incomplete = incomplete.filter(of_stage).filter(|_| !told_once);
    // The first of the two may turn out void.
    let both = verified.iter().filter(|_| life::is_verified(verified, stage)).filter(of_stage);
    let new = incomplete.into_iter().chain(both).filter(|look| held.iter().all(|one| one.at != look.at));
    let room = usize::try_from(MOST_LOOKS).unwrap_or(usize::MAX).saturating_sub(held.len());
    new.take(room).cloned().collect()
}

#[cfg(test)]
mod tests {
    use cloudspec_crds::ChangePlanStatus;
    use cloudspec_crds::change_plan::{ChangePlanSpec, CloudIdentity, OwnerRef};
    use cloudspec_crds::offboard_status::RemainingStatus;
    use cloudspec_crds::status::Classes;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    use super::*;

    fn found(second: i64, left: usize) -> Verified {
        let one = RemainingStatus { resource: "port p".to_owned(), name: None, state: None, message: None };
        Verified {
            stage: "Resources".to_owned(),
            at: Time(Timestamp::from_second(second).unwrap()),
            of: String::new(),
            tenant: None,
            types: Vec::new(),
            kept: Vec::new(),
            kept_omitted: 0,
            uncovered: Vec::new(),
            remaining: vec![one; left],
            remaining_omitted: 0,
        }
    }

    fn plan(held: Vec<Verified>) -> ChangePlan {
        let owner = OwnerRef {
            kind: String::new(),
            name: String::new(),
            uid: String::new(),
            generation: 0,
            spec_digest: String::new(),
        };
        let cloud = CloudIdentity { auth_url: String::new(), region: String::new(), endpoints: [].into() };
        let spec = ChangePlanSpec {
            owner,
            cloud,
            digest: String::new(),
            classes: Classes::default(),
            steps: Vec::new(),
            left_alone: Vec::new(),
        };
        let mut plan = ChangePlan::new("x", spec);
        plan.status = Some(ChangePlanStatus { verification: held, ..ChangePlanStatus::default() });
        plan
    }

    fn lacks(held: &[Verified], verified: &[Verified], incomplete: Option<&Verified>) -> Vec<Verified> {
        lacking(&plan(held.to_vec()), Stage::Resources, verified, incomplete)
    }

    #[test]
    fn what_stands_there_is_not_written_again() {
        let both = [found(1, 0), found(2, 0)];
        assert_eq!(lacks(&both, &both, None), vec![]);
        assert_eq!(lacks(&[], &[], None), vec![]);
    }

    #[test]
    fn both_looks_that_found_nothing_are_written_when_there_are_two() {
        let both = [found(1, 0), found(2, 0)];
        assert_eq!(lacks(&[], &both[..1], None), vec![]);
        assert_eq!(lacks(&[], &both, None), both);
    }

    #[test]
    fn whoever_was_killed_after_the_record_adds_only_the_look_that_it_took_again() {
        let held = [found(1, 0), found(2, 0)];
        assert_eq!(lacks(&held, &[found(1, 0), found(3, 0)], None), [found(3, 0)]);
    }

    #[test]
    fn of_what_is_left_the_first_look_is_written_and_what_came_later_beside_it() {
        let (first, later) = (found(1, 2), found(2, 1));
        let held = [found(1, 2)];
        assert_eq!(lacks(&[], &[], Some(&first)), held);
        assert_eq!(lacks(&held, &[], Some(&later)), vec![]);
        let both = [found(3, 0), found(4, 0)];
        assert_eq!(lacks(&held, &both, None), both);
    }

    #[test]
    fn looks_of_another_stage_are_not_those_of_this_one() {
        let both = [found(1, 0), found(2, 0)];
        assert_eq!(lacking(&plan(Vec::new()), Stage::Project, &both, Some(&found(1, 1))), vec![]);
    }

    #[test]
    fn no_more_is_written_than_the_record_may_hold() {
        let held: Vec<Verified> = (0..5).map(|second| found(second, 0)).collect();
        let both = [found(8, 0), found(9, 0)];
        assert_eq!(lacks(&held, &both, None).len(), 1);
    }
}
