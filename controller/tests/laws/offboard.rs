//! The laws of a tenant's leaving, tried on random inventories.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use cloudspec::model::leaving::{Kept, Leaving, Protected};
use cloudspec::model::{Action, Inventory, Plan, Resource, ResourceKey, ResourceType, Step};
use cloudspec::plan::offboard::{Refusal, Stage, offboard, remains};
use cloudspec::plan::{from_spec, lint, to_spec};
use cloudspec_crds::change_plan::ChangePlanSpec;

use super::law::{OWNER, ensure, law, owner};
use super::random::{Dice, unknown};
use super::tenant::{ID, all, inventory, key, leaving};

/// An inventory of a few types, with twins, and with what waits for what thrown together.
fn case(dice: &mut Dice) -> (Inventory, Leaving) {
    let (mut seen, mut leaving) = (inventory(), leaving());
    leaving.delete_project = dice.once_in(2);
    for kind in ResourceType::ALL {
        let one = all(&mut seen, *kind).pop().unwrap();
        if dice.once_in(2) {
            continue;
        }
        let twins = if *kind == ResourceType::Project { 0 } else { dice.roll(3) };
        for twin in 0..=twins {
            let mut resource = one.clone();
            if twin > 0 {
                resource.key.id = format!("{}-{twin}", one.key.id);
            }
            all(&mut seen, *kind).push(resource);
        }
    }
    let keys: Vec<ResourceKey> = seen.resources().map(|one| one.key.clone()).collect();
    for resource in seen.held.values_mut().flatten().flatten() {
        while dice.once_in(4) && !keys.is_empty() {
            resource.after.insert(dice.pick(&keys));
        }
        resource.hindrance = dice.once_in(16).then(|| "it is stuck".to_owned());
    }
    while dice.once_in(3) && !keys.is_empty() {
        let kept = dice.pick(&keys);
        let kept = if dice.once_in(2) { Kept::Type(kept.kind) } else { Kept::Id(kept.id) };
        leaving.keep.insert(kept, "asked for".to_owned());
    }
    (seen, leaving)
}

fn planned(seen: &Inventory, leaving: &Leaving, stage: Stage) -> Result<Plan, Vec<Refusal>> {
    offboard(seen, leaving, &Protected::default(), &[], OWNER, stage)
}

fn removed_by(step: &Step) -> Option<&ResourceKey> {
    match &step.action {
        Action::Remove { what, project: _ } => Some(what),
        _ => None,
    }
}

fn waves(plan: &Plan) -> BTreeMap<&ResourceKey, u32> {
    plan.steps.iter().filter_map(|step| Some((removed_by(step)?, step.wave))).collect()
}

fn removed(plan: &Plan) -> Vec<ResourceKey> {
    plan.steps.iter().filter_map(removed_by).cloned().collect()
}

/// Limits that this plan makes by freezing.
fn frozen(plan: &Plan) -> BTreeSet<ResourceKey> {
    let freezes = plan.steps.iter().filter(|step| matches!(step.action, Action::SetQuota { .. }));
    freezes.map(|step| key(ResourceType::Quota, step.action.service(), None)).collect()
}

fn by_key(seen: &Inventory) -> BTreeMap<ResourceKey, Resource> {
    seen.resources().map(|one| (one.key.clone(), one.clone())).collect()
}

fn is_part(part: &ResourceKey, whole: &ResourceKey) -> bool {
    use ResourceType as T;
    match (part.kind, whole.kind) {
        (T::ImageProtection, T::Image) | (T::RouterRoutes | T::RouterGateway, T::Router) => {
            part.id == whole.id
        }
        (T::RouterInterface, T::Router) | (T::PortForwarding, T::FloatingIp) => {
            part.of.as_ref() == Some(&whole.id)
        }
        _ => false,
    }
}

/// One plan with what it was made from.
struct Case {
    seen: Inventory,
    leaving: Leaving,
    stage: Stage,
    plan: Plan,
}

