//! Projects and their tags.

use serde_json::{Value, json};

use super::super::access::Caller;
use super::super::http::{Answer, Call, Reply};
use super::super::world::{Actor, Project, Scope, World};
use super::{allow, asked_for, error, link, listing, missing, name, text, unknown};

pub(super) fn answer(world: &mut World, call: &Call, caller: &Caller, path: &[&str]) -> Reply {
    match (call.method.as_str(), path) {
        ("GET", []) => list(world, call, caller),
        ("POST", []) => create(world, call, caller),
        ("GET", [id]) => {
            if caller.project() != Some(id) {
                allow(call, caller, "get_project")?;
            }
            let project = world.projects.get(*id).ok_or_else(|| missing("project", id))?;
            Ok(Answer::ok(json!({"project": show(call, id, project)})))
        }
        ("PATCH", [id]) => update(world, call, caller, id),
        ("DELETE", [id]) => delete(world, call, caller, id),
        ("GET", [id, "tags"]) => {
            allow(call, caller, "list_project_tags")?;
            let project = world.projects.get(*id).ok_or_else(|| missing("project", id))?;
            Ok(tags(call, project))
        }
        ("PUT", [id, "tags"]) => set_tags(world, call, caller, id),
        _ => Err(unknown()),
    }
}

fn list(world: &World, call: &Call, caller: &Caller) -> Reply {
    allow(call, caller, "list_projects")?;
    if call.flag("is_domain") {
        return Ok(listing(call, "projects", super::domains::as_projects(world, call)));
    }
    let wanted = |row: &Value| {
        asked_for(call, row, &["domain_id", "parent_id", "name", "enabled", "id"]) && tagged(call, row)
    };
    let rows = world.projects.iter().map(|(id, project)| show(call, id, project)).filter(wanted);
    Ok(listing(call, "projects", rows.collect()))
}

fn tagged(call: &Call, row: &Value) -> bool {
    let has = |tag: &str| row["tags"].as_array().is_some_and(|tags| tags.iter().any(|have| have == tag));
    call.param("tags").is_none_or(|tags| tags.split(',').all(has))
        && call.param("tags-any").is_none_or(|tags| tags.split(',').any(has))
}

/// The projects on which a user has a role.
pub(super) fn of_user(world: &World, call: &Call, user: &str) -> Vec<Value> {
    let mine = |id: &str| !world.effective_roles(user, &Scope::Project(id.to_owned())).is_empty();
    let rows = world.projects.iter().filter(|(id, project)| project.enabled && mine(id));
    rows.map(|(id, project)| show(call, id, project)).collect()
}

fn create(world: &mut World, call: &Call, caller: &Caller) -> Reply {
    allow(call, caller, "create_project")?;
    let given = call.object("project");
    let name = name(&given, 64)?;
    let tags = given.get("tags").map(|tags| tag_list(tags, "tags/")).transpose()?.unwrap_or_default();
    let own = || caller.project().and_then(|id| world.projects.get(id)).map(|project| project.domain.clone());
    let domain = text(&given, "domain_id").or_else(own).unwrap_or_else(|| "default".to_owned());
    if !world.domains.contains_key(&domain) {
        return Err(error(400, &format!("Could not find domain: {domain}.")));
    }
    let parent = text(&given, "parent_id").unwrap_or_else(|| domain.clone());
    if parent != domain && !world.projects.contains_key(&parent) {
        return Err(error(400, &format!("Could not find project: {parent}.")));
    }
    let id = world.id();
    if taken(world, &domain, &name, &id) {
        let message = format!(
            "Conflict occurred attempting to store project - it is not permitted to have two projects with either \
             the same name or same id in the same domain: name is {name}, project id {id}."
        );
        return Err(error(409, &message));
    }
    let project = Project {
        name,
        domain,
        parent,
        description: text(&given, "description").unwrap_or_default(),
        enabled: given.get("enabled").and_then(Value::as_bool).unwrap_or(true),
        tags,
        immutable: given.pointer("/options/immutable").and_then(Value::as_bool),
    };
    let answer = Answer::new(201, json!({"project": show(call, &id, &project)}));
    world.projects.insert(id, project);
    Ok(answer)
}

/// MariaDB compares names without the case of letters.
fn taken(world: &World, domain: &str, name: &str, but: &str) -> bool {
    let same =
        |project: &Project| project.domain == domain && project.name.to_lowercase() == name.to_lowercase();
    world.projects.iter().any(|(id, project)| id != but && same(project))
}

