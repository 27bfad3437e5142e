//! Barbican: secrets, containers and orders of the project that the token is good for.

use serde_json::{Value, json};

use super::super::access::Caller;
use super::super::held::{Secret, SecretContainer, SecretOrder};
use super::super::http::{Answer, Call, Reply};
use super::super::world::World;
use super::{allow, error};

const READERS: [&str; 4] = ["admin", "observer", "creator", "audit"];
const WRITERS: [&str; 2] = ["admin", "creator"];

/// Whether the caller's microversion shows who consumes a secret.
fn shows_consumers(call: &Call) -> bool {
    super::version(call) == "key-manager 1.1"
}

/// Answers what is below `/v1`; none where it is not about a tenant's things.
pub(super) fn answer(world: &mut World, call: &Call, caller: &Caller, path: &[&str]) -> Option<Reply> {
    Some(match (call.method.as_str(), path) {
        ("GET", ["secrets"]) => list(world, call, caller, "secrets", "Secret(s) retrieval"),
        ("GET", ["containers"]) => list(world, call, caller, "containers", "Containers(s) retrieval"),
        ("GET", ["orders"]) => list(world, call, caller, "orders", "Orders(s) retrieval"),
        ("GET", ["secrets", id]) => {
            readable(world, caller, id, "retrieval").map(|one| Answer::ok(secret(call, id, one)))
        }
        ("DELETE", ["secrets", id]) => may_delete(world, caller, id).map(|()| {
            world.held.secrets.remove(*id);
            Answer::empty(204)
        }),
        ("GET", ["containers", id]) => {
            own_container(world, caller, id, "retrieval").map(|one| Answer::ok(container(call, id, one)))
        }
        ("DELETE", ["containers", id]) => delete_container(world, caller, id),
        ("GET", ["orders", id]) => own_order(world, caller, id).map(|one| Answer::ok(order(call, id, one))),
        ("DELETE", ["orders", id]) => delete_order(world, caller, id),
        _ => return None,
    })
}

fn refused(what: &str) -> Answer {
    let message = format!("{what} attempt not allowed - please review your user/project privileges");
    error(403, "Forbidden", &message)
}

fn missing(what: &str) -> Answer {
    error(404, "Not Found", &format!("{what} not found."))
}

fn is_own(caller: &Caller, project: &str) -> bool {
    caller.project() == Some(project)
}

fn list(world: &World, call: &Call, caller: &Caller, key: &str, what: &str) -> Reply {
    allow(caller, what, &READERS)?;
    let held = &world.held;
    let all: Vec<Value> = match key {
        "secrets" => {
            let own = held.secrets.iter().filter(|(_, one)| is_own(caller, &one.project));
            own.map(|(id, one)| secret(call, id, one)).collect()
        }
        "containers" => {
            let own = held.containers.iter().filter(|(_, one)| is_own(caller, &one.project));
            own.map(|(id, one)| container(call, id, one)).collect()
        }
        _ => {
            let own = held.orders.iter().filter(|(_, one)| is_own(caller, &one.project));
            own.map(|(id, one)| order(call, id, one)).collect()
        }
    };
    let number = |name: &str| call.param(name).and_then(|value| value.parse::<usize>().ok());
    let (offset, limit) = (number("offset").unwrap_or(0), number("limit").unwrap_or(10).min(100));
    let total = all.len();
    let rows: Vec<Value> = all.into_iter().skip(offset).take(limit).collect();
    let is_empty = rows.is_empty();
    let mut body = json!({key: rows, "total": total});
    let page = |offset: usize| json!(format!("{}?limit={limit}&offset={offset}", call.address()));
    if offset + limit < total {
        body["next"] = page(offset + limit);
    }
    if offset > 0 && !is_empty {
        body["previous"] = page(offset.saturating_sub(limit));
    }
    Ok(Answer::ok(body))
}

fn secret(call: &Call, id: &str, one: &Secret) -> Value {
    let Secret { name, project: _, creator, is_private: _, consumers } = one;
    let mut row = json!({
        "name": name, "status": "ACTIVE", "creator_id": creator, "secret_ref": format!("{}/v1/secrets/{id}", call.base()),
    });
    if shows_consumers(call) {
        let each = |(service, kind, id): &(String, String, String)| json!({"service": service, "resource_type": kind, "resource_id": id});
        row["consumers"] = consumers.iter().map(each).collect();
    }
    row
}

fn container(call: &Call, id: &str, one: &SecretContainer) -> Value {
    let SecretContainer { name, project: _, creator, consumers } = one;
    let consumers: Vec<Value> =
        consumers.iter().map(|(name, url)| json!({"name": name, "URL": url})).collect();
    json!({
        "name": name, "status": "ACTIVE", "creator_id": creator, "consumers": consumers,
        "container_ref": format!("{}/v1/containers/{id}", call.base()),
    })
}

fn order(call: &Call, id: &str, one: &SecretOrder) -> Value {
    let SecretOrder { name, project: _, creator, secret } = one;
    json!({
        "status": "ACTIVE", "creator_id": creator, "meta": {"name": name},
        "order_ref": format!("{}/v1/orders/{id}", call.base()),
        "secret_ref": format!("{}/v1/secrets/{secret}", call.base()),
    })
}

/// What an access list leaves out the project of, its creator and the project's administrators alone see.
fn readable<'w>(world: &'w World, caller: &Caller, id: &str, what: &str) -> Result<&'w Secret, Answer> {
    let one = world.held.secrets.get(id).ok_or_else(|| missing("Secret"))?;
    let named = !one.is_private || caller.has("admin") || one.creator == caller.user;
    match is_own(caller, &one.project) && caller.has_any(&READERS) && named {
        true => Ok(one),
        false => Err(refused(&format!("Secret {what}"))),
    }
}

fn may_delete(world: &World, caller: &Caller, id: &str) -> Result<(), Answer> {
    let one = readable(world, caller, id, "deletion")?;
    let may = caller.has("admin") || caller.has("creator") && one.creator == caller.user || !one.is_private;
    if may && caller.has_any(&WRITERS) { Ok(()) } else { Err(refused("Secret deletion")) }
}

fn own_container<'w>(
    world: &'w World,
    caller: &Caller,
    id: &str,
    what: &str,
) -> Result<&'w SecretContainer, Answer> {
    let one = world.held.containers.get(id).ok_or_else(|| missing("Secrets container"))?;
    match is_own(caller, &one.project) && caller.has_any(&READERS) {
        true => Ok(one),
        false => Err(refused(&format!("Container {what}"))),
    }
}

fn delete_container(world: &mut World, caller: &Caller, id: &str) -> Reply {
    own_container(world, caller, id, "deletion")?;
    if !caller.has_any(&WRITERS) {
        return Err(refused("Container deletion"));
    }
    world.held.containers.remove(id);
    Ok(Answer::empty(204))
}

/// Another project's is not there.
fn own_order<'w>(world: &'w World, caller: &Caller, id: &str) -> Result<&'w SecretOrder, Answer> {
    let own = world.held.orders.get(id).filter(|one| is_own(caller, &one.project));
    own.ok_or_else(|| missing("Order"))
}

fn delete_order(world: &mut World, caller: &Caller, id: &str) -> Reply {
    own_order(world, caller, id)?;
    if !caller.has_any(&WRITERS) {
        return Err(refused("Order deletion"));
    }
    world.held.orders.remove(id);
    Ok(Answer::empty(204))
}
