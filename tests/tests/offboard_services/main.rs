//! A tenant in Keystone, Octavia, Barbican and Magnum on the real cloud: seen whole, as the databases have it, and removed to the
//! last row; its neighbour untouched.
//!
//! Needs the rig (`--features rig`). Each test has a domain of its own, and removes it.
#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panic")]

mod place;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cloudspec::apply::port::{CloudWrite, Look};
use cloudspec::model::action::{ProjectChange, ProjectRef};
use cloudspec::model::cloud::QuotaService;
use cloudspec::model::ids::ProjectId;
use cloudspec::model::{Action, Inventory, Resource, ResourceKey, ResourceType};
use cloudspec::observe::inventory;
use cloudspec::openstack::{Limits, Reader, Writer};
use cloudspec_tests::approved::approved;
use cloudspec_tests::real::entry;
use place::{Place, in_a_place};
use reqwest::Method;
use serde_json::{Value, json};

async fn look_at(main: &str, identity: Option<&str>, project: &str) -> Inventory {
    let reader = Reader::new(entry(main), identity.map(entry), Limits::default(), Arc::new(|_| {})).unwrap();
    inventory(&reader, &ProjectId(project.to_owned())).await
}

fn writer(cloud: &str, actions: &[Action]) -> Writer {
    let config = entry(cloud);
    let plan = approved(&config.identity(), actions).unwrap();
    Writer::new(config, None, Limits::default(), Arc::new(|_| {}), &plan).unwrap()
}

fn remove(what: &ResourceKey, project: &str) -> Action {
    Action::Remove { what: what.clone(), project: project.into() }
}

