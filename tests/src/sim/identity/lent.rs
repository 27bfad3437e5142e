//! What lets somebody act for another: EC2 and other credentials, and trusts.

use serde_json::{Value, json};

use super::super::access::Caller;
use super::super::http::{Answer, Call, Reply};
use super::super::world::{Credential, Scope, Trust, World};
use super::{allow, asked_for, error, link, listing, missing, text, unknown};

pub(super) fn credentials(world: &mut World, call: &Call, caller: &Caller, path: &[&str]) -> Reply {
    match (call.method.as_str(), path) {
        ("GET", []) => {
            // Who may not see all sees its own, and is not told.
            let all = allow(call, caller, "list_credentials").is_ok();
            let mine = |credential: &Credential| all || credential.user == caller.user;
            let rows = world.credentials.iter().filter(|(_, credential)| mine(credential));
            let rows = rows.map(|(id, credential)| shown(call, id, credential));
            let rows = rows.filter(|row| asked_for(call, row, &["user_id", "type"]));
            Ok(listing(call, "credentials", rows.collect()))
        }
        ("POST", []) => {
            allow(call, caller, "create_credential")?;
            let given = call.object("credential");
            let credential = Credential {
                kind: text(&given, "type").unwrap_or_default(),
                user: text(&given, "user_id").unwrap_or_default(),
                project: text(&given, "project_id"),
                blob: text(&given, "blob").unwrap_or_default(),
            };
            let id = world.add_credential(credential.clone());
            Ok(Answer::new(201, json!({"credential": shown(call, &id, &credential)})))
        }
        ("GET", [id]) => {
            allow(call, caller, "get_credential")?;
            let credential = world.credentials.get(*id).ok_or_else(|| missing("credential", id))?;
            Ok(Answer::ok(json!({"credential": shown(call, id, credential)})))
        }
        ("DELETE", [id]) => {
            allow(call, caller, "delete_credential")?;
            world.credentials.remove(*id).ok_or_else(|| missing("credential", id))?;
            Ok(Answer::empty(204))
        }
        _ => Err(unknown()),
    }
}

impl World {
    /// Adds a credential; its id has 64 digits, as that of EC2's.
    pub fn add_credential(&mut self, credential: Credential) -> String {
        let id = format!("{}{}", self.id(), self.id());
        self.credentials.insert(id.clone(), credential);
        id
    }

    /// Adds a trust.
    pub fn add_trust(&mut self, trust: Trust) -> String {
        let id = self.id();
        self.trusts.insert(id.clone(), trust);
        id
    }
}

fn shown(call: &Call, id: &str, credential: &Credential) -> Value {
    let Credential { kind, user, project, blob } = credential;
    json!({
        "id": id, "user_id": user, "project_id": project, "type": kind, "blob": blob,
        "links": link(call, &format!("credentials/{id}")),
    })
}

pub(super) fn trusts(world: &mut World, call: &Call, caller: &Caller, path: &[&str]) -> Reply {
    match (call.method.as_str(), path) {
        ("GET", []) => {
            allow(call, caller, "list_trusts")?;
            let rows = world.trusts.iter().map(|(id, trust)| trust_row(call, id, trust));
            Ok(listing(call, "trusts", rows.collect()))
        }
        ("POST", []) => give(world, call, caller),
        ("GET", [id]) => {
            allow(call, caller, "get_trust")?;
            let trust = world.trusts.get(*id).ok_or_else(|| missing("trust", id))?;
            Ok(Answer::ok(json!({"trust": with_roles(world, call, id, trust)})))
        }
        ("DELETE", [id]) => {
            let trust = world.trusts.get(*id).ok_or_else(|| missing("trust", id))?;
            if trust.trustor != caller.user {
                allow(call, caller, "delete_trust")?;
            }
            world.trusts.remove(*id);
            Ok(Answer::empty(204))
        }
        _ => Err(unknown()),
    }
}

/// Only its own roles does a user lend.
fn give(world: &mut World, call: &Call, caller: &Caller) -> Reply {
    let given = call.object("trust");
    let named = |name: &str| text(&given, name).unwrap_or_default();
    if named("trustor_user_id") != caller.user {
        return Err(error(
            403,
            "You are not authorized to perform the requested action: identity:create_trust.",
        ));
    }
    let project = named("project_id");
    let held = world.effective_roles(&caller.user, &Scope::Project(project.clone()));
    let id = |role: &Value| text(role, "id").or_else(|| world.role_id(&text(role, "name")?));
    let roles = given["roles"].as_array().into_iter().flatten().filter_map(id);
    let roles = roles.filter(|id| held.contains(id)).collect();
    let trust = Trust { trustor: caller.user.clone(), trustee: named("trustee_user_id"), project, roles };
    let id = world.add_trust(trust.clone());
    Ok(Answer::new(201, json!({"trust": with_roles(world, call, &id, &trust)})))
}

fn trust_row(call: &Call, id: &str, trust: &Trust) -> Value {
    json!({
        "id": id, "trustor_user_id": trust.trustor, "trustee_user_id": trust.trustee, "project_id": trust.project,
        "impersonation": false, "expires_at": null, "remaining_uses": null, "deleted_at": null,
        "redelegated_trust_id": null, "redelegation_count": 0, "links": link(call, &format!("OS-TRUST/trusts/{id}")),
    })
}

fn with_roles(world: &World, call: &Call, id: &str, trust: &Trust) -> Value {
    let role = |id: &String| {
        let role = world.roles.get(id)?;
        let options = if role.immutable { json!({"immutable": true}) } else { json!({}) };
        Some(json!({
            "id": id, "name": role.name, "domain_id": null, "description": null, "options": options,
            "links": link(call, &format!("roles/{id}")),
        }))
    };
    let mut row = trust_row(call, id, trust);
    row["roles"] = trust.roles.iter().filter_map(role).collect();
    row["roles_links"] =
        json!({"self": format!("{}/v3/{id}/roles", call.base()), "next": null, "previous": null});
    row
}
