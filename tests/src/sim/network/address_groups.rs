//! Address groups.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::access::Caller;
use super::super::http::{Answer, Call, Reply, python_list};
use super::super::world::{AddressGroup, World, stamp};
use super::paging::{self, Kind};
use super::{bad, cidr, constrained, error, given, may_write, not_found, project_of, remove, sees, text};

const KIND: Kind = Kind {
    rows: "address_groups",
    filters: &["id", "name", "project_id", "tenant_id", "description", "shared", "revision_number"],
};
const ATTRIBUTES: [&str; 5] = ["name", "description", "addresses", "project_id", "tenant_id"];

pub(super) fn answer(world: &mut World, call: &Call, caller: &Caller, path: &[&str]) -> Reply {
    match (call.method.as_str(), path) {
        ("GET", []) => {
            let groups = &world.address_groups;
            let row = |id: &str| groups.get(id).map_or(Value::Null, |group| show(id, group));
            paging::list(call, caller, KIND, groups.keys().map(String::as_str), row)
        }
        ("POST", []) => create(world, call, caller),
        ("GET", [id]) => {
            let row = show(id, find(world, caller, id)?);
            Ok(Answer::ok(json!({"address_group": paging::fields(call, &row)})))
        }
        ("PUT", [id]) => update(world, call, caller, id),
        ("PUT", [id, verb @ ("add_addresses" | "remove_addresses")]) => {
            change_addresses(world, call, caller, id, verb)
        }
        ("DELETE", [id]) => {
            let group = find(world, caller, id)?;
            may_write(caller, &group.project, "delete_address_group")?;
            if world.rules().any(|(_, _, rule)| rule.remote_address_group.as_deref() == Some(id)) {
                let message = format!("Address group {id} is in use on one or more security group rules.");
                return Err(error(409, "AddressGroupInUse", &message));
            }
            constrained(call, group.revision)?;
            world.address_groups.remove(*id);
            remove::forget_shares(world, id);
            Ok(Answer::empty(204))
        }
        _ => Err(not_found()),
    }
}

fn find<'a>(world: &'a World, caller: &Caller, id: &str) -> Result<&'a AddressGroup, Answer> {
    let group = world.address_groups.get(id).filter(|group| sees(caller, &group.project));
    group.ok_or_else(|| missing(id))
}

pub(super) fn missing(id: &str) -> Answer {
    error(404, "AddressGroupNotFound", &format!("Address group {id} could not be found."))
}

fn addresses(given: Option<&Value>) -> Result<BTreeSet<String>, Answer> {
    let mut all = BTreeSet::new();
    for address in given.and_then(Value::as_array).into_iter().flatten() {
        let text = address.as_str().unwrap_or_default();
        let message = format!("Invalid input for addresses. Reason: '{text}' is not a valid IP subnet.");
        all.insert(cidr::parse(text).ok_or_else(|| bad(&message))?.network);
    }
    Ok(all)
}

fn create(world: &mut World, call: &Call, caller: &Caller) -> Reply {
    let given = given(call, "address_group", &ATTRIBUTES)?;
    let name = text(&given, "name", 255)?.unwrap_or_default();
    let description = text(&given, "description", 255)?.unwrap_or_default();
    let addresses = addresses(given.get("addresses"))?;
    let project = project_of(&given, caller, "create_address_group")?;
    let (created, updated) = (stamp(), stamp());
    // Each address counts one.
    let revision = addresses.len() as u64;
    let group = AddressGroup { name, project, description, addresses, revision, created, updated };
    let id = world.uuid();
    let answer = Answer::new(201, json!({"address_group": show(&id, &group)}));
    world.address_groups.insert(id, group);
    Ok(answer)
}

fn update(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Reply {
    let given = given(call, "address_group", &ATTRIBUTES)?;
    let (name, description) = (text(&given, "name", 255)?, text(&given, "description", 255)?);
    let group = find(world, caller, id)?;
    may_write(caller, &group.project, "update_address_group")?;
    constrained(call, group.revision)?;
    let group = world.address_groups.get_mut(id).ok_or_else(|| missing(id))?;
    let before = (group.name.clone(), group.description.clone());
    group.name = name.unwrap_or_else(|| before.0.clone());
    group.description = description.unwrap_or_else(|| before.1.clone());
    if before != (group.name.clone(), group.description.clone()) {
        group.revision += 1;
        group.updated = stamp();
    }
    Ok(Answer::ok(json!({"address_group": show(id, group)})))
}

fn change_addresses(world: &mut World, call: &Call, caller: &Caller, id: &str, verb: &str) -> Reply {
    let given = addresses(call.body.as_ref().and_then(|body| body.get("addresses")))?;
    let group = find(world, caller, id)?;
    may_write(caller, &group.project, "update_address_group")?;
    constrained(call, group.revision)?;
    let adds = verb == "add_addresses";
    let wrong = given.iter().filter(|address| group.addresses.contains(*address) == adds).cloned();
    let wrong: Vec<String> = wrong.collect();
    if !wrong.is_empty() {
        let list = python_list(&wrong);
        return Err(match adds {
            true => {
                let message = format!("Addresses {list} already exist in the address group {id}.");
                error(400, "AddressesAlreadyExist", &message)
            }
            false => error(
                404,
                "AddressesNotFound",
                &format!("Addresses {list} not found in the address group {id}."),
            ),
        });
    }
    let row = world.row();
    let group = world.address_groups.get_mut(id).ok_or_else(|| missing(id))?;
    match adds {
        true => group.addresses.extend(given.iter().cloned()),
        false => group.addresses.retain(|address| !given.contains(address)),
    }
    group.revision += given.len() as u64;
    group.updated = stamp();
    let mut shown = show(id, group);
    shown["shared"] = json!(false);
    shown["standard_attr_id"] = json!(row);
    Ok(Answer::ok(json!({"address_group": shown})))
}

fn show(id: &str, group: &AddressGroup) -> Value {
    json!({
        "id": id, "name": group.name, "project_id": group.project, "tenant_id": group.project,
        "addresses": group.addresses, "description": group.description, "revision_number": group.revision,
        "created_at": group.created, "updated_at": group.updated,
    })
}