/// A look that is not waited for any more.
async fn settled(writer: &Writer, action: &Action) -> Look {
    let started = Instant::now();
    loop {
        match writer.look(action).await.unwrap() {
            Look::Waiting { why } => assert!(started.elapsed() < Duration::from_secs(120), "{why}"),
            told => return told,
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Ready, made by one call, and gone in the end.
async fn carry_out(action: &Action) {
    let writer = &writer("key-manager", std::slice::from_ref(action));
    assert_eq!(settled(writer, action).await, Look::Ready { revision: None }, "{action:?}");
    let id = format!("req-{}", uuid::Uuid::new_v4());
    writer.make(action, None, &id).await.unwrap_or_else(|why| panic!("{action:?}: {why}"));
    let started = Instant::now();
    loop {
        match settled(writer, action).await {
            Look::AlreadyDone { .. } => return,
            // The service has taken it up, and not begun.
            Look::Ready { .. } if started.elapsed() < Duration::from_secs(30) => {}
            other => panic!("{action:?}: {other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

const SWEPT: [ResourceType; 12] = [
    ResourceType::Cluster,
    ResourceType::ClusterTemplate,
    ResourceType::LoadBalancer,
    ResourceType::SecretOrder,
    ResourceType::SecretContainer,
    ResourceType::Secret,
    ResourceType::Quota,
    ResourceType::ApplicationCredential,
    ResourceType::Credential,
    ResourceType::Trust,
    ResourceType::RoleAssignment,
    ResourceType::Project,
];

/// The ids of each type, in the form of [`Place::rows`].
fn ids(seen: &Inventory) -> Vec<(ResourceType, Vec<String>)> {
    let of = |kind: ResourceType| {
        let held = seen.held[&kind].as_ref().unwrap_or_else(|why| panic!("{kind}: {why}"));
        let mut ids: Vec<String> = held.iter().map(|one| one.key.id.clone()).collect();
        ids.retain(|id| kind != ResourceType::Quota || SERVICES.contains(&id.as_str()));
        ids.sort();
        (kind, ids)
    };
    SWEPT.into_iter().map(of).collect()
}

/// The services whose limits are under test here.
const SERVICES: [&str; 3] = ["container-infra", "key-manager", "load-balancer"];

fn unknown(seen: &Inventory) -> BTreeSet<(ResourceType, String)> {
    let mine = |(kind, why): (ResourceType, &cloudspec::model::Unknown)| {
        SWEPT.contains(&kind).then(|| (kind, why.reason.clone()))
    };
    seen.not_told().filter_map(mine).collect()
}

#[tokio::test]
async fn a_tenant_is_seen_as_the_databases_have_it_and_is_removed_to_the_last_row() {
    in_a_place(|place| async move {
        let (tenant, neighbour) = (place.tenant.as_str(), place.neighbour.as_str());
        tokio::join!(place.fill(tenant), place.fill(neighbour));
        not_seen_from_outside(tenant).await;
        for (user, role) in [("observer", "observer"), ("admin", "admin")] {
            place.let_in(user, role).await;
        }
        for user in ["observer", "admin"] {
            place.let_in(user, "key-manager:service-admin").await;
        }
        let rows = Place::rows(tenant);
        for (main, identity) in [("observer", Some("observer-system")), ("admin", None)] {
            let seen = look_at(main, identity, tenant).await;
            assert_eq!(ids(&seen), rows, "{main}");
            tells(&seen, &place);
        }
        let seen = look_at("admin", None, tenant).await;
        let before = Place::rows(neighbour);
        refuses_what_is_not_the_tenants(tenant, &look_at("admin", None, neighbour).await).await;
        all_goes(&place, &seen).await;
        for (kind, left) in Place::rows(tenant) {
            assert_eq!(left, Vec::<String>::new(), "{kind}");
        }
        assert_eq!(Place::rows(neighbour), before, "the neighbour has all that it had");
        assert_eq!(look_at("admin", None, tenant).await.tenant, Ok(None));
    })
    .await;
}

#[tokio::test]
async fn a_project_that_is_immutable_or_has_others_below_it_stays() {
    in_a_place(|place| async move {
        let tenant = place.tenant.as_str();
        let key = ResourceKey { kind: ResourceType::Project, id: tenant.to_owned(), of: None };
        let action = remove(&key, tenant);
        let seen = async || {
            let look = writer("key-manager", std::slice::from_ref(&action)).look(&action).await.unwrap();
            let seen = look_at("admin", None, tenant).await;
            let held = seen.held[&ResourceType::Project].as_ref().unwrap();
            (look, held[0].hindrance.clone().unwrap_or_default())
        };
        let change = async |fields: Value| {
            let what = format!("identity /projects/{tenant}");
            place.admin.sure(Method::PATCH, &what, json!({"project": fields})).await;
        };
        change(json!({"enabled": false})).await;
        assert_eq!(seen().await, (Look::Ready { revision: None }, String::new()));

        change(json!({"options": {"immutable": true}})).await;
        let (look, hindrance) = seen().await;
        assert!(matches!(&look, Look::Refused { why } if why.contains("is immutable")), "{look:?}");
        assert!(hindrance.contains("immutable"), "{hindrance}");

        change(json!({"options": {"immutable": false}})).await;
        change(json!({"enabled": true})).await;
        let below = json!({"project": {"name": "below", "domain_id": place.domain, "parent_id": tenant}});
        let below = place.admin.make_at("identity /projects", below, "/project/id").await;
        place
            .admin
            .sure(
                Method::PATCH,
                &format!("identity /projects/{below}"),
                json!({"project": {"enabled": false}}),
            )
            .await;
        change(json!({"enabled": false})).await;
        let (look, hindrance) = seen().await;
        assert!(matches!(&look, Look::Refused { why } if why.contains("1 projects below")), "{look:?}");
        assert!(hindrance.contains("below it"), "{hindrance}");
        place.admin.remove(&format!("identity /projects/{below}")).await;
        carry_out(&action).await;
    })
    .await;
}

/// Everything that this part of an inventory tells beside what is held.
fn tells(seen: &Inventory, place: &Place) {
    let tenant = seen.tenant.as_ref().unwrap().as_ref().unwrap();
    assert_eq!((tenant.name.as_str(), tenant.domain.0.as_str()), ("leaves", place.domain.as_str()));
    assert!(tenant.domain_name.starts_with("offboard-services-"), "{tenant:?}");
    assert!(tenant.enabled && !tenant.immutable && !tenant.is_domain && tenant.children.is_empty());
    assert_eq!(seen.own_projects.len(), 1);
    let uncovered = seen.uncovered.as_ref().unwrap();
    assert!(uncovered.iter().all(|one| one.starts_with("network:")), "{uncovered:?}");
    assert_eq!(seen.quotas[&QuotaService::LoadBalancer].as_ref().unwrap()["load_balancer"], 7);
    assert_eq!(seen.quotas[&QuotaService::KeyManager].as_ref().unwrap()["secrets"], 50);
    let lost: Vec<&str> = seen.losses.iter().map(|loss| loss.what.as_str()).collect();
    for what in [
        "it is public: no project can make a cluster from it any more",
        "image image elsewhere is registered as its consumer",
        "somebody http://elsewhere is registered as its consumer",
        "of another domain has role reader here",
        "acts for user",
    ] {
        assert!(lost.iter().any(|lost| lost.contains(what)), "{what}: {lost:?}");
    }
}

/// Who has no way in is told so, and what is cut down without a word is not believed.
async fn not_seen_from_outside(tenant: &str) {
    use ResourceType::{Quota, Secret, SecretContainer, SecretOrder};
    let seen = look_at("observer", Some("observer-system"), tenant).await;
    let refused = |kind| (kind, "CredentialRefused".to_owned());
    assert_eq!(unknown(&seen), [SecretOrder, SecretContainer, Secret, Quota].map(refused).into());
    let why = seen.held[&Secret].as_ref().unwrap_err().message.clone();
    assert!(why.contains("openstack role add --inherited"), "{why}");

    let seen = look_at("reader", Some("observer"), tenant).await;
    let reasons: Vec<String> =
        SWEPT.iter().map(|kind| seen.held[kind].as_ref().unwrap_err().reason.clone()).collect();
    for (kind, reason) in SWEPT.iter().zip(&reasons) {
        let expected = match kind.service() {
            _ if *kind == Quota => continue,
            // A reader of the project gets in, and is shown nothing there.
            "identity" | "key-manager" => "Forbidden",
            _ => "ReachNotProven",
        };
        assert_eq!(reason, expected, "{kind}");
    }
    assert!(seen.tenant.is_err() && seen.uncovered.is_err());
}

/// What belongs to the neighbour is not removed as the tenant's.
async fn refuses_what_is_not_the_tenants(tenant: &str, neighbour: &Inventory) {
    let theirs: Vec<&Resource> = neighbour.resources().filter(|one| SWEPT.contains(&one.key.kind)).collect();
    assert!(theirs.len() >= SWEPT.len(), "{theirs:?}");
    for one in theirs {
        let action = remove(&one.key, tenant);
        let look = writer("key-manager", std::slice::from_ref(&action)).look(&action).await;
        match one.key.kind {
            // These are named within the project that is asked about.
            ResourceType::Quota => continue,
            ResourceType::RoleAssignment | ResourceType::SecretOrder => continue,
            // It is enabled.
            ResourceType::Project => {}
            ResourceType::Secret | ResourceType::SecretContainer => {
                assert!(look.as_ref().is_err_and(|why| why.to_string().contains("not allowed")), "{look:?}");
                continue;
            }
            _ => {}
        }
        assert!(matches!(look, Ok(Look::Refused { .. })), "{}: {look:?}", one.key);
    }
}

/// All that is held, in the order of the types, each through an approved plan.
async fn all_goes(place: &Place, seen: &Inventory) {
    let tenant = place.tenant.as_str();
    // Magnum made a trust for its cluster, and takes it away with it.
    let of_cluster = |one: &Resource| one.key.kind == ResourceType::Trust && !one.name.contains(&place.bob);
    let held = seen.resources().filter(|one| SWEPT.contains(&one.key.kind));
    let mut keys: Vec<&ResourceKey> = held.filter(|one| !of_cluster(one)).map(|one| &one.key).collect();
    assert!(keys.iter().any(|key| key.kind == ResourceType::Trust));
    let project = remove(keys.pop().unwrap(), tenant);
    let early = writer("key-manager", std::slice::from_ref(&project)).look(&project).await.unwrap();
    assert!(matches!(&early, Look::Refused { why } if why.contains("disabled before")), "{early:?}");
    for key in &keys {
        // The limits that are frozen are another's to remove.
        if key.kind != ResourceType::Quota || key.id == SERVICES[0] {
            carry_out(&remove(key, tenant)).await;
        }
    }
    for limits in ["load-balancer /lbaas/quotas", "key-manager /project-quotas"] {
        place.admin.remove(&format!("{limits}/{tenant}")).await;
    }
    let change = ProjectChange::Enabled { from: true, to: false };
    carry_out(&Action::ChangeProject { project: ProjectRef::Id(tenant.into()), change }).await;
    carry_out(&project).await;
}
