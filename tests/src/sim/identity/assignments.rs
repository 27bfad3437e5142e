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
    let held = if call.flag("effective") { effective(world) } else { direct(world) };
    let rows = held.iter().filter(|held| wanted(call, &held.grant)).map(|held| show(world, call, held));
    Ok(listing(call, "role_assignments", rows.collect()))
}

/// A role that somebody has, and by what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    grant: Grant,
    /// The grant that it comes from: of a group, or of a role that implies this one.
    from: Grant,
    /// The role that implies this one.
    prior: Option<String>,
}

fn direct(world: &World) -> BTreeSet<Held> {
    let held = |grant: &Grant| Held { grant: grant.clone(), from: grant.clone(), prior: None };
    world.grants.iter().map(held).collect()
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
fn effective(world: &World) -> BTreeSet<Held> {
    let mut all = BTreeSet::new();
    for from in &world.grants {
        let users: Vec<String> = match &from.to {
            Actor::User(id) => vec![id.clone()],
            Actor::Group(group) => {
                let members = world.memberships.iter().filter(|(of, _)| of == group);
                members.map(|(_, user)| user.clone()).collect()
            }
        };
        let mut roles = vec![(from.role.clone(), None)];
        while let Some((role, prior)) = roles.pop() {
            let implied = world.roles.get(&role).map(|role| role.implies.as_slice()).unwrap_or_default();
            let implied = implied.iter().filter_map(|name| world.role_id(name));
            roles.extend(implied.map(|implied| (implied, Some(role.clone()))));
            for scope in places(world, from) {
                all.extend(users.iter().map(|user| Held {
                    grant: Grant {
                        to: Actor::User(user.clone()),
                        role: role.clone(),
                        scope: scope.clone(),
                        inherited: from.inherited,
                    },
                    from: from.clone(),
                    prior: prior.clone(),
                }));
            }
        }
    }
    all
}

/// Where a grant holds: an inherited one on the projects below alone.
fn places(world: &World, from: &Grant) -> Vec<Scope> {
    if !from.inherited {
        return vec![from.scope.clone()];
    }
    let (Scope::Project(above) | Scope::Domain(above)) = &from.scope else { return Vec::new() };
    let below = world.projects.keys().filter(|id| world.ancestors(id).contains(above));
    below.map(|id| Scope::Project(id.clone())).collect()
}

fn show(world: &World, call: &Call, held: &Held) -> Value {
    let grant = &held.grant;
    let names = call.flag("include_names");
    let (key, actor) = match &grant.to {
        Actor::User(id) => {
            let user = world.users.get(id).map(|user| (user.name.as_str(), user.domain.as_str()));
            ("user", named(world, names, id, user))
        }
        Actor::Group(id) => {
            let group = world.groups.get(id).map(|group| (group.name.as_str(), group.domain.as_str()));
            ("group", named(world, names, id, group))
        }
    };
    let mut scope = match &grant.scope {
        Scope::System => json!({"system": {"all": true}}),
        Scope::Domain(id) => json!({"domain": domain(world, names, id)}),
        Scope::Project(id) => {
            let project =
                world.projects.get(id).map(|project| (project.name.as_str(), project.domain.as_str()));
            json!({"project": named(world, names, id, project)})
        }
    };
    if grant.inherited {
        scope["OS-INHERIT:inherited_to"] = json!("projects");
    }
    let mut role = json!({"id": grant.role});
    if names {
        role["name"] = json!(world.roles.get(&grant.role).map(|role| role.name.as_str()));
    }
    json!({key: actor, "scope": scope, "role": role, "links": links(call, held)})
}

fn links(call: &Call, held: &Held) -> Value {
    let Held { grant, from, prior } = held;
    let base = format!("{}/v3", call.base());
    let path = match &from.to {
        Actor::User(id) => format!("users/{id}"),
        Actor::Group(id) => format!("groups/{id}"),
    };
    let place = match &from.scope {
        Scope::System => "system".to_owned(),
        Scope::Domain(id) => format!("domains/{id}"),
        Scope::Project(id) => format!("projects/{id}"),
    };
    let assignment = match from.inherited {
        true => format!("{base}/OS-INHERIT/{place}/{path}/roles/{}/inherited_to_projects", from.role),
        false => format!("{base}/{place}/{path}/roles/{}", from.role),
    };
    let mut links = json!({"assignment": assignment});
    if let Some(prior) = prior {
        links["prior_role"] = json!(format!("{base}/prior_role/{}/implies/{prior}", grant.role));
    }
    if let (Actor::User(user), Actor::Group(group)) = (&grant.to, &from.to) {
        links["membership"] = json!(format!("{base}/groups/{group}/users/{user}"));
    }
    links
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
