//! A domain of its own on the real cloud with a tenant and a neighbour, and the way to the program.

use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;

use cloudspec::model::{Action, Inventory, ResourceType};
use cloudspec::observe::inventory;
use cloudspec::openstack::{Limits, Reader, Writer};
use cloudspec_tests::approved::approved;
use cloudspec_tests::proxy::Proxy;
use cloudspec_tests::real::{Client, entry};
use futures::FutureExt;
use reqwest::Method;
use serde_json::{Value, json};

use crate::database::sql;

/// What a credential sees of a project.
pub(crate) async fn seen_by(cloud: &str, identity: Option<&str>, project: &str) -> Inventory {
    let mut seen = seen_within(Limits::default(), cloud, identity, project).await;
    for _ in 0..5 {
        // A type of another test that went while it was looked at: the controller looks again, too.
        let went = |kind| seen.held[&kind].as_ref().is_err_and(|why| why.reason == "NotFound");
        if !went(ResourceType::VolumeTypeAccess) && !went(ResourceType::FlavorAccess) {
            break;
        }
        seen = seen_within(Limits::default(), cloud, identity, project).await;
    }
    seen
}

/// The same within these bounds.
pub(crate) async fn seen_within(
    limits: Limits,
    cloud: &str,
    identity: Option<&str>,
    project: &str,
) -> Inventory {
    let reader = Reader::new(entry(cloud), identity.map(entry), limits, Arc::new(|_| {})).unwrap();
    inventory(&reader, &project.into()).await
}

/// A tenant that leaves and its neighbour, each with a user of its own; a third user is in both.
pub(crate) struct Place {
    pub(crate) admin: Client,
    pub(crate) domain: String,
    pub(crate) name: String,
    pub(crate) tenant: String,
    pub(crate) neighbour: String,
    /// Only in the tenant.
    pub(crate) ann: String,
    /// In the tenant and in the neighbour, there by a group.
    pub(crate) bob: String,
    pub(crate) proxy: Proxy,
}

/// Runs a test in a place of its own, which is removed whatever becomes of the test.
pub(crate) async fn in_a_place<F: Future<Output = ()>>(test: impl FnOnce(Arc<Place>) -> F) {
    let place = Arc::new(Place::make().await);
    let result = AssertUnwindSafe(test(place.clone())).catch_unwind().await;
    let removed = AssertUnwindSafe(place.remove()).catch_unwind().await;
    for result in [result, removed] {
        if let Err(panic) = result {
            resume_unwind(panic);
        }
    }
}

impl Place {
    async fn make() -> Self {
        let config = entry("key-manager");
        let admin = Client::admin().await;
        let proxy = Proxy::start(&config.identity().auth_url).await.unwrap();
        let name = format!("invc-{}", uuid::Uuid::new_v4().simple());
        let domain = admin.make("identity /domains", "domain", json!({"name": name})).await;
        let named = |what: &str| json!({"name": what, "domain_id": domain, "password": "devcloud"});
        let in_domain = |what: &str| json!({"name": what, "domain_id": domain});
        let tenant = admin.make("identity /projects", "project", in_domain("tenant")).await;
        let neighbour = admin.make("identity /projects", "project", in_domain("neighbour")).await;
        let ann = admin.make("identity /users", "user", named("ann")).await;
        let bob = admin.make("identity /users", "user", named("bob")).await;
        let group = admin.make("identity /groups", "group", in_domain("staff")).await;
        let roles = admin.get("identity /roles?name=member").await;
        let member = roles["roles"][0]["id"].as_str().unwrap();
        for grant in [
            format!("projects/{tenant}/users/{ann}/roles/{member}"),
            format!("projects/{tenant}/users/{bob}/roles/{member}"),
            format!("projects/{neighbour}/groups/{group}/roles/{member}"),
            format!("groups/{group}/users/{bob}"),
        ] {
            admin.put(&format!("identity /{grant}"), Value::Null).await;
        }
        Self { admin, domain, name, tenant, neighbour, ann, bob, proxy }
    }

    pub(crate) async fn login(&self, user: &str, project: &str) -> Client {
        let domain = json!({"name": self.name});
        let scope = json!({"project": {"name": project, "domain": domain}});
        Client::login(user, domain, scope).await
    }

