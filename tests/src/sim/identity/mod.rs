//! Keystone: tokens, and what projects, people and roles there are.

mod assignments;
mod auth;
mod credentials;
mod domains;
mod grants;
mod lent;
mod people;
mod projects;
mod registry;

use serde_json::{Value, json};

use super::access::Caller;
use super::http::{Answer, Call, Reply};
use super::world::{Scope, World};

pub(super) fn answer(world: &mut World, call: &Call) -> Answer {
    let answer = route(world, call).unwrap_or_else(|refusal| refusal);
    let mut answer = answer.with("Vary", "X-Auth-Token");
    if answer.status == 401 {
        answer = answer.with("WWW-Authenticate", format!("Keystone uri=\"{}/v3\"", call.base()));
    }
    answer.with("x-openstack-request-id", call.request_id.clone())
}

fn route(world: &mut World, call: &Call) -> Reply {
    let segments = call.segments();
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", []) => return Ok(Answer::new(300, json!({"versions": {"values": [version(call)]}}))),
        ("GET", ["v3"]) => return Ok(Answer::ok(json!({"version": version(call)}))),
        ("POST", ["v3", "auth", "tokens"]) => return auth::token(world, call),
        _ => {}
    }
    let caller = caller(world, call)?;
    let [_, path @ ..] = segments.as_slice() else { return Err(unknown()) };
    match (call.method.as_str(), path) {
        (_, ["auth", path @ ..]) => auth::about(world, call, &caller, path),
        (_, ["users", user, "application_credentials", path @ ..]) => {
            credentials::answer(world, call, &caller, user, path)
        }
        (_, [kind @ ("projects" | "domains"), id, to @ ("users" | "groups"), who, "roles", role]) => {
            let scope = match *kind {
                "projects" => Scope::Project((*id).to_owned()),
                _ => Scope::Domain((*id).to_owned()),
            };
            grants::answer(world, call, &caller, (&scope, false), (to, who), role)
        }
        (
            _,
            [
                "OS-INHERIT",
                kind @ ("projects" | "domains"),
                id,
                to @ ("users" | "groups"),
                who,
                "roles",
                role,
                "inherited_to_projects",
            ],
        ) => {
            let scope = match *kind {
                "projects" => Scope::Project((*id).to_owned()),
                _ => Scope::Domain((*id).to_owned()),
            };
            grants::answer(world, call, &caller, (&scope, true), (to, who), role)
        }
        (_, ["credentials", path @ ..]) => lent::credentials(world, call, &caller, path),
        (_, ["OS-TRUST", "trusts", path @ ..]) => lent::trusts(world, call, &caller, path),
        (_, ["projects", path @ ..]) => projects::answer(world, call, &caller, path),
        (_, ["domains", path @ ..]) => domains::answer(world, call, &caller, path),
        (_, ["users" | "groups", ..]) => people::answer(world, call, &caller, path),
        ("GET", ["roles", path @ ..]) => people::roles(world, call, &caller, path),
        ("GET", ["role_assignments"]) => assignments::list(world, call, &caller),
        ("GET", ["services" | "endpoints"]) => registry::list(world, call, &caller, path),
        _ => Err(unknown()),
    }
}

/// Keystone asks itself on each call, so it knows at once what others learn late.
fn caller(world: &World, call: &Call) -> Result<Caller, Answer> {
    let caller = Caller::of(world, call).ok_or_else(unauthorized)?;
    let user = world.users.get(&caller.user).ok_or_else(unauthorized)?;
    if !user.enabled || !world.domains.get(&user.domain).is_some_and(|domain| domain.enabled) {
        return Err(unauthorized());
    }
    let Some(scope) = &caller.scope else { return Ok(caller) };
    if let Scope::Project(id) = scope
        && !world.projects.get(id).is_some_and(|project| project.enabled)
    {
        let message = format!("Unable to validate token because project {id} is disabled");
        return Err(error(404, &message));
    }
    let roles = world.effective_roles(&caller.user, scope);
    let name = |id: &String| world.roles.get(id).map(|role| role.name.clone());
    let now: Vec<String> = roles.iter().filter_map(name).collect();
    // What an application credential left out stays out.
    let roles: Vec<String> = caller.roles.iter().filter(|role| now.contains(role)).cloned().collect();
    if roles.is_empty() { Err(unauthorized()) } else { Ok(Caller { roles, ..caller }) }
}

/// Lets an administrator pass, and for reading a reader of the whole system.
fn allow(call: &Call, caller: &Caller, action: &str) -> Result<(), Answer> {
    let reads = matches!(call.method.as_str(), "GET" | "HEAD");
    let may =
        caller.scope.is_some() && caller.has("admin") || reads && caller.system() && caller.has("reader");
    if may {
        return Ok(());
    }
    let message = format!("You are not authorized to perform the requested action: identity:{action}.");
    Err(error(403, &message))
}

fn version(call: &Call) -> Value {
    json!({
        "id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": format!("{}/v3/", call.base())}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    })
}

fn error(code: u16, message: &str) -> Answer {
    let title = match code {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        _ => "Internal Server Error",
    };
    Answer::new(code, json!({"error": {"code": code, "message": message, "title": title}}))
}

fn unauthorized() -> Answer {
    error(401, "The request you have made requires authentication.")
}

fn missing(kind: &str, id: &str) -> Answer {
    error(404, &format!("Could not find {kind}: {id}."))
}

fn unknown() -> Answer {
    error(
        404,
        "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.",
    )
}

fn link(call: &Call, path: &str) -> Value {
    json!({"self": format!("{}/v3/{path}", call.base())})
}

/// A listing: Keystone has no pages.
fn listing(call: &Call, key: &str, rows: Vec<Value>) -> Answer {
    let query = call.raw_query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    let links = json!({"next": null, "self": format!("{}{query}", call.address()), "previous": null});
    Answer::ok(json!({key: rows, "links": links}))
}

/// Whether a row has what each of these parameters asks for, where it is given.
fn asked_for(call: &Call, row: &Value, names: &[&str]) -> bool {
    names.iter().all(|name| call.param(name).is_none_or(|asked| same(row.get(*name), asked)))
}

fn same(value: Option<&Value>, asked: &str) -> bool {
    match value {
        Some(Value::String(text)) => text == asked,
        Some(Value::Bool(flag)) => *flag == !matches!(asked, "false" | "False" | "0"),
        Some(Value::Number(number)) => number.to_string() == asked,
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => false,
    }
}

fn text(object: &Value, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// A name as Keystone's schema wants it; the message is a part of the real one.
fn name(object: &Value, longest: usize) -> Result<String, Answer> {
    let name = text(object, "name").ok_or_else(|| error(400, "'name' is a required property"))?;
    let wrong = match name.chars().count() {
        0 => "is too short",
        length if length > longest => "is too long",
        _ if name.trim().is_empty() => "does not match '[\\\\S]+'",
        _ => return Ok(name),
    };
    Err(error(400, &format!("Invalid input for field 'name': '{name}' {wrong}")))
}
