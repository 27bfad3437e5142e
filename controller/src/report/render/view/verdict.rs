//! Whether a leaving is complete, as far as the records show it.

use cloudspec_crds::offboard_status::Verified;
use cloudspec_crds::{ChangePlan, TenantOffboard, TenantOffboardStatus};

use super::call::removed;
use super::leaving::Tenant;
use super::second;
use crate::model::ResourceType;

/// What a plan is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// What the project holds.
    Resources,
    /// The project itself.
    Project,
    /// Limits that were put back.
    Limits,
}

impl Of {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Resources => "Resources",
            Self::Project => "Project",
            Self::Limits => "Limits",
        }
    }
}

/// What a plan is about, by its steps.
pub(super) fn stage_of(plan: &ChangePlan) -> Of {
    let kinds: Vec<ResourceType> = plan.spec.steps.iter().filter_map(removed).map(|key| key.kind).collect();
    match () {
        () if kinds.contains(&ResourceType::Project) => Of::Project,
        () if kinds.is_empty() => Of::Limits,
        () => Of::Resources,
    }
}

/// All that there is to judge from.
pub(super) struct Case<'a> {
    pub(super) object: Option<&'a TenantOffboard>,
    pub(super) plans: &'a [&'a ChangePlan],
    pub(super) looks: &'a [Verified],
    pub(super) tenant: Option<&'a Tenant>,
}

/// What is certified.
pub(super) struct Told {
    pub(super) complete: bool,
    pub(super) statement: String,
}

/// Complete is what its object says is Completed, and of which two looks that found nothing are on record. Where the object is deleted, the
/// records speak alone: of the project where a plan for it was approved, else of what it held.
pub(super) fn of(case: &Case<'_>) -> Told {
    let stage = case.last_stage();
    let (against, looks) = (case.against(stage), case.nothing_twice(stage));
    let tenant = case.tenant.map_or_else(String::new, |tenant| format!(" {}/{}", tenant.domain, tenant.name));
    match (against, looks) {
        (None, Some([first, second_look])) => {
            let what = match stage {
                Of::Project => format!("project{tenant} and all that it held are gone{}", but(second_look)),
                Of::Resources | Of::Limits => {
                    format!(
                        "all that project{tenant} held is gone{}; the project itself stays",
                        but(second_look)
                    )
                }
            };
            let (at, again) = (second(&first.at), second(&second_look.at));
            let statement =
                format!("Completed: {what}. Two full looks found nothing left: at {at} and at {again}.");
            Told { complete: true, statement }
        }
        (Some(why), _) => Told { complete: false, statement: format!("NOT COMPLETED: {why}") },
        (None, None) => Told {
            complete: false,
            statement: "NOT COMPLETED: no two full looks that found nothing left are on record".to_owned(),
        },
    }
}

fn but(look: &Verified) -> &'static str {
    let kept = look.kept.is_empty() && look.kept_omitted == 0;
    match (kept, look.uncovered.is_empty()) {
        (true, true) => "",
        (false, true) => ", but for what is kept",
        (true, false) => ", but for what is not covered",
        (false, false) => ", but for what is kept and what is not covered",
    }
}

impl<'a> Case<'a> {
    /// How far it was to go.
    fn last_stage(&self) -> Of {
        let approved = self.plans.iter().any(|plan| stage_of(plan) == Of::Project);
        match self.object.map_or(approved, |object| object.spec.delete_project) {
            true => Of::Project,
            false => Of::Resources,
        }
    }

    /// The last two looks of a stage, where neither found anything.
    fn nothing_twice(&self, stage: Of) -> Option<[&'a Verified; 2]> {
        let of_stage: Vec<&Verified> = self.looks.iter().filter(|look| look.stage == stage.name()).collect();
        match of_stage.as_slice() {
            [.., first, second] if first.remaining.is_empty() && second.remaining.is_empty() => {
                Some([first, second])
            }
            _ => None,
        }
    }

    /// What speaks against it, beside the looks.
    fn against(&self, stage: Of) -> Option<String> {
        match self.object {
            Some(object) => said(object),
            None => self.of_deleted(stage),
        }
    }

    /// A plan that was not carried to its end, or that came after what was seen.
    fn of_deleted(&self, stage: Of) -> Option<String> {
        let last = self.plans.last()?;
        let status = last.status.clone().unwrap_or_default();
        let name = last.metadata.name.clone().unwrap_or_default();
        if stage_of(last) == Of::Limits {
            return Some("it was called off, and the TenantOffboard is deleted".to_owned());
        }
        let Some(ended) = status.finished_at else {
            return Some(format!("the TenantOffboard was deleted before plan {name} was carried to its end"));
        };
        let seen_after = self.nothing_twice(stage).is_some_and(|[_, last]| last.at.0 >= ended.0);
        (!seen_after).then(|| format!("the TenantOffboard was deleted before it was seen twice that nothing is left after plan {name}"))
    }
}

/// What the object itself says against it.
fn said(object: &TenantOffboard) -> Option<String> {
    let TenantOffboardStatus { state, observed_generation, conditions, .. } =
        object.status.clone().unwrap_or_default();
    let state = state.unwrap_or_else(|| "Unknown".to_owned());
    if observed_generation != object.metadata.generation {
        return Some(format!("the status ({state}) does not speak of the spec as it is now"));
    }
    match state.as_str() {
        "Completed" => None,
        "Aborted" => Some("it was called off (spec.abort), and the limits are as they were".to_owned()),
        _ => {
            let why = conditions.into_iter().find(|one| one.type_ == "Completed" && one.status != "True");
            let why = why.map_or_else(String::new, |one| format!(": {}", one.message));
            Some(format!("the state is {state}{why}"))
        }
    }
}
