//! What is in the way of a removal, and what goes along.

use serde_json::{Value, json};

use super::super::http::Answer;
use super::super::world::{Networking, World};
use super::routers::{GATEWAY, INTERFACE};
use super::things::project;
use super::{error, forwardings, routers};

/// Owners of ports that go with their network.
const WITH_NETWORK: [&str; 2] = ["network:dhcp", "network:distributed"];

pub(super) fn check(world: &World, kind: Networking, id: &str) -> Result<(), Answer> {
    in_the_way(world, kind, id).map_or(Ok(()), Err)
}

pub(super) fn remove(world: &mut World, kind: Networking, id: &str) {
    along(world, kind, id);
    world.networking.entry(kind).or_default().remove(id);
    forget_shares(world, id);
}

/// Shares go with what is shared.
pub(super) fn forget_shares(world: &mut World, object: &str) {
    world.networking.entry(Networking::RbacPolicy).or_default().retain(|_, row| row["object_id"] != object);
}

fn in_the_way(world: &World, kind: Networking, id: &str) -> Option<Answer> {
    match kind {
        Networking::Network => network(world, id),
        Networking::Subnet => subnet(world, id),
        Networking::Port => port(world, id),
        Networking::Router => router(world, id),
        Networking::FloatingIp => {
            let forwards = |row: &Value| row["floatingip_id"] == id;
            let message = format!("Floating IP {id} in use by Port Forwarding resources.");
            any(world, Networking::PortForwarding, forwards)
                .then(|| error(409, "FipInUseByPortForwarding", &message))
        }
        Networking::PortForwarding | Networking::Trunk => None,
        Networking::SubnetPool => {
            let message = "Unable to delete subnet pool: Subnet pool has existing allocations.";
            any(world, Networking::Subnet, |row| row["subnetpool_id"] == id)
                .then(|| error(400, "SubnetPoolDeleteError", message))
        }
        Networking::AddressScope => {
            let message = format!(
                "Unable to complete operation on address scope {id}. There are one or more subnet pools in use on the \
                 address scope."
            );
            any(world, Networking::SubnetPool, |row| row["address_scope_id"] == id)
                .then(|| error(409, "AddressScopeInUse", &message))
        }
        Networking::RbacPolicy => share(world, id),
        Networking::QosPolicy => {
            let users = world.of(Networking::Port).iter();
            let user = users.into_iter().find(|(_, row)| row["qos_policy_id"] == id)?.0;
            Some(error(409, "QosPolicyInUse", &format!("QoS Policy {id} is used by port {user}.")))
        }
    }
}

fn any(world: &World, kind: Networking, is: impl Fn(&Value) -> bool) -> bool {
    world.of(kind).values().any(is)
}

fn owner(port: &Value) -> &str {
    port["device_owner"].as_str().unwrap_or_default()
}

fn network(world: &World, id: &str) -> Option<Answer> {
    let ports = world.of(Networking::Port).iter();
    let on = ports.filter(|(_, port)| port["network_id"] == id && !WITH_NETWORK.contains(&owner(port)));
    let on: Vec<&str> = on.map(|(id, _)| id.as_str()).collect();
    let message = format!(
        "Unable to complete operation on network {id}. There are one or more ports still in use on the network, id for \
         these ports is: {}.",
        on.join(",")
    );
    (!on.is_empty()).then(|| error(409, "NetworkInUse", &message))
}

fn subnet(world: &World, id: &str) -> Option<Answer> {
    let has = |port: &Value| {
        let ips = port["fixed_ips"].as_array();
        ips.into_iter().flatten().any(|ip| ip["subnet_id"] == id) && !WITH_NETWORK.contains(&owner(port))
    };
    let message = format!(
        "Unable to complete operation on subnet {id}: One or more ports have an IP allocation from this subnet."
    );
    any(world, Networking::Port, has).then(|| error(409, "SubnetInUse", &message))
}

fn port(world: &World, id: &str) -> Option<Answer> {
    let row = world.of(Networking::Port).get(id)?;
    let owner = owner(row);
    if [INTERFACE, GATEWAY, "network:floatingip"].contains(&owner) {
        let message =
            format!("Port {id} cannot be deleted directly via the port API: has device owner {owner}.");
        return Some(error(409, "ServicePortInUse", &message));
    }
    world.of(Networking::Trunk).iter().find_map(|(trunk, row)| {
        let subs = row["sub_ports"].as_array();
        if row["port_id"] == id {
            let message = format!("Port {id} is currently a parent port for trunk {trunk}.");
            return Some(error(409, "PortInUseAsTrunkParent", &message));
        }
        subs.into_iter().flatten().any(|sub| sub["port_id"] == id).then(|| {
            let message = format!("Port {id} is currently a subport for trunk {trunk}.");
            error(409, "PortInUseAsSubPort", &message)
        })
    })
}