    /// The writer of a plan of these calls, with this credential, through the proxy.
    pub(crate) fn writer(&self, cloud: &str, actions: &[Action]) -> Writer {
        let mut config = entry(cloud);
        config.auth_url = self.proxy.url().trim_end_matches("/v3").parse().unwrap();
        let plan = approved(&config.identity(), actions).unwrap();
        Writer::new(config, None, Limits::default(), Arc::new(|_| {}), &plan).unwrap()
    }

    async fn try_delete(&self, what: &str) {
        self.admin.ask(Method::DELETE, what, Value::Null).await;
    }

    /// What a test left behind, by the databases and the APIs; the domain at the end.
    async fn remove(&self) {
        for project in [&self.tenant, &self.neighbour] {
            self.empty(project).await;
        }
        for (kind, keyed) in [("compute /flavors", "flavors"), ("block-storage /types", "volume_types")] {
            let rows = self.admin.get(&format!("{kind}?is_public=None")).await;
            for row in rows[keyed].as_array().unwrap() {
                if row["name"].as_str().unwrap().ends_with(&self.name) {
                    self.try_delete(&format!("{kind}/{}", row["id"].as_str().unwrap())).await;
                }
            }
        }
        let types = self.admin.get("block-storage /group_types").await;
        for row in types["group_types"].as_array().unwrap() {
            if row["name"].as_str().unwrap().ends_with(&self.name) {
                self.try_delete(&format!("block-storage /group_types/{}", row["id"].as_str().unwrap())).await;
            }
        }
        let domain = format!("identity /domains/{}", self.domain);
        self.admin.ask(Method::PATCH, &domain, json!({"domain": {"enabled": false}})).await;
        self.try_delete(&domain).await;
        assert_eq!(self.admin.ask(Method::GET, &domain, Value::Null).await.0, 404, "it is removed again");
    }

    /// Removes what is there, in the order in which it can go, by ids from the databases.
    async fn empty(&self, project: &str) {
        let of = |from: &str| sql(&format!("select {from} = '{project}'"));
        for id in of("uuid from nova_cell1.instances where deleted = 0 and project_id") {
            let force = json!({"forceDelete": null});
            self.admin.ask(Method::POST, &format!("compute /servers/{id}/action"), force).await;
            self.gone(&format!("compute /servers/{id}")).await;
        }
        for (path, from) in [
            ("compute /os-server-groups", "uuid from nova_api.instance_groups where project_id"),
            (
                "block-storage /volume-transfers",
                "id from cinder.transfers where not deleted and source_project_id",
            ),
            (
                "block-storage /group_snapshots",
                "id from cinder.group_snapshots where not deleted and project_id",
            ),
            ("block-storage /snapshots", "id from cinder.snapshots where not deleted and project_id"),
        ] {
            self.each_gone(path, of(from)).await;
        }
        for id in of("id from cinder.groups where not deleted and project_id") {
            let delete = json!({"delete": {"delete-volumes": true}});
            self.admin.ask(Method::POST, &format!("block-storage /groups/{id}/action"), delete).await;
            self.gone(&format!("block-storage /groups/{id}")).await;
        }
        let volumes = of("id from cinder.volumes where not deleted and project_id");
        self.each_gone("block-storage /volumes", volumes).await;
        sql(&format!("delete from cinder.backups where project_id = '{project}'"));
        sql(&format!("update glance.images set protected = 0 where owner = '{project}'"));
        self.each_gone("image /images", of("id from glance.images where not deleted and owner")).await;
        for limits in [
            "compute /os-quota-sets",
            "block-storage /os-quota-sets",
            "network /quotas",
            "load-balancer /lbaas/quotas",
            "key-manager /project-quotas",
        ] {
            self.try_delete(&format!("{limits}/{project}")).await;
        }
    }

    async fn each_gone(&self, path: &str, ids: Vec<String>) {
        for id in ids {
            let one = format!("{path}/{id}");
            self.try_delete(&one).await;
            self.gone(&one).await;
        }
    }

    async fn gone(&self, what: &str) {
        let begin = std::time::Instant::now();
        while self.admin.ask(Method::GET, what, Value::Null).await.0 != 404 {
            assert!(begin.elapsed() < std::time::Duration::from_secs(60), "{what} stays");
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        }
    }
}
