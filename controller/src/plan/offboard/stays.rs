//! What stays of a tenant, and why.

use std::collections::{BTreeMap, BTreeSet};

use super::bonds::{BONDS, Bond, possible, said, whole};
use super::stage::Stage;
use crate::model::inventory::Resource;
use crate::model::leaving::Leaving;
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
type Why<'a> = (&'a ResourceKey, String);

/// Why a resource gets no step.
pub(super) type Stays<'a> = BTreeMap<&'a ResourceKey, String>;

impl<'a> Held<'a> {
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        let mut held = Self {
            by_kind: BTreeMap::new(),
            by_key: BTreeMap::new(),
            needs: BTreeMap::new(),
            waiting: BTreeMap::new(),
            told: BTreeSet::new(),
        };
        for one in inventory.resources() {
            // What is listed twice, while the listings move, is one.
            if held.by_key.insert(&one.key, one).is_some() {
                continue;
            }
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
        held.by_kind.values_mut().for_each(|all| all.sort());
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
    fn needed_by(&self, kept: &Resource) -> Vec<Why<'a>> {
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
    fn would_take(&self, stays: &Resource) -> Vec<Why<'a>> {
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

    fn waiting_for(&self, key: &ResourceKey) -> impl Iterator<Item = Why<'a>> {
        let why = format!("it can go only after {key}, which stays");
        self.waiting.get(key).into_iter().flatten().map(move |one| (*one, why.clone()))
    }
}

/// What stays because it is kept, or cannot go, or because of something else that stays.
pub(super) fn stays<'a>(held: &Held<'a>, leaving: &Leaving, stage: Stage) -> Stays<'a> {
    let mut stays = Stays::new();
    let kept = held.all().filter_map(|one| Some((&one.key, format!("kept: {}", leaving.kept(&one.key)?))));
    hold(kept.collect(), &mut stays, |key| {
        held.by_key.get(key).map_or_else(Vec::new, |one| held.needed_by(one))
    });
    // What stays only so that nothing is removed with it needs nothing for itself.
    let with = |key: &'a ResourceKey| {
        let takers = held.by_key.get(key).map_or_else(Vec::new, |one| held.would_take(one));
        takers.into_iter().chain(held.waiting_for(key)).collect::<Vec<_>>()
    };
    let around = stays.keys().flat_map(|key| with(key)).collect();
    hold(around, &mut stays, with);
    let hindered = held.all().filter_map(|one| Some((&one.key, one.hindrance.clone()?)));
    let later = held.all().filter_map(|one| Some((&one.key, later(held, one, leaving, stage)?)));
    hold_up(held, hindered.chain(later).collect(), &mut stays);
    stays
}

/// Why a resource of this stage cannot go in it: what it waits for goes with the project, or last of all.
fn later(held: &Held<'_>, one: &Resource, leaving: &Leaving, stage: Stage) -> Option<String> {
    let last = |key: &ResourceKey| match key.kind {
        ResourceType::Quota => one.key.kind != ResourceType::Project,
        kind => kind == ResourceType::Project,
    };
    let goes_later = |key: &&ResourceKey| last(key) || !stage.counts(key.kind, leaving);
    let needed = held.needs(&one.key).find(goes_later)?;
    stage.counts(one.key.kind, leaving).then(|| format!("it can go only after {needed}, which goes later"))
}

/// These stay, and with them what waits for them.
pub(super) fn hold_up<'a>(held: &Held<'a>, these: Vec<Why<'a>>, stays: &mut Stays<'a>) {
    hold(these, stays, |key| held.waiting_for(key).collect());
}

/// These stay, and with each what follows from it; who stays already has a reason.
fn hold<'a>(these: Vec<Why<'a>>, stays: &mut Stays<'a>, follows: impl Fn(&'a ResourceKey) -> Vec<Why<'a>>) {
    let mut open = these;
    while !open.is_empty() {
        open.retain(|(key, _)| !stays.contains_key(key));
        open.sort();
        open.dedup_by(|one, other| one.0 == other.0);
        stays.extend(open.iter().cloned());
        open = open.into_iter().flat_map(|(key, _)| follows(key)).collect();
    }
}
