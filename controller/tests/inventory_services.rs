//! What a tenant holds in Keystone, Barbican and Magnum, where a service does not tell all.
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

#[expect(dead_code, reason = "this test uses part of the fake cloud")]
mod fake;

use axum::response::Response;
use cloudspec::model::{Inventory, ResourceType, Unknown};
use cloudspec::observe::{Service, inventory};
use cloudspec::openstack::Credential;
use fake::{Fake, config, limits, ok, reader, status};
use serde_json::{Value, json};

const TENANT: &str = "leaves";

/// A cloud in which nothing is left of the tenant but itself.
fn quiet(path: &str) -> Response {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let named = |kind: &str| json!([{"id": "s", "name": "n", "type": kind}]);
    ok(&match path.trim_start_matches("/v3").trim_start_matches("/v1").trim_start_matches("/v2") {
        "/projects/leaves" => json!({"project": project(TENANT)}),
        "/projects" if query.contains("parent_id") => json!({"projects": []}),
        "/projects" => json!({"projects": [project(TENANT)]}),
        "/domains" => json!({"domains": [{"id": "d", "name": "customers"}]}),
        "/services" => json!({"services": named("container-infra")}),
        "/endpoints" => json!({"endpoints": [{"service_id": "s", "region_id": "RegionOne", "url": "u"}]}),
        "/role_assignments" => json!({"role_assignments": []}),
        "/credentials" => json!({"credentials": []}),
        "/OS-TRUST/trusts" => json!({"trusts": []}),
        "/mservices" => json!({"mservices": []}),
        "/clusters/detail" => json!({"clusters": []}),
        "/clustertemplates/detail" => json!({"clustertemplates": []}),
        "/quotas" if query.contains("all_tenants") => json!({"quotas": []}),
        _ => return status(404),
    })
}

fn project(id: &str) -> Value {
    json!({"id": id, "name": "shop", "domain_id": "d", "enabled": true, "is_domain": false, "parent_id": "d"})
}

/// The quiet cloud, but for what this function answers.
async fn cloud(answers: impl Fn(&str) -> Option<Response> + Send + Sync + 'static) -> Fake {
    Fake::start(move |_, path, _| answers(path).unwrap_or_else(|| quiet(path))).await
}

async fn look(fake: &Fake) -> Inventory {
    let mut config = config(&fake.url);
    config.overrides.insert(Service::ContainerInfra, fake.url.parse().unwrap());
    inventory(&reader(config, limits()), &TENANT.into()).await
}

fn why(seen: &Inventory, kind: ResourceType) -> &Unknown {
    seen.held[&kind].as_ref().unwrap_err()
}

fn count(seen: &Inventory, kind: ResourceType) -> usize {
    seen.held[&kind].as_ref().unwrap().len()
}

#[tokio::test]
async fn an_empty_tenant_holds_itself_and_nothing_more() {
    let seen = look(&cloud(|_| None).await).await;
    assert_eq!(seen.resources().map(|one| one.key.kind).collect::<Vec<_>>(), [ResourceType::Project]);
    assert_eq!(seen.not_told().count(), 0, "{:?}", seen.held);
    assert_eq!(seen.tenant.unwrap().unwrap().domain_name, "customers");
    assert_eq!(seen.uncovered, Ok(std::collections::BTreeSet::new()));
}

#[tokio::test]
async fn a_project_is_gone_only_where_it_is_missing_in_the_whole_listing_too() {
    let by_id = |path: &str| path.ends_with("/projects/leaves").then(|| status(404));
    let seen = look(&cloud(by_id).await).await;
    assert_eq!(seen.tenant.unwrap_err().reason, "Unparsable");
    let everywhere = move |path: &str| {
        let none = || ok(&json!({"projects": []}));
        by_id(path).or_else(|| path.ends_with("/projects").then(none))
    };
    let seen = look(&cloud(everywhere).await).await;
    assert_eq!(count(&seen, ResourceType::Project), 0);
    assert_eq!(seen.tenant, Ok(None));
}

