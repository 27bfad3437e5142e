//! What a story that failed has left of both projects is removed, by the ids in the services' databases.

use std::time::Duration;

use cloudspec_tests::judge::Judge;
use reqwest::Method;
use serde_json::{Value, json};

use crate::place::Place;

/// What is deleted by id, in an order in which it can go: its path, and where its ids are. `P` is the project.
const BY_ID: &[(&str, &str)] = &[
    ("compute /servers", "uuid FROM nova_cell1.instances WHERE deleted = 0 AND project_id = 'P'"),
    ("compute /os-server-groups", "uuid FROM nova_api.instance_groups WHERE project_id = 'P'"),
    ("block-storage /snapshots", "id FROM cinder.snapshots WHERE NOT deleted AND project_id = 'P'"),
    ("block-storage /volumes", "id FROM cinder.volumes WHERE NOT deleted AND project_id = 'P'"),
    ("image /images", "id FROM glance.images WHERE NOT deleted AND owner = 'P'"),
    ("network /floatingips", "id FROM neutron.floatingips WHERE project_id = 'P'"),
    ("network /routers", "id FROM neutron.routers WHERE project_id = 'P'"),
    ("network /ports", "id FROM neutron.ports WHERE project_id = 'P'"),
    ("network /networks", "id FROM neutron.networks WHERE project_id = 'P'"),
    ("network /subnetpools", "id FROM neutron.subnetpools WHERE project_id = 'P'"),
    ("network /security-groups", "id FROM neutron.securitygroups WHERE project_id = 'P'"),
    ("network /address-groups", "id FROM neutron.address_groups WHERE project_id = 'P'"),
    ("network /qos/policies", "id FROM neutron.qos_policies WHERE project_id = 'P'"),
];

/// In rounds, for one thing holds another.
pub(crate) async fn sweep(place: &Place) {
    let judge = Judge::of_rig().unwrap();
    for project in [&place.tenant, &place.neighbour] {
        for _ in 0..20 {
            if round(place, &judge, project).await == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        for limits in ["compute /os-quota-sets", "block-storage /os-quota-sets", "network /quotas"] {
            place.admin.remove(&format!("{limits}/{project}")).await;
        }
    }
}

/// How many were there.
async fn round(place: &Place, judge: &Judge, project: &str) -> usize {
    let ids = |from: &str| -> Vec<String> {
        let found = judge.ask(&format!("SELECT {}", from.replace("'P'", &format!("'{project}'")))).unwrap();
        found.lines().map(str::to_owned).collect()
    };
    let admin = &place.admin;
    let protected = "id FROM glance.images WHERE NOT deleted AND protected AND owner = 'P'";
    for id in ids(protected) {
        judge.ask(&format!("UPDATE glance.images SET protected = 0 WHERE id = '{id}'")).unwrap();
    }
    let ports = "p.port_id, ' ', p.router_id) FROM neutron.routerports p JOIN neutron.routers r ON r.id = p.router_id \
                 WHERE p.port_type = 'network:router_interface' AND r.project_id = 'P'";
    for pair in ids(&format!("CONCAT({ports}")) {
        let (port, router) = pair.split_once(' ').unwrap();
        let bare = json!({"router": {"routes": []}});
        admin.ask(Method::PUT, &format!("network /routers/{router}"), bare).await;
        let path = format!("network /routers/{router}/remove_router_interface");
        admin.ask(Method::PUT, &path, json!({"port_id": port})).await;
    }
    let mut found = 0;
    for (path, from) in BY_ID {
        for id in ids(from) {
            found += 1;
            admin.ask(Method::DELETE, &format!("{path}/{id}"), Value::Null).await;
        }
    }
    found
}
