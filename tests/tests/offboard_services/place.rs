//! A domain of its own on the real cloud: a tenant that holds something of everything, and a neighbour that holds the same.

use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cloudspec::model::ResourceType;
use cloudspec_tests::judge;
use cloudspec_tests::real::Client;
use futures::FutureExt;
use reqwest::Method;
use serde_json::{Value, json};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKHEMzdkVMjjOsOhZwRzD2dRYh2OE1LXj4z1L7Zv0s3h rig";

/// A domain with two projects of the same people.
pub(crate) struct Place {
    pub(crate) admin: Client,
    pub(crate) domain: String,
    pub(crate) tenant: String,
    pub(crate) neighbour: String,
    alice: String,
    pub(crate) bob: String,
}

/// Runs a test in a place of its own, which is removed whatever becomes of the test.
pub(crate) async fn in_a_place<F: Future<Output = ()>>(test: impl FnOnce(Arc<Place>) -> F) {
    let place = Arc::new(Place::make().await);
    let result = AssertUnwindSafe(test(place.clone())).catch_unwind().await;
    let removed = AssertUnwindSafe(place.remove()).catch_unwind().await;
    if let Err(panic) = result.and(removed) {
        resume_unwind(panic);
    }
}

impl Place {
    async fn make() -> Self {
        let admin = Client::admin().await;
        let name = format!("offboard-services-{}", uuid::Uuid::new_v4().simple());
        let domain =
            admin.make_at("identity /domains", json!({"domain": {"name": name}}), "/domain/id").await;
        let project = |name: &str| json!({"project": {"name": name, "domain_id": domain}});
        let tenant = admin.make_at("identity /projects", project("leaves"), "/project/id").await;
        let neighbour = admin.make_at("identity /projects", project("stays"), "/project/id").await;
        let user = |name: &str| json!({"user": {"name": name, "domain_id": domain, "password": "devcloud"}});
        let alice = admin.make_at("identity /users", user("alice"), "/user/id").await;
        let bob = admin.make_at("identity /users", user("bob"), "/user/id").await;
        let place = Self { admin, domain, tenant, neighbour, alice, bob };
        place.let_in("key-manager", "admin").await;
        place
    }

    pub(crate) async fn person(&self, user: &str, project: &str) -> Client {
        Client::login(user, json!({"id": self.domain}), json!({"project": {"id": project}})).await
    }

    async fn within(&self, project: &str) -> Client {
        let scope = json!({"project": {"id": project}});
        Client::login("key-manager", json!({"id": "default"}), scope).await
    }

    /// Gives a user of the rig a role on all projects of the domain.
    pub(crate) async fn let_in(&self, user: &str, role: &str) {
        let found = self.admin.get(&format!("identity /users?name={user}&domain_id=default")).await;
        let user = found["users"][0]["id"].as_str().unwrap();
        let role = self.admin.role(role).await;
        let domain = &self.domain;
        let path = format!("/OS-INHERIT/domains/{domain}/users/{user}/roles/{role}/inherited_to_projects");
        self.admin.put(&format!("identity {path}"), Value::Null).await;
    }

    /// Something of everything, in one of the two projects.
    pub(crate) async fn fill(&self, project: &str) {
        let Self { admin, domain, alice, bob, .. } = self;
        for (user, role) in [(alice, "member"), (alice, "creator"), (bob, "creator"), (bob, "member")] {
            let role = admin.role(role).await;
            admin.put(&format!("identity /projects/{project}/users/{user}/roles/{role}"), Value::Null).await;
        }
        let group = json!({"group": {"name": format!("crew of {project}"), "domain_id": domain}});
        let group = admin.make_at("identity /groups", group, "/group/id").await;
        let reader = admin.role("reader").await;
        admin.put(&format!("identity /projects/{project}/groups/{group}/roles/{reader}"), Value::Null).await;
        let inherited = format!("/projects/{project}/users/{alice}/roles/{reader}/inherited_to_projects");
        admin.put(&format!("identity /OS-INHERIT{inherited}"), Value::Null).await;
        let foreign = admin.get("identity /users?name=auditor&domain_id=default").await;
        let foreign = foreign["users"][0]["id"].as_str().unwrap();
        admin.put(&format!("identity /projects/{project}/users/{foreign}/roles/{reader}"), Value::Null).await;
        self.give_access(project).await;
        self.keep_secrets(project).await;
        self.balance(project).await;
        self.cluster(project).await;
    }

