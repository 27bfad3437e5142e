//! One look at the tenant: what it holds, what is left, and the plan that follows.

use cloudspec_crds::{ChangePlan, CloudSpec, TenantOffboard};
use kube::ResourceExt;
use kube::api::Api;

use super::bars::{Barred, Weight};
use super::life::{self, Left, Past};
use super::{Asked, Saw, evidence, only_untold};
use crate::model::ids::ProjectId;
use crate::model::{Inventory, Plan, Unknown};
use crate::observe::inventory;
use crate::plan::offboard::{Stage, appeared, offboard, remains};
use crate::plan::{digest, from_spec, thaw};
use crate::reconcile::context::Context;
use crate::reconcile::owner::{Audited, Declared};
use crate::report::leaving::Phase;

/// Looks with fresh answers.
///
/// # Errors
/// When there is no way to look.
pub(super) async fn look(
    context: &Context,
    declared: &Declared<TenantOffboard>,
    all: &[ChangePlan],
) -> Result<Audited<TenantOffboard>, Unknown> {
    let spec = cloud_spec(context, declared).await?;
    let namespace = declared.object.namespace().unwrap_or_default();
    let credentials = context.pool.credentials(&namespace, &spec.spec.cloud.observe).await?;
    let reader = context.pool.reader(credentials)?;
    let view = reader.view(context.clock.monotonic());
    let inventory = inventory(&view, &declared.what.leaving.id).await;
    let listed_by = context.listing(&declared.what.leaving, &inventory.cloud).await;
    let rivals = context.rivals(&declared.key, &declared.what.leaving.id);
    let past = Past::of(all, &inventory.cloud);
    let seen = Seen { context, declared, inventory, past, listed_by, rivals };
    let mut audited = match declared.what.abort {
        true => seen.called_off(),
        false => seen.leaving(all),
    };
    audited.apply = spec.spec.cloud.apply;
    Ok(audited)
}

/// The CloudSpec whose cloud and credentials are used, as it stands.
async fn cloud_spec(context: &Context, declared: &Declared<TenantOffboard>) -> Result<CloudSpec, Unknown> {
    let object = &declared.object;
    let namespace = object.namespace().unwrap_or_default();
    let name = &object.spec.cloud_ref.name;
    let unknown = |reason: &str, message: String| Unknown {
        service: "cloudRef".to_owned(),
        reason: reason.to_owned(),
        message,
    };
    let api: Api<CloudSpec> = Api::namespaced(context.client.clone(), &namespace);
    match api.get_opt(name).await {
        Ok(Some(spec)) => Ok(spec),
        Ok(None) => {
            let message = format!("there is no CloudSpec {namespace}/{name}, which spec.cloudRef names");
            Err(unknown("CloudSpecNotFound", message))
        }
        Err(why) => Err(unknown("CloudSpecNotRead", format!("failed to read CloudSpec {name}: {why}"))),
    }
}

/// What was seen, before anything follows from it.
struct Seen<'a> {
    context: &'a Context,
    declared: &'a Declared<TenantOffboard>,
    inventory: Inventory,
    past: Past,
    listed_by: Vec<String>,
    rivals: Vec<String>,
}

