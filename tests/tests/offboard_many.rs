//! A tenant that holds many things leaves a real cloud: what it costs the API server, the controller and the services.
//!
//! `CLOUDSPEC_MANY=1500` takes the whole; without it a small number goes, so that the way is tried.
#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panic")]

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::time::{Duration, Instant};

use cloudspec_crds::{ChangePlan, TenantOffboard};
use cloudspec_tests::cluster;
use cloudspec_tests::proxy::Proxy;
use cloudspec_tests::real::Client;
use cloudspec_tests::scene::Scene;
use cloudspec_tests::scene::real::{auth_url, clouds_yaml};
use futures::FutureExt;
use kube::api::Api;
use reqwest::Method;
use serde_json::{Value, json};

const CONTROLLER: &str = "system:serviceaccount:cloudspec-system:cloudspec-controller";
/// Ports that one call makes.
const BULK: usize = 100;

fn many() -> usize {
    std::env::var("CLOUDSPEC_MANY").ok().and_then(|text| text.parse().ok()).unwrap_or(40)
}

struct Place {
    admin: Client,
    domain: String,
    name: String,
    tenant: String,
}

impl Place {
    async fn make() -> Self {
        let admin = Client::admin().await;
        let name = format!("offboard-many-{}", uuid::Uuid::new_v4().simple());
        let domain = admin.make("identity /domains", "domain", json!({"name": name})).await;
        let project = json!({"name": "leaves", "domain_id": domain});
        let tenant = admin.make("identity /projects", "project", project).await;
        let place = Self { admin, domain, name, tenant };
        for (user, role) in [
            ("observer", "observer"),
            ("admin", "admin"),
            ("observer", "key-manager:service-admin"),
            ("admin", "key-manager:service-admin"),
        ] {
            place.let_in(user, role).await;
        }
        place
    }

    async fn let_in(&self, user: &str, role: &str) {
        let found = self.admin.get(&format!("identity /users?name={user}&domain_id=default")).await;
        let user = found["users"][0]["id"].as_str().unwrap();
        let (role, domain) = (self.admin.role(role).await, &self.domain);
        let path = format!("/OS-INHERIT/domains/{domain}/users/{user}/roles/{role}/inherited_to_projects");
        self.admin.put(&format!("identity {path}"), Value::Null).await;
    }

    /// Three quarters ports, one quarter security groups.
    async fn fill(&self, count: usize) {
        let Self { admin, tenant, .. } = self;
        let limits = json!({"quota": {"port": -1, "security_group": -1, "security_group_rule": -1}});
        admin.put(&format!("network /quotas/{tenant}"), limits).await;
        let network = json!({"name": "many", "project_id": tenant});
        let network = admin.make("network /networks", "network", network).await;
        let (groups, ports) = (count / 4, count - count / 4);
        let group = |number: usize| json!({"name": format!("group-{number}"), "project_id": tenant});
        let port = |number: usize| {
            let name = format!("capi-workers-md-0-{number:05}");
            json!({"name": name, "network_id": network, "project_id": tenant, "security_groups": []})
        };
        for first in (0..groups).step_by(BULK) {
            let groups: Vec<Value> = (first..groups.min(first + BULK)).map(group).collect();
            admin.post("network /security-groups", json!({"security_groups": groups})).await;
        }
        for first in (0..ports).step_by(BULK) {
            let ports: Vec<Value> = (first..ports.min(first + BULK)).map(port).collect();
            admin.post("network /ports", json!({"ports": ports})).await;
        }
    }

    async fn left(&self) -> usize {
        let mut left = 0;
        for (path, key) in
            [("ports", "ports"), ("networks", "networks"), ("security-groups", "security_groups")]
        {
            let found =
                self.admin.get(&format!("network /{path}?project_id={}&fields=id", self.tenant)).await;
            left += found[key].as_array().unwrap().len();
        }
        left
    }

    async fn remove(&self) {
        let Self { admin, tenant, domain, .. } = self;
        for (path, key) in
            [("ports", "ports"), ("networks", "networks"), ("security-groups", "security_groups")]
        {
            let found = admin.get(&format!("network /{path}?project_id={tenant}&fields=id")).await;
            for one in found[key].as_array().unwrap() {
                admin.remove(&format!("network /{path}/{}", one["id"].as_str().unwrap())).await;
            }
        }
        admin.remove(&format!("network /quotas/{tenant}")).await;
        admin.remove(&format!("identity /projects/{tenant}")).await;
        let off = json!({"domain": {"enabled": false}});
        admin.sure(Method::PATCH, &format!("identity /domains/{domain}"), off).await;
        admin.remove(&format!("identity /domains/{domain}")).await;
    }
}

