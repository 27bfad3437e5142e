//! Routers: their gateway, their routes, their interfaces.

use serde_json::{Value, json};

use super::super::http::{Answer, Call, Reply};
use super::super::world::{Networking, World};
use super::make::{address, insert, own_port, text, with_times};
use super::things::{missing, project, shown};
use super::{bad, error, not_found};

pub(super) const INTERFACE: &str = "network:router_interface";
pub(super) const GATEWAY: &str = "network:router_gateway";

pub(super) fn answer(world: &mut World, call: &Call, id: &str, path: &[&str]) -> Reply {
    let body = call.body.clone().unwrap_or_default();
    match path {
        [] => update(world, id, &call.object("router")),
        ["add_router_interface"] => {
            let subnet = text(&body, "subnet_id");
            let port = add_interface(world, id, &subnet)?;
            Ok(Answer::ok(interface(world, id, &port)))
        }
        ["remove_router_interface"] => remove_interface(world, id, &body),
        _ => Err(not_found()),
    }
}

pub(super) fn make(world: &mut World, project: &str, given: &Value) -> Result<String, Answer> {
    let row = json!({
        "name": "", "description": "", "admin_state_up": true, "status": "ACTIVE", "routes": [],
        "external_gateway_info": null, "distributed": false, "ha": false,
    });
    let given_name = json!({"name": given["name"]});
    let id = insert(world, Networking::Router, project, &given_name, with_times(row, 1));
    if given["external_gateway_info"].is_object() {
        set_gateway(world, &id, &given["external_gateway_info"])?;
    }
    Ok(id)
}

fn update(world: &mut World, id: &str, given: &Value) -> Reply {
    if let Some(routes) = given.get("routes") {
        world.change(Networking::Router, id, &json!({"routes": routes}));
    }
    match given.get("external_gateway_info") {
        None => {}
        Some(Value::Null) => clear_gateway(world, id)?,
        Some(info) => set_gateway(world, id, info)?,
    }
    if let Some(name) = given.get("name") {
        world.change(Networking::Router, id, &json!({"name": name}));
    }
    Ok(Answer::ok(json!({"router": shown(world, Networking::Router, id)})))
}

fn set_gateway(world: &mut World, id: &str, info: &Value) -> Result<(), Answer> {
    let network = text(info, "network_id");
    match world.of(Networking::Network).get(&network) {
        None => return Err(missing(Networking::Network, &network)),
        Some(row) if row["router:external"] != true => {
            return Err(bad(&format!("Network {network} is not an external network")));
        }
        Some(_) => {}
    }
    let fixed_ips = address(world, &network);
    own_port(world, "", &network, GATEWAY, id, fixed_ips.clone());
    let info = json!({"network_id": network, "external_fixed_ips": fixed_ips, "enable_snat": true});
    world.change(Networking::Router, id, &json!({"external_gateway_info": info}));
    Ok(())
}

fn clear_gateway(world: &mut World, id: &str) -> Result<(), Answer> {
    let network =
        world.of(Networking::Router).get(id).map(|row| row["external_gateway_info"]["network_id"].clone());
    let network = network.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
    if world.of(Networking::FloatingIp).values().any(|floating| floating["router_id"] == id) {
        let message = format!(
            "Gateway cannot be updated for router {id}, since a gateway to external network {network} is required by one \
             or more floating IPs."
        );
        return Err(error(409, "RouterExternalGatewayInUseByFloatingIp", &message));
    }
    forget_gateway(world, id);
    // It counts one for the port that goes, and one for itself.
    world.change(Networking::Router, id, &json!({}));
    world.change(Networking::Router, id, &json!({"external_gateway_info": null}));
    Ok(())
}

pub(super) fn forget_gateway(world: &mut World, id: &str) {
    let ports = world.networking.entry(Networking::Port).or_default();
    ports.retain(|_, port| port["device_owner"] != GATEWAY || port["device_id"] != id);
}