impl Seen<'_> {
    fn asked(&self) -> &Asked {
        &self.declared.what
    }

    fn project(&self) -> &ProjectId {
        &self.asked().leaving.id
    }

    /// What keeps the tenant here, and the plan where nothing does.
    fn plan(&self, stage: Stage) -> (Plan, Vec<Barred>) {
        let (leaving, protected) = (&self.asked().leaving, &self.context.protected);
        let uid = &self.declared.uid;
        let (plan, mut bars) =
            match offboard(&self.inventory, leaving, protected, &self.listed_by, uid, stage) {
                Ok(plan) => (plan, Vec::new()),
                Err(refusals) => (self.nothing(), refusals.iter().map(Barred::of).collect()),
            };
        if !self.rivals.is_empty() {
            bars.push(Barred::asked_twice(&self.rivals));
        }
        if !self.past.elsewhere.is_empty() {
            bars.push(Barred::elsewhere(&self.past.elsewhere, &self.inventory.cloud));
        }
        if bars.is_empty() { (plan, bars) } else { (self.nothing(), bars) }
    }

    /// The plan without steps.
    fn nothing(&self) -> Plan {
        let (cloud, owner) = (self.inventory.cloud.clone(), self.declared.uid.clone());
        let digest = digest(&cloud, &owner, &[]);
        Plan { cloud, owner, steps: Vec::new(), left_alone: Vec::new(), digest }
    }

    /// It is to leave.
    fn leaving(self, all: &[ChangePlan]) -> Audited<TenantOffboard> {
        let Asked { leaving, abort: _, verify_after } = self.asked();
        let now = self.context.clock.now();
        let status = self.declared.object.status.clone().unwrap_or_default();
        let resources = remains(&self.inventory, leaving, Stage::Resources);
        let question = life::question(&self.inventory.cloud, &self.declared.asked);
        let mut before = status.verified.clone();
        before.retain(|look| look.of == question);
        let before = &before;
        let mut stage = life::stage(&self.inventory, &self.past, leaving.delete_project, &resources, before);
        let (mut plan, mut bars) = self.plan(stage);
        let mut left = self.left(stage, &resources);
        let mut verified = before.clone();
        if self.may_verify(stage, &bars) {
            let asked = &self.declared.asked;
            let seen = evidence::seen(&self.inventory, leaving, stage, &left, asked, now);
            verified = life::verified(before, stage, &left, seen, *verify_after);
            let next =
                life::stage(&self.inventory, &self.past, leaving.delete_project, &resources, &verified);
            if next != stage {
                stage = next;
                (plan, bars) = self.plan(stage);
                left = self.left(stage, &resources);
            }
        }
        let empty = left.as_ref().is_ok_and(Vec::is_empty) && self.may_verify(stage, &bars);
        if empty {
            (plan, bars) = (self.nothing(), Vec::new());
        }
        // That it is not there is what was wanted; what could not be told is then all that is in the way.
        if stage == Stage::Project && self.past.deleted_the_project() && left.is_err() {
            bars.retain(|bar| bar.reason != "NoSuchTenant");
        }
        let phase = self.phase(stage, empty, &verified);
        let again = match phase {
            Phase::Verifying => life::until_second(&verified, stage, now, *verify_after),
            _ => None,
        };
        let appeared = self.appeared(stage, &plan, all);
        self.audited(plan, stage, again, left, bars, appeared, verified, phase)
    }

    fn left(&self, stage: Stage, resources: &Left) -> Left {
        match stage {
            Stage::Resources => resources.clone(),
            Stage::Project => remains(&self.inventory, &self.asked().leaving, stage),
        }
    }

    /// That nothing is left counts only of the tenant that was typed, or of the project that was deleted from here.
    fn may_verify(&self, stage: Stage, bars: &[Barred]) -> bool {
        let deleted = stage == Stage::Project && self.past.deleted_the_project();
        bars.iter().all(|bar| match bar.weight {
            Weight::NotThisOne => deleted && bar.reason == "NoSuchTenant",
            Weight::NotNow => false,
            Weight::Untold | Weight::NoPlan => true,
        })
    }

    fn phase(
        &self,
        stage: Stage,
        empty: bool,
        verified: &[cloudspec_crds::offboard_status::Verified],
    ) -> Phase {
        let last = match self.asked().leaving.delete_project {
            true => Stage::Project,
            false => Stage::Resources,
        };
        match empty {
            true if stage >= last && life::is_verified(verified, last) => Phase::Completed,
            true => Phase::Verifying,
            false if self.past.tried(stage).is_some() => Phase::Tried,
            false => Phase::Untried,
        }
    }

    /// What is there and not in the plan that is on offer, or else in the one that was approved last.
    fn appeared(&self, stage: Stage, fresh: &Plan, all: &[ChangePlan]) -> Vec<String> {
        let name = self.declared.object.status.as_ref().and_then(|status| status.plan.as_ref());
        let offered = name.and_then(|offer| all.iter().find(|plan| plan.name_any() == offer.name));
        let offered = offered.and_then(|kept| from_spec(&kept.spec).ok());
        let known = offered.as_ref().or_else(|| self.past.newest(stage));
        known.map(|known| appeared(fresh, known)).unwrap_or_default()
    }

    /// It was called off: only quotas are put back.
    fn called_off(self) -> Audited<TenantOffboard> {
        let (_, bars) = self.plan(Stage::Resources);
        let counts = |bar: &Barred| match bar.weight {
            Weight::NotThisOne => true,
            Weight::NotNow => bar.reason == crate::report::reasons::ASKED_TWICE,
            Weight::Untold => bar.reason == "TenantNotTold",
            Weight::NoPlan => false,
        };
        let bars: Vec<Barred> = bars.into_iter().filter(counts).collect();
        let frozen = self.past.frozen();
        let thaw = thaw::thaw(&self.inventory, self.project(), &frozen, &self.declared.uid);
        let done = thaw.steps.is_empty() && thaw::is_told(&self.inventory, &frozen) && bars.is_empty();
        let plan = if bars.is_empty() { thaw } else { self.nothing() };
        let left = remains(&self.inventory, &self.asked().leaving, Stage::Resources);
        let phase = if done { Phase::Aborted } else { Phase::Aborting };
        self.audited(plan, Stage::Resources, None, left, bars, Vec::new(), Vec::new(), phase)
    }

    #[expect(clippy::too_many_arguments, reason = "each is a field of what it makes")]
    fn audited(
        self,
        plan: Plan,
        stage: Stage,
        again: Option<std::time::Duration>,
        left: Left,
        bars: Vec<Barred>,
        appeared: Vec<String>,
        verified: Vec<cloudspec_crds::offboard_status::Verified>,
        phase: Phase,
    ) -> Audited<TenantOffboard> {
        let untold = only_untold(&bars).then(|| Unknown {
            service: "tenant".to_owned(),
            reason: "NotTold".to_owned(),
            message: bars.iter().map(|bar| bar.message.as_str()).collect::<Vec<_>>().join("; "),
        });
        Audited {
            cloud: self.inventory.cloud.clone(),
            plan,
            exceeded: Vec::new(),
            apply: None,
            again,
            untold,
            saw: Saw { inventory: self.inventory, stage, left, bars, appeared, verified, phase },
        }
    }
}