    async fn give_access(&self, project: &str) {
        let Self { alice, bob, .. } = self;
        let person = self.person("alice", project).await;
        let application = json!({"application_credential": {"name": format!("robot of {project}")}});
        let path = format!("identity /users/{alice}/application_credentials");
        person.make_at(&path, application, "/application_credential/id").await;
        let path = format!("identity /users/{alice}/credentials/OS-EC2");
        person.make_at(&path, json!({"tenant_id": project}), "/credential/access").await;
        let other = json!({"type": "totp", "blob": "b", "user_id": bob, "project_id": project});
        self.admin.make_at("identity /credentials", json!({"credential": other}), "/credential/id").await;
        let trust = json!({"trust": {
            "trustor_user_id": alice, "trustee_user_id": bob, "project_id": project, "impersonation": false,
            "roles": [{"name": "member"}],
        }});
        person.make_at("identity /OS-TRUST/trusts", trust, "/trust/id").await;
    }

    async fn keep_secrets(&self, project: &str) {
        let (alice, bob) = (self.person("alice", project).await, self.person("bob", project).await);
        let secret = |name: &str| json!({"name": name, "payload": "p", "payload_content_type": "text/plain"});
        let open = alice.make_at("key-manager /secrets", secret("open"), "/secret_ref").await;
        let consumer = json!({"service": "image", "resource_type": "image", "resource_id": "elsewhere"});
        alice.sure(Method::POST, &format!("key-manager /secrets/{open}/consumers"), consumer).await;
        let private = bob.make_at("key-manager /secrets", secret("private"), "/secret_ref").await;
        let closed = json!({"read": {"project-access": false}});
        bob.put(&format!("key-manager /secrets/{private}/acl"), closed).await;
        let url = alice.get(&format!("key-manager /secrets/{open}")).await["secret_ref"].clone();
        let container =
            json!({"name": "box", "type": "generic", "secret_refs": [{"name": "s", "secret_ref": url}]});
        let container = alice.make_at("key-manager /containers", container, "/container_ref").await;
        let consumer = json!({"name": "somebody", "URL": "http://elsewhere"});
        alice.sure(Method::POST, &format!("key-manager /containers/{container}/consumers"), consumer).await;
        let meta = json!({"name": "ordered", "algorithm": "aes", "bit_length": 256, "mode": "cbc"});
        alice.make_at("key-manager /orders", json!({"type": "key", "meta": meta}), "/order_ref").await;
        let limits = json!({"project_quotas": {"secrets": 50}});
        self.admin.put(&format!("key-manager /project-quotas/{project}"), limits).await;
    }

    async fn balance(&self, project: &str) {
        let admin = &self.admin;
        let network = json!({"network": {"name": "n", "project_id": project}});
        let network = admin.make_at("network /networks", network, "/network/id").await;
        let subnet = json!({"subnet": {
            "network_id": network, "ip_version": 4, "cidr": "192.0.2.0/26", "project_id": project,
        }});
        let subnet = admin.make_at("network /subnets", subnet, "/subnet/id").await;
        let listener = json!({"name": "in", "protocol": "TCP", "protocol_port": 80});
        let balancer = json!({"loadbalancer": {
            "name": "lb", "vip_subnet_id": subnet, "project_id": project, "listeners": [listener],
        }});
        admin.make_at("load-balancer /lbaas/loadbalancers", balancer, "/loadbalancer/id").await;
        let limits = json!({"quota": {"load_balancer": 7}});
        admin.put(&format!("load-balancer /lbaas/quotas/{project}"), limits).await;
    }

