//! A tenant leaves: what it holds → [`Plan`].
//!
//! What comes in: the inventory of one look, who is asked to leave, what is protected. What goes out: one exact, ordered set of calls, or
//! all reasons why there is none.
//!
//! # Guarantees
//! Pure. The same inventory gives the same plan, whatever the order of its listings. Nothing is removed that was not seen, that is kept, or
//! that something kept hangs on. What gets no step stands in `left_alone` with the reason.

mod appeared;
mod bonds;
mod checks;
mod held;
mod refusal;
mod remains;
mod sequence;
mod size;
mod stage;
mod stays;
mod steps;
mod waves;
mod words;

pub(in crate::plan) use bonds::whole;

pub use appeared::{appeared, worse};
pub use checks::{Check, checks};
pub use refusal::Refusal;
pub use remains::{NotTold, Remaining, of_type, remains};
pub use stage::Stage;
pub use words::lost as own_loss;

use checks::{Case, refusals};
use held::Held;
use stays::{Stays, hold_up, stays};

use super::digest::digest;
use crate::model::inventory::{Resource, TenantSeen};
use crate::model::leaving::{Leaving, Protected};
use crate::model::plan::LeftAlone;
use crate::model::{Inventory, Plan, ResourceKey, ResourceType, Step};

/// The plan of a stage.
///
/// # Errors
/// All reasons why the tenant does not leave.
pub fn offboard(
    inventory: &Inventory,
    leaving: &Leaving,
    protected: &Protected,
    listed_by: &[String],
    owner_uid: &str,
    stage: Stage,
) -> Result<Plan, Vec<Refusal>> {
    let refusals = refusals(&Case { inventory, leaving, protected, listed_by, stage });
    let (true, Ok(Some(tenant))) = (refusals.is_empty(), &inventory.tenant) else {
        return Err(refusals);
    };
    let scene = Scene { inventory, leaving, tenant, stage, held: Held::of(inventory) };
    let (mut steps, left_alone) = scene.plan();
    (1..).zip(&mut steps).for_each(|(number, step)| step.number = number);
    let (cloud, owner) = (inventory.cloud.clone(), owner_uid.to_owned());
    let digest = digest(&cloud, &owner, &steps);
    let plan = Plan { cloud, owner, steps, left_alone, digest };
    match size::beyond(&plan) {
        beyond if beyond.is_empty() => Ok(plan),
        beyond => Err(beyond.into_iter().map(Refusal::TooLarge).collect()),
    }
}

/// Steps by waves.
#[derive(Default)]
struct Waves {
    steps: Vec<Step>,
    last: u32,
}

impl Waves {
    /// One more wave, where there is something in it.
    fn next(&mut self, steps: Vec<Step>) {
        let wave = self.last + 1;
        steps.into_iter().for_each(|step| self.put(wave, step));
    }

    fn put(&mut self, wave: u32, step: Step) {
        self.last = wave;
        self.steps.push(Step { wave, ..step });
    }
}

/// All that a plan is made of; nothing stands in its way.
struct Scene<'a> {
    inventory: &'a Inventory,
    leaving: &'a Leaving,
    tenant: &'a TenantSeen,
    stage: Stage,
    held: Held<'a>,
}

impl<'a> Scene<'a> {
    fn plan(&self) -> (Vec<Step>, Vec<LeftAlone>) {
        let mut stays = stays(&self.held, self.leaving, self.stage);
        let going = self.going(&mut stays);
        let mut left_alone = self.left_alone(&stays);
        let (quotas, going): (Vec<&Resource>, Vec<&Resource>) =
            going.into_iter().partition(|one| one.key.kind == ResourceType::Quota);
        let frozen = if going.is_empty() { Vec::new() } else { self.freeze(&mut left_alone) };
        let resets = self.resets(&quotas, &frozen);
        let mut steps = Waves::default();
        steps.next(frozen);
        for (wave, one) in waves::waves(&self.held, going, steps.last + 1) {
            steps.put(wave, self.remove(one));
        }
        // A limit that is reset lets the tenant make new things: when all else is gone.
        steps.next(resets);
        match self.stage {
            Stage::Resources => {}
            Stage::Project => {
                self.project(&stays, &mut left_alone).into_iter().for_each(|one| steps.next(vec![one]));
            }
        }
        let steps = steps.steps;
        left_alone.sort_by(|one, other| (&one.resource, one).cmp(&(&other.resource, other)));
        (steps, left_alone)
    }