impl Case {
    /// What was seen of the types of the stage.
    fn of_stage(&self) -> impl Iterator<Item = &Resource> {
        let first = |kind| Stage::Resources.counts(kind, &self.leaving);
        let here = move |kind| first(kind) == (self.stage == Stage::Resources);
        self.seen.resources().filter(move |one| here(one.key.kind))
    }

    fn kept(&self, key: &ResourceKey) -> bool {
        let kept = &self.leaving.keep;
        kept.contains_key(&Kept::Id(key.id.clone())) || kept.contains_key(&Kept::Type(key.kind))
    }
}

/// Of both stages; the second finds something to do only where nothing else is held any more.
fn cases(dice: &mut Dice) -> Vec<Case> {
    let (mut seen, mut leaving) = case(dice);
    let mut cases = Vec::new();
    if let Ok(plan) = planned(&seen, &leaving, Stage::Resources) {
        cases.push(Case { seen: seen.clone(), leaving: leaving.clone(), stage: Stage::Resources, plan });
    }
    let own = |kind: &&ResourceType| Stage::Resources.counts(**kind, &leaving);
    ResourceType::ALL.iter().filter(own).for_each(|kind| all(&mut seen, *kind).clear());
    let there: BTreeSet<String> = seen.resources().map(|one| one.key.id.clone()).collect();
    leaving.keep.retain(|kept, _| match kept {
        Kept::Id(id) => there.contains(id),
        Kept::Type(_) => true,
    });
    if let Ok(plan) = planned(&seen, &leaving, Stage::Project) {
        cases.push(Case { seen, leaving, stage: Stage::Project, plan });
    }
    cases
}

#[test]
fn only_what_was_seen_and_may_go_is_removed_and_nothing_is_passed_over() {
    let (whole, second) = (Cell::new(0), Cell::new(0));
    law(|dice| {
        for case in cases(dice) {
            let (there, gone) = (by_key(&case.seen), removed(&case.plan));
            let mut known: BTreeSet<ResourceKey> = there.keys().cloned().chain(frozen(&case.plan)).collect();
            known.insert(key(ResourceType::Project, ID, None));
            let stranger = gone.iter().find(|key| !known.contains(key));
            ensure(stranger.is_none(), || format!("{stranger:?}"))?;
            let hindered = |key| there.get(key).is_some_and(|one: &Resource| one.hindrance.is_some());
            let wrong = gone.iter().find(|key| hindered(key) || case.kept(key));
            ensure(wrong.is_none(), || format!("{wrong:?} in {:#?}", case.plan))?;
            let left: BTreeSet<&str> =
                case.plan.left_alone.iter().map(|left| left.finding.as_str()).collect();
            let spoken_of =
                |one: &&Resource| gone.contains(&one.key) || left.contains(one.key.to_string().as_str());
            let silent = case.of_stage().find(|one| !spoken_of(one));
            ensure(silent.is_none(), || format!("{silent:?} in {:#?}", case.plan))?;
            whole.set(whole.get() + usize::from(left.is_empty() && gone.len() > 4));
            second.set(second.get() + usize::from(gone.iter().any(|key| key.kind == ResourceType::Project)));
        }
        Ok(())
    });
    assert!(whole.get() > 25, "only {} plans of some size removed all", whole.get());
    assert!(second.get() > 25, "only {} plans removed the project", second.get());
}

