//! Where one tenant after the other leaves: a controller, a simulated cloud that is made anew, and a proxy before it.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use cloudspec_crds::{TenantOffboard, TenantOffboardStatus};
use cloudspec_tests::proxy::{Call, Proxy};
use cloudspec_tests::scene::Scene;
use cloudspec_tests::sim::{Builder, Lost, Sim, World};
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::json;

use crate::cases::Case;

/// Far more than it takes.
const WITHIN: Duration = Duration::from_secs(120);
/// A fault that has not been told of by then goes on without a word.
const TOLD_WITHIN: Duration = Duration::from_secs(8);

/// How it ended, well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// With the plans that were offered first.
    AtOnce,
    /// The fault was told of, and the same plans came to their end.
    Resumed,
    /// With another approval.
    ByAnotherRun,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AtOnce => "passed",
            Self::Resumed => "told, and carried on",
            Self::ByAnotherRun => "stopped, and finished by another run",
        })
    }
}

pub(crate) struct Slot {
    pub(crate) number: usize,
    sim: Sim,
    proxy: Proxy,
    scene: Scene,
    /// Who approves.
    alice: Client,
    world: World,
    tenant: String,
    neighbour: String,
    lost: Lost,
    runs: usize,
}

/// What is known of one leaving while it goes on.
#[derive(Default)]
struct Course {
    /// The offer that was approved last.
    approved: i64,
    approvals: usize,
    met: Option<Instant>,
    told: bool,
    healed: bool,
}

fn world() -> Result<(World, String, String, Lost)> {
    let mut world = Builder::default().tenants(2).build();
    for kind in ["compute", "block-storage", "volumev3", "load-balancer", "key-manager"] {
        world.absent.insert(kind.to_owned());
    }
    let find = |name: &str| world.project_id("tenants", name).context("there is no such tenant");
    let (tenant, neighbour) = (find("t0001")?, find("t0002")?);
    let lost = world.fill(&tenant, &neighbour).map_err(anyhow::Error::msg)?;
    Ok((world, tenant, neighbour, lost))
}

impl Slot {
    pub(crate) async fn new(number: usize) -> Result<Self> {
        let (world, tenant, neighbour, lost) = world()?;
        let sim = Sim::start(world.clone()).await?;
        let proxy = Proxy::start(&sim.url()).await?;
        let clouds = proxy.clouds_yaml(&sim.clouds_yaml());
        let mut scene = Scene::new(&format!("offboard-faults-{number}"), &clouds).await?;
        scene.apply("lab", "interval: 24h\n")?;
        scene.start().await?;
        scene.until_state("lab", "InSync").await?;
        let kubeconfig = Kubeconfig::read_from(scene.alice.kubeconfig())?;
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        let alice = Client::try_from(config)?;
        Ok(Self { number, sim, proxy, scene, alice, world, tenant, neighbour, lost, runs: 0 })
    }

    fn api(&self) -> Api<TenantOffboard> {
        Api::namespaced(self.alice.clone(), &self.scene.namespace.name)
    }

    /// The tenant leaves a cloud that is as it was at first; the calls that it took.
    pub(crate) async fn leaves(&mut self, case: Option<&Case>) -> Result<(Ended, Vec<Call>), String> {
        self.runs += 1;
        let name = format!("x{}", self.runs);
        self.begin(&name, case).await.map_err(|why| format!("{why:#}"))?;
        let ended = self.course(&name, case).await;
        let calls = self.proxy.calls();
        self.proxy.heal();
        self.end(&name).await.map_err(|why| format!("{why:#}"))?;
        Ok((ended?, calls))
    }

    async fn begin(&self, name: &str, case: Option<&Case>) -> Result<()> {
        {
            let mut world = self.sim.world();
            let anew = self.world.clone().with_tokens_of(&world);
            *world = anew;
        }
        self.proxy.clear();
        if let Some(case) = case {
            self.proxy.fault(case.matcher(), case.fault());
        }
        let object = json!({
            "apiVersion": "cloudspec.dev/v1alpha1", "kind": "TenantOffboard", "metadata": {"name": name},
            "spec": {
                "cloudRef": {"name": "lab"},
                "tenant": {"id": self.tenant, "name": "t0001", "domain": "tenants"},
                "approval": {"minPlanAge": "0s"}, "verifyAfter": "1s", "deleteProject": true,
            },
        });
        let object: TenantOffboard = serde_json::from_value(object)?;
        self.api().create(&PostParams::default(), &object).await?;
        Ok(())
    }

