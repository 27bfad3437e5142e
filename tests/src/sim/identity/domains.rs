//! Domains.

use serde_json::{Value, json};

use super::super::access::Caller;
use super::super::http::{Answer, Call, Reply};
use super::super::world::{Domain, World};
use super::{allow, asked_for, error, link, listing, missing, name, projects, text, unknown};

pub(super) fn answer(world: &mut World, call: &Call, caller: &Caller, path: &[&str]) -> Reply {
    match (call.method.as_str(), path) {
        ("GET", []) => {
            allow(call, caller, "list_domains")?;
            let rows = world.domains.iter().map(|(id, domain)| show(call, id, domain));
            let rows = rows.filter(|row| asked_for(call, row, &["name", "enabled", "id"]));
            Ok(listing(call, "domains", rows.collect()))
        }
        ("POST", []) => create(world, call, caller),
        ("GET", [id]) => {
            allow(call, caller, "get_domain")?;
            let domain = world.domains.get(*id).ok_or_else(|| missing("domain", id))?;
            Ok(Answer::ok(json!({"domain": show(call, id, domain)})))
        }
        ("PATCH", [id]) => update(world, call, caller, id),
        ("DELETE", [id]) => delete(world, call, caller, id),
        _ => Err(unknown()),
    }
}

fn create(world: &mut World, call: &Call, caller: &Caller) -> Reply {
    allow(call, caller, "create_domain")?;
    let given = call.object("domain");
    let name = name(&given, 64)?;
    if world.domains.values().any(|domain| domain.name.to_lowercase() == name.to_lowercase()) {
        let message = format!(
            "Conflict occurred attempting to store project - it is not permitted to have two projects acting as \
             domains with the same name: {name}."
        );
        return Err(error(409, &message));
    }
    let description = text(&given, "description").unwrap_or_default();
    let domain = Domain { name, description, enabled: given.get("enabled") != Some(&Value::Bool(false)) };
    let id = world.id();
    let answer = Answer::new(201, json!({"domain": show(call, &id, &domain)}));
    world.domains.insert(id, domain);
    Ok(answer)
}

fn update(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Reply {
    allow(call, caller, "update_domain")?;
    let given = call.object("domain");
    let domain = world.domains.get_mut(id).ok_or_else(|| missing("domain", id))?;
    if let Some(enabled) = given.get("enabled").and_then(Value::as_bool) {
        domain.enabled = enabled;
    }
    if let Some(description) = text(&given, "description") {
        domain.description = description;
    }
    Ok(Answer::ok(json!({"domain": show(call, id, domain)})))
}

fn delete(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Reply {
    allow(call, caller, "delete_domain")?;
    let domain = world.domains.get(id).ok_or_else(|| missing("domain", id))?;
    if domain.enabled {
        return Err(error(403, "Cannot delete a domain that is enabled, please disable it first."));
    }
    let projects = world.projects.iter().filter(|(_, project)| project.domain == id);
    let projects: Vec<String> = projects.map(|(id, _)| id.clone()).collect();
    if let Some(kept) = projects.iter().find(|id| world.projects[*id].immutable == Some(true)) {
        let message = format!(
            "Unable to delete immutable project resource: `{kept}. Set resource option \"immutable\" to false first."
        );
        return Err(error(403, &message));
    }
    let users = world.users.iter().filter(|(_, user)| user.domain == id);
    let users: Vec<String> = users.map(|(id, _)| id.clone()).collect();
    projects.iter().for_each(|project| projects::forget(world, project));
    users.iter().for_each(|user| projects::forget_user(world, user));
    world.groups.retain(|_, group| group.domain != id);
    world.domains.remove(id);
    Ok(Answer::empty(204))
}

/// `GET /projects?is_domain=true`.
pub(super) fn as_projects(world: &World, call: &Call) -> Vec<Value> {
    let row = |(id, domain): (&String, &Domain)| {
        json!({
            "id": id, "name": domain.name, "domain_id": null, "description": domain.description,
            "enabled": domain.enabled, "parent_id": null, "is_domain": true, "tags": [], "options": {},
            "links": link(call, &format!("projects/{id}")),
        })
    };
    world.domains.iter().map(row).collect()
}

fn show(call: &Call, id: &str, domain: &Domain) -> Value {
    json!({
        "id": id, "name": domain.name, "description": domain.description, "enabled": domain.enabled, "tags": [],
        "options": {}, "links": link(call, &format!("domains/{id}")),
    })
}