#[test]
fn what_a_resource_waits_for_goes_before_it_and_else_the_types_go_in_their_order() {
    let against = Cell::new(0);
    law(|dice| {
        for case in cases(dice) {
            let (there, gone) = (by_key(&case.seen), removed(&case.plan));
            let wave = waves(&case.plan);
            let place = |key: &ResourceKey| gone.iter().position(|one| one == key);
            for (at, key) in gone.iter().enumerate() {
                let Some(resource) = there.get(key) else { continue };
                let parts = there.keys().filter(|part| is_part(part, key));
                let needed = resource.after.iter().filter(|needed| there.contains_key(needed)).chain(parts);
                let early = needed.clone().find(|needed| place(needed).is_none_or(|place| place > at));
                ensure(early.is_none(), || format!("{key} before {early:?}"))?;
                // It could go from the next wave on; what goes from then until its own is of an earlier type, or of the same, or of another
                // service.
                let ready = needed.filter_map(|one| wave.get(one)).max().copied().unwrap_or_default();
                let own = wave.get(key).copied().unwrap_or_default();
                let between =
                    gone.iter().filter(|one| wave.get(one).is_some_and(|at| ready < *at && *at <= own));
                let quota = |key: &ResourceKey| key.kind == ResourceType::Quota;
                let beside = |one: &ResourceKey| one.kind.service() != key.kind.service();
                let mut later = between.filter(|one| one.kind > key.kind && !quota(one) && !beside(one));
                let later = later.next().filter(|_| !quota(key));
                ensure(later.is_none(), || format!("{later:?} before {key}"))?;
            }
            against.set(against.get() + usize::from(!gone.iter().map(|key| key.kind).is_sorted()));
        }
        Ok(())
    });
    assert!(against.get() > 25, "only {} plans went against the types", against.get());
}

/// Types of which the first uses the second, or may take it along.
const HANG_TOGETHER: &[(ResourceType, ResourceType)] = &[
    (ResourceType::Cluster, ResourceType::Server),
    (ResourceType::Cluster, ResourceType::Secret),
    (ResourceType::LoadBalancer, ResourceType::Port),
    (ResourceType::LoadBalancer, ResourceType::FloatingIp),
    (ResourceType::LoadBalancer, ResourceType::SecretContainer),
    (ResourceType::Server, ResourceType::Volume),
    (ResourceType::Server, ResourceType::Port),
    (ResourceType::Server, ResourceType::Image),
    (ResourceType::Volume, ResourceType::Image),
    (ResourceType::Volume, ResourceType::Secret),
    (ResourceType::Image, ResourceType::Secret),
];

#[test]
fn steps_of_one_wave_do_not_wait_for_each_other() {
    let (beside, longest) = (Cell::new(0), Cell::new(0));
    law(|dice| {
        for case in cases(dice) {
            let there = by_key(&case.seen);
            let wave = waves(&case.plan);
            let freezes = case.plan.steps.iter().take_while(|step| removed_by(step).is_none()).count();
            let first = case.plan.steps.iter().take(freezes).find(|step| step.wave != 1);
            ensure(first.is_none(), || format!("{first:?}"))?;
            for (key, of) in &wave {
                ensure(freezes == 0 || *of > 1, || format!("{key} goes beside the freezing"))?;
                let needed = there.get(key).into_iter().flat_map(|one| &one.after);
                let parts = wave.keys().copied().filter(|part| is_part(part, key));
                let late = needed.chain(parts).find(|one| wave.get(one).is_some_and(|other| other >= of));
                ensure(late.is_none(), || format!("{key} goes with {late:?}"))?;
                for (other, at) in wave.iter().filter(|(other, at)| *at == of && other != &key) {
                    let (one, next) = (key.kind, other.kind);
                    let together =
                        HANG_TOGETHER.contains(&(one, next)) || HANG_TOGETHER.contains(&(next, one));
                    let last = [one, next].contains(&ResourceType::Quota) && one != next;
                    let queued = one.service() == next.service() && one != next;
                    let wrong = together || last || queued || one == ResourceType::Project;
                    ensure(!wrong, || format!("{key} and {other} go together in wave {at}"))?;
                    beside.set(beside.get() + usize::from(one.service() != next.service()));
                }
            }
            longest.set(longest.get().max(case.plan.steps.last().map_or(0, |step| step.wave)));
        }
        Ok(())
    });
    assert!(beside.get() > 25, "only {} pairs of two services", beside.get());
    assert!(longest.get() > 10, "at most {} waves", longest.get());
}

