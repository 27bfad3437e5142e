//! Nova: servers, server groups, keypairs, and who may use which flavor.

use serde_json::{Value, json};

use super::super::access::Caller;
use super::super::held::{Kind, Offer, Server, ServerGroup};
use super::super::http::{Answer, Call, Reply};
use super::super::pages::page;
use super::super::world::World;
use super::error;

/// Answers what is below `/v2.1`; none where it is not about a tenant's things.
pub(super) fn answer(world: &mut World, call: &Call, caller: &Caller, path: &[&str]) -> Option<Reply> {
    Some(match (call.method.as_str(), path) {
        ("GET", ["servers"]) => servers(world, call, caller, false),
        ("GET", ["servers", "detail"]) => servers(world, call, caller, true),
        ("GET", ["servers", id]) => shown(world, caller, id).map(|one| ok("server", server(world, id, one))),
        ("DELETE", ["servers", id]) => delete(world, caller, id, "servers:delete"),
        ("POST", ["servers", id, "action"]) if has(call, "forceDelete") => {
            delete(world, caller, id, "os-deferred-delete:force")
        }
        ("GET", ["os-services"]) => services(world, caller),
        ("GET", ["os-server-groups"]) => server_groups(world, call, caller),
        ("GET", ["os-server-groups", id]) => {
            group(world, caller, id).map(|one| ok("server_group", server_group(id, one)))
        }
        ("DELETE", ["os-server-groups", id]) => delete_group(world, caller, id),
        ("GET", ["os-keypairs"]) => keypairs(world, call, caller),
        (method @ ("GET" | "DELETE"), ["os-keypairs", name]) => {
            keypair(world, call, caller, method == "DELETE", name)
        }
        ("GET", ["flavors", "detail"]) => flavors(world, call, caller),
        ("GET", ["flavors", id, "os-flavor-access"]) => flavor_access(world, caller, id),
        ("POST", ["flavors", id, "action"]) if has(call, "removeTenantAccess") => {
            remove_access(world, call, caller, id)
        }
        _ => return None,
    })
}

fn has(call: &Call, action: &str) -> bool {
    call.body.as_ref().is_some_and(|body| body.get(action).is_some())
}

fn ok(key: &str, row: Value) -> Answer {
    Answer::ok(json!({key: row}))
}

fn sees_all(caller: &Caller) -> bool {
    caller.project_admin() || caller.project().is_some() && caller.has("global_reader")
}

fn is_own(caller: &Caller, project: &str) -> bool {
    caller.project() == Some(project)
}

fn forbidden(rule: &str) -> Answer {
    error(403, "forbidden", &format!("Policy doesn't allow os_compute_api:{rule} to be performed."))
}

fn missing(what: &str) -> Answer {
    error(404, "itemNotFound", &format!("{what} could not be found."))
}

/// A name, as it stands in a path.
fn decoded(name: &str) -> String {
    let query = format!("name={}", name.replace('+', "%2B"));
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.next().map(|(_, name)| name.into_owned()).unwrap_or_default()
}

fn servers(world: &World, call: &Call, caller: &Caller, detail: bool) -> Reply {
    if call.param("status") == Some("DELETED") && !sees_all(caller) {
        return Err(error(403, "forbidden", "Only administrators may list deleted instances"));
    }
    let all = call.flag("all_tenants");
    if all && !sees_all(caller) {
        let rule = if detail { "servers:detail:get_all_tenants" } else { "servers:index:get_all_tenants" };
        return Err(forbidden(rule));
    }
    let project = if all { call.param("project_id") } else { caller.project() };
    let wanted = |one: &Server| {
        let soft_deleted = one.status == "SOFT_DELETED";
        project.is_none_or(|project| one.project == project)
            && soft_deleted == call.flag("deleted")
            && call.param("status").is_none_or(|status| one.status == status)
    };
    let rows = world.held.servers.iter().filter(|(_, one)| wanted(one));
    let rows = rows.map(|(id, one)| (id.clone(), server(world, id, one))).collect();
    let page = page(call, rows);
    let page = page.map_err(|marker| error(400, "badRequest", &format!("marker [{marker}] not found")))?;
    Ok(Answer::ok(page.linked(call, "servers")))
}

fn server(world: &World, id: &str, one: &Server) -> Value {
    let Server { name, project, user, status, task, locked, cannot_be_terminated: _ } = one;
    let attached = world.held.volumes.iter().filter(|(_, volume)| volume.server.as_deref() == Some(id));
    let volumes: Vec<Value> =
        attached.map(|(volume, _)| json!({"id": volume, "delete_on_termination": false})).collect();
    json!({
        "id": id, "name": name, "tenant_id": project, "user_id": user, "status": status,
        "OS-EXT-STS:task_state": task, "locked": locked, "os-extended-volumes:volumes_attached": volumes,
    })
}

fn shown<'w>(world: &'w World, caller: &Caller, id: &str) -> Result<&'w Server, Answer> {
    let found = world.held.servers.get(id);
    let found = found.filter(|one| sees_all(caller) || is_own(caller, &one.project));
    found.ok_or_else(|| missing(&format!("Instance {id}")))
}

fn delete(world: &mut World, caller: &Caller, id: &str, rule: &str) -> Reply {
    let one = shown(world, caller, id)?;
    if !caller.project_admin() && !is_own(caller, &one.project) {
        return Err(forbidden(rule));
    }
    if one.locked && !caller.project_admin() {
        return Err(error(409, "conflictingRequest", &format!("Instance {id} is locked")));
    }
    if !one.cannot_be_terminated {
        world.begin(Kind::Server, id);
    }
    Ok(Answer::empty(202))
}

