//! The simulated cloud behaves.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panic")]

mod sim_client;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use cloudspec_tests::sim::{Actor, Rule, Scope, Sim, World};
use serde_json::{Value, json};
use sim_client::Client;

async fn seeded() -> (Sim, Client) {
    let sim = Sim::start(World::seeded()).await.unwrap();
    let admin = Client::login(&sim.clouds_yaml(), "admin").await;
    (sim, admin)
}

#[tokio::test]
async fn a_cloud_that_is_only_read_does_not_change() {
    let (_sim, admin) = seeded().await;
    let first = admin.get("network", "/v2.0/security-groups").await;
    assert_eq!(first, admin.get("network", "/v2.0/security-groups").await);
    assert_eq!(first.0, 200);
    // Two in each of three tenants, and the default groups.
    assert_eq!(first.1["security_groups"].as_array().unwrap().len(), 3 * 3 + 1);
}

#[test]
fn ids_are_the_same_in_each_run() {
    let (one, other) = (World::seeded(), World::seeded());
    assert!(one.projects.keys().eq(other.projects.keys()));
    assert!(one.rules().map(|(_, id, _)| id).eq(other.rules().map(|(_, id, _)| id)));
    assert_eq!(one.project_id("tenants", "t0002"), other.project_id("tenants", "t0002"));
    assert!(one.project_id("tenants", "t0002").is_some());
}

#[tokio::test]
async fn each_cloud_of_the_clouds_yaml_logs_in_and_system_scope_sees_no_security_group() {
    let (sim, admin) = seeded().await;
    for cloud in ["admin", "admin-system", "reader", "reader-system", "observer", "observer-system"] {
        let client = Client::login(&sim.clouds_yaml(), cloud).await;
        let (status, body) = client.get("network", "/v2.0/security-groups?fields=name").await;
        let seen = body["security_groups"].as_array().unwrap().len();
        let expected = match cloud {
            "admin" | "observer" => 10,
            "reader" => 1,
            _ => 0,
        };
        assert_eq!((status, seen), (200, expected), "{cloud}");
    }
    let reader = Client::login(&sim.clouds_yaml(), "reader").await;
    let group = json!({"security_group": {"name": "x"}});
    assert_eq!(reader.call("POST", "network", "/v2.0/security-groups", Some(group)).await.0, 403);
    assert_eq!(reader.get("identity", "/projects").await.0, 403);
    assert_eq!(admin.get("identity", "/projects").await.0, 200);
}

#[tokio::test]
async fn what_is_changed_behind_the_controller_is_seen_by_the_next_listing() {
    let (sim, admin) = seeded().await;
    let project = sim.world().project_id("tenants", "t0001").unwrap();
    let web = sim.world().security_group_ids(&project, "web").pop().unwrap();
    let path = format!("/v2.0/security-groups/{web}");
    let before = admin.get("network", &path).await.1["security_group"]["revision_number"].as_u64().unwrap();
    sim.world().add_rule(&web, Rule::ingress_tcp(8080).from_cidr("198.51.100.0/24"));
    let group = admin.get("network", &path).await.1["security_group"].clone();
    assert_eq!(group["revision_number"], before + 1);
    let ports: Vec<i64> = group["security_group_rules"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|rule| rule["port_range_min"].as_i64())
        .collect();
    assert!(ports.contains(&8080), "{ports:?}");
}

