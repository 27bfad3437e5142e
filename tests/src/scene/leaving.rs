//! A small tenant of the real cloud that leaves: a domain of its own, a proxy before the cloud, a controller, and the services' databases as the judge.
//!
//! What comes in: a story. What goes out: nothing is left of it, whatever became of the story.

#![expect(clippy::unwrap_used, clippy::panic, reason = "it is for tests alone, and a test may fail by panic")]

mod held;
mod sweep;

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cloudspec_crds::{ChangePlan, TenantOffboard, TenantOffboardStatus};
use futures::FutureExt;
use kube::api::Api;
use reqwest::Method;
use serde_json::{Value, json};

use super::Scene;
use super::real::{auth_url, clouds_yaml};
use crate::cluster::{self, Answer};
use crate::judge::Judge;
use crate::proxy::Proxy;
use crate::real::Client;

pub use held::Held;

/// Far more than a machine under load needs.
const WITHIN: Duration = Duration::from_secs(240);

/// A tenant, and all that looks after its leaving.
pub struct Leaving {
    /// The administrator, past the proxy.
    pub admin: Arc<Client>,
    /// The administrator within the tenant, past the proxy.
    pub within: Arc<Client>,
    /// The domain's id.
    pub domain_id: String,
    /// The domain's name.
    pub domain: String,
    /// The id of the project, which has the name `leaves`.
    pub tenant: String,
    /// What reaches the cloud from the controller.
    pub proxy: Proxy,
    /// The objects.
    pub scene: Scene,
    /// The services' databases.
    pub judge: Judge,
}

/// Runs a story; the CloudSpec `lab` is there and the controller runs.
pub async fn leaving(test: &str, story: impl AsyncFnOnce(&mut Leaving)) {
    let mut place = Leaving::begin(test).await;
    let result = AssertUnwindSafe(story(&mut place)).catch_unwind().await;
    place.proxy.heal();
    let removed = AssertUnwindSafe(sweep::sweep(&place)).catch_unwind().await;
    if let Err(panic) = result.and(removed) {
        resume_unwind(panic);
    }
}

impl Leaving {
    async fn begin(test: &str) -> Self {
        cluster::own().unwrap();
        let admin = Arc::new(Client::admin().await);
        let domain = format!("e2e-{test}-{}", &uuid::Uuid::new_v4().simple().to_string()[..8]);
        let make = json!({"domain": {"name": domain}});
        let domain_id = admin.make_at("identity /domains", make, "/domain/id").await;
        let project = json!({"project": {"name": "leaves", "domain_id": domain_id}});
        let tenant = admin.make_at("identity /projects", project, "/project/id").await;
        let people = [
            ("observer", "observer"),
            ("observer", "key-manager:service-admin"),
            ("admin", "admin"),
            ("admin", "key-manager:service-admin"),
            ("key-manager", "admin"),
            ("key-manager", "creator"),
        ];
        for (user, role) in people {
            let found = admin.get(&format!("identity /users?name={user}&domain_id=default")).await;
            let user = found["users"][0]["id"].as_str().unwrap();
            let role = admin.role(role).await;
            let path =
                format!("/OS-INHERIT/domains/{domain_id}/users/{user}/roles/{role}/inherited_to_projects");
            admin.put(&format!("identity {path}"), Value::Null).await;
        }
        let scope = json!({"project": {"id": tenant}});
        let within = Arc::new(Client::login("key-manager", json!({"id": "default"}), scope).await);
        let clouds = clouds_yaml().unwrap();
        let proxy = Proxy::start(&auth_url(&clouds).unwrap()).await.unwrap();
        let scene = Scene::new(test, &proxy.clouds_yaml(&clouds)).await.unwrap();
        let judge = Judge::of_rig().unwrap();
        let mut place = Self { admin, within, domain_id, domain, tenant, proxy, scene, judge };
        place.scene.apply("lab", "interval: 30s\n").unwrap();
        place.scene.start().await.unwrap();
        place
    }

    /// Who makes things in the tenant, past the proxy.
    pub fn held(&self) -> Held {
        Held { admin: self.admin.clone(), within: self.within.clone(), tenant: self.tenant.clone() }
    }

    /// Asks for the leaving; `more` is what the spec says besides, line by line.
    pub fn leave(&self, object: &str, more: &str) {
        self.leave_by("lab", object, more);
    }

    /// The same with the cloud and the credentials of another CloudSpec.
    pub fn leave_by(&self, cloud: &str, object: &str, more: &str) {
        let Self { tenant, domain, .. } = self;
        let more: String = more.lines().map(|line| format!("  {line}\n")).collect();
        let manifest = format!(
            "apiVersion: cloudspec.dev/v1alpha1\nkind: TenantOffboard\nmetadata: {{name: {object}}}\nspec:\n  \
             cloudRef: {{name: {cloud}}}\n  tenant: {{id: \"{tenant}\", name: leaves, domain: {domain}}}\n  \
             approval: {{minPlanAge: 0s}}\n{more}"
        );
        self.kubectl(&["apply", "-f", "-"], &manifest).or_fail().unwrap();
    }

    /// kubectl as bob, who may edit.
    pub fn kubectl(&self, arguments: &[&str], input: &str) -> Answer {
        self.scene.namespace.kubectl(&self.scene.bob, arguments, input).unwrap()
    }

    /// A merge patch of a spec.
    pub fn patch(&self, object: &str, spec: &str) {
        let patch = format!("{{\"spec\": {spec}}}");
        self.kubectl(&["patch", "toff", object, "--type=merge", "-p", &patch], "").or_fail().unwrap();
    }

