//! How each kind of Neutron's is made: what is not given is filled in as Neutron does.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::super::http::Answer;
use super::super::world::{Networking, World, stamp};
use super::things::{missing, project};
use super::{bad, error};

pub(super) fn make(
    world: &mut World,
    kind: Networking,
    project: &str,
    given: &Value,
) -> Result<String, Answer> {
    match kind {
        Networking::Network => network(world, project, given),
        Networking::Subnet => subnet(world, project, given),
        Networking::Port => port(world, project, given),
        Networking::Router => super::routers::make(world, project, given),
        Networking::FloatingIp => floating_ip(world, project, given),
        Networking::PortForwarding => Err(bad("a port forwarding is made below its floating IP")),
        Networking::Trunk => trunk(world, project, given),
        Networking::SubnetPool => subnet_pool(world, project, given),
        Networking::AddressScope => Ok(insert(
            world,
            kind,
            project,
            given,
            json!({"name": "", "ip_version": given["ip_version"], "shared": false}),
        )),
        Networking::RbacPolicy => rbac(world, project, given),
        Networking::QosPolicy => {
            let row =
                json!({"name": "", "description": "", "shared": false, "rules": [], "is_default": false});
            Ok(insert(world, kind, project, given, with_times(row, 0)))
        }
    }
}

/// A row with its first revision.
pub(super) fn with_times(mut row: Value, revision: u64) -> Value {
    let now = stamp();
    row["created_at"] = json!(now);
    row["updated_at"] = json!(now);
    row["revision_number"] = json!(revision);
    row
}

/// Puts a row in: `row` has the defaults, and what was given by the same name goes over them.
pub(super) fn insert(
    world: &mut World,
    kind: Networking,
    project: &str,
    given: &Value,
    mut row: Value,
) -> String {
    let id = world.uuid();
    for (name, value) in given.as_object().into_iter().flatten() {
        if row.get(name).is_some() && !value.is_null() {
            row[name] = value.clone();
        }
    }
    row["id"] = json!(id);
    row["project_id"] = json!(project);
    row["tenant_id"] = json!(project);
    world.networking.entry(kind).or_default().insert(id.clone(), row);
    id
}

pub(super) fn text(given: &Value, name: &str) -> String {
    given[name].as_str().unwrap_or_default().to_owned()
}

/// The row that a field names.
fn named<'w>(world: &'w World, kind: Networking, given: &Value, name: &str) -> Result<&'w Value, Answer> {
    let id = text(given, name);
    world.of(kind).get(&id).ok_or_else(|| missing(kind, &id))
}

fn network(world: &mut World, project: &str, given: &Value) -> Result<String, Answer> {
    let row = json!({
        "name": "", "description": "", "admin_state_up": true, "status": "ACTIVE", "shared": false,
        "router:external": false, "port_security_enabled": true, "qos_policy_id": null, "subnets": [],
    });
    let id = insert(world, Networking::Network, project, given, with_times(row, 1));
    if given["router:external"] == true {
        let share = json!({
            "object_type": "network", "object_id": id, "action": "access_as_external", "target_tenant": "*",
        });
        rbac(world, project, &share)?;
    }
    Ok(id)
}

fn subnet(world: &mut World, project: &str, given: &Value) -> Result<String, Answer> {
    named(world, Networking::Network, given, "network_id")?;
    let cidr = match given["subnetpool_id"].as_str() {
        Some(_) => from_pool(world, given)?,
        None => text(given, "cidr"),
    };
    let (first, _) =
        range(&cidr).ok_or_else(|| bad("a subnetpool must be specified in the absence of a cidr"))?;
    let row = json!({
        "name": "", "network_id": "", "cidr": cidr, "ip_version": 4, "subnetpool_id": given["subnetpool_id"],
        "gateway_ip": Ipv4Addr::from(first + 1).to_string(), "enable_dhcp": true, "description": "",
    });
    let id = insert(world, Networking::Subnet, project, given, with_times(row, 0));
    world.change(Networking::Network, &text(given, "network_id"), &json!({}));
    Ok(id)
}

/// The first network of this length that no subnet of the pool has.
fn from_pool(world: &World, given: &Value) -> Result<String, Answer> {
    let pool = named(world, Networking::SubnetPool, given, "subnetpool_id")?;
    let length = given["prefixlen"].as_u64().unwrap_or(24).min(32);
    let prefix = pool["prefixes"][0].as_str().unwrap_or_default();
    let (first, last) = range(prefix).ok_or_else(|| bad("the pool has no prefix"))?;
    let step = 1_u32.checked_shl(32 - u32::try_from(length).unwrap_or(32)).unwrap_or(1);
    let taken: BTreeSet<&str> =
        world.of(Networking::Subnet).values().filter_map(|subnet| subnet["cidr"].as_str()).collect();
    let mut all = (0..).map(|number| first.saturating_add(step.saturating_mul(number)));
    let free = all.find_map(|start| {
        let cidr = format!("{}/{length}", Ipv4Addr::from(start));
        (start > last || !taken.contains(cidr.as_str())).then_some(cidr)
    });
    free.ok_or_else(|| bad("the pool is used up"))
}

/// The first and the last address.
fn range(cidr: &str) -> Option<(u32, u32)> {
    let (address, length) = cidr.split_once('/')?;
    let (address, length) = (u32::from(address.parse::<Ipv4Addr>().ok()?), length.parse::<u32>().ok()?);
    let mask = u32::MAX.checked_shl(32_u32.checked_sub(length)?).unwrap_or(0);
    Some((address & mask, address | !mask))
}