fn services(world: &World, caller: &Caller) -> Reply {
    if !sees_all(caller) {
        return Err(forbidden("os-services:list"));
    }
    let status = if world.held.cell_is_silent { "UNKNOWN" } else { "enabled" };
    let row = |binary: &str, status: &str| json!({"binary": binary, "host": "sim", "status": status});
    Ok(Answer::ok(json!({"services": [row("nova-scheduler", "enabled"), row("nova-compute", status)]})))
}

fn server_groups(world: &World, call: &Call, caller: &Caller) -> Reply {
    // Who does not see every project gets its own, and no word of it.
    let all = call.flag("all_projects") && sees_all(caller);
    let number = |name: &str| call.param(name).and_then(|value| value.parse::<usize>().ok());
    let own = world.held.server_groups.iter().filter(|(_, one)| all || is_own(caller, &one.project));
    let own = own.skip(number("offset").unwrap_or(0)).take(number("limit").unwrap_or(1000));
    let rows: Vec<Value> = own.map(|(id, one)| server_group(id, one)).collect();
    Ok(Answer::ok(json!({"server_groups": rows})))
}

fn server_group(id: &str, one: &ServerGroup) -> Value {
    let ServerGroup { name, project, user } = one;
    json!({"id": id, "name": name, "project_id": project, "user_id": user})
}

fn group<'w>(world: &'w World, caller: &Caller, id: &str) -> Result<&'w ServerGroup, Answer> {
    let found = world.held.server_groups.get(id);
    let found = found.filter(|one| sees_all(caller) || is_own(caller, &one.project));
    found.ok_or_else(|| missing(&format!("Instance group {id}")))
}

fn delete_group(world: &mut World, caller: &Caller, id: &str) -> Reply {
    let one = group(world, caller, id)?;
    if !caller.project_admin() && !is_own(caller, &one.project) {
        return Err(forbidden("os-server-groups:delete"));
    }
    world.held.server_groups.remove(id);
    Ok(Answer::empty(204))
}

fn keypairs(world: &World, call: &Call, caller: &Caller) -> Reply {
    let user = call.param("user_id").unwrap_or(&caller.user);
    if user != caller.user && !sees_all(caller) {
        return Err(forbidden("os-keypairs:index"));
    }
    let own = world.held.keypairs.iter().filter(|(of, _)| of == user);
    let rows: Vec<Value> = own.map(|(_, name)| json!({"keypair": {"name": name}})).collect();
    Ok(Answer::ok(json!({"keypairs": rows})))
}

fn keypair(world: &mut World, call: &Call, caller: &Caller, delete: bool, name: &str) -> Reply {
    let name = decoded(name);
    let user = call.param("user_id").unwrap_or(&caller.user).to_owned();
    let may = if delete { caller.project_admin() } else { sees_all(caller) };
    if user != caller.user && !may {
        return Err(forbidden(if delete { "os-keypairs:delete" } else { "os-keypairs:show" }));
    }
    let pair = (user, name);
    if !world.held.keypairs.contains(&pair) {
        let (user, name) = pair;
        return Err(error(404, "itemNotFound", &format!("Keypair {name} not found for user {user}")));
    }
    if delete {
        world.held.keypairs.remove(&pair);
        return Ok(Answer::empty(204));
    }
    Ok(ok("keypair", json!({"name": pair.1, "user_id": pair.0})))
}

fn flavors(world: &World, call: &Call, caller: &Caller) -> Reply {
    let private = sees_all(caller) && call.param("is_public") == Some("None");
    let wanted = |one: &Offer| private || one.is_open_to(caller.project());
    let rows = world.held.flavors.iter().filter(|(_, one)| wanted(one));
    let row = |(id, one): (&String, &Offer)| {
        let row = json!({"id": id, "name": one.name, "os-flavor-access:is_public": one.access.is_none()});
        (id.clone(), row)
    };
    let page = page(call, rows.map(row).collect());
    let page = page.map_err(|marker| error(400, "badRequest", &format!("marker [{marker}] not found")))?;
    Ok(Answer::ok(page.linked(call, "flavors")))
}

fn flavor_access(world: &World, caller: &Caller, id: &str) -> Reply {
    if !sees_all(caller) {
        return Err(forbidden("os-flavor-access"));
    }
    let flavor = world.held.flavors.get(id).ok_or_else(|| missing(&format!("Flavor {id}")))?;
    match &flavor.access {
        None => Err(error(404, "itemNotFound", "Access list not available for public flavors.")),
        Some(_) => Ok(Answer::ok(access(id, flavor))),
    }
}

fn access(id: &str, flavor: &Offer) -> Value {
    let projects = flavor.access.iter().flatten();
    let rows: Vec<Value> = projects.map(|project| json!({"flavor_id": id, "tenant_id": project})).collect();
    json!({"flavor_access": rows})
}

fn remove_access(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Reply {
    if !caller.project_admin() {
        return Err(forbidden("os-flavor-access:remove_tenant_access"));
    }
    let project = call.object("removeTenantAccess")["tenant"].as_str().unwrap_or_default().to_owned();
    let flavor = world.held.flavors.get_mut(id).ok_or_else(|| missing(&format!("Flavor {id}")))?;
    if !flavor.access.as_mut().is_some_and(|access| access.remove(&project)) {
        // Nova names the number of the row, which nothing here has.
        let message = format!("Flavor access not found for 0 / {project} combination.");
        return Err(error(404, "itemNotFound", &message));
    }
    Ok(Answer::ok(access(id, flavor)))
}
