//! Application credentials.

use serde_json::{Value, json};

use super::super::access::Caller;
use super::super::http::{Answer, Call, Reply};
use super::super::world::{ApplicationCredential, Scope, World};
use super::{allow, error, link, listing, text, unknown};

pub(super) fn answer(world: &mut World, call: &Call, caller: &Caller, user: &str, path: &[&str]) -> Reply {
    match (call.method.as_str(), path) {
        ("GET", []) => {
            if caller.user != user {
                allow(call, caller, "list_application_credentials")?;
            }
            let mine = |(id, known): (&String, &ApplicationCredential)| {
                (known.user == user).then(|| show(world, call, id, known))
            };
            let rows: Vec<Value> = world.application_credentials.iter().filter_map(mine).collect();
            let rows = rows.into_iter().filter(|row| super::asked_for(call, row, &["name"]));
            Ok(listing(call, "application_credentials", rows.collect()))
        }
        ("POST", []) => create(world, call, caller, user),
        ("GET", [id]) => {
            if caller.user != user {
                allow(call, caller, "get_application_credential")?;
            }
            let known = world.application_credentials.get(*id).ok_or_else(|| missing(id))?;
            Ok(Answer::ok(json!({"application_credential": show(world, call, id, known)})))
        }
        ("DELETE", [id]) => {
            if caller.user != user {
                allow(call, caller, "delete_application_credential")?;
            }
            world.application_credentials.remove(*id).ok_or_else(|| missing(id))?;
            Ok(Answer::empty(204))
        }
        _ => Err(unknown()),
    }
}

fn create(world: &mut World, call: &Call, caller: &Caller, user: &str) -> Reply {
    let refused =
        "You are not authorized to perform the requested action: identity:create_application_credential.";
    let project = caller.project().filter(|_| caller.user == user).ok_or_else(|| error(403, refused))?;
    let given = call.object("application_credential");
    let name = super::name(&given, 255)?;
    if world.application_credentials.values().any(|known| known.user == user && known.name == name) {
        let message = format!(
            "Conflict occurred attempting to store application_credential - Duplicate entry found with name {name}."
        );
        return Err(error(409, &message));
    }
    let held = world.effective_roles(user, &Scope::Project(project.to_owned()));
    let roles = match given.get("roles").and_then(Value::as_array) {
        Some(roles) => {
            let id = |role: &Value| text(role, "id").or_else(|| world.role_id(&text(role, "name")?));
            roles.iter().filter_map(id).filter(|id| held.contains(id)).collect()
        }
        None => held.into_iter().collect(),
    };
    let secret = text(&given, "secret").unwrap_or_else(|| format!("{}{}", world.id(), world.id()));
    let (user, project) = (user.to_owned(), project.to_owned());
    let description = text(&given, "description");
    let made = ApplicationCredential { name, description, user, project, roles, secret };
    let id = world.id();
    let mut row = show(world, call, &id, &made);
    row["secret"] = json!(made.secret);
    world.application_credentials.insert(id, made);
    Ok(Answer::new(201, json!({"application_credential": row})))
}

fn missing(id: &str) -> Answer {
    error(404, &format!("Could not find Application Credential: {id}."))
}

fn show(world: &World, call: &Call, id: &str, known: &ApplicationCredential) -> Value {
    let role = |id: &String| {
        let role = world.roles.get(id)?;
        let options = if role.immutable { json!({"immutable": true}) } else { json!({}) };
        Some(json!({"id": id, "name": role.name, "domain_id": null, "description": null, "options": options}))
    };
    let roles: Vec<Value> = known.roles.iter().filter_map(role).collect();
    json!({
        "id": id, "name": known.name, "description": known.description, "user_id": known.user,
        "project_id": known.project, "system": null, "expires_at": null, "unrestricted": null, "roles": roles,
        "links": link(call, &format!("application_credentials/{id}")),
    })
}
