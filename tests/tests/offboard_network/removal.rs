//! What is removed, and what is left as it was.

use std::collections::BTreeSet;
use std::sync::Arc;

use cloudspec::apply::port::{CloudWrite, Look, Progress, WriteError};
use cloudspec::model::inventory::Loss;
use cloudspec::model::{Action, ResourceKey, ResourceType};
use cloudspec::openstack::{Limits, Writer};
use cloudspec_tests::approved::approved_losing;
use cloudspec_tests::proxy::Proxy;
use cloudspec_tests::real::entry;
use serde_json::json;

use crate::database::{of_project, shares};
use crate::inventory::ids;
use crate::place::{Place, in_a_place};
use crate::plan::{in_order, removal};
use crate::tenant::World;

async fn writer(cloud: &str, actions: &[Action]) -> (Writer, Proxy) {
    writer_losing(cloud, actions, &BTreeSet::new()).await
}

async fn writer_losing(cloud: &str, actions: &[Action], losses: &BTreeSet<Loss>) -> (Writer, Proxy) {
    let mut config = entry(cloud);
    let proxy = Proxy::start(&config.identity().auth_url).await.unwrap();
    config.auth_url = proxy.url().trim_end_matches("/v3").parse().unwrap();
    let plan = approved_losing(&config.identity(), actions, losses).unwrap();
    (Writer::new(config, None, Limits::default(), Arc::new(|_| {}), &plan).unwrap(), proxy)
}

/// Carries the removals out one by one; how many calls it took.
async fn carry_out(actions: &[Action], losses: &BTreeSet<Loss>) -> usize {
    let (writer, proxy) = writer_losing("admin", actions, losses).await;
    for action in actions {
        match writer.look(action).await.unwrap() {
            Look::AlreadyDone { id: None } => {}
            Look::Ready { revision } => {
                let id = format!("req-{}", uuid::Uuid::new_v4());
                let written = writer.make(action, revision, &id).await;
                let written = written.unwrap_or_else(|why| panic!("{action:?}: {why}"));
                assert_eq!(written.progress, Progress::Done);
                assert_eq!(writer.look(action).await.unwrap(), Look::AlreadyDone { id: None }, "{action:?}");
            }
            other => panic!("{action:?}: {other:?}"),
        }
    }
    proxy.writes().len()
}

#[tokio::test]
async fn all_goes_and_the_neighbour_loses_what_was_named() {
    in_a_place(|place| async move {
        let world = World::make(&place).await;
        let before = of_project(&place.neighbour);
        let seen = place.inventory("observer").await;
        let order = in_order(&seen);
        let actions: Vec<Action> = order.iter().map(|what| removal(what, &place.tenant)).collect();
        let calls = carry_out(&actions, &seen.losses).await;
        assert!(calls <= order.len(), "{calls} calls for {}", order.len());

        let after = place.inventory("observer").await;
        for kind in ResourceType::ALL.iter().filter(|kind| kind.service() == "network") {
            assert_eq!(ids(&after, *kind), BTreeSet::new(), "{kind}");
        }
        assert!(after.losses.is_empty());
        // Limits are removed by another call.
        place.admin.delete(&format!("network /quotas/{}", place.tenant)).await;
        assert!(of_project(&place.tenant).is_empty(), "{:#?}", of_project(&place.tenant));
        assert_eq!(shares(&place.tenant), BTreeSet::new());

        let left = of_project(&place.neighbour);
        for (table, rows) in &before {
            let gone: Vec<&String> =
                rows.iter().filter(|row| left.get(table).is_none_or(|left| !left.contains(*row))).collect();
            for row in &gone {
                assert!(world.gone.iter().any(|id| row.contains(id)), "{table} lost {row}");
            }
        }
        let lost = before.iter().flat_map(|(table, rows)| rows.iter().map(move |row| (table, row)));
        let lost = lost.filter(|(table, row)| left.get(*table).is_none_or(|left| !left.contains(*row)));
        assert_eq!(lost.count(), world.gone.len(), "and all of that");
    })
    .await;
}

