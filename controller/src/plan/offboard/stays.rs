//! What stays of a tenant, and why.

use std::collections::BTreeMap;

use super::held::{Held, Why};
use super::stage::Stage;
use crate::model::inventory::Resource;
use crate::model::leaving::Leaving;
use crate::model::{ResourceKey, ResourceType};

/// Why a resource gets no step.
pub(super) type Stays<'a> = BTreeMap<&'a ResourceKey, String>;

/// What stays because it is kept, or cannot go, or because of something else that stays.
pub(super) fn stays<'a>(held: &Held<'a>, leaving: &Leaving, stage: Stage) -> Stays<'a> {
    let mut stays = Stays::new();
    let kept = held.all().filter_map(|one| Some((&one.key, format!("kept: {}", leaving.kept(&one.key)?))));
    hold(kept.collect(), &mut stays, |key| held.needed_by(key));
    // What stays only so that nothing is removed with it needs nothing for itself.
    let with = |key: &'a ResourceKey| {
        let takers = held.would_take(key).into_iter();
        takers.chain(held.waiting_for(key)).collect::<Vec<_>>()
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
