//! Users, groups of users, and roles.

use serde_json::{Value, json};

use super::super::access::Caller;
use super::super::http::{Answer, Call, Reply};
use super::super::world::{Actor, Group, Role, User, World};
use super::{allow, asked_for, error, link, listing, missing, name, projects, text, unknown};

pub(super) fn answer(world: &mut World, call: &Call, caller: &Caller, path: &[&str]) -> Reply {
    match (call.method.as_str(), path) {
        ("GET", ["users"]) => {
            allow(call, caller, "list_users")?;
            let rows = world.users.iter().map(|(id, user)| show_user(call, id, user));
            let rows = rows.filter(|row| asked_for(call, row, &["domain_id", "name", "enabled"]));
            Ok(listing(call, "users", rows.collect()))
        }
        ("POST", ["users"]) => create_user(world, call, caller),
        ("GET", ["users", id]) => {
            if caller.user != *id {
                allow(call, caller, "get_user")?;
            }
            let user = world.users.get(*id).ok_or_else(|| missing("user", id))?;
            Ok(Answer::ok(json!({"user": show_user(call, id, user)})))
        }
        ("DELETE", ["users", id]) => {
            allow(call, caller, "delete_user")?;
            if !world.users.contains_key(*id) {
                return Err(missing("user", id));
            }
            projects::forget_user(world, id);
            Ok(Answer::empty(204))
        }
        ("GET", ["groups"]) => {
            allow(call, caller, "list_groups")?;
            let rows = world.groups.iter().map(|(id, group)| show_group(call, id, group));
            let rows = rows.filter(|row| asked_for(call, row, &["domain_id", "name"]));
            Ok(listing(call, "groups", rows.collect()))
        }
        ("POST", ["groups"]) => create_group(world, call, caller),
        ("GET", ["groups", id]) => {
            allow(call, caller, "get_group")?;
            let group = world.groups.get(*id).ok_or_else(|| missing("group", id))?;
            Ok(Answer::ok(json!({"group": show_group(call, id, group)})))
        }
        ("DELETE", ["groups", id]) => {
            allow(call, caller, "delete_group")?;
            world.groups.remove(*id).ok_or_else(|| missing("group", id))?;
            world.grants.retain(|grant| grant.to != Actor::Group((*id).to_owned()));
            world.memberships.retain(|(group, _)| group != id);
            Ok(Answer::empty(204))
        }
        ("PUT", ["groups", group, "users", user]) => {
            allow(call, caller, "add_user_to_group")?;
            if !world.groups.contains_key(*group) {
                return Err(missing("group", group));
            }
            if !world.users.contains_key(*user) {
                return Err(missing("user", user));
            }
            world.memberships.insert(((*group).to_owned(), (*user).to_owned()));
            Ok(Answer::empty(204))
        }
        _ => Err(unknown()),
    }
}

pub(super) fn roles(world: &World, call: &Call, caller: &Caller, path: &[&str]) -> Reply {
    match path {
        [] => {
            allow(call, caller, "list_roles")?;
            let rows = world.roles.iter().map(|(id, role)| show_role(call, id, role));
            let rows = rows.filter(|row| asked_for(call, row, &["name"]));
            Ok(listing(call, "roles", rows.collect()))
        }
        [id] => {
            allow(call, caller, "get_role")?;
            let role = world.roles.get(*id).ok_or_else(|| missing("role", id))?;
            Ok(Answer::ok(json!({"role": show_role(call, id, role)})))
        }
        _ => Err(unknown()),
    }
}

fn create_user(world: &mut World, call: &Call, caller: &Caller) -> Reply {
    allow(call, caller, "create_user")?;
    let given = call.object("user");
    let name = name(&given, 255)?;
    let domain = text(&given, "domain_id").unwrap_or_else(|| "default".to_owned());
    if world.users.values().any(|user| user.domain == domain && user.name == name) {
        return Err(duplicate("user", &name, &domain));
    }
    let password = text(&given, "password").unwrap_or_default();
    let user = User { name, domain, password, enabled: given.get("enabled") != Some(&Value::Bool(false)) };
    let id = world.id();
    let answer = Answer::new(201, json!({"user": show_user(call, &id, &user)}));
    world.users.insert(id, user);
    Ok(answer)
}

fn create_group(world: &mut World, call: &Call, caller: &Caller) -> Reply {
    allow(call, caller, "create_group")?;
    let given = call.object("group");
    let name = name(&given, 64)?;
    let domain = text(&given, "domain_id").unwrap_or_else(|| "default".to_owned());
    if world.groups.values().any(|group| group.domain == domain && group.name == name) {
        return Err(duplicate("group", &name, &domain));
    }
    let group = Group { name, domain, description: text(&given, "description").unwrap_or_default() };
    let id = world.id();
    let answer = Answer::new(201, json!({"group": show_group(call, &id, &group)}));
    world.groups.insert(id, group);
    Ok(answer)
}

fn duplicate(kind: &str, name: &str, domain: &str) -> Answer {
    let message = format!(
        "Conflict occurred attempting to store {kind} - Duplicate entry found with name {name} at domain ID {domain}."
    );
    error(409, &message)
}

fn show_user(call: &Call, id: &str, user: &User) -> Value {
    json!({
        "id": id, "name": user.name, "domain_id": user.domain, "enabled": user.enabled,
        "password_expires_at": null, "options": {}, "links": link(call, &format!("users/{id}")),
    })
}

fn show_group(call: &Call, id: &str, group: &Group) -> Value {
    json!({
        "id": id, "name": group.name, "domain_id": group.domain, "description": group.description,
        "links": link(call, &format!("groups/{id}")),
    })
}

fn show_role(call: &Call, id: &str, role: &Role) -> Value {
    let options = if role.immutable { json!({"immutable": true}) } else { json!({}) };
    json!({
        "id": id, "name": role.name, "domain_id": null, "description": null, "options": options,
        "links": link(call, &format!("roles/{id}")),
    })
}
