//! Where one tenant after the other leaves: a controller, a simulated cloud that is made anew, and a proxy before it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use cloudspec_crds::{TenantOffboard, TenantOffboardStatus};
use cloudspec_tests::proxy::{Call, Proxy};
use cloudspec_tests::scene::Scene;
use cloudspec_tests::sim::{Actor, Builder, Grant, Lost, Scope, Sim, World};
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::json;

use crate::cases::{self, Case};

/// Far more than it takes.
const WITHIN: Duration = Duration::from_secs(300);
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
    people: People,
    runs: usize,
}

/// Who is in the world, by ids.
struct People {
    tenant: String,
    /// The tenant's.
    user: String,
    neighbour: String,
    lost: Lost,
}

fn ids<T>(rows: &BTreeMap<String, T>, is: impl Fn(&T) -> bool) -> Vec<&String> {
    rows.iter().filter(|(_, row)| is(row)).map(|(id, _)| id).collect()
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

/// A tenant with one of each type, and a neighbour that has the same and is knotted to it.
fn world() -> Result<(World, People)> {
    let mut world = Builder::default().tenants(2).build();
    let of = |name: &str| Some((world.project_id("tenants", name)?, world.user_id("tenants", name)?));
    let ((tenant, user), (neighbour, other)) =
        of("t0001").zip(of("t0002")).context("there is no such tenant")?;
    let lost = world.fill(&tenant, &neighbour).map_err(anyhow::Error::msg)?;
    world.add_flavor("private", &[&tenant, &neighbour]);
    world.add_volume_type("private", &[&tenant, &neighbour]);
    world.holder(&tenant, &user).everything();
    world.holder(&neighbour, &other).everything();
    world.key_manager_quotas.insert(tenant.clone(), BTreeMap::from([("secrets".to_owned(), 50)]));
    let domain = world.domain_id("tenants").context("there is no such domain")?;
    for (name, role) in [
        ("observer", "observer"),
        ("observer", "key-manager:service-admin"),
        ("admin", "admin"),
        ("admin", "key-manager:service-admin"),
    ] {
        let to = Actor::User(world.user_id("Default", name).context("there is no such user")?);
        let (scope, role) = (Scope::Domain(domain.clone()), world.role_id(role).context("no such role")?);
        world.grants.insert(Grant { scope, to, role, inherited: true });
    }
    Ok((world, People { tenant, user, neighbour, lost }))
}

/// All that a project has, and a user: a line each.
fn holdings(world: &World, project: &str, user: &str) -> BTreeSet<String> {
    let limits = [&world.compute_quotas, &world.volume_quotas, &world.key_manager_quotas];
    let limits =
        limits.into_iter().filter_map(|all| all.get(project)).map(|limits| format!("limits {limits:?}"));
    let mut all: BTreeSet<String> = world.holdings(project).into_iter().chain(limits).collect();
    for id in [project, user] {
        all.extend(world.held.of(id));
    }
    all
}

impl Slot {
    pub(crate) async fn new(number: usize) -> Result<Self> {
        let (world, people) = world()?;
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
        Ok(Self { number, sim, proxy, scene, alice, world, people, runs: 0 })
    }

    /// What takes a service time to remove, by the service, with its id.
    pub(crate) fn removals(&self) -> Vec<(&'static str, String)> {
        let (held, tenant) = (&self.world.held, &self.people.tenant);
        let mut all = Vec::new();
        let mut add =
            |kind, ids: Vec<&String>| all.extend(ids.into_iter().map(|id: &String| (kind, id.clone())));
        add("server", ids(&held.servers, |one| one.project == *tenant));
        add("volume", ids(&held.volumes, |one| one.project == *tenant));
        add("snapshot", ids(&held.snapshots, |one| one.project == *tenant && one.group_snapshot.is_none()));
        add("backup", ids(&held.backups, |one| one.project == *tenant));
        add("volume group", ids(&held.volume_groups, |one| one.project == *tenant));
        add("group snapshot", ids(&held.group_snapshots, |one| one.project == *tenant));
        add("load balancer", ids(&held.load_balancers, |one| one.project == *tenant));
        add("cluster", ids(&held.clusters, |one| one.project == *tenant));
        all
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
            let mut anew = self.world.clone().with_tokens_of(&world);
            if let Some(Case::Removal { id, course, .. }) = case {
                anew.held.course.insert(id.clone(), *course);
            }
            *world = anew;
        }
        self.proxy.clear();
        if let Some(Case::Call { call, nth, fault, .. }) = case {
            self.proxy.fault(cases::matcher(call, *nth), fault.clone());
        }
        let object = json!({
            "apiVersion": "cloudspec.dev/v1alpha1", "kind": "TenantOffboard", "metadata": {"name": name},
            "spec": {
                "cloudRef": {"name": "lab"},
                "tenant": {"id": self.people.tenant, "name": "t0001", "domain": "tenants"},
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
            self.heal(name, case, &status, &mut course).await?;
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
    async fn heal(
        &self,
        name: &str,
        case: Option<&Case>,
        status: &TenantOffboardStatus,
        course: &mut Course,
    ) -> Result<(), String> {
        if course.healed {
            return Ok(());
        }
        if course.met.is_none() && self.is_met(case) {
            course.met = Some(Instant::now());
        }
        let Some(met) = course.met else { return Ok(()) };
        let stopped = status.last_execution.as_ref().is_some_and(|run| run.result == "Stopped");
        let untold = matches!(status.state.as_deref(), Some("Unknown" | "Incomplete" | "Refused"));
        let interrupted = status.conditions.iter().any(|one| one.reason == "Interrupted");
        let waits = match case {
            Some(Case::Removal { id, .. }) => {
                status.progress.as_ref().is_some_and(|progress| progress.text.contains(id.as_str()))
            }
            Some(Case::Call { .. }) | None => false,
        };
        course.told = stopped || untold || interrupted || waits;
        if course.told || met.elapsed() > TOLD_WITHIN {
            self.proxy.heal();
            self.sim.world().held.course.clear();
            course.healed = true;
            // A person who has put it right has it looked at now, rather than after the pause.
            let now = json!({"metadata": {"annotations": {"healed": "now"}}});
            let patched = self.api().patch(name, &PatchParams::default(), &Patch::Merge(&now)).await;
            patched.map_err(|why| format!("alice may not annotate: {why}"))?;
        }
        Ok(())
    }

    fn is_met(&self, case: Option<&Case>) -> bool {
        match case {
            None => false,
            Some(Case::Call { .. }) => self.proxy.calls().iter().any(|call| call.fault.is_some()),
            Some(Case::Removal { id, .. }) => {
                self.proxy.writes().iter().any(|call| call.path.contains(id.as_str()))
            }
        }
    }

    /// It says that all is gone: the world knows.
    fn judge(&self) -> Result<(), String> {
        let world = self.sim.world();
        let People { tenant, user, neighbour, lost } = &self.people;
        let left = holdings(&world, tenant, user);
        if !left.is_empty() {
            return Err(format!("Completed with something left: {left:#?}"));
        }
        if !world.orphans().is_empty() {
            return Err(format!("Completed with orphans: {:?}", world.orphans()));
        }
        let of_neighbour = |world: &World| holdings(world, neighbour, neighbour);
        let (before, after) = (of_neighbour(&self.world), of_neighbour(&world));
        let told = |row: &&String| lost.iter().any(|id| row.contains(id.as_str()));
        let gone: Vec<&String> = before.difference(&after).filter(|row| !told(row)).collect();
        let more: Vec<&String> = after.difference(&before).collect();
        if !gone.is_empty() || !more.is_empty() {
            return Err(format!("the neighbour lost {gone:#?} and has {more:#?}"));
        }
        drop(world);
        self.judge_the_order()
    }

    /// What is removed before what holds it is refused by its service: no write is, but by the fault, or because the removal beside it has moved
    /// the revision (412), which is looked at again.
    fn judge_the_order(&self) -> Result<(), String> {
        let refused = |call: &&Call| {
            call.fault.is_none() && call.status.is_some_and(|status| status >= 400 && status != 412)
        };
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
        let rows =
            world.networking.values().flatten().filter(|(_, row)| row["project_id"] == *self.people.tenant);
        let mut ids = rows.map(|(id, _)| id).chain(
            world
                .images
                .iter()
                .filter_map(|(id, image)| (image["owner"] == *self.people.tenant).then_some(id)),
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
        let refused = |call: &&Call| call.status.is_none_or(|status| status >= 400);
        let calls: Vec<String> =
            self.proxy.calls().iter().rev().filter(refused).take(6).map(ToString::to_string).collect();
        let (calls, end) = (calls.join("\n"), end.join("\n"));
        format!("waited in vain until it is Completed\n{seen}\n{end}\nthe last refusals:\n{calls}")
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
