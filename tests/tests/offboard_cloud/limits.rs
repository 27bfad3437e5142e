//! Limits of the tenant's own, in the five services.

use cloudspec::apply::port::{CloudWrite, Look};
use cloudspec::model::{Action, ResourceKey, ResourceType};
use serde_json::{Value, json};

use crate::place::{Place, in_a_place, seen_by};

const KEPT: [(&str, &str, &str, &str); 5] = [
    ("compute", "compute /os-quota-sets", "quota_set", "cores"),
    ("block-storage", "block-storage /os-quota-sets", "quota_set", "volumes"),
    ("network", "network /quotas", "quota", "port"),
    ("load-balancer", "load-balancer /lbaas/quotas", "quota", "pool"),
    ("key-manager", "key-manager /project-quotas", "project_quotas", "secrets"),
];

/// Barbican shows the limits of a project to who has these roles within it.
async fn let_in(place: &Place, user: &str) {
    let users = place.admin.get(&format!("identity /users?name={user}&domain_id=default")).await;
    let user = users["users"][0]["id"].as_str().unwrap();
    for role in ["observer", "key-manager:service-admin"] {
        let roles = place.admin.get(&format!("identity /roles?name={role}")).await;
        let role = roles["roles"][0]["id"].as_str().unwrap();
        let path = format!("identity /projects/{}/users/{user}/roles/{role}", place.tenant);
        place.admin.put(&path, Value::Null).await;
    }
}

#[tokio::test]
async fn limits_of_its_own_are_told_where_the_service_can_and_taken_away_in_each() {
    in_a_place(|place| async move {
        for user in ["admin", "observer"] {
            let_in(&place, user).await;
        }
        for (service, at, key, limit) in KEPT {
            let what = ResourceKey { kind: ResourceType::Quota, id: service.to_owned(), of: None };
            let action = Action::Remove { what, project: place.tenant.as_str().into() };
            let writer = place.writer("key-manager", std::slice::from_ref(&action));
            assert_eq!(writer.look(&action).await, Ok(Look::AlreadyDone { id: None }), "{service}");
            place.admin.put(&format!("{at}/{}", place.tenant), json!({key: {limit: 0}})).await;
            assert_eq!(writer.look(&action).await, Ok(Look::Ready { revision: None }), "{service}");
            if matches!(service, "compute" | "block-storage") {
                for (cloud, identity) in [("admin", None), ("observer", Some("observer-system"))] {
                    let seen = seen_by(cloud, identity, &place.tenant).await;
                    let own = seen.held[&ResourceType::Quota].as_ref().unwrap();
                    assert!(own.iter().any(|one| one.key.id == service), "{cloud}: {own:?}");
                    let limits = seen.quotas.values().flatten().find(|limits| limits.contains_key(limit));
                    assert_eq!(limits.unwrap()[limit], 0, "{cloud}");
                }
            }
            writer.make(&action, None, &format!("req-{}", uuid::Uuid::new_v4())).await.unwrap();
            assert_eq!(writer.look(&action).await, Ok(Look::AlreadyDone { id: None }), "{service}");
        }
        let seen = seen_by("admin", None, &place.tenant).await;
        assert_eq!(seen.held[&ResourceType::Quota], Ok(vec![]));
    })
    .await;
}
