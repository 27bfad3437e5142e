//! A domain with a tenant and its neighbour, which are emptied and removed whatever becomes of the test.

use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;

use cloudspec::model::Inventory;
use cloudspec::model::ids::ProjectId;
use cloudspec::observe;
use cloudspec::openstack::{Limits, Reader};
use cloudspec_tests::real::{Client, entry};
use futures::FutureExt;
use reqwest::Method;
use serde_json::{Value, json};

use crate::database;

/// Two projects of a domain.
pub(crate) struct Place {
    pub(crate) admin: Client,
    domain: String,
    pub(crate) tenant: String,
    pub(crate) neighbour: String,
    /// The project of the one who makes all this.
    pub(crate) staff: String,
}

/// Runs a test in a place of its own.
pub(crate) async fn in_a_place<F: Future<Output = ()>>(test: impl FnOnce(Arc<Place>) -> F) {
    let place = Arc::new(Place::make().await);
    let result = AssertUnwindSafe(test(place.clone())).catch_unwind().await;
    let left = place.remove().await;
    if let Err(panic) = result {
        resume_unwind(panic);
    }
    assert_eq!(left, Vec::<String>::new(), "the test cleans up after itself");
}

impl Place {
    async fn make() -> Self {
        let admin = Client::admin().await;
        let name = format!("offboard-network-{}", uuid::Uuid::new_v4().simple());
        let domain = admin.make("identity /domains", "domain", json!({"name": name})).await;
        let fields = |name: &str| json!({"name": name, "domain_id": domain});
        let tenant = admin.make("identity /projects", "project", fields("leaves")).await;
        let neighbour = admin.make("identity /projects", "project", fields("stays")).await;
        let found = admin.get("identity /projects?name=admin&domain_id=default").await;
        let staff = found["projects"][0]["id"].as_str().unwrap().to_owned();
        Self { admin, domain, tenant, neighbour, staff }
    }

    pub(crate) async fn inventory(&self, cloud: &str) -> Inventory {
        let reader = Reader::new(entry(cloud), None, Limits::default(), Arc::new(|_| {})).unwrap();
        observe::inventory(&reader, &ProjectId(self.tenant.clone())).await
    }

    /// Makes one thing of Neutron's for a project; all of it as it was made.
    pub(crate) async fn one(&self, path: &str, key: &str, project: &str, mut fields: Value) -> Value {
        fields["project_id"] = project.into();
        self.admin.post(&format!("network /{path}"), json!({key: fields})).await[key].clone()
    }

    /// As [`one`](Self::one): its id.
    pub(crate) async fn id(&self, path: &str, key: &str, project: &str, fields: Value) -> String {
        self.one(path, key, project, fields).await["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn has(&self, extension: &str) -> bool {
        let path = format!("network /extensions/{extension}");
        self.admin.ask(Method::GET, &path, Value::Null).await.0 == 200
    }

    /// What is left of both, in words.
    async fn remove(&self) -> Vec<String> {
        // What holds on to something goes in an earlier round than that.
        for _ in 0..4 {
            self.empty().await;
        }
        let domain = format!("identity /domains/{}", self.domain);
        self.admin.ask(Method::PATCH, &domain, json!({"domain": {"enabled": false}})).await;
        self.admin.ask(Method::DELETE, &domain, Value::Null).await;
        let rows = [&self.tenant, &self.neighbour].map(|project| database::of_project(project));
        rows.into_iter().flatten().map(|(table, rows)| format!("{table}: {rows:?}")).collect()
    }

    async fn empty(&self) {
        for port in self.rows("ports").await {
            if port["device_owner"].as_str().unwrap_or_default().starts_with("network:router_interface") {
                let router = port["device_id"].as_str().unwrap_or_default();
                self.change(router, json!({"router": {"routes": []}})).await;
                let path = format!("network /routers/{router}/remove_router_interface");
                self.admin.ask(Method::PUT, &path, json!({"port_id": port["id"]})).await;
            }
        }
        for floating in self.rows("floatingips").await {
            for forwarding in floating["port_forwardings"].as_array().into_iter().flatten() {
                let id = |value: &Value| value["id"].as_str().unwrap_or_default().to_owned();
                self.delete(&format!("floatingips/{}/port_forwardings", id(&floating)), &id(forwarding))
                    .await;
            }
        }
        for router in self.rows("routers").await {
            let id = router["id"].as_str().unwrap_or_default();
            self.change(id, json!({"router": {"external_gateway_info": null}})).await;
        }
        for path in [
            "floatingips",
            "trunks",
            "routers",
            "ports",
            "networks",
            "subnetpools",
            "address-scopes",
            "rbac-policies",
            "security-groups",
            "address-groups",
            "qos/policies",
            "metering/metering-labels",
        ] {
            for row in self.rows(path).await {
                self.delete(path, row["id"].as_str().unwrap_or_default()).await;
            }
        }
        for project in [&self.tenant, &self.neighbour] {
            self.delete("quotas", project).await;
        }
    }

    /// The rows of both projects, and those in their networks.
    async fn rows(&self, path: &str) -> Vec<Value> {
        // Asked by project, Neutron makes a group of that project's.
        let (_, answer) = self.admin.ask(Method::GET, &format!("network /{path}"), Value::Null).await;
        let rows = answer.as_object().and_then(|all| all.values().find_map(Value::as_array));
        let theirs = |id: &Value| *id == self.tenant.as_str() || *id == self.neighbour.as_str();
        let mut networks = Vec::new();
        if path == "ports" {
            let all = self.admin.get("network /networks").await;
            let all = all["networks"].as_array().into_iter().flatten();
            networks.extend(all.filter(|row| theirs(&row["project_id"])).map(|row| row["id"].clone()));
        }
        let own = |row: &&Value| theirs(&row["project_id"]) || networks.contains(&row["network_id"]);
        rows.into_iter().flatten().filter(own).cloned().collect()
    }

    async fn change(&self, router: &str, to: Value) {
        self.admin.ask(Method::PUT, &format!("network /routers/{router}"), to).await;
    }

    async fn delete(&self, path: &str, id: &str) {
        self.admin.ask(Method::DELETE, &format!("network /{path}/{id}"), Value::Null).await;
    }
}