/// Of each type that a neighbour can have as well, one.
async fn of_neighbour(place: &Place) -> Vec<ResourceKey> {
    let owner = place.neighbour.as_str();
    let key =
        |kind, id: &str, of: Option<&str>| ResourceKey { kind, id: id.into(), of: of.map(str::to_owned) };
    let outside = place.id("networks", "network", owner, json!({"router:external": true})).await;
    let inner = place.id("networks", "network", owner, json!({})).await;
    let cidr = |network: &str, cidr: &str| json!({"network_id": network, "cidr": cidr, "ip_version": 4});
    place.id("subnets", "subnet", owner, cidr(&outside, "203.0.113.0/24")).await;
    let subnet = place.id("subnets", "subnet", owner, cidr(&inner, "10.9.0.0/24")).await;
    let gateway = json!({"external_gateway_info": {"network_id": outside}});
    let router = place.id("routers", "router", owner, gateway).await;
    let add = format!("network /routers/{router}/add_router_interface");
    let face = place.admin.put(&add, json!({"subnet_id": subnet})).await;
    let routes = json!({"router": {"routes": [{"destination": "10.77.0.0/16", "nexthop": "10.9.0.200"}]}});
    place.admin.put(&format!("network /routers/{router}"), routes).await;
    let port = place.one("ports", "port", owner, json!({"network_id": inner})).await;
    let floating = json!({"floating_network_id": outside});
    let floating = place.id("floatingips", "floatingip", owner, floating).await;
    let forward = json!({"port_forwarding": {
        "internal_port_id": port["id"], "internal_ip_address": port["fixed_ips"][0]["ip_address"],
        "internal_port": 22, "external_port": 2022, "protocol": "tcp",
    }});
    let forward =
        place.admin.post(&format!("network /floatingips/{floating}/port_forwardings"), forward).await;
    let scope = json!({"name": "s", "ip_version": 4});
    let scope = place.id("address-scopes", "address_scope", owner, scope).await;
    let pool = json!({"name": "p", "prefixes": ["10.20.0.0/16"]});
    let pool = place.id("subnetpools", "subnetpool", owner, pool).await;
    let group = place.id("security-groups", "security_group", owner, json!({"name": "g"})).await;
    let addresses = json!({"name": "a", "addresses": ["10.0.0.0/24"]});
    let addresses = place.id("address-groups", "address_group", owner, addresses).await;
    let policy = place.id("qos/policies", "policy", owner, json!({"name": "q"})).await;
    let share = json!({"object_type": "network", "object_id": inner, "action": "access_as_shared", "target_tenant": place.staff});
    let share = place.id("rbac-policies", "rbac_policy", owner, share).await;
    let mut all = vec![
        key(
            ResourceType::PortForwarding,
            forward["port_forwarding"]["id"].as_str().unwrap(),
            Some(&floating),
        ),
        key(ResourceType::FloatingIp, &floating, None),
        key(ResourceType::RouterRoutes, &router, None),
        key(ResourceType::RouterInterface, face["port_id"].as_str().unwrap(), Some(&router)),
        key(ResourceType::RouterGateway, &router, None),
        key(ResourceType::Router, &router, None),
        key(ResourceType::Port, port["id"].as_str().unwrap(), None),
        key(ResourceType::Subnet, &subnet, None),
        key(ResourceType::Network, &inner, None),
        key(ResourceType::SubnetPool, &pool, None),
        key(ResourceType::AddressScope, &scope, None),
        key(ResourceType::RbacPolicy, &share, None),
        key(ResourceType::SecurityGroup, &group, None),
        key(ResourceType::AddressGroup, &addresses, None),
        key(ResourceType::QosPolicy, &policy, None),
    ];
    if place.has("trunk").await {
        let parent = place.id("ports", "port", owner, json!({"network_id": inner})).await;
        let trunk = place.id("trunks", "trunk", owner, json!({"port_id": parent})).await;
        all.push(key(ResourceType::Trunk, &trunk, None));
    }
    all
}

#[tokio::test]
async fn what_belongs_to_another_project_is_refused() {
    in_a_place(|place| async move {
        let keys = of_neighbour(&place).await;
        let actions: Vec<Action> = keys.iter().map(|what| removal(what, &place.tenant)).collect();
        let (writer, proxy) = writer("admin", &actions).await;
        for action in &actions {
            match writer.look(action).await.unwrap() {
                Look::Refused { why } => assert!(why.contains(&place.neighbour), "{action:?}: {why}"),
                other => panic!("{action:?}: {other:?}"),
            }
        }
        assert_eq!(proxy.writes(), []);
    })
    .await;
}