#[tokio::test]
async fn credentials_are_not_believed_where_trusts_are_refused() {
    let refused = |path: &str| path.ends_with("/trusts").then(|| status(403));
    let seen = look(&cloud(refused).await).await;
    assert_eq!(why(&seen, ResourceType::Trust).reason, "Forbidden");
    assert_eq!(why(&seen, ResourceType::Credential).reason, "Forbidden");
    assert_eq!(count(&seen, ResourceType::RoleAssignment), 0);
}

#[tokio::test]
async fn clusters_are_not_believed_where_the_conductors_are_refused() {
    let refused = |path: &str| path.ends_with("/mservices").then(|| status(403));
    let seen = look(&cloud(refused).await).await;
    for kind in [ResourceType::Cluster, ResourceType::ClusterTemplate, ResourceType::Quota] {
        assert_eq!(why(&seen, kind).reason, "ReachNotProven", "{kind}");
    }
}

#[tokio::test]
async fn a_template_that_others_use_stands_in_the_way_and_a_public_one_is_a_loss() {
    let answers = |path: &str| {
        let cluster = |id: &str, project: &str| json!({"uuid": id, "name": id, "project_id": project, "status": "CREATE_COMPLETE", "cluster_template_id": "t"});
        let template = json!({"uuid": "t", "name": "t", "project_id": TENANT, "public": true});
        let foreign = json!({"uuid": "f", "name": null, "project_id": "other", "public": true});
        match path {
            _ if path.contains("/clusters/detail") => {
                Some(ok(&json!({"clusters": [cluster("own", TENANT), cluster("theirs", "other")]})))
            }
            _ if path.contains("/clustertemplates/detail") => {
                Some(ok(&json!({"clustertemplates": [template, foreign]})))
            }
            _ => None,
        }
    };
    // Pages of two are full: the next is asked for only where the service names one.
    let seen = look(&cloud(answers).await).await;
    assert_eq!(count(&seen, ResourceType::Cluster), 1);
    let templates = seen.held[&ResourceType::ClusterTemplate].as_ref().unwrap();
    let [template] = templates.as_slice() else { unreachable!("{templates:?}") };
    let hindrance = template.hindrance.as_deref().unwrap();
    assert!(
        hindrance.contains("cluster theirs of project other") && !hindrance.contains("own"),
        "{hindrance}"
    );
    assert_eq!(seen.losses.len(), 1, "{:?}", seen.losses);
}

/// The catalogue with Barbican, and secrets as this function lists them.
fn vault(path: &str, secrets: &Value) -> Option<Response> {
    let services = json!({"services": [{"id": "s", "type": "key-manager"}]});
    let path = path.split('?').next().unwrap_or_default();
    match path {
        _ if path.ends_with("/services") => Some(ok(&services)),
        _ if path.ends_with("/secrets") => Some(ok(secrets)),
        _ if path.ends_with("/containers") => Some(ok(&json!({"containers": [], "total": 0}))),
        _ if path.ends_with("/orders") => Some(ok(&json!({"orders": [], "total": 0}))),
        _ if path.ends_with("/project-quotas") => Some(ok(&json!({"project_quotas": [], "total": 0}))),
        _ if path.ends_with("/quotas") => Some(ok(&json!({"quotas": {"secrets": -1}}))),
        _ => None,
    }
}

fn secret(id: &str) -> Value {
    json!({"secret_ref": format!("http://b/v1/secrets/{id}"), "name": id, "status": "ACTIVE", "consumers": []})
}

