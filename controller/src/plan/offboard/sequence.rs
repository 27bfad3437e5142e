//! The order of the removals.

use std::collections::{BTreeMap, BTreeSet};

use super::held::Held;
use crate::model::ResourceKey;
use crate::model::inventory::Resource;

/// What goes, in the order in which it goes, and what waits in a circle.
pub(super) struct Sequence<'a> {
    pub(super) order: Vec<&'a Resource>,
    /// With what each waits for.
    pub(super) circle: Vec<(&'a ResourceKey, &'a ResourceKey)>,
}

/// Each after what it waits for; among those that may go at the same time, in the order of the types and then of the keys. What a resource
/// waits for and is not among these is gone.
pub(super) fn sequence<'a>(held: &Held<'a>, going: impl Iterator<Item = &'a Resource>) -> Sequence<'a> {
    let going: BTreeMap<&ResourceKey, &Resource> = going.map(|one| (&one.key, one)).collect();
    let mut waits: BTreeMap<&ResourceKey, BTreeSet<&ResourceKey>> = BTreeMap::new();
    let mut frees: BTreeMap<&ResourceKey, Vec<&ResourceKey>> = BTreeMap::new();
    for key in going.keys() {
        let needed: BTreeSet<&ResourceKey> = held.needs(key).filter(|one| going.contains_key(one)).collect();
        needed.iter().for_each(|one| frees.entry(one).or_default().push(key));
        waits.insert(key, needed);
    }
    let mut ready: BTreeSet<&ResourceKey> =
        waits.iter().filter(|(_, needed)| needed.is_empty()).map(|(key, _)| *key).collect();
    let mut order = Vec::new();
    while let Some(next) = ready.pop_first() {
        waits.remove(next);
        order.extend(going.get(next));
        for freed in frees.remove(next).unwrap_or_default() {
            let Some(needed) = waits.get_mut(freed) else { continue };
            needed.remove(next);
            if needed.is_empty() {
                ready.insert(freed);
            }
        }
    }
    let circle = waits.into_iter().filter_map(|(key, needed)| Some((key, needed.into_iter().next()?)));
    Sequence { order, circle: circle.collect() }
}
