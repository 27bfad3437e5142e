//! Octavia, Magnum and Barbican; and all removals, at the end.

use serde_json::{Value, json};

use super::{BLOCK, NO_PROJECT, NOBODY, ask, told, until_gone};
use crate::run::Run;

const BALANCER: &[&str] = &["id", "name", "project_id", "provisioning_status"];
const OF_CLUSTER: &[&str] = &["uuid", "name", "project_id", "cluster_template_id"];
const OF_TEMPLATE: &[&str] = &["uuid", "name", "project_id", "public"];
const OF_KEYS: &[&str] = &[
    "name",
    "status",
    "secret_ref",
    "container_ref",
    "order_ref",
    "meta",
    "consumers",
    "service",
    "resource_type",
    "resource_id",
    "URL",
    "total",
    "creator_id",
];

pub(super) async fn octavia(run: &mut Run) {
    for who in ["admin", "observer", "reader", "tenant", "neighbour"] {
        let list = "load-balancer GET /v2/lbaas/loadbalancers?limit=1000&project_id={one}";
        ask(run, who, list, None, "loadbalancers", BALANCER).await;
        ask(run, who, "load-balancer GET /v2/lbaas/loadbalancers/{balancer}", None, "loadbalancer", BALANCER)
            .await;
        told(run, who, &format!("load-balancer GET /v2/lbaas/loadbalancers/{NOBODY}"), None).await;
        told(run, who, &format!("load-balancer GET /v2/lbaas/quotas/{NO_PROJECT}"), None).await;
    }
    for who in ["observer", "reader", "neighbour"] {
        told(run, who, "load-balancer DELETE /v2/lbaas/loadbalancers/{balancer}?cascade=true", None).await;
    }
    told(run, "admin", "load-balancer DELETE /v2/lbaas/loadbalancers/{balancer}", None).await;
}

pub(super) async fn magnum(run: &mut Run) {
    for who in ["admin", "observer", "reader", "tenant", "neighbour"] {
        for (path, key, fields) in [
            ("clusters/detail?limit=1000", "clusters", OF_CLUSTER),
            ("clustertemplates/detail?limit=1000", "clustertemplates", OF_TEMPLATE),
            ("quotas?limit=1000&all_tenants=True", "quotas", &["project_id", "hard_limit", "resource"]),
        ] {
            ask(run, who, &format!("container-infra GET /{path}"), None, key, fields).await;
            run.keep_rows(key, "<one>");
        }
        told(run, who, "container-infra GET /mservices", None).await;
        run.keep_emptiness();
        ask(run, who, "container-infra GET /clusters/{cluster}", None, "", OF_CLUSTER).await;
        ask(run, who, "container-infra GET /clustertemplates/{template}", None, "", OF_TEMPLATE).await;
        told(run, who, &format!("container-infra GET /clusters/{NOBODY}"), None).await;
        told(run, who, &format!("container-infra GET /clustertemplates/{NOBODY}"), None).await;
    }
    for who in ["observer", "reader", "neighbour"] {
        told(run, who, "container-infra DELETE /clusters/{cluster}", None).await;
        told(run, who, "container-infra DELETE /clustertemplates/{template}", None).await;
        told(run, who, "container-infra DELETE /quotas/{one}/Cluster", None).await;
    }
    told(run, "admin", "container-infra DELETE /clustertemplates/{template}", None).await;
}

pub(super) async fn barbican(run: &mut Run) {
    for who in ["admin", "observer", "tenant", "neighbour", "observer-within", "within"] {
        for key in ["secrets", "containers", "orders"] {
            ask(run, who, &format!("key-manager GET /v1/{key}?limit=100"), None, key, OF_KEYS).await;
            told(run, who, &format!("key-manager GET /v1/{key}/{NOBODY}"), None).await;
        }
        for path in ["secrets/{secret}", "secrets/{private}", "containers/{container}", "orders/{order}"] {
            ask(run, who, &format!("key-manager GET /v1/{path}"), None, "", OF_KEYS).await;
        }
        if matches!(who, "admin" | "observer-within" | "neighbour") {
            for path in ["secrets/{secret}", "secrets/{private}", "containers/{container}", "orders/{order}"]
            {
                told(run, who, &format!("key-manager DELETE /v1/{path}"), None).await;
            }
        }
    }
    for query in ["limit=1", "limit=1&offset=1", "limit=2&offset=2", "offset=100"] {
        ask(run, "within", &format!("key-manager GET /v1/secrets?{query}"), None, "secrets", &["total"])
            .await;
    }
    run.call_as("within", "key-manager GET /v1/secrets/{secret}", None, &[]).await;
    run.keep_only("", OF_KEYS);
}

/// Each is removed, and once more; what takes its time, until it is gone.
pub(super) async fn removals(run: &mut Run) {
    keys(run).await;
    clusters(run).await;
    balancers(run).await;
    servers(run).await;
    volumes(run).await;
}