/// The next free address in the first subnet of a network.
pub(super) fn address(world: &World, network: &str) -> Value {
    let subnet = world.of(Networking::Subnet).iter().find(|(_, subnet)| subnet["network_id"] == network);
    let Some((id, subnet)) = subnet else { return json!([]) };
    let ports = world.of(Networking::Port).values();
    let taken: BTreeSet<String> = ports
        .flat_map(|port| port["fixed_ips"].as_array().into_iter().flatten())
        .filter(|ip| ip["subnet_id"] == **id)
        .map(|ip| text(ip, "ip_address"))
        .chain([text(subnet, "gateway_ip")])
        .collect();
    let Some((first, last)) = range(subnet["cidr"].as_str().unwrap_or_default()) else { return json!([]) };
    let free = (first + 1..last).map(|address| Ipv4Addr::from(address).to_string());
    match free.into_iter().find(|address| !taken.contains(address)) {
        Some(address) => json!([{"subnet_id": id, "ip_address": address}]),
        None => json!([]),
    }
}

fn port(world: &mut World, project: &str, given: &Value) -> Result<String, Answer> {
    named(world, Networking::Network, given, "network_id")?;
    let asked = given.get("security_groups").and_then(Value::as_array);
    let asked: Option<Vec<String>> =
        asked.map(|ids| ids.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    let groups = match asked {
        Some(groups) => groups,
        None => vec![world.default_group(project)],
    };
    if let Some(id) = groups.iter().find(|id| !world.security_groups.contains_key(*id)) {
        return Err(super::groups::missing(id));
    }
    let row = json!({
        "name": "", "network_id": "", "device_owner": "", "device_id": "", "status": "DOWN", "description": "",
        "admin_state_up": true, "fixed_ips": address(world, &text(given, "network_id")),
        "security_groups": groups, "qos_policy_id": given["qos_policy_id"], "port_security_enabled": true,
    });
    Ok(insert(world, Networking::Port, project, given, with_times(row, 1)))
}

/// A port that Neutron makes for itself: nobody's, and in no group.
pub(super) fn own_port(
    world: &mut World,
    project: &str,
    network: &str,
    owner: &str,
    device: &str,
    fixed_ips: Value,
) -> String {
    let row = json!({
        "name": "", "network_id": network, "device_owner": owner, "device_id": device, "status": "DOWN",
        "description": "", "admin_state_up": true, "fixed_ips": fixed_ips, "security_groups": [],
        "qos_policy_id": null, "port_security_enabled": false,
    });
    insert(world, Networking::Port, project, &json!({}), with_times(row, 1))
}

fn floating_ip(world: &mut World, project: &str, given: &Value) -> Result<String, Answer> {
    let outside = text(given, "floating_network_id");
    named(world, Networking::Network, given, "floating_network_id")?;
    let inner = text(given, "port_id");
    let mut router = None;
    if !inner.is_empty() {
        named(world, Networking::Port, given, "port_id")?;
        router = Some(super::routers::between(world, &inner, &outside).ok_or_else(|| {
            error(
                404,
                "ExternalGatewayForFloatingIPNotFound",
                &format!("External network {outside} is not reachable from the subnet of port {inner}."),
            )
        })?);
    }
    let fixed_ips = address(world, &outside);
    let fixed = world.of(Networking::Port).get(&inner).map(|port| port["fixed_ips"][0]["ip_address"].clone());
    let row = json!({
        "floating_network_id": "", "floating_ip_address": fixed_ips[0]["ip_address"], "status": "DOWN",
        "port_id": given["port_id"], "router_id": router, "fixed_ip_address": fixed, "description": "", "qos_policy_id": null,
        "port_forwardings": [],
    });
    let id = insert(world, Networking::FloatingIp, project, given, with_times(row, 0));
    own_port(world, "", &outside, "network:floatingip", &id, fixed_ips);
    Ok(id)
}

fn trunk(world: &mut World, project: &str, given: &Value) -> Result<String, Answer> {
    named(world, Networking::Port, given, "port_id")?;
    let row = json!({
        "name": "", "port_id": "", "sub_ports": [], "status": "DOWN", "admin_state_up": true, "description": "",
    });
    Ok(insert(world, Networking::Trunk, project, given, with_times(row, 0)))
}

fn subnet_pool(world: &mut World, project: &str, given: &Value) -> Result<String, Answer> {
    if given["address_scope_id"].is_string() {
        named(world, Networking::AddressScope, given, "address_scope_id")?;
    }
    let row = json!({
        "name": "", "prefixes": [], "address_scope_id": given["address_scope_id"], "ip_version": 4,
        "shared": false, "is_default": false, "description": "",
    });
    Ok(insert(world, Networking::SubnetPool, project, given, with_times(row, 0)))
}

/// A pool is shared only with whom its scope is shared with.
fn rbac(world: &mut World, project: &str, given: &Value) -> Result<String, Answer> {
    let (kind, object, target) =
        (text(given, "object_type"), text(given, "object_id"), text(given, "target_tenant"));
    let scope =
        world.of(Networking::SubnetPool).get(&object).and_then(|pool| pool["address_scope_id"].as_str());
    if let Some(scope) = scope.filter(|_| kind == "subnetpool") {
        let shares = |row: &Value| {
            row["object_id"] == scope && (row["target_tenant"] == *target || row["target_tenant"] == "*")
        };
        let own =
            world.of(Networking::AddressScope).get(scope).is_some_and(|row| self::project(row) == target);
        if !own && !world.of(Networking::RbacPolicy).values().any(shares) {
            let message = format!(
                "Failed to create RBAC policy on object {object} because target project doesn't have access to \
                 associated address scope."
            );
            return Err(error(400, "InvalidInput", &message));
        }
    }
    let row = json!({"object_type": "", "object_id": "", "action": "", "target_tenant": ""});
    Ok(insert(world, Networking::RbacPolicy, project, given, row))
}
