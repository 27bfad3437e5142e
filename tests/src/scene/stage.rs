//! A scene on a simulated cloud, with a proxy before the cloud as the witness of what reaches it.

use anyhow::{Context, Result, ensure};
use cloudspec_crds::status::Offer;
use cloudspec_crds::{ChangePlan, CloudSpec};
use kube::ResourceExt;

use super::{Scene, condition};
use crate::cluster::{Answer, Person};
use crate::proxy::Proxy;
use crate::sim::{Builder, Sim};

/// A scene on a simulated cloud.
#[derive(Debug)]
pub struct Stage {
    /// The cloud.
    pub sim: Sim,
    /// What reaches it.
    pub proxy: Proxy,
    /// The rest.
    pub scene: Scene,
}

impl Stage {
    /// Two tenants, and nobody who looks after them yet.
    ///
    /// # Errors
    /// When the rig does not run.
    pub async fn empty(test: &str) -> Result<Self> {
        Self::of(test, Sim::start(Builder::default().tenants(2).build()).await?).await
    }

    /// On this cloud, and nobody who looks after it yet.
    ///
    /// # Errors
    /// When the rig does not run.
    pub async fn of(test: &str, sim: Sim) -> Result<Self> {
        let proxy = Proxy::start(&sim.url()).await?;
        let scene = Scene::new(test, &proxy.clouds_yaml(&sim.clouds_yaml())).await?;
        Ok(Self { sim, proxy, scene })
    }

    /// The CloudSpec `lab`, by bob, with a plan on offer.
    ///
    /// # Errors
    /// When no plan comes.
    pub async fn offered(test: &str, spec: &str) -> Result<Self> {
        let mut stage = Self::empty(test).await?;
        stage.scene.apply("lab", spec)?;
        stage.scene.start().await?;
        stage.until_offered("lab").await?;
        Ok(stage)
    }

    /// Waits until a plan that follows from the spec as it stands is on offer.
    ///
    /// # Errors
    /// When none comes.
    pub async fn until_offered(&self, name: &str) -> Result<CloudSpec> {
        let offered = |object: &CloudSpec| {
            let plan = object.status.as_ref().and_then(|status| status.plan.as_ref());
            plan.is_some_and(|plan| Some(plan.plan_generation) == object.metadata.generation)
        };
        self.scene.until(name, &format!("{name} offers a plan"), offered).await
    }

    /// kubectl in the namespace, as a person, with an input.
    ///
    /// # Errors
    /// When kubectl cannot be run.
    pub fn kubectl(&self, person: &Person, arguments: &[&str], input: &str) -> Result<Answer> {
        self.scene.namespace.kubectl(person, arguments, input)
    }

    /// A merge patch of a CloudSpec.
    ///
    /// # Errors
    /// When it is refused.
    pub fn patch(&self, person: &Person, name: &str, patch: &str) -> Result<()> {
        self.kubectl(person, &["patch", "cloudspec", name, "--type=merge", "-p", patch], "")?
            .or_fail()
            .map(drop)
    }

    /// Alice says yes (or whatever the value says) to `lab`.
    ///
    /// # Errors
    /// When she is refused.
    pub fn approve(&self, value: &str) -> Result<()> {
        self.scene.annotate(&self.scene.alice, "lab", value)?.or_fail().map(drop)
    }

    /// The description of the tenant `t0001`, changed behind the controller's back.
    pub fn drift(&self, description: &str) {
        let mut world = self.sim.world();
        if let Some(id) = world.project_id("tenants", "t0001") {
            world.projects.entry(id).and_modify(|project| description.clone_into(&mut project.description));
        }
    }

    /// The description of the tenant `t0001`.
    pub fn description(&self) -> Option<String> {
        let world = self.sim.world();
        let id = world.project_id("tenants", "t0001")?;
        world.projects.get(&id).map(|project| project.description.clone())
    }

    /// The offer that stands.
    ///
    /// # Errors
    /// When there is none.
    pub async fn offer(&self, name: &str) -> Result<Offer> {
        self.scene.status(name).await?.plan.with_context(|| format!("{name} offers no plan"))
    }

    /// Waits for the reason of a condition.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn until_reason(&self, name: &str, kind: &str, reason: &str) -> Result<CloudSpec> {
        let holds = |object: &CloudSpec| condition(object, kind).is_some_and(|(_, found)| found == reason);
        self.scene.until(name, &format!("{kind} of {name} is {reason}"), holds).await
    }

    /// Waits until neither the approval nor a stamp stands.
    ///
    /// # Errors
    /// When it stays.
    pub async fn until_taken_away(&self, name: &str) -> Result<CloudSpec> {
        let gone = |object: &CloudSpec| !object.annotations().keys().any(|key| key.contains("approved"));
        self.scene.until(name, "the approval is taken away", gone).await
    }

    /// The plans that somebody decided on.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub async fn decided(&self) -> Result<Vec<ChangePlan>> {
        let decided =
            |plan: &ChangePlan| plan.status.as_ref().is_some_and(|status| status.decision.is_some());
        Ok(self.scene.plans().await?.into_iter().filter(decided).collect())
    }

    /// Nothing was written to the cloud, and nothing decided.
    ///
    /// # Errors
    /// What was.
    pub async fn untouched(&self) -> Result<()> {
        let writes = self.proxy.writes();
        ensure!(writes.is_empty(), "written to the cloud: {writes:?}");
        let decided = self.decided().await?;
        ensure!(decided.is_empty(), "decided on: {decided:?}");
        Ok(())
    }

    /// Holds the controller still, as a loaded machine does.
    ///
    /// # Errors
    /// When it does not run.
    pub fn pause(&self) -> Result<()> {
        self.scene.controller.as_ref().context("no controller runs")?.signal("STOP")
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// When it does not run.
    pub fn resume(&self) -> Result<()> {
        self.scene.controller.as_ref().context("no controller runs")?.signal("CONT")
    }

    /// Ends the controller at once.
    ///
    /// # Errors
    /// When it does not run.
    pub fn crash(&mut self) -> Result<()> {
        self.scene.controller.take().context("no controller runs")?.kill().map(drop)
    }
}