    async fn cluster(&self, project: &str) {
        let (admin, alice) = (&self.admin, self.person("alice", project).await);
        let image = json!({"name": "node", "container_format": "bare", "disk_format": "raw", "os_distro": "devcloud"});
        let image = alice.make_at("image /images", image, "/id").await;
        alice.put(&format!("image /images/{image}/file"), json!("bytes")).await;
        let pair = json!({"keypair": {"name": format!("key-of-{project}"), "public_key": KEY}});
        alice.sure(Method::POST, "compute /os-keypairs", pair).await;
        let outside = admin.get("network /networks?router:external=true").await;
        let template = json!({
            "name": "t", "image_id": image, "keypair_id": format!("key-of-{project}"), "coe": "kubernetes",
            "external_network_id": outside["networks"][0]["id"], "flavor_id": "m1.tiny",
            "master_flavor_id": "m1.tiny",
        });
        let template = alice.make_at("container-infra /clustertemplates", template, "/uuid").await;
        // Magnum lets nobody but its administrators make one public, and they only from within the project.
        let public = json!([{"op": "replace", "path": "/public", "value": true}]);
        let within = self.within(project).await;
        within.sure(Method::PATCH, &format!("container-infra /clustertemplates/{template}"), public).await;
        let pair = format!("key-of-{project}");
        let cluster = json!({"name": "c", "cluster_template_id": template, "node_count": 1, "keypair": pair});
        alice.make_at("container-infra /clusters", cluster, "/uuid").await;
        let limit = json!({"project_id": project, "resource": "Cluster", "hard_limit": 3});
        admin.sure(Method::POST, "container-infra /quotas", limit).await;
    }

    /// What the databases have of a project, by type; role assignments as `TYPE ACTOR ROLE INHERITED`.
    pub(crate) fn rows(project: &str) -> Vec<(ResourceType, Vec<String>)> {
        let own = format!("(SELECT id FROM barbican.projects WHERE external_id = '{project}')");
        let barbican = |table: &str| {
            format!("SELECT id FROM barbican.{table} WHERE deleted = 0 AND project_id IN {own}")
        };
        let of = |id: &str, table: &str, and: &str| {
            format!("SELECT {id} FROM {table} WHERE project_id = '{project}' {and}")
        };
        let any =
            "load_balancer IS NOT NULL OR listener IS NOT NULL OR pool IS NOT NULL OR member IS NOT NULL";
        let quotas = [
            of("'load-balancer'", "octavia.quotas", &format!("AND ({any})")),
            format!(
                "SELECT 'key-manager' FROM barbican.project_quotas WHERE deleted = 0 AND project_id IN {own}"
            ),
            of("'container-infra'", "magnum.quotas", ""),
        ]
        .join(" UNION ");
        let grants = format!(
            "SELECT CONCAT(IF(type LIKE 'User%', 'user/', 'group/'), actor_id, '/', role_id, \
             IF(inherited, '/inherited', '')) FROM keystone.assignment WHERE target_id = '{project}'"
        );
        [
            (ResourceType::Cluster, of("uuid", "magnum.cluster", "")),
            (ResourceType::ClusterTemplate, of("uuid", "magnum.cluster_template", "")),
            (
                ResourceType::LoadBalancer,
                of("id", "octavia.load_balancer", "AND provisioning_status <> 'DELETED'"),
            ),
            (ResourceType::SecretOrder, barbican("orders")),
            (ResourceType::SecretContainer, barbican("containers")),
            (ResourceType::Secret, barbican("secrets")),
            (ResourceType::Quota, quotas),
            (ResourceType::ApplicationCredential, of("id", "keystone.application_credential", "")),
            (ResourceType::Credential, of("id", "keystone.credential", "")),
            (ResourceType::Trust, of("id", "keystone.trust", "AND deleted_at IS NULL")),
            (ResourceType::RoleAssignment, grants),
            (ResourceType::Project, format!("SELECT id FROM keystone.project WHERE id = '{project}'")),
        ]
        .into_iter()
        .map(|(kind, query)| (kind, sorted(judge::rows(&query).unwrap())))
        .collect()
    }

