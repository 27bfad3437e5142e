//! Why a tenant does not leave, and how far each reason reaches.

use crate::model::{Action, Plan, ResourceType};
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
    let deletes = |step: &crate::model::Step| match &step.action {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cloud::CloudIdentity;
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

    #[test]
    fn another_tenant_than_the_one_that_was_typed_stops_it() {
        let renamed = Refusal::NameDiffers { asked: "x".into(), seen: "y".into() };
        assert!(stops(&[Barred::of(&renamed)], &plan()).is_err());
        assert!(stops(&[Barred::asked_twice(&["ns/other".to_owned()])], &plan()).is_err());
    }
}
