//! What a tenant holds, what its leaving means, and the plan.

use serde::Serialize;

use super::Plan;
use crate::model::inventory::{Loss, Size};
use crate::model::leaving::Leaving as Asked;
use crate::model::{self, Inventory, ResourceType, Sighting};
use crate::plan::offboard::{Refusal, Stage, of_type};

/// A tenant that is asked to leave.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Leaving {
    /// Who was asked to leave.
    pub tenant: Tenant,
    /// `Resources`, or `Project` where the project itself goes.
    pub stage: Stage,
    /// True: every type was listed, and nothing is left that nobody looked into.
    pub complete: bool,
    /// Each type in the order of removal; one that is not there holds nothing.
    pub inventory: Vec<OfType>,
    /// What others lose.
    pub losses: Vec<Lost>,
    /// Why there is no plan.
    pub refusals: Vec<Refused>,
    /// What may hold something, and nothing here sweeps.
    pub uncovered: Vec<Uncovered>,
    /// The plan; none where it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
}

/// As it was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// The project's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its domain.
    pub domain: String,
}

/// What a tenant holds of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OfType {
    /// The type.
    #[serde(rename = "type")]
    pub kind: ResourceType,
    /// The service that holds it.
    pub service: String,
    /// How many; none where that could not be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Why it could not be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_told: Option<String>,
    /// GiB of all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gib: Option<u64>,
    /// Bytes of all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Each.
    pub resources: Vec<Held>,
}

/// One resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// Its id.
    pub id: String,
    /// What it hangs on, where its id alone does not name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its state in the service's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// How much it takes up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// Why it cannot be removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hindrance: Option<String>,
}

/// What others lose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lost {
    /// The resource that goes.
    pub by: String,
    /// What is lost, and whose it is.
    pub what: String,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// Stable name.
    pub reason: String,
    /// In words.
    pub message: String,
    /// What could not be told, where it is that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// Why not; the same may stand in the way of many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A service or an extension that nothing here sweeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Uncovered {
    /// Its type in the catalogue, or `network:` and its alias.
    pub what: String,
    /// Whether a person has seen to it.
    pub accepted: bool,
}

impl Leaving {
    /// Of one look, with the plan that was made of it, or all that stands in its way.
    pub fn of(
        inventory: &Inventory,
        asked: &Asked,
        stage: Stage,
        plan: Result<&model::Plan, &[Refusal]>,
    ) -> Self {
        let Asked { id, name, domain, delete_project: _, accept_uncovered, keep: _ } = asked;
        let found = inventory.uncovered.iter().flatten();
        let uncovered: Vec<Uncovered> = found
            .map(|what| Uncovered { what: what.clone(), accepted: accept_uncovered.contains(what) })
            .collect();
        let types: Vec<OfType> =
            ResourceType::ALL.iter().map(|kind| OfType::of(*kind, of_type(inventory, *kind))).collect();
        let told = inventory.tenant.is_ok() && inventory.uncovered.is_ok();
        Self {
            tenant: Tenant { id: id.0.clone(), name: name.clone(), domain: domain.clone() },
            stage,
            complete: told
                && types.iter().all(|one| one.not_told.is_none())
                && uncovered.iter().all(|one| one.accepted),
            inventory: types.into_iter().filter(|one| one.count != Some(0)).collect(),
            losses: inventory.losses.iter().map(Lost::of).collect(),
            refusals: plan.err().unwrap_or_default().iter().map(Refused::of).collect(),
            uncovered,
            plan: plan.ok().map(|plan| Plan::made_here(plan, &[], &[])),
        }
    }
}

impl OfType {
    fn of(kind: ResourceType, seen: Sighting<&[model::Resource]>) -> Self {
        let (resources, not_told) = match seen {
            Ok(all) => (all.iter().map(Held::of).collect(), None),
            Err(why) => (Vec::new(), Some(why.to_string())),
        };
        let mut of_type = Self {
            kind,
            service: kind.service().to_owned(),
            count: not_told.is_none().then_some(resources.len()),
            not_told,
            gib: None,
            bytes: None,
            resources,
        };
        for size in of_type.resources.iter().filter_map(|one| one.size) {
            let (sum, more) = match size {
                Size::Gib(gib) => (&mut of_type.gib, gib),
                Size::Bytes(bytes) => (&mut of_type.bytes, bytes),
            };
            *sum = Some(sum.unwrap_or(0).saturating_add(more));
        }
        of_type
    }
}

impl Held {
    fn of(resource: &model::Resource) -> Self {
        let model::Resource { key, name, state, size, after: _, hindrance } = resource.clone();
        let model::ResourceKey { kind: _, id, of } = key;
        Self { id, of, name, state, size, hindrance }
    }
}

impl Lost {
    fn of(loss: &Loss) -> Self {
        let Loss { by, what } = loss;
        Self { by: by.to_string(), what: what.clone() }
    }
}

impl Refused {
    fn of(refusal: &Refusal) -> Self {
        let (what, why) = refusal.untold().map(|(what, why)| (what, why.to_string())).unzip();
        Self { reason: refusal.name().to_owned(), message: refusal.to_string(), what, why }
    }
}
