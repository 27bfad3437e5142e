//! What others lose when a tenant's networking goes, where an administrator knotted the two together.
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

#[expect(dead_code, reason = "this test uses part of the fake cloud")]
mod fake;

use std::collections::BTreeSet;

use axum::response::Response;
use cloudspec::model::ResourceType as T;
use cloudspec::observe::{Service, inventory};
use fake::{Fake, config, limits, ok, reader, status};
use serde_json::{Value, json};

const TENANT: &str = "leaves";

/// A Neutron in which the tenant has network `n-own`, router `r-own`, and what `more` adds.
fn neutron(path: &str, more: &[(&str, Value)]) -> Option<Value> {
    let kind = path.split('?').next()?.trim_start_matches("/v2.0/").split('/').next_back()?;
    let aliases = [
        "router",
        "security-group",
        "rbac-policies",
        "floating-ip-port-forwarding",
        "expose-port-forwarding-in-fip",
    ];
    let mut rows: Vec<Value> = match kind {
        "extensions" => aliases.map(|alias| json!({"alias": alias})).into(),
        "quotas" => vec![],
        "networks" => vec![
            json!({"id": "n-own", "project_id": TENANT, "name": "own", "status": "ACTIVE", "subnets": []}),
        ],
        "routers" => vec![json!({
            "id": "r-own", "project_id": TENANT, "name": "own", "status": "ACTIVE", "routes": [], "external_gateway_info": null,
        })],
        "security-groups" => {
            vec![json!({"id": "g", "project_id": "admin", "name": "default", "security_group_rules": []})]
        }
        "subnets" | "subnetpools" | "ports" | "floatingips" | "rbac-policies" => vec![],
        _ => return None,
    };
    rows.extend(more.iter().filter(|(of, _)| *of == kind).map(|(_, row)| row.clone()));
    Some(json!({kind.replace('-', "_"): rows}))
}

fn keystone(path: &str) -> Response {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let project = json!({
        "id": TENANT, "name": "shop", "domain_id": "d", "enabled": true, "is_domain": false, "parent_id": "d",
    });
    ok(&match path.trim_start_matches("/v3") {
        "/projects/leaves" => json!({"project": project}),
        "/projects" if query.contains("parent_id") => json!({"projects": []}),
        "/projects" => json!({"projects": [project]}),
        "/domains" => json!({"domains": [{"id": "d", "name": "customers"}]}),
        "/services" => json!({"services": [{"id": "s", "name": "n", "type": "network"}]}),
        "/endpoints" => json!({"endpoints": [{"service_id": "s", "region_id": "RegionOne", "url": "u"}]}),
        "/role_assignments" => json!({"role_assignments": []}),
        "/credentials" => json!({"credentials": []}),
        "/OS-TRUST/trusts" => json!({"trusts": []}),
        _ => return status(404),
    })
}

/// What others lose, by the type of what goes.
async fn lost(more: Vec<(&'static str, Value)>) -> BTreeSet<(T, String)> {
    let fake = Fake::start(move |_, path, _| match path.starts_with("/v2.0/") {
        true => neutron(path, &more).map_or_else(|| status(404), |body| ok(&body)),
        false => keystone(path),
    })
    .await;
    let mut config = config(&fake.url);
    config.overrides.insert(Service::Network, format!("{}/v2.0", fake.url).parse().unwrap());
    let seen = inventory(&reader(config, limits()), &TENANT.into()).await;
    let of_neutron = seen.not_told().filter(|(kind, _)| kind.service() == "network").collect::<Vec<_>>();
    assert!(of_neutron.is_empty(), "{of_neutron:?}");
    seen.losses.into_iter().map(|loss| (loss.by.kind, loss.what)).collect()
}

fn interface(router: &str, network: &str) -> (&'static str, Value) {
    let port = json!({
        "id": "face", "project_id": TENANT, "name": "", "status": "ACTIVE", "network_id": network,
        "device_owner": "network:router_interface", "device_id": router, "fixed_ips": [],
    });
    ("ports", port)
}

fn floating_ip(port: Option<&str>, forwards_to: Option<&str>) -> (&'static str, Value) {
    let forwarding = forwards_to.map(|port| {
        json!({"id": "pf", "protocol": "tcp", "internal_ip_address": "10.0.0.9", "internal_port_id": port, "external_port": 22})
    });
    let forwardings: Vec<Value> = forwarding.into_iter().collect();
    let row = json!({
        "id": "fip", "project_id": TENANT, "floating_ip_address": "203.0.113.9", "status": "ACTIVE", "router_id": "r-own",
        "port_id": port, "port_forwardings": forwardings,
    });
    ("floatingips", row)
}

#[tokio::test]
async fn what_is_the_tenants_at_both_ends_is_nobodys_loss() {
    assert_eq!(lost(vec![interface("r-own", "n-own")]).await, BTreeSet::new());
    let port = json!({
        "id": "p-own", "project_id": TENANT, "name": "", "status": "ACTIVE", "network_id": "n-own", "device_owner": "",
        "device_id": "", "fixed_ips": [],
    });
    let all = vec![floating_ip(Some("p-own"), Some("p-own")), ("ports", port)];
    assert_eq!(lost(all).await, BTreeSet::new());
}

#[tokio::test]
async fn an_interface_of_the_tenant_in_anothers_network_or_on_anothers_router_is_a_loss() {
    for (router, network, whose) in [
        ("r-own", "n-foreign", "network n-foreign of another project is cut off from router r-own,"),
        ("r-foreign", "n-own", "network n-own is cut off from router r-foreign of another project,"),
    ] {
        let lost = lost(vec![interface(router, network)]).await;
        let [(T::RouterInterface, what)] = &lost.iter().collect::<Vec<_>>()[..] else { panic!("{lost:?}") };
        assert!(what.starts_with(whose), "{what}");
    }
}

#[tokio::test]
async fn an_address_of_the_tenant_at_anothers_port_is_a_loss() {
    let what = "port p-foreign, which is not the tenant's, loses address 203.0.113.9".to_owned();
    let straight = lost(vec![floating_ip(Some("p-foreign"), None)]).await;
    assert_eq!(straight, [(T::FloatingIp, what.clone())].into());
    let forwarded = lost(vec![floating_ip(None, Some("p-foreign"))]).await;
    assert_eq!(forwarded, [(T::PortForwarding, what)].into());
}

#[tokio::test]
async fn what_a_policy_of_the_tenant_gives_is_lost_with_the_policy_where_what_it_gives_is_kept() {
    let policy = json!({
        "id": "rbac", "project_id": TENANT, "object_type": "network", "object_id": "n-own", "target_tenant": "other",
        "action": "access_as_shared",
    });
    let lost: Vec<T> = lost(vec![("rbac-policies", policy)]).await.into_iter().map(|(by, _)| by).collect();
    assert_eq!(lost, [T::Network, T::RbacPolicy]);
}