    fn is_here(&self, kind: ResourceType) -> bool {
        Stage::of(kind, self.leaving) == self.stage
    }

    /// What goes in this stage, in its order, but for the project; what waits in a circle stays.
    fn going(&self, stays: &mut Stays<'a>) -> Vec<&'a Resource> {
        let goes = |one: &&Resource, stays: &Stays<'_>| {
            self.is_here(one.key.kind)
                && one.key.kind != ResourceType::Project
                && !stays.contains_key(&one.key)
        };
        let found = sequence::sequence(&self.held, self.held.all().filter(|one| goes(one, stays)));
        let why = |needed: &ResourceKey| {
            format!("it waits for {needed}, and that for it in turn or for what stays")
        };
        let circle = found.circle.into_iter().map(|(key, needed)| (key, why(needed))).collect();
        hold_up(&self.held, circle, stays);
        found.order
    }

    fn remove(&self, resource: &Resource) -> Step {
        steps::remove(&self.tenant.id, resource, self.inventory)
    }

    fn left_alone(&self, stays: &Stays<'_>) -> Vec<LeftAlone> {
        let here = self.held.all().filter(|one| self.is_here(one.key.kind));
        let left = |one: &Resource| {
            let reason = stays.get(&one.key)?.clone();
            Some(LeftAlone { finding: one.key.to_string(), resource: words::named(one), reason })
        };
        here.filter(|one| one.key.kind != ResourceType::Project).filter_map(left).collect()
    }

    /// Limits are set to 0 before anything goes, so that nothing comes in its place.
    fn freeze(&self, left_alone: &mut Vec<LeftAlone>) -> Vec<Step> {
        let mut frozen = Vec::new();
        for (service, seen) in self.inventory.quotas.iter().filter(|_| self.stage == Stage::Resources) {
            let Ok(from) = seen else { continue };
            let Some(step) = steps::freeze(&self.tenant.id, *service, from) else { continue };
            let Some(key) = steps::frozen(&step) else { continue };
            match self.leaving.kept(&key) {
                None => frozen.push(step),
                Some(why) => left_alone.push(LeftAlone {
                    finding: format!("freeze of {key}"),
                    resource: format!("freeze of {key}"),
                    reason: format!("kept: {why}; the tenant can go on making what these limits allow"),
                }),
            }
        }
        frozen
    }

    /// Limits of its own that the tenant has, or has from the freeze on.
    fn resets(&self, own: &[&Resource], frozen: &[Step]) -> Vec<Step> {
        let made = frozen.iter().filter_map(steps::frozen).map(|key| steps::bare(key, ""));
        let here = self.is_here(ResourceType::Quota);
        let made = made.filter(|made| here && !self.held.has(&made.key));
        let mut all: Vec<Resource> = own.iter().copied().cloned().chain(made).collect();
        all.sort();
        all.iter().map(|one| self.remove(one)).collect()
    }

    /// The project is disabled and goes, where nothing of it stays.
    fn project(&self, stays: &Stays<'_>, left_alone: &mut Vec<LeftAlone>) -> Vec<Step> {
        let key = steps::project_key(self.tenant);
        let listed = self.held.all().find(|one| one.key == key).cloned();
        let project = listed.unwrap_or_else(|| steps::bare(key.clone(), &self.tenant.name));
        let kept = || self.leaving.kept(&key).map(|why| format!("kept: {why}"));
        let holds = || Some(format!("it can go only after {}, which stays", left_alone.first()?.finding));
        match stays.get(&key).cloned().or_else(kept).or_else(holds) {
            None => steps::disable(self.tenant).into_iter().chain([self.remove(&project)]).collect(),
            Some(reason) => {
                let resource = words::named(&project);
                left_alone.push(LeftAlone { finding: key.to_string(), resource, reason });
                Vec::new()
            }
        }
    }
}
