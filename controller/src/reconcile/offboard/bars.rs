//! Why a tenant does not leave, and how far each reason reaches.

use std::collections::BTreeSet;

use crate::model::cloud::CloudIdentity;
use crate::model::{Action, Inventory, Plan, ResourceKey, ResourceType, Step};
use crate::plan::offboard::Refusal;
use crate::report::leaving::{Bar, BarKind};
use crate::report::reasons;

/// How far a reason reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::reconcile) enum Weight {
    /// It is not the one that was typed, or one that never leaves: nothing is done, not even what was begun.
    NotThisOne,
    /// It may leave when that is changed: nothing new is begun, and what was begun is not carried on.
    NotNow,
    /// It could not be told: nothing new is begun.
    Untold,
    /// There is no plan for it as it is asked for.
    NoPlan,
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::reconcile) struct Barred {
    pub(super) weight: Weight,
    pub(super) reason: &'static str,
    pub(super) message: String,
}

impl Barred {
    /// What the plan says.
    pub(super) fn of(refusal: &Refusal) -> Self {
        Self { weight: weight(refusal), reason: refusal.name(), message: refusal.to_string() }
    }

    /// Others are about the same project.
    pub(super) fn asked_twice(others: &[String]) -> Self {
        let message = format!(
            "TenantOffboard {} is about this project too: neither plans anything until one of them is deleted",
            others.join(", ")
        );
        Self { weight: Weight::NotNow, reason: reasons::ASKED_TWICE, message }
    }

    /// Plans of this object were approved for another cloud: what was done there tells nothing of this one.
    pub(super) fn elsewhere(plans: &[String], cloud: &CloudIdentity) -> Self {
        let message = format!(
            "ChangePlan {} was approved for another cloud than {cloud}, which spec.cloudRef leads to now: give the CloudSpec its cloud back, or \
             delete this object and write another for this cloud",
            plans.join(", ")
        );
        Self { weight: Weight::NotThisOne, reason: reasons::APPROVED_ELSEWHERE, message }
    }

    /// As it is told.
    pub(super) fn told(&self) -> Bar {
        let Self { weight, reason, message } = self;
        let kind = match weight {
            Weight::Untold => BarKind::Untold,
            Weight::NotThisOne | Weight::NotNow | Weight::NoPlan => BarKind::Refuses,
        };
        Bar { kind, reason, message: message.clone() }
    }
}

fn weight(refusal: &Refusal) -> Weight {
    match refusal {
        Refusal::NoSuchTenant(_)
        | Refusal::NameDiffers { .. }
        | Refusal::DomainDiffers { .. }
        | Refusal::IdMalformed(_)
        | Refusal::ProtectedDomain(_)
        | Refusal::ProtectedProject(_)
        | Refusal::ActsAsDomain
        | Refusal::OwnProject
        | Refusal::OwnsServiceResources(_) => Weight::NotThisOne,
        Refusal::HasChildren(_) | Refusal::Immutable | Refusal::ListedByCloudSpec(_) => Weight::NotNow,
        Refusal::TenantNotTold(_)
        | Refusal::TypeNotTold(..)
        | Refusal::QuotaNotTold(..)
        | Refusal::CatalogueNotTold(_) => Weight::Untold,
        Refusal::KeptNotFound(_)
        | Refusal::ProjectStays
        | Refusal::Uncovered(_)
        | Refusal::StillHolds(_)
        | Refusal::TooLarge(_) => Weight::NoPlan,
    }
}

/// Whether a plan that was begun is stopped.
///
/// # Errors
/// Why.
pub(super) fn stops(bars: &[Barred], plan: &Plan) -> Result<(), String> {
    let deletes = |step: &Step| match &step.action {
        Action::Remove { what, project: _ } => what.kind == ResourceType::Project,
        _ => false,
    };
    // A project that this very plan deletes may be gone already.
    let gone_is_fine = plan.steps.iter().any(deletes);
    let stopping = bars.iter().filter(|bar| match bar.weight {
        Weight::NotThisOne => !(gone_is_fine && bar.reason == "NoSuchTenant"),
        Weight::NotNow => true,
        Weight::Untold | Weight::NoPlan => false,
    });
    let words: Vec<&str> = stopping.map(|bar| bar.message.as_str()).collect();
    if words.is_empty() { Ok(()) } else { Err(words.join("; ")) }
}

