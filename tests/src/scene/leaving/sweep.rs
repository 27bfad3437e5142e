//! What a story has left is removed, by the ids in the services' databases.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::Leaving;

/// What is deleted by id, in an order in which it can go: its path, and where its ids are. `P` is the project.
const BY_ID: &[(&str, &str)] = &[
    ("compute /servers", "uuid FROM nova_cell1.instances WHERE deleted = 0 AND project_id = 'P'"),
    ("image /images", "id FROM glance.images WHERE NOT deleted AND owner = 'P'"),
    ("network /ports", "id FROM neutron.ports WHERE project_id = 'P'"),
    ("network /networks", "id FROM neutron.networks WHERE project_id = 'P'"),
    ("network /security-groups", "id FROM neutron.securitygroups WHERE project_id = 'P'"),
];
/// The same from within the project.
const FROM_WITHIN: &[(&str, &str)] = &[
    ("block-storage /volumes", "id FROM cinder.volumes WHERE NOT deleted AND project_id = 'P'"),
    (
        "key-manager /secrets",
        "id FROM barbican.secrets WHERE deleted = 0 AND project_id IN \
         (SELECT id FROM barbican.projects WHERE external_id = 'P')",
    ),
];

/// In rounds, for one thing holds another.
pub(super) async fn sweep(place: &Leaving) {
    let Leaving { admin, tenant, domain_id, .. } = place;
    let project = format!("identity /projects/{tenant}");
    if admin.ask(Method::GET, &project, Value::Null).await.0 == 200 {
        admin.ask(Method::PATCH, &project, json!({"project": {"enabled": true}})).await;
    }
    for _ in 0..20 {
        if round(place).await == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    for limits in [
        "compute /os-quota-sets",
        "block-storage /os-quota-sets",
        "network /quotas",
        "load-balancer /lbaas/quotas",
        "key-manager /project-quotas",
    ] {
        admin.remove(&format!("{limits}/{tenant}")).await;
    }
    let domain = format!("identity /domains/{domain_id}");
    admin.ask(Method::PATCH, &domain, json!({"domain": {"enabled": false}})).await;
    admin.remove(&domain).await;
    assert_eq!(admin.ask(Method::GET, &domain, Value::Null).await.0, 404, "it is removed again");
}

/// How many were there.
async fn round(place: &Leaving) -> usize {
    let mut found = 0;
    let all = [(&place.admin, BY_ID), (&place.within, FROM_WITHIN)];
    for (client, table) in all {
        for (path, from) in table {
            let statement = format!("SELECT {}", from.replace("'P'", &format!("'{}'", place.tenant)));
            for id in place.judge.ask(&statement).unwrap().lines() {
                found += 1;
                client.ask(Method::DELETE, &format!("{path}/{id}"), Value::Null).await;
            }
        }
    }
    found
}
