//! A plan of eight steps on a simulated cloud, and how to tell whether each was carried out once.

use std::collections::BTreeMap;

use cloudspec_crds::CloudSpec;
use cloudspec_tests::proxy::{Call, Proxy};
use cloudspec_tests::scene::Scene;
use cloudspec_tests::sim::{Actor, Builder, Quotas, Scope, Sim, World};

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
    /// With a controller that has the same name after a restart, so that it need not wait for its own lease.
    pub(crate) async fn single(test: &str) -> Self {
        Self::new(test, &["--identity", "one"]).await
    }

    pub(crate) async fn new(test: &str, arguments: &[&str]) -> Self {
        let sim = Sim::start(Builder::default().tenants(2).build()).await.unwrap();
        let proxy = Proxy::start(&sim.url()).await.unwrap();
        let scene = Scene::new(test, &proxy.clouds_yaml(&sim.clouds_yaml())).await.unwrap();
        let mut scene = scene.with_arguments(arguments);
        scene.apply("lab", SPEC).unwrap();
        scene.start().await.unwrap();
        scene.until_state("lab", "AwaitingApproval").await.unwrap();
        assert_eq!(proxy.writes(), vec![]);
        Self { sim, proxy, scene }
    }

    pub(crate) fn approve(&self) {
        let answer = self.scene.annotate(&self.scene.alice, "lab", "true").unwrap();
        assert!(answer.succeeded, "{answer:?}");
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

/// The cloud in words without ids, what was done to it, and what the plans say of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) world: Vec<String>,
    /// How often the services took each kind of call.
    pub(crate) effects: BTreeMap<String, usize>,
    pub(crate) plans: Vec<String>,
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
