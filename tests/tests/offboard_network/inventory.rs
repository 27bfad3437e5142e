//! What is seen, against the rows of Neutron's database.

use std::collections::BTreeSet;

use cloudspec::model::cloud::QuotaService;
use cloudspec::model::{Inventory, ResourceType, Unknown};
use serde_json::json;

use crate::database::{column, of_project, shares};
use crate::place::{Place, in_a_place};
use crate::tenant::World;

fn of_neutron() -> impl Iterator<Item = ResourceType> {
    ResourceType::ALL.iter().copied().filter(|kind| kind.service() == "network")
}

pub(crate) fn ids(inventory: &Inventory, kind: ResourceType) -> BTreeSet<String> {
    let seen = inventory.held[&kind].as_ref();
    seen.unwrap_or_else(|why| panic!("{kind}: {why}")).iter().map(|one| one.key.id.clone()).collect()
}

/// The ids of the tenant's rows of a type, as the database has them.
fn kept(kind: ResourceType, tenant: &str) -> BTreeSet<String> {
    let of = |table: &str| column(&format!("select id from {table} where project_id = '{tenant}'"));
    let ports = |more: &str| {
        column(&format!(
            "select id from ports where (project_id = '{tenant}' or network_id in (select id from networks where \
             project_id = '{tenant}')) and device_owner {more}"
        ))
    };
    match kind {
        ResourceType::PortForwarding => column(&format!(
            "select p.id from portforwardings p join floatingips f on p.floatingip_id = f.id where f.project_id = '{tenant}'"
        )),
        ResourceType::FloatingIp => of("floatingips"),
        ResourceType::Trunk => of("trunks"),
        ResourceType::RouterRoutes => column(&format!(
            "select distinct router_id from routerroutes join routers on id = router_id where project_id = '{tenant}'"
        )),
        ResourceType::RouterInterface => ports("= 'network:router_interface'"),
        ResourceType::RouterGateway => column(&format!(
            "select id from routers where gw_port_id is not null and project_id = '{tenant}'"
        )),
        ResourceType::Router => of("routers"),
        ResourceType::Port => ports("not like 'network:%'"),
        ResourceType::Subnet => of("subnets"),
        ResourceType::Network => of("networks"),
        ResourceType::SubnetPool => of("subnetpools"),
        ResourceType::AddressScope => of("address_scopes"),
        ResourceType::RbacPolicy => shares(tenant),
        ResourceType::SecurityGroup => of("securitygroups"),
        ResourceType::AddressGroup => of("address_groups"),
        ResourceType::QosPolicy => of("qos_policies"),
        other => panic!("{other} is not of Neutron"),
    }
}

#[tokio::test]
async fn a_tenant_that_never_had_anything_holds_nothing_and_looking_makes_nothing() {
    in_a_place(|place| async move {
        for cloud in ["admin", "observer"] {
            let seen = place.inventory(cloud).await;
            for kind in of_neutron() {
                assert_eq!(ids(&seen, kind), BTreeSet::new(), "{kind}");
            }
            assert!(seen.losses.is_empty(), "{:?}", seen.losses);
            assert!(seen.quotas[&QuotaService::Network].as_ref().unwrap()["port"] > 0);
        }
        // A listing of its groups would have made its first.
        assert!(of_project(&place.tenant).is_empty(), "{:?}", of_project(&place.tenant));
    })
    .await;
}

#[tokio::test]
async fn all_that_the_database_has_is_seen_by_admin_and_by_the_observer_with_what_others_lose() {
    in_a_place(|place| async move {
        let world = World::make(&place).await;
        let (seen, as_observer) = (place.inventory("admin").await, place.inventory("observer").await);
        assert_eq!(seen.losses, as_observer.losses);
        for kind in of_neutron() {
            assert_eq!(seen.held[&kind], as_observer.held[&kind]);
            let kept = kept(kind, &place.tenant);
            assert_eq!(ids(&seen, kind), kept, "{kind}");
            assert!(!kept.is_empty() || kind == ResourceType::Trunk, "the tenant has a {kind}");
        }
        for port in &world.with_owner {
            assert!(of_project(&place.tenant)["ports"].iter().any(|row| row.contains(port)));
        }
        assert_eq!(seen.quotas[&QuotaService::Network], as_observer.quotas[&QuotaService::Network]);
        assert_eq!(seen.quotas[&QuotaService::Network].as_ref().unwrap()["port"], 77);
        // Nobody here has a way into the tenant, and so Barbican tells no limits: all of the type are unknown.
        assert_eq!(seen.held[&ResourceType::Quota].as_ref().unwrap_err().service, "key-manager");
        // A share is lost with the policy that gives it, and with what it gives.
        let lost: BTreeSet<&str> = seen.losses.iter().map(|loss| loss.what.as_str()).collect();
        for words in &world.lost {
            let told = lost.iter().any(|what| words.iter().all(|word| what.contains(word)));
            assert!(told, "{words:?} is not in {lost:#?}");
        }
        assert_eq!(lost.len(), world.lost.len(), "{lost:#?}");
        assert_eq!(seen.resources().filter(|one| one.hindrance.is_some()).count(), 0);
    })
    .await;
}

