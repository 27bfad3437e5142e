//! What stays of a tenant, and why.

use std::collections::{BTreeMap, BTreeSet};

use super::bonds::{BONDS, possible, said};
use super::stage::Stage;
use crate::model::inventory::Resource;
use crate::model::leaving::Leaving;
use crate::model::{Inventory, ResourceKey, ResourceType};

/// Everything of the tenant, by key and by what hangs together.
pub(super) struct Held<'a> {
    by_kind: BTreeMap<ResourceType, Vec<&'a Resource>>,
    by_key: BTreeMap<&'a ResourceKey, &'a Resource>,
    /// What waits for a resource.
    waiting: BTreeMap<&'a ResourceKey, BTreeSet<&'a ResourceKey>>,
    /// Types of which the listings say which hang together.
    told: BTreeSet<(ResourceType, ResourceType)>,
}

/// Why a resource gets no step.
pub(super) type Stays<'a> = BTreeMap<&'a ResourceKey, String>;

impl<'a> Held<'a> {
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        let mut held = Self {
            by_kind: BTreeMap::new(),
            by_key: BTreeMap::new(),
            waiting: BTreeMap::new(),
            told: BTreeSet::new(),
        };
        for one in inventory.resources() {
            // What is listed twice, while the listings move, is one.
            if held.by_key.insert(&one.key, one).is_some() {
                continue;
            }
            held.by_kind.entry(one.key.kind).or_default().push(one);
            for needed in &one.after {
                held.waiting.entry(needed).or_default().insert(&one.key);
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
    fn with(&self, kept: &Resource) -> Vec<&'a ResourceKey> {
        let (mut with, own) = (Vec::new(), kept.key.kind);
        for (first, bond, seconds) in BONDS {
            if *first == own && bond.holds_second() {
                let all = seconds.iter().flat_map(|second| self.of_kind(*second));
                with.extend(all.filter(|second| self.hang_together(kept, second)).map(|one| &one.key));
            }
            if seconds.contains(&own) && bond.holds_first() {
                let all = self.of_kind(*first).iter();
                with.extend(all.filter(|first| self.hang_together(first, kept)).map(|one| &one.key));
            }
        }
        with
    }

    fn waiting_for(&self, key: &ResourceKey) -> impl Iterator<Item = (&'a ResourceKey, String)> {
        let why = format!("it can go only after {key}, which stays");
        self.waiting.get(key).into_iter().flatten().map(move |one| (*one, why.clone()))
    }
}

/// What stays because it is kept, or cannot go, or because something that stays hangs on it.
pub(super) fn stays<'a>(held: &Held<'a>, leaving: &Leaving, stage: Stage) -> Stays<'a> {
    let mut stays = Stays::new();
    let kept = held.all().filter_map(|one| Some((&one.key, format!("kept: {}", leaving.kept(&one.key)?))));
    hold(kept.collect(), &mut stays, |key| {
        let resource = held.by_key.get(key).copied();
        let with = resource.into_iter().flat_map(|kept| held.with(kept));
        let why = format!("it hangs together with {key}, which stays: part them, or keep it as well");
        with.map(|one| (one, why.clone())).chain(held.waiting_for(key)).collect()
    });
    let hindered = held.all().filter_map(|one| Some((&one.key, one.hindrance.clone()?)));
    let later = held.all().filter_map(|one| Some((&one.key, later(held, one, leaving, stage)?)));
    hold_up(held, hindered.chain(later).collect(), &mut stays);
    stays
}

/// Why a resource of this stage cannot go in it: what it waits for goes with the project.
fn later(held: &Held<'_>, one: &Resource, leaving: &Leaving, stage: Stage) -> Option<String> {
    let goes_later = |key: &&ResourceKey| held.by_key.contains_key(key) && !stage.counts(key.kind, leaving);
    let needed = one.after.iter().find(goes_later)?;
    stage
        .counts(one.key.kind, leaving)
        .then(|| format!("it can go only after {needed}, which goes with the project"))
}

/// These stay, and with them what waits for them.
pub(super) fn hold_up<'a>(held: &Held<'a>, these: Vec<(&'a ResourceKey, String)>, stays: &mut Stays<'a>) {
    hold(these, stays, |key| held.waiting_for(key).collect());
}

/// These stay, and with each what follows from it; who stays already has a reason.
fn hold<'a>(
    these: Vec<(&'a ResourceKey, String)>,
    stays: &mut Stays<'a>,
    follows: impl Fn(&'a ResourceKey) -> Vec<(&'a ResourceKey, String)>,
) {
    let mut open = these;
    while !open.is_empty() {
        open.retain(|(key, _)| !stays.contains_key(key));
        open.sort();
        open.dedup_by(|one, other| one.0 == other.0);
        stays.extend(open.iter().cloned());
        open = open.into_iter().flat_map(|(key, _)| follows(key)).collect();
    }
}