fn router(world: &World, id: &str) -> Option<Answer> {
    let ports = world.of(Networking::Port).iter();
    let faces = ports.filter(|(_, port)| port["device_id"] == id && owner(port) == INTERFACE);
    let faces: Vec<&str> = faces.map(|(id, _)| id.as_str()).collect();
    let message = format!("Router {id} has ports still attached: {}", faces.join(", "));
    (!faces.is_empty()).then(|| error(409, "RouterInUse", &message))
}

/// A share stays while the one that it is given to makes use of it, and no other share lets it.
fn share(world: &World, id: &str) -> Option<Answer> {
    let row = world.of(Networking::RbacPolicy).get(id)?;
    let (object, target) = (row["object_id"].as_str()?, row["target_tenant"].as_str()?);
    let other = |(other, share): (&String, &Value)| {
        other != id
            && share["object_id"] == object
            && share["action"] == row["action"]
            && (share["target_tenant"] == target || share["target_tenant"] == "*")
    };
    let theirs = |project: &str| project == target;
    let uses =
        |kind: Networking, field: &str| any(world, kind, |row| row[field] == object && theirs(project(row)));
    let ruled = |names: &dyn Fn(&super::super::world::Rule) -> bool| {
        world.rules().any(|(_, _, rule)| theirs(&rule.project) && names(rule))
    };
    let used = match row["object_type"].as_str()? {
        "network" => uses(Networking::Port, "network_id"),
        "subnetpool" => uses(Networking::Subnet, "subnetpool_id"),
        "address_scope" => uses(Networking::SubnetPool, "address_scope_id"),
        "qos_policy" => uses(Networking::Port, "qos_policy_id"),
        "security_group" => {
            let in_it = |row: &Value| {
                theirs(project(row))
                    && row["security_groups"].as_array().is_some_and(|all| all.iter().any(|id| id == object))
            };
            any(world, Networking::Port, in_it) || ruled(&|rule| rule.remote_group.as_deref() == Some(object))
        }
        "address_group" => ruled(&|rule| rule.remote_address_group.as_deref() == Some(object)),
        _ => false,
    };
    let message =
        format!("RBAC policy on object {object} cannot be removed because other objects depend on it.");
    (used && !world.of(Networking::RbacPolicy).iter().any(other))
        .then(|| error(409, "RbacPolicyInUse", &message))
}

/// What goes with it.
fn along(world: &mut World, kind: Networking, id: &str) {
    match kind {
        Networking::Network => {
            world.networking.entry(Networking::Subnet).or_default().retain(|_, row| row["network_id"] != id);
            let ports = world.networking.entry(Networking::Port).or_default();
            ports.retain(|_, row| row["network_id"] != id);
        }
        Networking::Subnet => {
            let network =
                world.of(kind).get(id).and_then(|row| row["network_id"].as_str()).map(str::to_owned);
            world.change(Networking::Network, &network.unwrap_or_default(), &json!({}));
        }
        Networking::Port => unplug(world, id),
        Networking::Router => routers::forget_gateway(world, id),
        Networking::FloatingIp => {
            let ports = world.networking.entry(Networking::Port).or_default();
            ports.retain(|_, row| owner(row) != "network:floatingip" || row["device_id"] != id);
        }
        Networking::PortForwarding
        | Networking::Trunk
        | Networking::SubnetPool
        | Networking::AddressScope
        | Networking::RbacPolicy
        | Networking::QosPolicy => {}
    }
}

/// Floating IPs that led to the port lead nowhere, and what was forwarded to it no longer is.
fn unplug(world: &mut World, port: &str) {
    let led = world.of(Networking::FloatingIp).iter().filter(|(_, row)| row["port_id"] == port);
    let led: Vec<String> = led.map(|(id, _)| id.clone()).collect();
    let nowhere = json!({"port_id": null, "router_id": null, "fixed_ip_address": null});
    led.iter().for_each(|id| world.change(Networking::FloatingIp, id, &nowhere));
    let forwarded = world.of(Networking::PortForwarding).iter();
    let forwarded = forwarded.filter(|(_, row)| row["internal_port_id"] == port);
    let forwarded: Vec<String> = forwarded.map(|(id, _)| id.clone()).collect();
    forwarded.iter().for_each(|id| forwardings::forget(world, id));
}
