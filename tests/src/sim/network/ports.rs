//! Networks and ports, as far as it takes to have a security group in use.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::access::Caller;
use super::super::http::{Answer, Call, Reply};
use super::super::world::{Network, Port, World};
use super::paging::{self, Kind};
use super::{error, groups, may_write, not_found, project_of, sees, text};

const NETWORKS: Kind = Kind {
    rows: "networks",
    filters: &["id", "name", "project_id", "tenant_id", "shared", "router:external", "status"],
};
const PORTS: Kind = Kind {
    rows: "ports",
    filters: &["id", "name", "project_id", "tenant_id", "network_id", "security_groups"],
};

pub(super) fn answer(world: &mut World, call: &Call, caller: &Caller, path: &[&str]) -> Reply {
    match (call.method.as_str(), path) {
        ("GET", ["networks"]) => {
            let networks = &world.networks;
            let row = |id: &str| networks.get(id).map_or(Value::Null, |network| show_network(id, network));
            paging::list(call, caller, NETWORKS, networks.keys().map(String::as_str), row)
        }
        ("POST", ["networks"]) => {
            let given = call.object("network");
            let project = project_of(&given, caller, "create_network")?;
            let name = text(&given, "name", 255)?.unwrap_or_default();
            let id = world.uuid();
            let network = Network { name, project, external: false };
            let answer = Answer::new(201, json!({"network": show_network(&id, &network)}));
            world.networks.insert(id, network);
            Ok(answer)
        }
        ("DELETE", ["networks", id]) => {
            let network = world.networks.get(*id).ok_or_else(|| missing("Network", id))?;
            may_write(caller, &network.project, "delete_network")?;
            world.networks.remove(*id);
            Ok(Answer::empty(204))
        }
        ("GET", ["ports"]) => {
            let ports = &world.ports;
            let row = |id: &str| ports.get(id).map_or(Value::Null, |port| show_port(id, port));
            paging::list(call, caller, PORTS, ports.keys().map(String::as_str), row)
        }
        ("POST", ["ports"]) => create_port(world, call, caller),
        ("DELETE", ["ports", id]) => {
            let port = world.ports.get(*id).filter(|port| sees(caller, &port.project));
            let project = port.ok_or_else(|| missing("Port", id))?.project.clone();
            may_write(caller, &project, "delete_port")?;
            world.ports.remove(*id);
            Ok(Answer::empty(204))
        }
        _ => Err(not_found()),
    }
}

fn create_port(world: &mut World, call: &Call, caller: &Caller) -> Reply {
    let given = call.object("port");
    let project = project_of(&given, caller, "create_port")?;
    let network = given["network_id"].as_str().unwrap_or_default().to_owned();
    if !world.networks.contains_key(&network) {
        return Err(missing("Network", &network));
    }
    let asked = given.get("security_groups").and_then(Value::as_array);
    let asked: Option<BTreeSet<String>> =
        asked.map(|ids| ids.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    let security_groups = asked.unwrap_or_else(|| BTreeSet::from([world.default_group(&project)]));
    for id in &security_groups {
        groups::find(world, caller, id)?;
    }
    let port = Port { network, project, security_groups };
    let id = world.uuid();
    let answer = Answer::new(201, json!({"port": show_port(&id, &port)}));
    world.ports.insert(id, port);
    Ok(answer)
}

fn missing(kind: &str, id: &str) -> Answer {
    error(404, &format!("{kind}NotFound"), &format!("{kind} {id} could not be found."))
}

fn show_network(id: &str, network: &Network) -> Value {
    json!({
        "id": id, "name": network.name, "project_id": network.project, "tenant_id": network.project,
        "admin_state_up": true, "status": "ACTIVE", "shared": false, "router:external": network.external,
    })
}

fn show_port(id: &str, port: &Port) -> Value {
    json!({
        "id": id, "name": "", "project_id": port.project, "tenant_id": port.project, "network_id": port.network,
        "admin_state_up": true, "security_groups": port.security_groups,
    })
}