pub(super) fn add_interface(world: &mut World, router: &str, subnet: &str) -> Result<String, Answer> {
    let row = world.of(Networking::Router).get(router).ok_or_else(|| missing(Networking::Router, router))?;
    let owner = project(row).to_owned();
    let row = world.of(Networking::Subnet).get(subnet).ok_or_else(|| missing(Networking::Subnet, subnet))?;
    let network = text(row, "network_id");
    let fixed_ips = json!([{"subnet_id": subnet, "ip_address": row["gateway_ip"]}]);
    let port = own_port(world, &owner, &network, INTERFACE, router, fixed_ips);
    world.change(Networking::Router, router, &json!({}));
    Ok(port)
}

fn interface(world: &World, router: &str, port: &str) -> Value {
    let row = world.of(Networking::Port).get(port).cloned().unwrap_or_default();
    let subnet = row["fixed_ips"][0]["subnet_id"].clone();
    let owner = world.of(Networking::Router).get(router).map(|row| row["project_id"].clone());
    json!({
        "id": router, "tenant_id": owner, "port_id": port, "network_id": row["network_id"], "subnet_id": subnet,
        "subnet_ids": [subnet],
    })
}

fn remove_interface(world: &mut World, router: &str, given: &Value) -> Reply {
    let port = text(given, "port_id");
    let row = world.of(Networking::Port).get(&port).filter(|row| row["device_id"] == router);
    let row = row.ok_or_else(|| {
        let message = format!("Router {router} does not have an interface with id {port}");
        error(404, "RouterInterfaceNotFound", &message)
    })?;
    let subnet = text(&row["fixed_ips"][0], "subnet_id");
    let refused = |kind: &str, by: &str| {
        let message = format!(
            "Router interface for subnet {subnet} on router {router} cannot be deleted, as it is required by one or more \
             {by}."
        );
        Err(error(409, kind, &message))
    };
    if leads_into(world, router, &subnet) {
        return refused("RouterInterfaceInUseByFloatingIP", "floating IPs");
    }
    if routed_over(world, router, &subnet) {
        return refused("RouterInterfaceInUseByRoute", "routes");
    }
    let answer = interface(world, router, &port);
    world.networking.entry(Networking::Port).or_default().remove(&port);
    world.change(Networking::Router, router, &json!({}));
    Ok(Answer::ok(answer))
}

/// Whether a floating IP leads through the router to a port in the subnet.
fn leads_into(world: &World, router: &str, subnet: &str) -> bool {
    let is_in = |port: &Value| {
        let port = port.as_str().and_then(|id| world.of(Networking::Port).get(id));
        port.is_some_and(|port| port["fixed_ips"][0]["subnet_id"] == subnet)
    };
    let through = |(id, row): (&String, &Value)| {
        let forwarded = world.of(Networking::PortForwarding).values();
        let mut inner =
            forwarded.filter(|one| one["floatingip_id"] == **id).map(|one| &one["internal_port_id"]);
        row["router_id"] == router && (is_in(&row["port_id"]) || inner.any(is_in))
    };
    world.of(Networking::FloatingIp).iter().any(through)
}

/// Whether a route's next hop is in the subnet: told by what stands before the last dot.
fn routed_over(world: &World, router: &str, subnet: &str) -> bool {
    let net = |address: &str| address.rsplit_once('.').map(|(net, _)| net.to_owned());
    let here = world.of(Networking::Subnet).get(subnet).and_then(|row| net(&text(row, "gateway_ip")));
    let routes =
        world.of(Networking::Router).get(router).map(|row| row["routes"].clone()).unwrap_or_default();
    routes.as_array().into_iter().flatten().any(|route| net(&text(route, "nexthop")) == here)
}

/// The router by which a port reaches an external network.
pub(super) fn between(world: &World, port: &str, outside: &str) -> Option<String> {
    let port = world.of(Networking::Port).get(port)?;
    let subnet = &port["fixed_ips"][0]["subnet_id"];
    let faces = world.of(Networking::Port).values().filter(|face| face["device_owner"] == INTERFACE);
    let mut routers = faces
        .filter(|face| face["fixed_ips"][0]["subnet_id"] == *subnet)
        .filter_map(|face| world.of(Networking::Router).get_key_value(face["device_id"].as_str()?));
    let found = routers.find(|(_, row)| row["external_gateway_info"]["network_id"] == outside);
    found.map(|(id, _)| id.clone())
}