#[tokio::test]
async fn secrets_are_asked_from_within_the_tenant_by_one_token_of_its_own() {
    let fake = cloud(|path| vault(path, &json!({"secrets": [secret("a")], "total": 1}))).await;
    let seen = look(&fake).await;
    assert_eq!(count(&seen, ResourceType::Secret), 1);
    let asked = fake.asked.lock().unwrap();
    let tokens = |part: &str| {
        let of = asked.iter().filter(|one| one.0 == "GET" && one.1.contains(part));
        of.map(|one| one.2.clone()).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(asked.iter().filter(|one| one.0 == "POST").count(), 2);
    let within = tokens("/secrets");
    assert_eq!(within.len(), 1);
    assert_eq!((&tokens("/containers"), &tokens("/orders")), (&within, &within));
    assert_ne!(tokens("/projects/leaves"), within);
}

#[tokio::test]
async fn secrets_that_came_twice_or_not_at_all_make_them_unknown() {
    for secrets in [
        json!({"secrets": [secret("a"), secret("a")], "total": 2}),
        json!({"secrets": [secret("a")], "total": 2}),
    ] {
        let seen = look(&cloud(move |path| vault(path, &secrets)).await).await;
        assert_eq!(why(&seen, ResourceType::Secret).reason, "Truncated");
        assert_eq!(count(&seen, ResourceType::SecretContainer), 0);
    }
}

#[tokio::test]
async fn an_application_credential_cannot_go_into_the_tenant_and_is_told_what_can() {
    let fake = cloud(|path| vault(path, &json!({"secrets": [], "total": 0}))).await;
    let mut config = config(&fake.url);
    config.credential =
        Credential::ApplicationCredential { id: "a".to_owned(), secret: "s".to_owned().into() };
    let seen = inventory(&reader(config, limits()), &TENANT.into()).await;
    let why = why(&seen, ResourceType::Secret);
    assert_eq!(why.reason, "CredentialRefused");
    assert!(why.message.contains("use a user with a password"), "{why}");
}

#[tokio::test]
async fn of_a_project_that_is_gone_nothing_is_asked_through_it_any_more() {
    let through = |path: &str| {
        let effective = path.contains("effective") && path.contains("scope.project.id");
        effective.then(|| status(404)).or_else(|| vault(path, &json!({"secrets": [], "total": 0})))
    };
    let there = look(&cloud(through).await).await;
    assert_eq!(why(&there, ResourceType::ApplicationCredential).reason, "NotFound");
    let gone = move |path: &str| match path.split('?').next().unwrap_or_default() {
        "/v3/projects/leaves" => Some(status(404)),
        "/v3/projects" => Some(ok(&json!({"projects": []}))),
        _ => through(path),
    };
    let fake = cloud(gone).await;
    assert_eq!(count(&look(&fake).await, ResourceType::ApplicationCredential), 0);
    // Nobody gets in: here for a credential that never does.
    let mut config = config(&fake.url);
    config.credential =
        Credential::ApplicationCredential { id: "a".to_owned(), secret: "s".to_owned().into() };
    let seen = inventory(&reader(config, limits()), &TENANT.into()).await;
    for kind in [ResourceType::Secret, ResourceType::SecretContainer, ResourceType::SecretOrder] {
        assert_eq!(count(&seen, kind), 0);
    }
    assert_eq!(seen.tenant, Ok(None));
}

#[tokio::test]
async fn limits_that_nova_keeps_for_no_valid_project_are_none_once_keystone_has_it_no_more() {
    let nova = |path: &str| match path.split('?').next().unwrap_or_default() {
        "/v3/services" => Some(ok(&json!({"services": [{"id": "s", "name": "n", "type": "compute"}]}))),
        path if path.contains("/os-quota-sets/") => Some(status(400)),
        _ => None,
    };
    let look = async |fake: &Fake| {
        let mut config = config(&fake.url);
        config.overrides.insert(Service::Compute, fake.url.parse().unwrap());
        inventory(&reader(config, limits()), &TENANT.into()).await
    };
    assert_eq!(why(&look(&cloud(nova).await).await, ResourceType::Quota).reason, "Rejected");
    let gone = move |path: &str| match path.split('?').next().unwrap_or_default() {
        "/v3/projects/leaves" => Some(status(404)),
        "/v3/projects" => Some(ok(&json!({"projects": []}))),
        _ => nova(path),
    };
    assert_eq!(count(&look(&cloud(gone).await).await, ResourceType::Quota), 0);
}