    /// Alice says yes.
    pub fn approve(&self, object: &str) {
        let arguments = ["annotate", "--overwrite", "toff", object, "approved=true"];
        self.scene.namespace.kubectl(&self.scene.alice, &arguments, "").unwrap().or_fail().unwrap();
    }

    /// The objects.
    pub fn api(&self) -> Api<TenantOffboard> {
        Api::namespaced(self.scene.client(), &self.scene.namespace.name)
    }

    /// The status of one.
    pub async fn status(&self, object: &str) -> TenantOffboardStatus {
        self.api().get(object).await.unwrap().status.unwrap_or_default()
    }

    /// Waits until something holds of a status that speaks of the spec as it stands.
    pub async fn until(
        &self,
        object: &str,
        what: &str,
        holds: impl Fn(&TenantOffboardStatus) -> bool,
    ) -> TenantOffboardStatus {
        let deadline = Instant::now() + WITHIN;
        loop {
            let seen = self.api().get(object).await.unwrap();
            let status = seen.status.clone().unwrap_or_default();
            if status.observed_generation == seen.metadata.generation && holds(&status) {
                return status;
            }
            if Instant::now() > deadline {
                let seen = serde_saphyr::to_string(&seen).unwrap();
                let end = self.end_of_log();
                panic!("waited in vain until {what}\n{seen}\n{end}");
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    fn end_of_log(&self) -> String {
        let log = self.scene.controller.as_ref().map(super::Controller::log).unwrap_or_default();
        let said = log.lines().filter(|line| !line.contains(" DEBUG ") && !line.contains(" TRACE "));
        let said: Vec<&str> = said.collect();
        said[said.len().saturating_sub(30)..].join("\n")
    }

    /// Waits for a state in a word.
    pub async fn until_state(&self, object: &str, state: &str) -> TenantOffboardStatus {
        let is = |status: &TenantOffboardStatus| status.state.as_deref() == Some(state);
        self.until(object, &format!("{object} is {state}"), is).await
    }

    /// Waits for a plan on offer that alice may approve, and gives it.
    pub async fn offered(&self, object: &str) -> ChangePlan {
        let status = self.until(object, "a plan is on offer", |status| status.plan.is_some()).await;
        let digest = status.plan.unwrap().digest;
        let plans = self.scene.plans().await.unwrap();
        plans.into_iter().rev().find(|plan| plan.spec.digest == digest).unwrap()
    }

    /// Waits until the plan that was approved is at its end, and gives the record of it.
    pub async fn over(&self, object: &str) -> ChangePlan {
        let is_over = |status: &TenantOffboardStatus| {
            status.last_execution.as_ref().is_some_and(|run| run.result != "Applying")
        };
        let status = self.until(object, "the plan is over", is_over).await;
        let name = status.last_execution.unwrap().name;
        let plan = self.scene.plan_api().get(&name).await.unwrap();
        let said = plan.status.clone().unwrap_or_default();
        println!("{name}: {:?}: {:?}\n{:?}", said.phase, said.message, self.writes());
        plan
    }

    /// The calls of the controller that change something, as `METHOD path`.
    pub fn writes(&self) -> Vec<String> {
        let writes = self.proxy.writes();
        writes.iter().map(|call| format!("{} {}", call.method, call.path)).collect()
    }

    /// How many writes have been made, when none has been made for a while.
    pub async fn quiet(&self) -> usize {
        let mut before = usize::MAX;
        while before != self.proxy.writes().len() {
            before = self.proxy.writes().len();
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
        before
    }

    /// Whether a service's database has it still: `TABLE.COLUMN`, where the service marks rows as deleted those do not count.
    pub fn has(&self, table: &str, column: &str, id: &str, living: &str) -> bool {
        let statement = format!("SELECT COUNT(*) FROM {table} WHERE {column} = '{id}' {living}");
        self.judge.ask(&statement).unwrap().trim() != "0"
    }

    /// Whether Neutron's database has a port.
    pub fn has_port(&self, id: &str) -> bool {
        self.has("neutron.ports", "id", id, "")
    }

    /// Whether Nova's database has a server.
    pub fn has_server(&self, id: &str) -> bool {
        self.has("nova_cell1.instances", "uuid", id, "AND deleted = 0")
    }

    /// Reads one field of a limit of a service, as it holds now.
    pub async fn limit(&self, what: &str, pointer: &str) -> i64 {
        let answer = self.admin.sure(Method::GET, what, Value::Null).await;
        answer.pointer(pointer).and_then(Value::as_i64).unwrap_or_else(|| panic!("{what}: {answer}"))
    }
}

/// Reason and message of a condition that is False.
pub fn refusal(status: &TenantOffboardStatus, kind: &str) -> (String, String) {
    let found = status.conditions.iter().find(|one| one.type_ == kind && one.status != "True");
    found.map(|one| (one.reason.clone(), one.message.clone())).unwrap_or_default()
}

/// What is left, in words.
pub fn remaining(status: &TenantOffboardStatus) -> String {
    let words = |one: &cloudspec_crds::offboard_status::RemainingStatus| {
        format!("{} {}", one.resource, one.name.as_deref().unwrap_or_default())
    };
    status.remaining.iter().map(words).collect::<Vec<_>>().join("; ")
}

/// The summaries of a plan's steps.
pub fn summaries(plan: &ChangePlan) -> String {
    plan.spec.steps.iter().map(|step| step.summary.clone()).collect::<Vec<_>>().join("\n")
}
