//! Limits and reach on the real cloud, with a project and a user made for it and removed after.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::collections::BTreeSet;
use std::sync::Arc;

use cloudspec::model::Snapshot;
use cloudspec::model::cloud::{QuotaService, QuotaValues};
use cloudspec::model::desired::TenantName;
use cloudspec::model::ids::ProjectId;
use cloudspec::observe::{Kind, Needs, Which, observe};
use cloudspec::openstack::{CloudConfig, Limits, Reader, from_secret};
use cloudspec_tests::real::entry;
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// What makes and removes things: a plain client as admin, no part of the program.
struct Admin {
    client: Client,
    keystone: String,
    token: String,
    catalog: Value,
}

impl Admin {
    async fn login(config: &CloudConfig) -> Self {
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let (client, keystone) = (Client::new(), format!("{}v3", config.auth_url));
        let user = json!({"name": "admin", "password": "devcloud", "domain": {"id": "default"}});
        let scope = json!({"project": {"name": "admin", "domain": {"id": "default"}}});
        let identity = json!({"methods": ["password"], "password": {"user": user}});
        let body = json!({"auth": {"identity": identity, "scope": scope}});
        let answer = client.post(format!("{keystone}/auth/tokens")).json(&body).send().await.unwrap();
        let token = answer.headers()["x-subject-token"].to_str().unwrap().to_owned();
        let catalog = answer.json::<Value>().await.unwrap()["token"]["catalog"].clone();
        Self { client, keystone, token, catalog }
    }

    fn endpoint(&self, kind: &str) -> String {
        let service =
            self.catalog.as_array().unwrap().iter().find(|service| service["type"] == kind).unwrap();
        let endpoints = service["endpoints"].as_array().unwrap();
        let public = endpoints.iter().find(|endpoint| endpoint["interface"] == "public").unwrap();
        public["url"].as_str().unwrap().to_owned()
    }

    async fn call(&self, method: Method, url: String, body: Value) -> Value {
        let request = self.client.request(method, &url).header("x-auth-token", &self.token);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{url}: {}", answer.status());
        let text = answer.text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn make(&self, path: &str, key: &str, fields: Value) -> String {
        let made = self.call(Method::POST, format!("{}/{path}", self.keystone), json!({key: fields})).await;
        made[key]["id"].as_str().unwrap().to_owned()
    }

    async fn change(&self, method: Method, path: &str, body: Value) {
        self.call(method, format!("{}/{path}", self.keystone), body).await;
    }

    async fn role(&self, name: &str) -> String {
        let url = format!("{}/roles?name={name}", self.keystone);
        let found = self.call(Method::GET, url, Value::Null).await;
        found["roles"][0]["id"].as_str().unwrap().to_owned()
    }
}

/// A domain with two projects, and a user with roles in the first.
struct Place {
    domain: String,
    name: String,
    projects: [String; 2],
    user: String,
}

impl Place {
    async fn make(admin: &Admin, roles: &[&str]) -> Self {
        let name = format!("observe-{}", uuid::Uuid::new_v4().simple());
        let domain = admin.make("domains", "domain", json!({"name": name})).await;
        let project = |project: &str| json!({"name": project, "domain_id": domain});
        let projects = [
            admin.make("projects", "project", project("own")).await,
            admin.make("projects", "project", project("other")).await,
        ];
        let user = json!({"name": "watcher", "domain_id": domain, "password": "pw"});
        let user = admin.make("users", "user", user).await;
        for role in roles {
            let role = admin.role(role).await;
            let path = format!("projects/{}/users/{user}/roles/{role}", projects[0]);
            admin.change(Method::PUT, &path, Value::Null).await;
        }
        Self { domain, name, projects, user }
    }

    async fn remove(self, admin: &Admin) {
        admin.change(Method::DELETE, &format!("users/{}", self.user), Value::Null).await;
        for project in &self.projects {
            admin.change(Method::DELETE, &format!("projects/{project}"), Value::Null).await;
        }
        let domain = format!("domains/{}", self.domain);
        admin.change(Method::PATCH, &domain, json!({"domain": {"enabled": false}})).await;
        admin.change(Method::DELETE, &domain, Value::Null).await;
    }