fn update(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Reply {
    allow(call, caller, "update_project")?;
    let given = call.object("project");
    let new_name = given.get("name").map(|_| name(&given, 64)).transpose()?;
    let new_tags = given.get("tags").map(|tags| tag_list(tags, "tags/")).transpose()?;
    let project = world.projects.get(id).ok_or_else(|| missing("project", id))?;
    if project.immutable == Some(true) && !only_lifts(&given) {
        return Err(immutable("update", id));
    }
    let stays = project.enabled || given.get("enabled") == Some(&Value::Bool(false));
    if !stays && !world.above_is_enabled(id) {
        let message = format!("Cannot enable project {id} since it has disabled parents");
        return Err(error(403, &message));
    }
    let disables = given.get("enabled") == Some(&Value::Bool(false));
    if disables && world.projects.values().any(|child| child.parent == id && child.enabled) {
        let message = format!("Cannot disable project {id} since its subtree contains enabled projects.");
        return Err(error(403, &message));
    }
    if let Some(name) = &new_name
        && taken(world, &project.domain, name, id)
    {
        let message = format!(
            "Conflict occurred attempting to store project - it is not permitted to have two projects with either \
             the same name or same id in the same domain: name is {name}, project id {id}."
        );
        return Err(error(409, &message));
    }
    let project = world.projects.get_mut(id).ok_or_else(|| missing("project", id))?;
    if let Some(name) = new_name {
        project.name = name;
    }
    if let Some(tags) = new_tags {
        project.tags = tags;
    }
    if let Some(description) = given.get("description") {
        project.description = description.as_str().unwrap_or_default().to_owned();
    }
    if let Some(enabled) = given.get("enabled").and_then(Value::as_bool) {
        project.enabled = enabled;
    }
    if let Some(option) = given.pointer("/options/immutable") {
        project.immutable = option.as_bool();
    }
    let mut row = show(call, id, project);
    row["extra"] = json!({});
    Ok(Answer::ok(json!({"project": row})))
}

/// The one change of an immutable project that is allowed: this option, false or null, and nothing beside it.
fn only_lifts(given: &Value) -> bool {
    let alone = given.as_object().is_some_and(|given| given.len() == 1);
    alone && matches!(given.pointer("/options/immutable"), Some(Value::Null | Value::Bool(false)))
}

fn immutable(verb: &str, id: &str) -> Answer {
    let message = format!(
        "Unable to {verb} immutable project resource: `{id}. Set resource option \"immutable\" to false first."
    );
    error(403, &message)
}

fn delete(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Reply {
    allow(call, caller, "delete_project")?;
    let project = world.projects.get(id).ok_or_else(|| missing("project", id))?;
    if project.immutable == Some(true) {
        return Err(immutable("delete", id));
    }
    if world.projects.values().any(|child| child.parent == id) {
        let message = format!(
            "Cannot delete the project {id} since it is not a leaf in the hierarchy. Use the cascade option if you \
             want to delete a whole subtree."
        );
        return Err(error(403, &message));
    }
    forget(world, id);
    Ok(Answer::empty(204))
}

/// The project goes with its role assignments, credentials and trusts; application credentials, and what other services have of it, stay.
pub(super) fn forget(world: &mut World, id: &str) {
    world.projects.remove(id);
    world.credentials.retain(|_, credential| credential.project.as_deref() != Some(id));
    world.trusts.retain(|_, trust| trust.project != id);
    world.grants.retain(|grant| grant.scope != Scope::Project(id.to_owned()));
}

/// A user goes with its assignments and credentials.
pub(super) fn forget_user(world: &mut World, id: &str) {
    world.users.remove(id);
    world.grants.retain(|grant| grant.to != Actor::User(id.to_owned()));
    world.memberships.retain(|(_, user)| user != id);
    world.application_credentials.retain(|_, credential| credential.user != id);
    world.credentials.retain(|_, credential| credential.user != id);
    world.trusts.retain(|_, trust| trust.trustor != id && trust.trustee != id);
}

/// `field` is how Keystone calls the list in its message.
fn tag_list(given: &Value, field: &str) -> Result<Vec<String>, Answer> {
    let mut tags = Vec::new();
    for (number, tag) in given.as_array().into_iter().flatten().enumerate() {
        let tag = tag.as_str().unwrap_or_default();
        let wrong = match tag.chars().count() {
            0 => "is too short",
            length if length > 255 => "is too long",
            _ if tag.contains([',', '/']) => "does not match '^[^,/]*$'",
            _ => {
                tags.push(tag.to_owned());
                continue;
            }
        };
        return Err(error(400, &format!("Invalid input for field '{field}{number}': '{tag}' {wrong}")));
    }
    Ok(tags)
}

fn set_tags(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Reply {
    allow(call, caller, "update_project_tags")?;
    let given = call.body.as_ref().and_then(|body| body.get("tags")).cloned().unwrap_or_else(|| json!([]));
    let given = tag_list(&given, "")?;
    let project = world.projects.get_mut(id).ok_or_else(|| missing("project", id))?;
    if project.immutable == Some(true) {
        let message = format!(
            "Cannot update project tags for {id}, project is immutable. Set \"immutable\" option to false before \
             creating project tags."
        );
        return Err(error(403, &message));
    }
    project.tags = given;
    Ok(tags(call, project))
}

fn tags(call: &Call, project: &Project) -> Answer {
    Answer::ok(json!({"links": {"self": format!("{}/v3", call.base())}, "tags": project.tags}))
}

fn show(call: &Call, id: &str, project: &Project) -> Value {
    let options = match project.immutable {
        Some(immutable) => json!({"immutable": immutable}),
        None => json!({}),
    };
    json!({
        "id": id, "name": project.name, "domain_id": project.domain, "description": project.description,
        "enabled": project.enabled, "parent_id": project.parent, "is_domain": false, "tags": project.tags,
        "options": options, "links": link(call, &format!("projects/{id}")),
    })
}
