//! Octavia: load balancers, each with what is below it.

use serde_json::{Value, json};

use super::super::access::Caller;
use super::super::held::{Kind, LoadBalancer};
use super::super::http::{Answer, Call, Reply};
use super::super::pages::{next, page};
use super::super::world::World;
use super::{error, refused};

pub(super) fn answer(world: &mut World, call: &Call, caller: &Caller, path: &[&str]) -> Reply {
    match (call.method.as_str(), path) {
        ("GET", []) => list(world, call, caller),
        ("GET", [id]) => {
            let one = found(world, id)?;
            may_see(caller, &one.project)?;
            Ok(Answer::ok(json!({"loadbalancer": row(id, one)})))
        }
        ("DELETE", [id]) => delete(world, call, caller, id),
        _ => Err(error(404, "The resource could not be found.")),
    }
}

fn found<'w>(world: &'w World, id: &str) -> Result<&'w LoadBalancer, Answer> {
    world.held.load_balancers.get(id).ok_or_else(|| error(404, &format!("Load Balancer {id} not found.")))
}

fn may_see(caller: &Caller, project: &str) -> Result<(), Answer> {
    let own = caller.project() == Some(project)
        && caller.has_any(&["load-balancer_member", "load-balancer_observer"]);
    let observers = ["admin", "load-balancer_global_observer", "load-balancer_admin"];
    if own || caller.has_any(&observers) { Ok(()) } else { Err(refused()) }
}

fn list(world: &World, call: &Call, caller: &Caller) -> Reply {
    let all = caller.has_any(&["admin", "load-balancer_global_observer", "load-balancer_admin"]);
    if !all && !caller.has_any(&["load-balancer_member", "load-balancer_observer"]) {
        return Err(refused());
    }
    // Who does not see every project gets its own, and no word of it.
    let asked = call.param("project_id");
    let wanted = |project: &str| {
        asked.is_none_or(|asked| project == asked) && (all || caller.project() == Some(project))
    };
    let own = world.held.load_balancers.iter().filter(|(_, one)| wanted(&one.project));
    let rows = own.map(|(id, one)| (id.clone(), row(id, one))).collect();
    let page = page(call, rows).map_err(|marker| error(400, &format!("Invalid marker {marker}")))?;
    let links: Vec<Value> =
        page.last.iter().map(|last| json!({"rel": "next", "href": next(call, last)})).collect();
    Ok(Answer::ok(json!({"loadbalancers": page.rows, "loadbalancers_links": links})))
}

fn row(id: &str, one: &LoadBalancer) -> Value {
    let LoadBalancer { name, project, status, listeners, port } = one;
    let listeners: Vec<Value> = listeners.iter().map(|id| json!({"id": id})).collect();
    json!({
        "id": id, "name": name, "project_id": project, "provisioning_status": status, "listeners": listeners,
        "vip_port_id": port,
    })
}

fn delete(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Reply {
    let one = found(world, id)?;
    let own = caller.project() == Some(&one.project) && caller.has("load-balancer_member");
    if !own && !caller.has_any(&["admin", "load-balancer_admin"]) {
        return Err(refused());
    }
    if one.status.starts_with("PENDING_") {
        let message = format!("Invalid state {} of loadbalancer resource {id}", one.status);
        return Err(error(409, &message));
    }
    if !one.listeners.is_empty() && !call.flag("cascade") {
        let message = format!("Validation failure: Cannot delete Load Balancer {id} - it has children");
        return Err(error(400, &message));
    }
    world.begin(Kind::LoadBalancer, id);
    Ok(Answer::empty(204))
}