async fn twice(run: &mut Run, who: &str, call: &str, body: Option<Value>) {
    told(run, who, call, body.clone()).await;
    told(run, who, call, body).await;
}

async fn keys(run: &mut Run) {
    for path in ["orders/{order}", "containers/{container}", "secrets/{secret}", "secrets/{private}"] {
        twice(run, "within", &format!("key-manager DELETE /v1/{path}"), None).await;
    }
}

async fn clusters(run: &mut Run) {
    let one = "container-infra DELETE /clusters/{cluster}";
    twice(run, "admin", one, None).await;
    let show = "container-infra GET /clusters/{cluster}";
    until_gone(run, show).await;
    told(run, "admin", show, None).await;
    told(run, "admin", one, None).await;
    twice(run, "admin", "container-infra DELETE /clustertemplates/{template}", None).await;
    twice(run, "admin", "container-infra DELETE /quotas/{one}/Cluster", None).await;
}

async fn balancers(run: &mut Run) {
    let show = "load-balancer GET /v2/lbaas/loadbalancers/{balancer}";
    let cascade = "load-balancer DELETE /v2/lbaas/loadbalancers/{balancer}?cascade=true";
    told(run, "admin", cascade, None).await;
    ask(run, "admin", show, None, "loadbalancer", BALANCER).await;
    told(run, "admin", cascade, None).await;
    until_gone(run, show).await;
    told(run, "admin", show, None).await;
    told(run, "admin", cascade, None).await;
    told(run, "admin", "load-balancer GET /v2/lbaas/loadbalancers?limit=1000&project_id={one}", None).await;
}

async fn servers(run: &mut Run) {
    let force = || Some(json!({"forceDelete": null}));
    for server in ["plain", "locked"] {
        let action = format!("compute POST /v2.1/servers/{{{server}}}/action");
        told(run, "admin", &action, force()).await;
        until_gone(run, &format!("compute GET /v2.1/servers/{{{server}}}")).await;
        told(run, "admin", &action, force()).await;
    }
    twice(run, "admin", "compute DELETE /v2.1/os-server-groups/{server-group}", None).await;
    twice(run, "admin", "compute DELETE /v2.1/os-keypairs/a%20key?user_id={user}", None).await;
    let access = || Some(json!({"removeTenantAccess": {"tenant": run_id(run)}}));
    let one = "compute POST /v2.1/flavors/{flavor}/action";
    let body = access();
    told(run, "admin", one, body.clone()).await;
    told(run, "admin", one, body.clone()).await;
    // The refusal names the number of a row.
    run.keep_status();
    told(run, "admin", &format!("compute POST /v2.1/flavors/{NOBODY}/action"), body).await;
}

fn run_id(run: &Run) -> String {
    run.id("one")
}

async fn volumes(run: &mut Run) {
    let at = |method: &str, path: &str| format!("{BLOCK} {method} /v3/{{admin-project}}/{path}");
    let delete = || Some(json!({"delete": {"delete-volumes": true}}));
    // The server that had it is gone.
    ask(run, "admin", &at("GET", "volumes/{attached}"), None, "volume", &["status", "attachments"]).await;
    twice(run, "admin", &at("DELETE", "volume-transfers/{transfer}"), None).await;
    ask(run, "admin", &at("GET", "volumes/{promised}"), None, "volume", &["status"]).await;
    for path in ["group_snapshots/{group-snapshot}", "snapshots/{snapshot}"] {
        told(run, "admin", &at("DELETE", path), None).await;
        until_gone(run, &at("GET", path)).await;
        told(run, "admin", &at("DELETE", path), None).await;
    }
    told(run, "admin", &at("GET", "snapshots/{member-snapshot}"), None).await;
    told(
        run,
        "admin",
        &at("POST", "groups/{group}/action"),
        Some(json!({"delete": {"delete-volumes": false}})),
    )
    .await;
    told(run, "admin", &at("POST", "groups/{group}/action"), delete()).await;
    until_gone(run, &at("GET", "groups/{group}")).await;
    told(run, "admin", &at("POST", "groups/{group}/action"), delete()).await;
    told(run, "admin", &at("GET", "volumes/{member}"), None).await;
    for volume in ["base", "promised", "attached"] {
        let one = at("DELETE", &format!("volumes/{{{volume}}}"));
        told(run, "admin", &one, None).await;
        until_gone(run, &at("GET", &format!("volumes/{{{volume}}}"))).await;
        told(run, "admin", &one, None).await;
    }
    let body = Some(json!({"removeProjectAccess": {"project": run.id("one")}}));
    twice(run, "admin", &at("POST", "types/{type}/action"), body.clone()).await;
    told(run, "admin", &at("POST", &format!("types/{NOBODY}/action")), body).await;
}