#[tokio::test]
async fn every_table_with_rows_of_the_tenant_is_one_that_is_swept() {
    in_a_place(|place| async move {
        World::make(&place).await;
        // Those that go with something: rules with their group, the mark of the default group with that group.
        let swept = [
            "address_groups",
            "address_scopes",
            "addressgrouprbacs",
            "addressscoperbacs",
            "default_security_group",
            "floatingips",
            "networkrbacs",
            "networks",
            "ports",
            "qos_policies",
            "qospolicyrbacs",
            "quotas",
            "routers",
            "securitygrouprbacs",
            "securitygrouprules",
            "securitygroups",
            "subnetpoolrbacs",
            "subnetpools",
            "subnets",
            "trunks",
        ];
        let rows = of_project(&place.tenant);
        let tables: Vec<&str> = rows.keys().map(String::as_str).collect();
        let unswept: Vec<_> = tables.iter().filter(|table| !swept.contains(table)).collect();
        assert!(unswept.is_empty(), "{unswept:?}");
        let missing: Vec<_> =
            swept.iter().filter(|table| !tables.contains(table) && **table != "trunks").collect();
        assert!(missing.is_empty(), "{missing:?}");
    })
    .await;
}

#[tokio::test]
async fn who_does_not_see_every_project_is_told_nothing() {
    in_a_place(|place| async move {
        for cloud in ["reader", "admin-system", "reader-system"] {
            let seen = place.inventory(cloud).await;
            for kind in of_neutron() {
                let Err(Unknown { reason, message, .. }) = &seen.held[&kind] else {
                    panic!("{cloud}: {kind}")
                };
                assert_eq!(reason, "ReachNotProven", "{message}");
            }
            assert!(seen.quotas[&QuotaService::Network].is_err(), "{cloud}");
        }
    })
    .await;
}

fn hindrance(seen: &Inventory, id: &str) -> String {
    let found = seen.resources().find(|one| one.key.id == id).unwrap_or_else(|| panic!("{id} is not seen"));
    found.hindrance.clone().unwrap_or_default()
}

async fn share(place: &Place, kind: &str, object: &str) -> String {
    let fields = json!({"object_type": kind, "object_id": object, "action": "access_as_shared", "target_tenant": place.neighbour});
    place.id("rbac-policies", "rbac_policy", &place.tenant, fields).await
}

#[tokio::test]
async fn what_others_hold_on_to_is_hindered_and_they_are_named() {
    in_a_place(|place| async move {
        let (tenant, neighbour) = (place.tenant.as_str(), place.neighbour.as_str());
        let outside = json!({"name": "outside", "router:external": true});
        let outside = place.id("networks", "network", tenant, outside).await;
        let subnet = json!({"network_id": outside, "cidr": "203.0.113.0/24", "ip_version": 4});
        place.id("subnets", "subnet", tenant, subnet).await;
        let gateway = json!({"external_gateway_info": {"network_id": outside}});
        let router = place.id("routers", "router", neighbour, gateway).await;

        let scope = json!({"name": "scope", "ip_version": 4});
        let scope = place.id("address-scopes", "address_scope", tenant, scope).await;
        share(&place, "address_scope", &scope).await;
        let fields = json!({"name": "pool", "prefixes": ["10.20.0.0/16"], "address_scope_id": scope});
        let pool = place.id("subnetpools", "subnetpool", tenant, fields).await;
        share(&place, "subnetpool", &pool).await;
        let fields = json!({"name": "theirs", "prefixes": ["10.30.0.0/16"], "address_scope_id": scope});
        let theirs = place.id("subnetpools", "subnetpool", neighbour, fields).await;
        let home = place.id("networks", "network", neighbour, json!({})).await;
        let fields = json!({"network_id": home, "subnetpool_id": pool, "ip_version": 4, "prefixlen": 24});
        let from = place.id("subnets", "subnet", neighbour, fields).await;

        let addresses = json!({"name": "addresses", "addresses": ["10.0.0.0/24"]});
        let addresses = place.id("address-groups", "address_group", tenant, addresses).await;
        let of_addresses = share(&place, "address_group", &addresses).await;
        let group = place.id("security-groups", "security_group", neighbour, json!({"name": "g"})).await;
        let rule =
            json!({"security_group_id": group, "direction": "ingress", "remote_address_group_id": addresses});
        let rule = place.id("security-group-rules", "security_group_rule", neighbour, rule).await;
        let lent = place.id("security-groups", "security_group", tenant, json!({"name": "lent"})).await;
        let of_lent = share(&place, "security_group", &lent).await;
        let fields = json!({"network_id": home, "security_groups": [lent]});
        let port = place.id("ports", "port", neighbour, fields).await;

        for cloud in ["admin", "observer"] {
            let seen = place.inventory(cloud).await;
            for (what, by) in [
                (&outside, &router),
                (&scope, &theirs),
                (&pool, &from),
                (&addresses, &rule),
                (&of_addresses, &rule),
                (&lent, &port),
                (&of_lent, &port),
            ] {
                assert!(hindrance(&seen, what).contains(by.as_str()), "{what}: {}", hindrance(&seen, what));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_of_the_tenants_is_in_others_or_not_swept_is_not_covered() {
    in_a_place(|place| async move {
        let before = place.inventory("admin").await;
        let group = json!({"name": "theirs"});
        let group = place.id("security-groups", "security_group", &place.neighbour, group).await;
        let rule = json!({"security_group_id": group, "direction": "egress", "protocol": "udp"});
        place.id("security-group-rules", "security_group_rule", &place.tenant, rule).await;
        let mut expected = BTreeSet::from(["network:rules in security groups of others".to_owned()]);
        if place.has("metering").await {
            let label = json!({"name": "label"});
            place.id("metering/metering-labels", "metering_label", &place.tenant, label).await;
            expected.insert("network:metering".to_owned());
        }
        let after = place.inventory("admin").await;
        let (before, after) = (before.uncovered.unwrap(), after.uncovered.unwrap());
        assert_eq!(after.difference(&before).cloned().collect::<BTreeSet<_>>(), expected);
    })
    .await;
}