    fn needs(&self, services: &[QuotaService]) -> Needs {
        let named = ["own", "other"].map(|name| TenantName { domain: self.name.clone(), name: name.into() });
        let named = Which::Named(BTreeSet::from(named));
        let quotas = services.iter().map(|service| (*service, named.clone())).collect();
        Needs { kinds: BTreeSet::from([Kind::Domains, Kind::Projects]), quotas, ..Needs::default() }
    }
}

fn reader(main: CloudConfig, identity: CloudConfig) -> Reader {
    Reader::new(main, Some(identity), Limits::default(), Arc::new(|_| {})).unwrap()
}

fn limits<'s>(seen: &'s Snapshot, service: QuotaService, project: &str) -> &'s QuotaValues {
    seen.quotas[&service][&ProjectId(project.to_owned())].as_ref().unwrap()
}

#[tokio::test]
async fn limits_are_what_the_services_hold_and_reach_is_proven() {
    let config = entry("admin");
    let admin = Admin::login(&config).await;
    let place = Place::make(&admin, &["reader", "load-balancer_observer"]).await;
    let [own, other] = place.projects.clone();
    let network = format!("{}/v2.0/quotas/{other}", admin.endpoint("network"));
    let balancer = format!("{}/v2/lbaas/quotas/{other}", admin.endpoint("load-balancer"));
    let compute = format!("{}/os-quota-sets/{other}", admin.endpoint("compute"));
    let volume = format!("{}/os-quota-sets/{other}", admin.endpoint("block-storage"));
    admin.call(Method::PUT, network.clone(), json!({"quota": {"port": 3}})).await;
    admin.call(Method::PUT, balancer.clone(), json!({"quota": {"pool": 3}})).await;
    admin.call(Method::PUT, compute.clone(), json!({"quota_set": {"cores": 3}})).await;
    admin.call(Method::PUT, volume.clone(), json!({"quota_set": {"volumes": 3}})).await;

    let services =
        [QuotaService::Compute, QuotaService::Volume, QuotaService::Network, QuotaService::LoadBalancer];
    let needs = place.needs(&services);
    let seen = observe(&reader(entry("observer"), entry("observer-system")), &needs).await;
    let auth = format!(
        "{{auth_url: '{}', username: watcher, password: pw, user_domain_id: {}, project_id: {own}}}",
        config.auth_url, place.domain
    );
    let watcher = from_secret("w", &format!("clouds: {{w: {{auth: {auth}}}}}"), None, "w").unwrap();
    let narrow = observe(&reader(watcher, entry("reader-system")), &needs).await;

    for url in [network, balancer, compute, volume] {
        admin.call(Method::DELETE, url, Value::Null).await;
    }
    place.remove(&admin).await;

    for (service, limit) in services.into_iter().zip(["cores", "volumes", "port", "pool"]) {
        assert_eq!(limits(&seen, service, &other)[limit], 3, "{service}");
        let (changed, plain) = (limits(&seen, service, &other), limits(&seen, service, &own));
        assert_ne!(plain[limit], 3, "{service}");
        let rest = |values: &QuotaValues| -> QuotaValues {
            values.clone().into_iter().filter(|(name, _)| name != limit).collect()
        };
        assert_eq!(rest(changed), rest(plain), "{service}: the others are the defaults");
    }
    // Its listing of Octavia's limits is answered with 200 and no row, though there is one.
    let reason = |service, project: &str| {
        narrow.quotas[&service][&ProjectId(project.to_owned())].as_ref().unwrap_err().reason.clone()
    };
    assert_eq!(reason(QuotaService::LoadBalancer, &other), "ReachNotProven");
    assert_eq!(reason(QuotaService::Network, &other), "ReachNotProven");
    assert_eq!(reason(QuotaService::Compute, &other), "Forbidden");
    assert_eq!(reason(QuotaService::Volume, &other), "Forbidden");
    assert!(!limits(&narrow, QuotaService::Compute, &own).is_empty());
}