/// The most memory that a process held, in MiB.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

async fn until(scene: &Scene, state: &str, within: Duration) -> TenantOffboard {
    let api: Api<TenantOffboard> = Api::namespaced(scene.client(), &scene.namespace.name);
    let deadline = Instant::now() + within;
    loop {
        let object = api.get("x").await.unwrap();
        let status = object.status.clone().unwrap_or_default();
        if status.state.as_deref() == Some(state) {
            return object;
        }
        let stopped = status.last_execution.as_ref().is_some_and(|run| run.result == "Stopped");
        if stopped || status.state.as_deref() == Some("Refused") || Instant::now() > deadline {
            panic!("waited in vain for {state}\n{}", serde_saphyr::to_string(&object.status).unwrap());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_things_leave_side_by_side_at_a_bounded_cost_of_the_api_server() {
    let place = Place::make().await;
    let result = AssertUnwindSafe(story(&place)).catch_unwind().await;
    place.remove().await;
    if let Err(panic) = result {
        resume_unwind(panic);
    }
}

async fn story(place: &Place) {
    let count = many();
    place.fill(count).await;
    cluster::own().unwrap();
    let clouds = clouds_yaml().unwrap();
    let proxy = Proxy::start(&auth_url(&clouds).unwrap()).await.unwrap();
    let mut scene = Scene::new("offboard-many", &proxy.clouds_yaml(&clouds)).await.unwrap();
    scene.apply("lab", "interval: 30s\n").unwrap();
    scene.start().await.unwrap();
    let manifest = format!(
        "apiVersion: cloudspec.dev/v1alpha1\nkind: TenantOffboard\nmetadata: {{name: x}}\nspec:\n  \
         cloudRef: {{name: lab}}\n  tenant: {{id: \"{}\", name: leaves, domain: {}}}\n  \
         approval: {{minPlanAge: 0s}}\n  verifyAfter: 1s\n",
        place.tenant, place.name
    );
    let bob = |arguments: &[&str], input: &str| {
        scene.namespace.kubectl(&scene.bob, arguments, input).unwrap().or_fail().unwrap();
    };
    bob(&["apply", "-f", "-"], &manifest);
    let offered = until(&scene, "AwaitingApproval", Duration::from_secs(120)).await;
    let (before, begun) = (proxy.calls().len(), Instant::now());
    let digest = offered.status.unwrap().plan.unwrap().digest;
    let approved = ["annotate", "tenantoffboard", "x", &format!("approved={digest}")];
    scene.namespace.kubectl(&scene.alice, &approved, "").unwrap().or_fail().unwrap();
    until(&scene, "Completed", Duration::from_secs(1800)).await;
    let took = begun.elapsed();
    assert_eq!(place.left().await, 0);

    let plans: Vec<ChangePlan> = scene.plans().await.unwrap();
    let plan = plans.iter().find(|plan| plan.spec.digest == digest).unwrap();
    let steps = plan.spec.steps.len();
    assert!(steps > count, "{steps}");
    let waves = plan.spec.steps.iter().map(|step| step.wave.unwrap_or(step.number)).max().unwrap();
    let of = |resource: &str| {
        let written = cluster::written(CONTROLLER).unwrap();
        written
            .into_iter()
            .filter(|one| one.namespace == scene.namespace.name && one.resource == resource)
            .count()
    };
    let (journal, told) = (of("changeplans/status"), of("tenantoffboards/status"));
    let size = serde_json::to_vec(plan).unwrap().len();
    println!(
        "{steps} steps in {waves} waves: {took:?}, {} calls of OpenStack; {journal} writes of the ChangePlan, at its end {size} bytes: at most {} MiB; \
         {told} writes of the TenantOffboard's status; the controller held at most {} MiB",
        proxy.calls().len() - before,
        journal * size / 1024 / 1024,
        peak(scene.controller.as_ref().unwrap().pid()),
    );
    // One a batch, one a wave, and one each few seconds.
    let seconds = usize::try_from(took.as_secs()).unwrap();
    let most = 10 + steps.div_ceil(64) + 2 * usize::try_from(waves).unwrap() + seconds / 5;
    assert!(journal <= most, "{journal} writes of the journal, at most {most} were expected");
}
