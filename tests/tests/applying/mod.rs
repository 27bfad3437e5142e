//! A plan of eight steps on a simulated cloud, and how to tell whether each was carried out once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cloudspec_crds::CloudSpec;
use cloudspec_tests::proxy::{Call, Matcher, Place, Proxy, Then};
use cloudspec_tests::scene::Scene;
use cloudspec_tests::sim::{Actor, Builder, Quotas, Scope, Sim, World};
use tokio::sync::watch;

/// Description and tags of a project, limits of two services, a role, a security group and two rules.
const SPEC: &str = "interval: 10m
approval: {minPlanAge: 0s, requireDigest: Never}
tenants:
- name: t0001
  domain: tenants
  description: as declared
  tags: [declared]
  quotas: {compute: {cores: 7}, volume: {volumes: 9}}
  roles: [{user: t0002, role: reader}]
  unlistedRoles: Ignore
securityGroups:
- name: front
  project: {name: t0001, domain: tenants}
  ingress:
  - {protocol: tcp, ports: \"8443\", from: {cidr: 203.0.113.0/24}}
  - {protocol: udp, ports: \"53\", from: {cidr: 198.51.100.0/24}}
";

/// A plan that waits for an approval.
pub(crate) struct Stage {
    pub(crate) sim: Sim,
    pub(crate) proxy: Proxy,
    pub(crate) scene: Scene,
}

impl Stage {
    pub(crate) async fn new(test: &str, arguments: &[&str]) -> Self {
        let mut stage = Self::without_controller(test, arguments).await;
        stage.scene.start().await.unwrap();
        stage.scene.until_state("lab", "AwaitingApproval").await.unwrap();
        assert_eq!(stage.proxy.writes(), vec![]);
        stage
    }

    pub(crate) async fn without_controller(test: &str, arguments: &[&str]) -> Self {
        let sim = Sim::start(Builder::default().tenants(2).build()).await.unwrap();
        let proxy = Proxy::start(&sim.url()).await.unwrap();
        let scene = Scene::new(test, &proxy.clouds_yaml(&sim.clouds_yaml())).await.unwrap();
        let scene = scene.with_arguments(arguments);
        scene.apply("lab", SPEC).unwrap();
        Self { sim, proxy, scene }
    }

    pub(crate) fn approve(&self) {
        let answer = self.scene.annotate(&self.scene.alice, "lab", "true").unwrap();
        assert!(answer.succeeded, "{answer:?}");
    }

    /// Stops a call, counted from now on, until it is said what becomes of it.
    pub(crate) fn trap(&self, call: Matcher, place: Place) -> Trap {
        let (arrive, arrived) = watch::channel(false);
        let (then, wait) = watch::channel(None);
        let arrive = Arc::new(arrive);
        self.proxy.hook(call, place, move |_| {
            let (arrive, mut wait) = (Arc::clone(&arrive), wait.clone());
            async move {
                arrive.send_replace(true);
                wait.wait_for(Option::is_some).await.unwrap().unwrap()
            }
        });
        Trap { arrived, then }
    }

    /// Waits until it is in sync, and approves again as often as the approval was refused. How often that was.
    pub(crate) async fn until_in_sync(&self) -> usize {
        for again in 0..3 {
            let over = |object: &CloudSpec| state(object) == "InSync" || is_asked_again(object);
            let object = self.scene.until("lab", "it is in sync, or asks again", over).await.unwrap();
            if state(&object) == "InSync" {
                return again;
            }
            self.approve();
        }
        panic!("it asks again and again");
    }

    /// What became of it all.
    pub(crate) async fn outcome(&self) -> Outcome {
        let plans = self.scene.plans().await.unwrap();
        let phases = plans.iter().map(|plan| {
            let status = plan.status.clone().unwrap_or_default();
            let steps = status.journal.iter().map(|entry| entry.state.as_str()).collect::<Vec<_>>().join(" ");
            format!("{}: {steps}", status.phase.unwrap_or_default())
        });
        let world = self.sim.world();
        Outcome { world: told(&world), effects: effects(&self.proxy.calls()), plans: phases.collect() }
    }
}

/// A call that is stopped.
pub(crate) struct Trap {
    arrived: watch::Receiver<bool>,
    then: watch::Sender<Option<Then>>,
}

impl Trap {
    pub(crate) async fn sprung(&mut self) {
        let arrived = self.arrived.wait_for(|arrived| *arrived);
        tokio::time::timeout(Duration::from_secs(60), arrived).await.unwrap().unwrap();
    }

    pub(crate) fn release(&self, then: Then) {
        self.then.send_replace(Some(then));
    }
}

/// A run that nothing disturbs: what it does, and of how many calls it is from the approval on.
pub(crate) async fn undisturbed() -> (Outcome, u64) {
    let stage = Stage::new("whole", &[]).await;
    stage.proxy.clear();
    stage.approve();
    assert_eq!(stage.until_in_sync().await, 0);
    let calls = stage.proxy.calls();
    for call in &calls {
        println!("{call}");
    }
    let outcome = stage.outcome().await;
    assert_eq!(outcome.plans, ["Succeeded: Done Done Done Done Done Done Done Done"]);
    (outcome, u64::try_from(calls.len()).unwrap())
}

/// The cloud in words without ids, what was done to it, and what the plans say of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) world: Vec<String>,
    /// How often the services took each kind of call.
    pub(crate) effects: BTreeMap<String, usize>,
    pub(crate) plans: Vec<String>,
}

impl Outcome {
    /// What is not as in another, in words.
    pub(crate) fn differs(&self, whole: &Self) -> Option<String> {
        (self != whole).then(|| format!("{self:#?}\ninstead of\n{whole:#?}"))
    }
}

fn state(object: &CloudSpec) -> &str {
    object.status.as_ref().and_then(|status| status.state.as_deref()).unwrap_or_default()
}

fn is_asked_again(object: &CloudSpec) -> bool {
    let annotations = object.metadata.annotations.clone().unwrap_or_default();
    state(object) == "AwaitingApproval" && !annotations.contains_key("approved")
}

/// Writes that reached a service and were not refused, without the ids in their paths.
fn effects(calls: &[Call]) -> BTreeMap<String, usize> {
    let mut effects = BTreeMap::new();
    let taken = |call: &&Call| call.is_write() && call.forwarded && call.status.is_none_or(|code| code < 300);
    for call in calls.iter().filter(taken) {
        let part = |part: &str| {
            let id = part.len() >= 32 && part.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
            if id { "ID".to_owned() } else { part.to_owned() }
        };
        let path: Vec<String> = call.path.split('/').map(part).collect();
        *effects.entry(format!("{} {} {}", call.service, call.method, path.join("/"))).or_default() += 1;
    }
    effects
}

/// All that a plan can change, by names.
fn told(world: &World) -> Vec<String> {
    let mut told = Vec::new();
    let name = |id: &str| world.projects.get(id).map_or(id.to_owned(), |project| project.name.clone());
    for project in world.projects.values() {
        told.push(format!(
            "project {} {:?} {} {:?}",
            project.name, project.description, project.enabled, project.tags
        ));
    }
    for grant in &world.grants {
        let scope = match &grant.scope {
            Scope::Project(id) => name(id),
            Scope::Domain(id) => id.clone(),
            Scope::System => "system".to_owned(),
        };
        let to = match &grant.to {
            Actor::User(id) => &world.users[id].name,
            Actor::Group(id) => &world.groups[id].name,
        };
        told.push(format!("role {} {to} {scope} {}", world.roles[&grant.role].name, grant.inherited));
    }
    for (service, quotas) in quotas(world) {
        told.extend(quotas.iter().map(|(id, limits)| format!("quota {service} {} {limits:?}", name(id))));
    }
    for group in world.security_groups.values() {
        // Its revision counts the changes.
        let of = format!("{} {} {:?}", name(&group.project), group.name, group.description);
        told.push(format!("group {of} {}", group.revision));
        told.extend(group.rules.values().map(|rule| {
            let ports = (rule.port_min, rule.port_max);
            let (protocol, from) = (&rule.protocol, &rule.remote_ip_prefix);
            let remote = rule.remote_group.is_some();
            format!(
                "rule {of} {} {} {protocol:?} {ports:?} {from:?} {remote}",
                rule.direction, rule.ethertype
            )
        }));
    }
    told.sort();
    told
}

fn quotas(world: &World) -> [(&'static str, &Quotas); 3] {
    [("network", &world.network_quotas), ("compute", &world.compute_quotas), ("volume", &world.volume_quotas)]
}