    async fn remove(&self) {
        for project in [&self.tenant, &self.neighbour] {
            if self.admin.ask(Method::GET, &format!("identity /projects/{project}"), Value::Null).await.0
                == 200
            {
                let enable = json!({"project": {"enabled": true, "options": {"immutable": false}}});
                self.admin.ask(Method::PATCH, &format!("identity /projects/{project}"), enable).await;
                self.empty(project).await;
            }
            self.empty_other(project).await;
        }
        let domain = format!("identity /domains/{}", self.domain);
        self.admin.ask(Method::PATCH, &domain, json!({"domain": {"enabled": false}})).await;
        self.admin.remove(&domain).await;
        assert_eq!(self.admin.ask(Method::GET, &domain, Value::Null).await.0, 404, "it is removed again");
    }

    async fn empty(&self, project: &str) {
        let admin = &self.admin;
        let within = self.within(project).await;
        let rows = Self::rows(project);
        let ids =
            |of: ResourceType| rows.iter().filter(move |(kind, _)| *kind == of).flat_map(|(_, ids)| ids);
        let clusters: Vec<String> =
            ids(ResourceType::Cluster).map(|id| format!("container-infra /clusters/{id}")).collect();
        self.until_gone(&clusters, "").await;
        for id in ids(ResourceType::ClusterTemplate) {
            admin.remove(&format!("container-infra /clustertemplates/{id}")).await;
        }
        let balancers: Vec<String> = ids(ResourceType::LoadBalancer)
            .map(|id| format!("load-balancer /lbaas/loadbalancers/{id}"))
            .collect();
        self.until_gone(&balancers, "?cascade=true").await;
        for (kind, path) in [
            (ResourceType::SecretOrder, "orders"),
            (ResourceType::SecretContainer, "containers"),
            (ResourceType::Secret, "secrets"),
        ] {
            for id in ids(kind) {
                within.remove(&format!("key-manager /{path}/{id}")).await;
            }
        }
        for limits in [
            format!("load-balancer /lbaas/quotas/{project}"),
            format!("key-manager /project-quotas/{project}"),
            format!("container-infra /quotas/{project}/Cluster"),
        ] {
            admin.remove(&limits).await;
        }
    }

    /// What the other services hold for what is under test.
    async fn empty_other(&self, project: &str) {
        let admin = &self.admin;
        for (listing, key, path) in [
            (format!("image /images?owner={project}"), "images", "image /images"),
            (format!("network /networks?project_id={project}"), "networks", "network /networks"),
            (
                format!("network /security-groups?project_id={project}"),
                "security_groups",
                "network /security-groups",
            ),
        ] {
            for row in admin.get(&listing).await[key].as_array().into_iter().flatten() {
                admin.remove(&format!("{path}/{}", row["id"].as_str().unwrap_or_default())).await;
            }
        }
        let alice = &self.alice;
        admin.remove(&format!("compute /os-keypairs/key-of-{project}?user_id={alice}")).await;
    }

    /// Asks again and again, for what is at work refuses.
    async fn until_gone(&self, all: &[String], query: &str) {
        let started = Instant::now();
        for one in all {
            while self.admin.ask(Method::GET, one, Value::Null).await.0 != 404 {
                assert!(started.elapsed() < Duration::from_secs(180), "{one} is there still");
                self.admin.remove(&format!("{one}{query}")).await;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

fn sorted(mut rows: Vec<String>) -> Vec<String> {
    rows.sort();
    rows
}
