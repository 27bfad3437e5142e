//! All that a tenant holds, by key and by what hangs together.

use std::collections::{BTreeMap, BTreeSet};

use super::bonds::{BONDS, Bond, possible, said, whole};
use crate::model::inventory::Resource;
use crate::model::{Inventory, ResourceKey, ResourceType};

/// Everything of the tenant, by key and by what hangs together.
pub(super) struct Held<'a> {
    by_kind: BTreeMap<ResourceType, Vec<&'a Resource>>,
    by_key: BTreeMap<&'a ResourceKey, &'a Resource>,
    /// What must be gone before a resource can go, of what is there: as the listings say, and the parts before the whole.
    needs: BTreeMap<&'a ResourceKey, BTreeSet<&'a ResourceKey>>,
    /// The same, from what must be gone.
    waiting: BTreeMap<&'a ResourceKey, BTreeSet<&'a ResourceKey>>,
    /// Types of which the listings say which hang together.
    told: BTreeSet<(ResourceType, ResourceType)>,
}

/// A resource that stays, and why.
pub(super) type Why<'a> = (&'a ResourceKey, String);

impl<'a> Held<'a> {
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        let mut held = Self {
            by_kind: BTreeMap::new(),
            by_key: BTreeMap::new(),
            needs: BTreeMap::new(),
            waiting: BTreeMap::new(),
            told: BTreeSet::new(),
        };
        // What is listed twice, while the listings move, is one, and the same one whatever their order.
        let seen: BTreeSet<&Resource> = inventory.resources().collect();
        held.by_key.extend(seen.into_iter().map(|one| (&one.key, one)));
        for one in held.by_key.values() {
            held.by_kind.entry(one.key.kind).or_default().push(one);
        }
        for (key, one) in &held.by_key {
            let there = |key: &ResourceKey| held.by_key.get_key_value(key).map(|(key, _)| *key);
            held.needs.entry(key).or_default().extend(one.after.iter().filter_map(there));
            if let Some(whole) = whole(key).as_ref().and_then(there) {
                held.needs.entry(whole).or_default().insert(key);
            }
        }
        for (key, needed) in &held.needs {
            for one in needed {
                held.waiting.entry(one).or_default().insert(key);
            }
        }
        let pairs = BONDS.iter().flat_map(|(first, _, others)| others.iter().map(|other| (*first, *other)));
        held.told = pairs.filter(|pair| held.says(*pair)).collect();
        held
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &'a Resource> {
        self.by_kind.values().flatten().copied()
    }

    /// What must be gone before it can go.
    pub(super) fn needs(&self, key: &ResourceKey) -> impl Iterator<Item = &'a ResourceKey> {
        self.needs.get(key).into_iter().flatten().copied()
    }

    pub(super) fn has(&self, key: &ResourceKey) -> bool {
        self.by_key.contains_key(key)
    }

    fn of_kind(&self, kind: ResourceType) -> &[&'a Resource] {
        self.by_kind.get(&kind).map_or(&[], Vec::as_slice)
    }

    fn says(&self, (first, second): (ResourceType, ResourceType)) -> bool {
        let seconds = self.of_kind(second);
        self.of_kind(first).iter().any(|one| seconds.iter().any(|other| said(one, other)))
    }

    fn hang_together(&self, first: &Resource, second: &Resource) -> bool {
        match self.told.contains(&(first.key.kind, second.key.kind)) {
            true => said(first, second),
            false => possible(first, second),
        }
    }

    /// What must stay so that `kept` stays as it is.
    pub(super) fn needed_by(&self, kept: &ResourceKey) -> Vec<Why<'a>> {
        let Some(kept) = self.by_key.get(kept) else { return Vec::new() };
        let own = kept.key.kind;
        let mut needed = Vec::new();
        for (first, bond, seconds) in BONDS {
            if *first == own {
                let found = self.of_kinds(seconds).filter(|second| self.hang_together(kept, second));
                let why = format!("{}, which stays, may need it: keep it as well, or part them", kept.key);
                needed.extend(found.map(|one| (&one.key, why.clone())));
            }
            if *bond == Bond::Part && seconds.contains(&own) {
                let found = self.of_kind(*first).iter().filter(|first| self.hang_together(first, kept));
                let why = format!("it is a part of {}, which stays", kept.key);
                needed.extend(found.map(|one| (&one.key, why.clone())));
            }
        }
        needed
    }

    /// What must not be removed so that `stays` is not removed with it.
    pub(super) fn would_take(&self, stays: &ResourceKey) -> Vec<Why<'a>> {
        let Some(stays) = self.by_key.get(stays) else { return Vec::new() };
        let takes = |(first, bond, seconds): &&(ResourceType, Bond, &[ResourceType])| {
            *bond == Bond::Takes && seconds.contains(&stays.key.kind) && !self.of_kind(*first).is_empty()
        };
        let takers = BONDS.iter().filter(takes).flat_map(|(first, _, _)| self.of_kind(*first));
        let takers = takers.filter(|first| self.hang_together(first, stays));
        let why = format!("its removal may take along {}, which stays: part them first", stays.key);
        takers.map(|one| (&one.key, why.clone())).collect()
    }

    fn of_kinds(&self, kinds: &[ResourceType]) -> impl Iterator<Item = &'a Resource> {
        kinds.iter().flat_map(|kind| self.of_kind(*kind)).copied()
    }

    pub(super) fn waiting_for(&self, key: &ResourceKey) -> impl Iterator<Item = Why<'a>> {
        let why = format!("it can go only after {key}, which stays");
        self.waiting.get(key).into_iter().flatten().map(move |one| (*one, why.clone()))
    }
}
