//! Port forwardings: each hangs on its floating IP.

use serde_json::{Value, json};

use super::super::access::Caller;
use super::super::http::{Answer, Call, Reply};
use super::super::world::{Networking, World};
use super::make::text;
use super::things::missing;
use super::{bad, error, not_found, paging, routers};

const KIND: paging::Kind = paging::Kind {
    rows: "port_forwardings",
    filters: &["id", "external_port", "protocol", "internal_port_id"],
};

pub(super) fn answer(
    world: &mut World,
    call: &Call,
    caller: &Caller,
    floating: &str,
    path: &[&str],
) -> Reply {
    let own = |row: &&Value| row["floatingip_id"] == floating;
    match (call.method.as_str(), path) {
        ("GET", []) => {
            let rows = world.of(Networking::PortForwarding);
            let ids: Vec<&str> = rows.iter().filter(|(_, row)| own(row)).map(|(id, _)| id.as_str()).collect();
            let row = |id: &str| rows.get(id).map(shown).unwrap_or_default();
            paging::list(call, caller, KIND, ids.into_iter(), row)
        }
        ("POST", []) => {
            let given = call.object("port_forwarding");
            let id = make(world, floating, &given)?;
            let row = world.of(Networking::PortForwarding).get(&id).map(shown);
            Ok(Answer::new(201, json!({"port_forwarding": row})))
        }
        ("GET", [id]) => {
            let row = world.of(Networking::PortForwarding).get(*id).filter(own).ok_or_else(|| gone(id))?;
            Ok(Answer::ok(json!({"port_forwarding": shown(row)})))
        }
        ("DELETE", [id]) => {
            world.of(Networking::PortForwarding).get(*id).filter(own).ok_or_else(|| gone(id))?;
            forget(world, id);
            Ok(Answer::empty(204))
        }
        _ => Err(not_found()),
    }
}

fn gone(id: &str) -> Answer {
    error(404, "PortForwardingNotFound", &format!("Port Forwarding {id} could not be found."))
}

pub(super) fn make(world: &mut World, floating: &str, given: &Value) -> Result<String, Answer> {
    let row = world.of(Networking::FloatingIp).get(floating);
    let outside = text(row.ok_or_else(|| missing(Networking::FloatingIp, floating))?, "floating_network_id");
    let inner = text(given, "internal_port_id");
    let router = routers::between(world, &inner, &outside);
    let router =
        router.ok_or_else(|| bad("the port is not behind a router with a gateway to this network"))?;
    let id = world.uuid();
    let port = |name: &str| given[name].as_u64().unwrap_or_default();
    let (external, internal) = (port("external_port"), port("internal_port"));
    let row = json!({
        "id": id, "floatingip_id": floating, "protocol": given["protocol"], "external_port": external,
        "external_port_range": format!("{external}:{external}"), "internal_port_id": inner,
        "internal_ip_address": given["internal_ip_address"], "internal_port": internal,
        "internal_port_range": format!("{internal}:{internal}"), "description": "",
    });
    world.networking.entry(Networking::PortForwarding).or_default().insert(id.clone(), row);
    world.change(Networking::FloatingIp, floating, &json!({"router_id": router}));
    Ok(id)
}

/// It goes; a floating IP that forwards nothing any more leads through no router.
pub(super) fn forget(world: &mut World, id: &str) {
    let row = world.networking.entry(Networking::PortForwarding).or_default().remove(id);
    let Some(floating) = row.as_ref().and_then(|row| row["floatingip_id"].as_str()) else { return };
    if !world.of(Networking::PortForwarding).values().any(|row| row["floatingip_id"] == floating) {
        world.change(Networking::FloatingIp, floating, &json!({"router_id": null}));
    }
}

fn shown(row: &Value) -> Value {
    let mut row = row.clone();
    row.as_object_mut().map(|row| row.remove("floatingip_id"));
    row
}

pub(super) fn in_floating_ip(row: &Value) -> Value {
    let fields =
        ["id", "protocol", "internal_ip_address", "internal_port_id", "internal_port", "external_port"];
    fields
        .iter()
        .map(|name| ((*name).to_owned(), row[*name].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