#[tokio::test]
async fn what_is_not_shown_is_not_gone() {
    in_a_place(|place| async move {
        let keys = of_neighbour(&place).await;
        let actions: Vec<Action> = keys.iter().map(|what| removal(what, &place.neighbour)).collect();
        let (writer, _proxy) = writer("reader", &actions).await;
        for action in &actions {
            match writer.look(action).await {
                Err(WriteError::Refused { status: 403, .. }) | Ok(Look::Ready { .. }) => {}
                other => panic!("{action:?}: {other:?}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_changed_after_the_look_or_is_in_use_stays_and_the_words_of_neutron_are_kept() {
    in_a_place(|place| async move {
        let network = place.id("networks", "network", &place.tenant, json!({})).await;
        let subnet = json!({"network_id": network, "cidr": "10.9.0.0/24", "ip_version": 4});
        let subnet = place.id("subnets", "subnet", &place.tenant, subnet).await;
        let port = place.id("ports", "port", &place.tenant, json!({"network_id": network})).await;
        let key = |kind, id: &str| ResourceKey { kind, id: id.into(), of: None };
        let one = removal(&key(ResourceType::Port, &port), &place.tenant);
        let other = removal(&key(ResourceType::Network, &network), &place.tenant);
        let (alone, proxy) = writer("admin", std::slice::from_ref(&other)).await;
        match alone.look(&other).await.unwrap() {
            Look::Refused { why } => {
                assert!(why.contains(&subnet) && why.contains("would go along"), "{why}")
            }
            look => panic!("{look:?}"),
        }
        assert_eq!(proxy.writes(), []);
        let part = removal(&key(ResourceType::Subnet, &subnet), &place.tenant);
        let (writer, _proxy) = writer("admin", &[one.clone(), part, other.clone()]).await;
        let revision = async |action: &Action| match writer.look(action).await.unwrap() {
            Look::Ready { revision: Some(revision) } => revision,
            other => panic!("{action:?}: {other:?}"),
        };
        let seen = revision(&one).await;
        let renamed = json!({"port": {"name": "renamed"}});
        place.admin.put(&format!("network /ports/{port}"), renamed).await;
        match writer.make(&one, Some(seen), "req-1").await {
            Err(WriteError::Refused { status: 412, .. }) => {}
            other => panic!("{other:?}"),
        }
        let seen = revision(&other).await;
        match writer.make(&other, Some(seen), "req-2").await {
            Err(WriteError::Refused { status: 409, message, .. }) => {
                assert!(message.contains("one or more ports still in use"), "{message}");
                assert!(message.contains(&network), "{message}");
            }
            other => panic!("{other:?}"),
        }
    })
    .await;
}

#[tokio::test]
async fn a_port_waits_while_its_server_is_there() {
    in_a_place(|place| async move {
        let network = place.id("networks", "network", &place.tenant, json!({})).await;
        let subnet = json!({"network_id": network, "cidr": "10.9.0.0/24", "ip_version": 4});
        place.id("subnets", "subnet", &place.tenant, subnet).await;
        let flavors = place.admin.get("compute /flavors").await;
        let images = place.admin.get("image /images?name=cirros").await;
        let plug = place.id("ports", "port", &place.staff, json!({"network_id": network})).await;
        let server = json!({"name": "holds", "flavorRef": flavors["flavors"][0]["id"], "imageRef": images["images"][0]["id"], "networks": [{"port": plug}]});
        let server = place.admin.make("compute /servers", "server", server).await;
        let fields = json!({"network_id": network, "device_owner": "compute:nova", "device_id": server});
        let port = place.id("ports", "port", &place.tenant, fields).await;
        let key = ResourceKey { kind: ResourceType::Port, id: port, of: None };
        let action = removal(&key, &place.tenant);
        let (writer, proxy) = writer("admin", std::slice::from_ref(&action)).await;
        let before = writer.look(&action).await;
        place.admin.delete(&format!("compute /servers/{server}")).await;
        match before.unwrap() {
            Look::Waiting { why } => assert!(why.contains(&server), "{why}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(proxy.writes(), []);
    })
    .await;
}
