//! Security groups.

use serde_json::{Value, json};

use super::super::access::Caller;
use super::super::http::{Answer, Call, Reply};
use super::super::world::{Networking, Rule, SecurityGroup, World};
use super::paging::{self, Kind};
use super::{
    bad, constrained, error, given, may_write, not_found, project_of, remove, rules, sees, text, within_quota,
};

const KIND: Kind = Kind {
    rows: "security_groups",
    filters: &[
        "id",
        "name",
        "project_id",
        "tenant_id",
        "description",
        "shared",
        "stateful",
        "revision_number",
        "tags",
    ],
};
const ATTRIBUTES: [&str; 5] = ["name", "description", "stateful", "project_id", "tenant_id"];

pub(super) fn answer(world: &mut World, call: &Call, caller: &Caller, path: &[&str]) -> Reply {
    match (call.method.as_str(), path) {
        ("GET", []) => list(world, call, caller),
        ("POST", []) => create(world, call, caller),
        ("GET", [id]) => {
            let group = find(world, caller, id)?;
            let row = paging::fields(call, &show(id, group, Seen::Alone));
            Ok(Answer::ok(json!({"security_group": row})))
        }
        ("PUT", [id]) => update(world, call, caller, id),
        ("DELETE", [id]) => delete(world, call, caller, id),
        _ => Err(not_found()),
    }
}

/// Reading makes the default group of the project that is asked for, or else of the caller's.
fn list(world: &mut World, call: &Call, caller: &Caller) -> Reply {
    let asked = call.param("project_id").or(call.param("tenant_id"));
    if let Some(project) = asked.or(caller.project()).map(str::to_owned)
        && sees(caller, &project)
    {
        world.default_group(&project);
    }
    let groups = &world.security_groups;
    let row = |id: &str| groups.get(id).map_or(Value::Null, |group| show(id, group, Seen::Listed));
    paging::list(call, caller, KIND, groups.keys().map(String::as_str), row)
}

fn create(world: &mut World, call: &Call, caller: &Caller) -> Reply {
    let given = given(call, "security_group", &ATTRIBUTES)?;
    let name = text(&given, "name", 255)?.unwrap_or_default();
    let description = text(&given, "description", 255)?.unwrap_or_default();
    let project = project_of(&given, caller, "create_security_group")?;
    world.default_group(&project);
    if name == "default" {
        return Err(default_exists());
    }
    let used = world.security_groups.values().filter(|group| group.project == project).count();
    within_quota(world, &project, "security_group", used)?;
    let id = world.add_security_group(&project, &name, &description);
    let group = world.security_groups.get_mut(&id).ok_or_else(|| missing(&id))?;
    group.stateful = given.get("stateful").and_then(Value::as_bool).unwrap_or(true);
    Ok(Answer::new(201, json!({"security_group": show(&id, group, Seen::Alone)})))
}

fn default_exists() -> Answer {
    error(409, "SecurityGroupDefaultAlreadyExists", "Default security group already exists.")
}

fn update(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Reply {
    let given = given(call, "security_group", &ATTRIBUTES)?;
    if given.get("project_id").or(given.get("tenant_id")).is_some() {
        return Err(bad("Cannot update read-only attribute tenant_id"));
    }
    let (name, description) = (text(&given, "name", 255)?, text(&given, "description", 255)?);
    let group = find(world, caller, id)?;
    may_write(caller, &group.project, "update_security_group")?;
    if name.as_deref().is_some_and(|name| group.name == "default" && name != "default") {
        let message = "Updating default security group not allowed.";
        return Err(error(409, "SecurityGroupCannotUpdateDefault", message));
    }
    if name.as_deref() == Some("default") && group.name != "default" {
        return Err(default_exists());
    }
    constrained(call, group.revision)?;
    let group = world.security_groups.get_mut(id).ok_or_else(|| missing(id))?;
    let before = (group.name.clone(), group.description.clone(), group.stateful);
    group.name = name.unwrap_or_else(|| before.0.clone());
    group.description = description.unwrap_or_else(|| before.1.clone());
    group.stateful = given.get("stateful").and_then(Value::as_bool).unwrap_or(before.2);
    // What changes nothing counts no revision.
    if before != (group.name.clone(), group.description.clone(), group.stateful) {
        group.touch();
    }
    Ok(Answer::ok(json!({"security_group": show(id, group, Seen::Alone)})))
}

/// The rules of other groups that name this one go with it, whosever they are.
fn delete(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Reply {
    let group = find(world, caller, id)?;
    may_write(caller, &group.project, "delete_security_group")?;
    let is_in =
        |port: &Value| port["security_groups"].as_array().is_some_and(|all| all.iter().any(|one| one == id));
    if world.of(Networking::Port).values().any(is_in) {
        return Err(error(409, "SecurityGroupInUse", &format!("Security Group {id} in use.")));
    }
    if group.name == "default" && !caller.has("admin") {
        let message = "Insufficient rights for removing default security group.";
        return Err(error(409, "SecurityGroupCannotRemoveDefault", message));
    }
    constrained(call, group.revision)?;
    world.security_groups.remove(id);
    remove::forget_shares(world, id);
    for other in world.security_groups.values_mut() {
        let before = other.rules.len();
        other.rules.retain(|_, rule| rule.remote_group.as_deref() != Some(id));
        if other.rules.len() < before {
            other.touch();
        }
    }
    Ok(Answer::empty(204))
}

pub(super) fn find<'a>(world: &'a World, caller: &Caller, id: &str) -> Result<&'a SecurityGroup, Answer> {
    let group = world.security_groups.get(id).filter(|group| sees(caller, &group.project));
    group.ok_or_else(|| missing(id))
}

pub(super) fn missing(id: &str) -> Answer {
    error(404, "SecurityGroupNotFound", &format!("Security group {id} does not exist"))
}

/// Neutron knows of a rule whether its group is the default one, but does not say so in a listing of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Listed,
    Alone,
}

fn show(id: &str, group: &SecurityGroup, seen: Seen) -> Value {
    let embed = |(rule_id, rule): (&String, &Rule)| {
        let mut row = rules::show(rule_id, rule, id, group);
        row["standard_attr_id"] = json!(rule.attribute);
        row["tags"] = json!([]);
        if seen == Seen::Listed {
            row["belongs_to_default_sg"] = Value::Null;
        }
        row
    };
    let rules: Vec<Value> = group.rules.iter().map(embed).collect();
    json!({
        "id": id, "name": group.name, "stateful": group.stateful, "project_id": group.project,
        "tenant_id": group.project, "description": group.description, "shared": false,
        "security_group_rules": rules, "tags": [], "created_at": group.created, "updated_at": group.updated,
        "revision_number": group.revision,
    })
}
