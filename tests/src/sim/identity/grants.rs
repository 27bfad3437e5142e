//! One role of one user or group on one project or domain, or on the projects below it.

use super::super::access::Caller;
use super::super::http::{Answer, Call, Reply};
use super::super::world::{Actor, Grant, Scope, World};
use super::{allow, error, missing, unknown};

pub(super) fn answer(
    world: &mut World,
    call: &Call,
    caller: &Caller,
    (scope, inherited): (&Scope, bool),
    (kind, who): (&str, &str),
    role: &str,
) -> Reply {
    let action = match call.method.as_str() {
        "HEAD" | "GET" => "check_grant",
        "PUT" => "create_grant",
        _ => "revoke_grant",
    };
    allow(call, caller, action)?;
    let to = match kind {
        "users" => Actor::User(who.to_owned()),
        _ => Actor::Group(who.to_owned()),
    };
    let grant = Grant { scope: scope.clone(), to, role: role.to_owned(), inherited };
    match call.method.as_str() {
        "HEAD" | "GET" if world.grants.contains(&grant) => Ok(Answer::empty(204)),
        "HEAD" | "GET" => Err(none(&grant)),
        "PUT" => {
            known(world, &grant)?;
            world.grants.insert(grant);
            Ok(Answer::empty(204))
        }
        // The user's application credentials stay in the list. One that has the role gives no token until it is back.
        "DELETE" if world.grants.remove(&grant) => Ok(Answer::empty(204)),
        "DELETE" => Err(none(&grant)),
        _ => Err(unknown()),
    }
}

fn known(world: &World, grant: &Grant) -> Result<(), Answer> {
    let scope = match &grant.scope {
        Scope::Project(id) if !world.projects.contains_key(id) => Some(missing("project", id)),
        Scope::Domain(id) if !world.domains.contains_key(id) => Some(missing("domain", id)),
        Scope::Project(_) | Scope::Domain(_) | Scope::System => None,
    };
    let actor = match &grant.to {
        Actor::User(id) if !world.users.contains_key(id) => Some(missing("user", id)),
        Actor::Group(id) if !world.groups.contains_key(id) => Some(missing("group", id)),
        Actor::User(_) | Actor::Group(_) => None,
    };
    let role = (!world.roles.contains_key(&grant.role)).then(|| missing("role", &grant.role));
    match role.or(actor).or(scope) {
        Some(refusal) => Err(refusal),
        None => Ok(()),
    }
}

fn none(grant: &Grant) -> Answer {
    let (Actor::User(who) | Actor::Group(who)) = &grant.to;
    let place = match &grant.scope {
        Scope::Project(id) | Scope::Domain(id) => id.as_str(),
        Scope::System => "system",
    };
    let message = format!(
        "Could not find role assignment with role: {}, user or group: {who}, project, domain, or system: {place}.",
        grant.role
    );
    error(404, &message)
}