#[test]
fn nothing_goes_that_a_kept_resource_waits_with_or_that_would_take_it_along() {
    law(|dice| {
        for case in cases(dice) {
            let there = by_key(&case.seen);
            for gone in removed(&case.plan) {
                let needs = |one: &ResourceKey| there.get(&gone).is_some_and(|gone| gone.after.contains(one));
                let kept = there.keys().find(|one| case.kept(one) && needs(one));
                ensure(kept.is_none(), || format!("{gone} goes, and {kept:?} is kept"))?;
                let whole = there.keys().find(|one| is_part(&gone, one) && case.kept(one));
                ensure(whole.is_none(), || format!("{gone} goes, and {whole:?} is kept"))?;
                let taken = |one: &&Resource| {
                    let takes = matches!(
                        (gone.kind, one.key.kind),
                        (ResourceType::VolumeGroup, ResourceType::Volume)
                            | (ResourceType::GroupSnapshot, ResourceType::Snapshot)
                            | (ResourceType::Server, ResourceType::Volume)
                    );
                    takes && one.after.contains(&gone) && case.kept(&one.key)
                };
                let taken = there.values().find(taken);
                ensure(taken.is_none(), || format!("{gone} goes, and would take {taken:?}"))?;
            }
        }
        Ok(())
    });
}

#[test]
fn what_could_not_be_told_gives_no_step_and_never_counts_as_gone() {
    law(|dice| {
        let (mut seen, leaving) = case(dice);
        let kind = dice.pick(ResourceType::ALL);
        seen.held.insert(kind, Err(unknown(kind.service())));
        for stage in [Stage::Resources, Stage::Project] {
            if stage.counts(kind, &leaving) {
                let refused = planned(&seen, &leaving, stage).err().unwrap_or_default();
                let named =
                    refused.iter().any(|one| matches!(one, Refusal::TypeNotTold(of, _) if *of == kind));
                ensure(named, || format!("{kind}: {refused:?}"))?;
                ensure(remains(&seen, &leaving, stage).is_err(), || format!("{kind} is told"))?;
            } else if let Ok(plan) = planned(&seen, &leaving, stage) {
                let wrong = removed(&plan).into_iter().find(|key| key.kind == kind);
                ensure(wrong.is_none() || kind == ResourceType::Quota, || format!("{wrong:?}"))?;
            }
        }
        Ok(())
    });
}

#[test]
fn nothing_remains_only_where_nothing_was_seen_but_what_is_kept() {
    law(|dice| {
        let (seen, leaving) = case(dice);
        for stage in [Stage::Resources, Stage::Project] {
            let left = remains(&seen, &leaving, stage).map_err(|why| why.to_string())?;
            let left: BTreeSet<&ResourceKey> = left.iter().map(|one| &one.what).collect();
            let there = seen.resources().map(|one| &one.key);
            let there = there.filter(|one| stage.counts(one.kind, &leaving));
            let missed: Vec<_> =
                there.filter(|one| leaving.kept(one).is_none() && !left.contains(one)).collect();
            ensure(missed.is_empty(), || format!("{missed:?}"))?;
            let kept =
                left.iter().find(|one| one.kind != ResourceType::Project && leaving.kept(one).is_some());
            ensure(kept.is_none(), || format!("{kept:?}"))?;
        }
        Ok(())
    });
}

#[test]
fn a_plan_of_a_leaving_is_sound_and_reads_back_as_itself() {
    law(|dice| {
        for Case { plan, .. } in cases(dice) {
            let wrong = lint(&plan);
            ensure(wrong.is_empty(), || format!("{wrong:?}\n{plan:#?}"))?;
            let json = serde_json::to_string(&to_spec(&plan, owner())).map_err(|why| why.to_string())?;
            let back: ChangePlanSpec = serde_json::from_str(&json).map_err(|why| why.to_string())?;
            let read = from_spec(&back).map_err(|why| why.to_string())?;
            ensure(read == plan, || format!("{read:#?}\n{plan:#?}"))?;
        }
        Ok(())
    });
}

#[test]
fn the_order_of_an_inventory_changes_nothing() {
    law(|dice| {
        for Case { mut seen, leaving, stage, plan } in cases(dice) {
            seen.held.values_mut().flatten().for_each(|listing| dice.shuffle(listing));
            let again = planned(&seen, &leaving, stage).map_err(|why| format!("{why:?}"))?;
            ensure(again == plan, || format!("{again:#?}\n{plan:#?}"))?;
        }
        Ok(())
    });
}
