//! The removal of all that an inventory shows.

use std::collections::BTreeSet;

use cloudspec::model::ids::ProjectId;
use cloudspec::model::{Action, Inventory, Resource, ResourceKey};

/// In the order of the types, each after what it waits for.
pub(crate) fn in_order(inventory: &Inventory) -> Vec<ResourceKey> {
    let mut left: Vec<&Resource> = inventory.resources().collect();
    left.retain(|resource| resource.key.kind.service() == "network");
    left.sort();
    let mut order = Vec::new();
    while !left.is_empty() {
        let waits: BTreeSet<&ResourceKey> = left.iter().map(|resource| &resource.key).collect();
        let next = left.iter().position(|one| one.after.iter().all(|key| !waits.contains(key))).unwrap();
        order.push(left.remove(next).key.clone());
    }
    order
}

pub(crate) fn removal(what: &ResourceKey, project: &str) -> Action {
    Action::Remove { what: what.clone(), project: ProjectId(project.to_owned()) }
}
