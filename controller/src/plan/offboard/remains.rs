//! What is still there of a tenant.
//!
//! # Guarantees
//! Nothing that could not be told counts as gone, but for the secrets of a project that is gone itself: see [`remains`].

use super::stage::Stage;
use crate::model::inventory::Resource;
use crate::model::leaving::Leaving;
use crate::model::{Inventory, ResourceKey, ResourceType, Sighting, Unknown};

/// One thing that is still there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remaining {
    /// Which.
    pub what: ResourceKey,
    /// Its name; empty where it has none.
    pub name: String,
    /// Its state in the service's words.
    pub state: Option<String>,
    /// Why it cannot be removed, where that is known.
    pub why: Option<String>,
}

/// What could not be told, so that nobody can say whether something is left.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what remains could not be told: {}", said(.0))]
pub struct NotTold(pub Vec<(String, Unknown)>);

/// What is left when a stage is done; empty only where every type is told, and there is nothing but what is kept. Of a project that is
/// gone, secrets are not asked for: nobody can list them, and it went only when it had none.
///
/// # Errors
/// Where something that may hold more could not be told, or is not swept and was not accepted.
pub fn remains(inventory: &Inventory, leaving: &Leaving, stage: Stage) -> Result<Vec<Remaining>, NotTold> {
    let not_told = not_told(inventory, leaving, stage);
    if !not_told.is_empty() {
        return Err(NotTold(not_told));
    }
    let stays = |resource: &&Resource| leaving.kept(&resource.key).is_none();
    let of_stage = |kind: &ResourceType| stage.counts(*kind, leaving);
    let types = inventory.held.iter().filter(|(kind, _)| of_stage(kind));
    let mut left: Vec<Remaining> =
        types.flat_map(|(_, seen)| seen).flatten().filter(stays).map(Remaining::of).collect();
    left.extend(project(inventory, stage));
    left.sort();
    left.dedup_by(|one, other| one.what == other.what);
    Ok(left)
}

fn not_told(inventory: &Inventory, leaving: &Leaving, stage: Stage) -> Vec<(String, Unknown)> {
    let mut all = Vec::new();
    if let Err(why) = &inventory.tenant {
        all.push(("the project".to_owned(), why.clone()));
    }
    let asked =
        |kind: &&ResourceType| stage.counts(**kind, leaving) && !nobody_can_tell(inventory, stage, **kind);
    for kind in ResourceType::ALL.iter().filter(asked) {
        if let Err(why) = of_type(inventory, *kind) {
            all.push((kind.to_string(), why));
        }
    }
    match &inventory.uncovered {
        Err(why) => all.push(("the services of the cloud".to_owned(), why.clone())),
        Ok(uncovered) => {
            let open = uncovered.difference(&leaving.accept_uncovered);
            all.extend(open.map(|what| (what.clone(), Unknown::not_asked(what.clone(), "its resources"))));
        }
    }
    all
}

/// Barbican lists to a token of the project alone, and nobody gets one when the project is gone. The plan that took it away was made, and
/// begun, only where the project held no secret.
fn nobody_can_tell(inventory: &Inventory, stage: Stage, kind: ResourceType) -> bool {
    let of_barbican =
        matches!(kind, ResourceType::SecretOrder | ResourceType::SecretContainer | ResourceType::Secret);
    of_barbican && stage == Stage::Project && inventory.tenant == Ok(None)
}

/// Every resource of a type; a type that was left out was not looked for.
///
/// # Errors
/// Why it is not known.
pub fn of_type(inventory: &Inventory, kind: ResourceType) -> Sighting<&[Resource]> {
    match inventory.held.get(&kind) {
        Some(Ok(all)) => Ok(all),
        Some(Err(why)) => Err(why.clone()),
        None => Err(Unknown::not_asked(kind.service(), format_args!("resources of the type {kind}"))),
    }
}

/// The project itself, which Keystone has or has not, whatever else was listed.
fn project(inventory: &Inventory, stage: Stage) -> Option<Remaining> {
    let seen = inventory.tenant.as_ref().ok()?.as_ref()?;
    let what = ResourceKey { kind: ResourceType::Project, id: seen.id.0.clone(), of: None };
    match stage {
        Stage::Resources => None,
        Stage::Project => Some(Remaining { what, name: seen.name.clone(), state: None, why: None }),
    }
}

impl Remaining {
    fn of(resource: &Resource) -> Self {
        let Resource { key, name, state, size: _, after: _, hindrance } = resource.clone();
        Self { what: key, name, state, why: hindrance }
    }
}

impl std::fmt::Display for Remaining {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, name, state, why } = self;
        write!(f, "{what}")?;
        if !name.is_empty() {
            write!(f, " {name:?}")?;
        }
        if let Some(state) = state {
            write!(f, ", {state}")?;
        }
        why.as_ref().map_or(Ok(()), |why| write!(f, ": {why}"))
    }
}

fn said(all: &[(String, Unknown)]) -> String {
    let all: Vec<String> = all.iter().map(|(what, why)| format!("{what} ({why})")).collect();
    all.join("; ")
}