#[tokio::test]
async fn a_change_of_another_revision_is_refused_and_a_malformed_condition_is_not() {
    let (sim, admin) = seeded().await;
    let project = sim.world().project_id("tenants", "t0001").unwrap();
    let web = sim.world().security_group_ids(&project, "web").pop().unwrap();
    let url = format!("{}/v2.0/security-groups/{web}", admin.service("network"));
    let put = |condition: &'static str, text: &str| {
        let body = json!({"security_group": {"description": text}});
        let request = admin.http.put(&url).header("X-Auth-Token", &admin.token).header("If-Match", condition);
        let request = request.json(&body);
        async move { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(put("revision_number=77", "no").await, 412);
    assert_eq!(sim.world().security_groups[&web].description, "public web");
    assert_eq!(put("\"77\"", "taken all the same").await, 200);
    assert_eq!(sim.world().security_groups[&web].description, "taken all the same");
}

#[tokio::test]
async fn a_revoked_role_takes_the_tokens_of_an_application_credential_until_it_is_back() {
    let (sim, admin) = seeded().await;
    let (user, project, role, auth) = {
        let world = sim.world();
        let user = world.user_id("tenants", "t0001").unwrap();
        let (id, known) = world.application_credentials.iter().find(|(_, known)| known.user == user).unwrap();
        let given = json!({"id": id, "secret": known.secret});
        let auth =
            json!({"identity": {"methods": ["application_credential"], "application_credential": given}});
        (user.clone(), known.project.clone(), world.role_id("member").unwrap(), auth)
    };
    let path = format!("/projects/{project}/users/{user}/roles/{role}");
    assert!(Client::with(&sim.url(), &auth).await.is_ok());
    assert_eq!(admin.call("DELETE", "identity", &path, None).await.0, 204);
    assert_eq!(Client::with(&sim.url(), &auth).await.err(), Some(401));
    assert_eq!(sim.world().application_credentials.len(), 3, "they stay in the list");
    assert_eq!(admin.call("PUT", "identity", &path, None).await.0, 204);
    assert!(Client::with(&sim.url(), &auth).await.is_ok());
}

#[tokio::test]
async fn no_service_takes_a_token_that_was_revoked_or_has_expired() {
    let (sim, admin) = seeded().await;
    sim.world().revoke_tokens();
    for (service, path) in
        [("identity", "/projects"), ("network", "/v2.0/quotas"), ("compute", "/os-quota-sets/x")]
    {
        assert_eq!(admin.get(service, path).await.0, 401, "{service}");
    }
    sim.world().token_lifetime = Duration::ZERO;
    let late = Client::login(&sim.clouds_yaml(), "admin").await;
    assert_eq!(late.get("network", "/v2.0/quotas").await.0, 401);
}

#[tokio::test]
async fn inherited_and_group_roles_count_for_a_token() {
    let (sim, _) = seeded().await;
    let auth = {
        let mut world = sim.world();
        let domain = world.domain_id("tenants").unwrap();
        let (user, group) = (world.add_user(&domain, "new", "pw"), world.add_group(&domain, "ops"));
        world.memberships.insert((group.clone(), user.clone()));
        let project = world.project_id("tenants", "t0003").unwrap();
        world.grant(&Actor::Group(group), "member", Scope::Project(project.clone()));
        let user = json!({"id": user, "password": "pw"});
        let identity = json!({"methods": ["password"], "password": {"user": user}});
        json!({"identity": identity, "scope": {"project": {"id": project}}})
    };
    let member = Client::with(&sim.url(), &auth).await.unwrap_or_else(|status| panic!("{status}"));
    let (status, body) = member.get("network", "/v2.0/security-groups?fields=name").await;
    assert_eq!((status, body["security_groups"].as_array().unwrap().len()), (200, 3));
}

#[tokio::test]
async fn a_thousand_tenants_and_twenty_thousand_rules_are_paged_to_the_end() {
    let begin = Instant::now();
    let sim = Sim::start(World::builder().tenants(1000).rules(20_000).build()).await.unwrap();
    let admin = Client::login(&sim.clouds_yaml(), "admin").await;
    let mut url = format!("{}/v2.0/security-groups?limit=500", admin.service("network"));
    let (mut pages, mut rules, mut groups) = (0, 0, BTreeSet::new());
    loop {
        let body: Value = admin.send("GET", &url, None).await.unwrap().json().await.unwrap();
        pages += 1;
        for group in body["security_groups"].as_array().unwrap() {
            assert!(groups.insert(group["id"].as_str().unwrap().to_owned()), "each comes once");
            rules += group["security_group_rules"].as_array().unwrap().len();
        }
        let links = body["security_groups_links"].as_array().unwrap();
        match links.iter().find(|link| link["rel"] == "next") {
            Some(next) => url = next["href"].as_str().unwrap().to_owned(),
            None => break,
        }
    }
    assert_eq!((groups.len(), pages), (4 * 1000 + 1, 9));
    let expected = sim.world().rules().count();
    assert_eq!(rules, expected);
    assert_eq!(expected, 20_000 + 1000 * (5 + 3 * 2 + 4) + 4);
    assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
}