/// That a plan which was begun, and deletes the project, takes nothing along that came meanwhile. Nobody could list it afterwards, or even
/// reach it.
///
/// # Errors
/// What came.
pub(super) fn takes_along(plan: &Plan, inventory: &Inventory) -> Result<(), String> {
    let removed = |step: &'_ Step| match &step.action {
        Action::Remove { what, project: _ } => Some(what.clone()),
        _ => None,
    };
    let going: BTreeSet<ResourceKey> = plan.steps.iter().filter_map(removed).collect();
    if !going.iter().any(|what| what.kind == ResourceType::Project) {
        return Ok(());
    }
    let strays = inventory.resources().map(|one| &one.key);
    let strays = strays.filter(|key| key.kind != ResourceType::Project && !going.contains(*key));
    let strays: Vec<String> = strays.map(ToString::to_string).collect();
    match strays.is_empty() {
        true => Ok(()),
        false => Err(format!("the project holds what was not approved to go: {}", strays.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PlanDigest, Unknown};

    fn plan() -> Plan {
        Plan {
            cloud: CloudIdentity { auth_url: String::new(), region: String::new(), endpoints: [].into() },
            owner: String::new(),
            steps: Vec::new(),
            left_alone: Vec::new(),
            digest: PlanDigest(String::new()),
        }
    }

    #[test]
    fn what_could_not_be_told_does_not_stop_what_was_begun() {
        let untold = Refusal::TypeNotTold(ResourceType::Server, Unknown::not_asked("compute", "servers"));
        assert_eq!(stops(&[Barred::of(&untold)], &plan()), Ok(()));
    }

    fn removes(what: &ResourceKey) -> Step {
        Step {
            number: 1,
            wave: 1,
            action: Action::Remove { what: what.clone(), project: "p".into() },
            summary: String::new(),
            findings: Vec::new(),
            class: crate::model::Class::Destructive,
            before: None,
            after: None,
            side_effects: Vec::new(),
            revert: String::new(),
        }
    }

    fn holding(what: &ResourceKey) -> Inventory {
        let one = crate::model::Resource {
            key: what.clone(),
            name: String::new(),
            state: None,
            size: None,
            after: BTreeSet::new(),
            hindrance: None,
        };
        Inventory {
            cloud: plan().cloud,
            tenant: Ok(None),
            held: [(what.kind, Ok(vec![one]))].into(),
            losses: BTreeSet::new(),
            quotas: [].into(),
            uncovered: Ok(BTreeSet::new()),
            own_projects: BTreeSet::new(),
        }
    }

    #[test]
    fn a_project_whose_deletion_was_begun_does_not_go_with_what_came_meanwhile() {
        let key = |kind, id: &str| ResourceKey { kind, id: id.to_owned(), of: None };
        let (project, grant) =
            (key(ResourceType::Project, "p"), key(ResourceType::RoleAssignment, "user/u/r"));
        let server = key(ResourceType::Server, "s");
        let whole = Plan { steps: vec![removes(&grant), removes(&project)], ..plan() };
        assert_eq!(takes_along(&whole, &holding(&project)), Ok(()));
        assert_eq!(takes_along(&whole, &holding(&grant)), Ok(()));
        let why = takes_along(&whole, &holding(&server)).unwrap_err();
        assert!(why.ends_with("server s"), "{why}");
        let resources = Plan { steps: vec![removes(&grant)], ..plan() };
        assert_eq!(takes_along(&resources, &holding(&server)), Ok(()));
    }

    #[test]
    fn another_tenant_than_the_one_that_was_typed_stops_it() {
        let renamed = Refusal::NameDiffers { asked: "x".into(), seen: "y".into() };
        assert!(stops(&[Barred::of(&renamed)], &plan()).is_err());
        assert!(stops(&[Barred::asked_twice(&["ns/other".to_owned()])], &plan()).is_err());
    }
}
