//! A plan as a ChangePlan keeps it, and back.
//!
//! # Guarantees
//! What [`from_spec`] gives has the digest that the ChangePlan claims: a ChangePlan in which a call, a class or a side effect
//! was changed is refused.

use cloudspec_crds::ChangePlanSpec;
use cloudspec_crds::change_plan::{self as kept, OwnerRef, PlanStep};
use cloudspec_crds::status::Classes;

use super::digest::digest;
use crate::model::cloud::CloudIdentity;
use crate::model::plan::LeftAlone;
use crate::model::{Class, Plan, PlanDigest, Step};

/// Why a ChangePlan is not a plan.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The call of a step is none that this version knows.
    #[error("failed to read the call of step {number}: {source}")]
    Action {
        /// The step.
        number: i64,
        /// Why.
        source: serde_json::Error,
    },
    /// The class of a step is none.
    #[error("failed to read step {number}: {class:?} is not a class")]
    Class {
        /// The step.
        number: i64,
        /// What stands there.
        class: String,
    },
    /// The number of a step is not its place.
    #[error("failed to read the steps: number {number} stands at place {place}")]
    Number {
        /// What stands there.
        number: i64,
        /// Where.
        place: u32,
    },
    /// The wave of a step is none.
    #[error("failed to read step {number}: {wave} is not a wave")]
    Wave {
        /// The step.
        number: i64,
        /// What stands there.
        wave: i64,
    },
    /// The steps by class are others than those that are counted.
    #[error("failed to read the plan: its steps by class are not those that it counts")]
    Classes,
    /// The digest is not that of the steps.
    #[error("failed to verify the digest: the steps have {computed}, the plan claims {claimed}")]
    Digest {
        /// Computed from the steps.
        computed: PlanDigest,
        /// What stands there.
        claimed: String,
    },
}

/// The plan as it is kept. The UID of `owner` must be that of the plan, or the digest will not verify.
pub fn to_spec(plan: &Plan, owner: OwnerRef) -> ChangePlanSpec {
    let Plan { cloud, owner: _, steps, left_alone, digest } = plan;
    let CloudIdentity { auth_url, region, endpoints } = cloud.clone();
    ChangePlanSpec {
        owner,
        cloud: kept::CloudIdentity { auth_url, region, endpoints },
        digest: digest.0.clone(),
        classes: classes(steps),
        steps: steps.iter().map(keep).collect(),
        left_alone: left_alone.iter().map(keep_left_alone).collect(),
    }
}

/// The plan that is kept.
///
/// # Errors
/// Where a step is not understood, or the digest is not that of the steps.
pub fn from_spec(spec: &ChangePlanSpec) -> Result<Plan, RecordError> {
    let ChangePlanSpec { owner, cloud, digest: claimed, classes: counted, steps, left_alone } = spec;
    let OwnerRef { kind: _, name: _, uid, generation: _, spec_digest: _ } = owner;
    let kept::CloudIdentity { auth_url, region, endpoints } = cloud.clone();
    let cloud = CloudIdentity { auth_url, region, endpoints };
    let steps: Vec<Step> =
        (1..).zip(steps).map(|(place, step)| read(place, step)).collect::<Result<_, _>>()?;
    if classes(&steps) != *counted {
        return Err(RecordError::Classes);
    }
    let digest = digest(&cloud, uid, &steps);
    if digest.0 != *claimed {
        return Err(RecordError::Digest { computed: digest, claimed: claimed.clone() });
    }
    let left_alone = left_alone.iter().map(read_left_alone).collect();
    Ok(Plan { cloud, owner: uid.clone(), steps, left_alone, digest })
}

/// The steps by class.
pub fn classes(steps: &[Step]) -> Classes {
    let mut classes = Classes::default();
    for step in steps {
        match step.class {
            Class::Reversible => classes.reversible += 1,
            Class::Rebuildable => classes.rebuildable += 1,
            Class::Destructive => classes.destructive += 1,
        }
    }
    classes
}

fn keep(step: &Step) -> PlanStep {
    let Step { number, wave, action, summary, findings, class, before, after, side_effects, revert } =
        step.clone();
    PlanStep {
        number: number.into(),
        wave: (wave != number).then(|| wave.into()),
        summary,
        findings,
        class: class_name(class).to_owned(),
        // An action that could not be written (none is known) would not read back, and so never be applied.
        action: serde_json::to_value(action).unwrap_or_default(),
        before,
        after,
        side_effects,
        revert,
    }
}

fn read(place: u32, step: &PlanStep) -> Result<Step, RecordError> {
    let PlanStep { number, wave, summary, findings, class, action, before, after, side_effects, revert } =
        step.clone();
    if number != i64::from(place) {
        return Err(RecordError::Number { number, place });
    }
    let wave =
        wave.map_or(Ok(place), |wave| u32::try_from(wave).map_err(|_| RecordError::Wave { number, wave }))?;
    let action = serde_json::from_value(action).map_err(|source| RecordError::Action { number, source })?;
    let class = class_of(&class).ok_or(RecordError::Class { number, class })?;
    Ok(Step { number: place, wave, action, summary, findings, class, before, after, side_effects, revert })
}

fn class_name(class: Class) -> &'static str {
    match class {
        Class::Reversible => "Reversible",
        Class::Rebuildable => "Rebuildable",
        Class::Destructive => "Destructive",
    }
}

fn class_of(name: &str) -> Option<Class> {
    [Class::Reversible, Class::Rebuildable, Class::Destructive]
        .into_iter()
        .find(|class| class_name(*class) == name)
}

fn keep_left_alone(left: &LeftAlone) -> kept::LeftAlone {
    let LeftAlone { finding, resource, reason } = left.clone();
    kept::LeftAlone { finding, resource, reason }
}

fn read_left_alone(left: &kept::LeftAlone) -> LeftAlone {
    let kept::LeftAlone { finding, resource, reason } = left.clone();
    LeftAlone { finding, resource, reason }
}