    async fn end(&self, name: &str) -> Result<()> {
        let api: Api<TenantOffboard> = Api::namespaced(self.scene.client(), &self.scene.namespace.name);
        api.delete(name, &DeleteParams::default()).await?;
        while api.get_opt(name).await?.is_some() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    async fn course(&self, name: &str, case: Option<&Case>) -> Result<Ended, String> {
        let deadline = Instant::now() + WITHIN;
        let mut course = Course::default();
        loop {
            let object = self.api().get(name).await.map_err(|why| why.to_string())?;
            let status = object.status.clone().unwrap_or_default();
            if status.state.as_deref() == Some("Completed") {
                self.judge()?;
                return course.ended(case);
            }
            self.judge_what_is_told(&status)?;
            self.heal(&status, &mut course);
            let asked = object.metadata.annotations.iter().flatten().any(|(name, _)| name == "approved");
            if let Some(offer) = status.plan.as_ref().filter(|offer| offer.offer > course.approved && !asked)
            {
                // What is on offer while a fault is not told of would be approved before it is looked at.
                course.approved = offer.offer;
                course.approvals += 1;
                self.approve(name).await?;
            }
            if Instant::now() > deadline {
                return Err(self.in_vain(&status));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn approve(&self, name: &str) -> Result<(), String> {
        let yes = json!({"metadata": {"annotations": {"approved": "true"}}});
        let patched = self.api().patch(name, &PatchParams::default(), &Patch::Merge(&yes)).await;
        patched.map(drop).map_err(|why| format!("alice may not approve: {why}"))
    }

    /// Takes the fault away when it was told of, or when that was waited for long enough.
    fn heal(&self, status: &TenantOffboardStatus, course: &mut Course) {
        if course.healed {
            return;
        }
        if course.met.is_none() && self.proxy.calls().iter().any(|call| call.fault.is_some()) {
            course.met = Some(Instant::now());
        }
        let Some(met) = course.met else { return };
        let stopped = status.last_execution.as_ref().is_some_and(|run| run.result == "Stopped");
        let untold = matches!(status.state.as_deref(), Some("Unknown" | "Incomplete"));
        let interrupted = status.conditions.iter().any(|one| one.reason == "Interrupted");
        course.told = stopped || untold || interrupted;
        if course.told || met.elapsed() > TOLD_WITHIN {
            self.proxy.heal();
            course.healed = true;
        }
    }

    /// It says that all is gone: the world knows.
    fn judge(&self) -> Result<(), String> {
        let world = self.sim.world();
        let left = world.holdings(&self.tenant);
        if !left.is_empty() {
            return Err(format!("Completed with something left: {left:#?}"));
        }
        if !world.orphans().is_empty() {
            return Err(format!("Completed with orphans: {:?}", world.orphans()));
        }
        let (before, after) = (self.world.holdings(&self.neighbour), world.holdings(&self.neighbour));
        let gone =
            before.difference(&after).filter(|row| !self.lost.iter().any(|id| row.contains(id.as_str())));
        let gone: Vec<&String> = gone.collect();
        let more: Vec<&String> = after.difference(&before).collect();
        if !gone.is_empty() || !more.is_empty() {
            return Err(format!("the neighbour lost {gone:#?} and has {more:#?}"));
        }
        drop(world);
        self.judge_the_order()
    }

    /// What is removed before what holds it is refused by its service: no write is, but by the fault.
    fn judge_the_order(&self) -> Result<(), String> {
        let refused = |call: &&Call| call.fault.is_none() && call.status.is_some_and(|status| status >= 400);
        let calls = self.proxy.writes();
        let refused: Vec<String> = calls.iter().filter(refused).map(ToString::to_string).collect();
        if refused.is_empty() { Ok(()) } else { Err(format!("writes that a service refused: {refused:#?}")) }
    }

    /// What is there after a run that stopped is named.
    fn judge_what_is_told(&self, status: &TenantOffboardStatus) -> Result<(), String> {
        let stopped = status.last_execution.as_ref().is_some_and(|run| run.result == "Stopped");
        if status.state.as_deref() != Some("Incomplete") || !stopped || status.plan.is_none() {
            return Ok(());
        }
        let named: Vec<&str> = status.remaining.iter().map(|one| one.resource.as_str()).collect();
        let world = self.sim.world();
        let rows = world.networking.values().flatten().filter(|(_, row)| row["project_id"] == *self.tenant);
        let mut ids = rows.map(|(id, _)| id).chain(
            world.images.iter().filter_map(|(id, image)| (image["owner"] == *self.tenant).then_some(id)),
        );
        match ids.find(|id| !named.iter().any(|named| named.contains(id.as_str()))) {
            Some(id) => Err(format!("{id} is there, and not named: {named:#?}")),
            None => Ok(()),
        }
    }

    fn in_vain(&self, status: &TenantOffboardStatus) -> String {
        let seen = serde_saphyr::to_string(status).unwrap_or_default();
        let log = self.scene.controller.as_ref().map(|controller| controller.log()).unwrap_or_default();
        let quiet = |line: &&str| !line.contains(" DEBUG ") && !line.contains(" TRACE ");
        let end: Vec<&str> = log.lines().rev().filter(quiet).take(20).collect();
        format!("waited in vain until it is Completed\n{seen}\n{}", end.join("\n"))
    }
}

impl Course {
    fn ended(&self, case: Option<&Case>) -> Result<Ended, String> {
        match (case, self.met) {
            (Some(_), None) => Err("the call did not come".to_owned()),
            _ if self.approvals > 2 => Ok(Ended::ByAnotherRun),
            _ if self.told => Ok(Ended::Resumed),
            _ => Ok(Ended::AtOnce),
        }
    }
}
