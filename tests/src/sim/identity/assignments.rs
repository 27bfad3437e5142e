//! `GET /v3/role_assignments`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::access::Caller;
use super::super::http::{Call, Reply};
use super::super::world::{Actor, Grant, Scope, World};
use super::{allow, error, listing};

pub(super) fn list(world: &World, call: &Call, caller: &Caller) -> Reply {
    allow(call, caller, "list_role_assignments")?;
    if call.param("user.id").is_some() && call.param("group.id").is_some() {
        return Err(error(400, "Specify a user or group, not both"));
    }
    let grants = if call.flag("effective") { effective(world) } else { world.grants.clone() };
    let rows = grants.iter().filter(|grant| wanted(call, grant)).map(|grant| show(world, call, grant));
    Ok(listing(call, "role_assignments", rows.collect()))
}

fn wanted(call: &Call, grant: &Grant) -> bool {
    let is = |name: &str, value: Option<&str>| call.param(name).is_none_or(|asked| Some(asked) == value);
    let (user, group) = match &grant.to {
        Actor::User(id) => (Some(id.as_str()), None),
        Actor::Group(id) => (None, Some(id.as_str())),
    };
    let (project, domain, system) = match &grant.scope {
        Scope::Project(id) => (Some(id.as_str()), None, false),
        Scope::Domain(id) => (None, Some(id.as_str()), false),
        Scope::System => (None, None, true),
    };
    is("user.id", user)
        && is("group.id", group)
        && is("role.id", Some(&grant.role))
        && is("scope.project.id", project)
        && is("scope.domain.id", domain)
        && (call.param("scope.system").is_none() || system)
}

/// Groups become their members, and roles bring the roles that they imply.
fn effective(world: &World) -> BTreeSet<Grant> {
    let mut all = BTreeSet::new();
    for grant in &world.grants {
        let users: Vec<String> = match &grant.to {
            Actor::User(id) => vec![id.clone()],
            Actor::Group(group) => {
                world.memberships.iter().filter(|(of, _)| of == group).map(|(_, user)| user.clone()).collect()
            }
        };
        let mut roles = vec![grant.role.clone()];
        while let Some(role) = roles.pop() {
            let implied = world.roles.get(&role).map(|role| role.implies.as_slice()).unwrap_or_default();
            roles.extend(implied.iter().filter_map(|name| world.role_id(name)));
            let held =
                |user: &String| Grant { to: Actor::User(user.clone()), role: role.clone(), ..grant.clone() };
            all.extend(users.iter().map(held));
        }
    }
    all
}

fn show(world: &World, call: &Call, grant: &Grant) -> Value {
    let names = call.flag("include_names");
    let (key, actor, path) = match &grant.to {
        Actor::User(id) => {
            let user = world.users.get(id).map(|user| (user.name.as_str(), user.domain.as_str()));
            ("user", named(world, names, id, user), format!("users/{id}"))
        }
        Actor::Group(id) => {
            let group = world.groups.get(id).map(|group| (group.name.as_str(), group.domain.as_str()));
            ("group", named(world, names, id, group), format!("groups/{id}"))
        }
    };
    let (mut scope, place) = match &grant.scope {
        Scope::System => (json!({"system": {"all": true}}), "system".to_owned()),
        Scope::Domain(id) => (json!({"domain": domain(world, names, id)}), format!("domains/{id}")),
        Scope::Project(id) => {
            let project =
                world.projects.get(id).map(|project| (project.name.as_str(), project.domain.as_str()));
            (json!({"project": named(world, names, id, project)}), format!("projects/{id}"))
        }
    };
    let mut link = format!("{}/v3/{place}/{path}/roles/{}", call.base(), grant.role);
    if grant.inherited {
        scope["OS-INHERIT:inherited_to"] = json!("projects");
        link = format!(
            "{}/v3/OS-INHERIT/{place}/{path}/roles/{}/inherited_to_projects",
            call.base(),
            grant.role
        );
    }
    let mut role = json!({"id": grant.role});
    if names {
        role["name"] = json!(world.roles.get(&grant.role).map(|role| role.name.as_str()));
    }
    json!({key: actor, "scope": scope, "role": role, "links": {"assignment": link}})
}

fn named(world: &World, names: bool, id: &str, of: Option<(&str, &str)>) -> Value {
    match of {
        Some((name, domain_id)) if names => {
            json!({"id": id, "name": name, "domain": domain(world, true, domain_id)})
        }
        Some(_) | None => json!({"id": id}),
    }
}

fn domain(world: &World, names: bool, id: &str) -> Value {
    match names {
        true => json!({"id": id, "name": world.domains.get(id).map(|domain| domain.name.as_str())}),
        false => json!({"id": id}),
    }
}
