//! `POST /v3/auth/tokens`, and what a token may ask about itself.

use serde_json::{Value, json};

use super::super::access::Caller;
use super::super::catalog::catalog;
use super::super::http::{Answer, Call, Reply};
use super::super::world::{ApplicationCredential, Scope, Token, World};
use super::{error, listing, projects, text, unauthorized, unknown};

/// Who says who, before a scope is looked at.
struct Claim {
    user: String,
    method: &'static str,
    /// The application credential, and its id.
    bound: Option<(String, ApplicationCredential)>,
    earlier: Option<Token>,
}

pub(super) fn token(world: &mut World, call: &Call) -> Reply {
    let auth = call.object("auth");
    let identity =
        auth.get("identity").cloned().ok_or_else(|| error(400, "'identity' is a required property"))?;
    let claim = claim(world, &identity)?;
    let scope = match &claim.bound {
        Some((_, credential)) => Some(Scope::Project(credential.project.clone())),
        None => scope(world, auth.get("scope"))?,
    };
    let roles = roles(world, &claim, scope.as_ref())?;
    let (issued, lifetime) = (jiff::Timestamp::now(), world.token_lifetime);
    let mut methods: Vec<String> = vec![claim.method.to_owned()];
    let mut audit = vec![world.id().chars().take(22).collect()];
    if let Some(earlier) = claim.earlier {
        methods.splice(0..0, earlier.methods);
        audit.extend(earlier.audit.into_iter().next());
    }
    let credential = claim.bound.map(|(id, credential)| (id, credential.name));
    let expires = issued + lifetime;
    let token = Token { user: claim.user, scope, roles, methods, audit, credential, issued, expires };
    let id = format!("gAAAAA{}{}", world.id(), world.id());
    let body = describe(world, call, &token, true);
    world.tokens.insert(id.clone(), token);
    Ok(Answer::new(201, body).with("X-Subject-Token", id))
}

fn claim(world: &World, identity: &Value) -> Result<Claim, Answer> {
    let method = identity.pointer("/methods/0").and_then(Value::as_str).unwrap_or_default();
    let given = identity.get(method).cloned().unwrap_or_else(|| json!({}));
    match method {
        "password" => {
            let user = given.get("user").cloned().unwrap_or_default();
            let id = user_id(world, &user).ok_or_else(unauthorized)?;
            let known = world.users.get(&id).ok_or_else(unauthorized)?;
            if text(&user, "password").as_deref() != Some(&known.password) {
                return Err(unauthorized());
            }
            enabled(world, &id)?;
            Ok(Claim { user: id, method: "password", bound: None, earlier: None })
        }
        "application_credential" => application_credential(world, &given),
        "token" => {
            let id = text(&given, "id").unwrap_or_default();
            let earlier = world.tokens.get(&id).cloned();
            let earlier = earlier.ok_or_else(|| error(404, "Could not recognize Fernet token"))?;
            enabled(world, &earlier.user)?;
            Ok(Claim { user: earlier.user.clone(), method: "token", bound: None, earlier: Some(earlier) })
        }
        _ => Err(unauthorized()),
    }
}

fn application_credential(world: &World, given: &Value) -> Result<Claim, Answer> {
    let known = match text(given, "id") {
        Some(id) => world.application_credentials.get_key_value(&id),
        None => {
            let user = given.get("user").and_then(|user| user_id(world, user)).ok_or_else(unauthorized)?;
            let name = text(given, "name").unwrap_or_default();
            world.application_credentials.iter().find(|(_, known)| known.user == user && known.name == name)
        }
    };
    // Keystone says 404 of one that is not there, and 401 of a wrong secret.
    let (id, known) = known.ok_or_else(|| {
        let id = text(given, "id").unwrap_or_default();
        error(404, &format!("Could not find Application Credential: {id}."))
    })?;
    if text(given, "secret").as_deref() != Some(&known.secret) {
        return Err(unauthorized());
    }
    enabled(world, &known.user)?;
    if !world.projects.get(&known.project).is_some_and(|project| project.enabled) {
        let message = format!("Unable to validate token because project {} is disabled", known.project);
        return Err(error(404, &message));
    }
    let bound = Some((id.clone(), known.clone()));
    Ok(Claim { user: known.user.clone(), method: "application_credential", bound, earlier: None })
}

fn enabled(world: &World, user: &str) -> Result<(), Answer> {
    let lives = world.users.get(user).is_some_and(|user| {
        user.enabled && world.domains.get(&user.domain).is_some_and(|domain| domain.enabled)
    });
    if lives { Ok(()) } else { Err(unauthorized()) }
}

fn user_id(world: &World, user: &Value) -> Option<String> {
    match text(user, "id") {
        Some(id) => Some(id),
        None => {
            let domain = domain_id(world, user.get("domain"))?;
            let name = text(user, "name")?;
            let found = world.users.iter().find(|(_, user)| user.domain == domain && user.name == name);
            found.map(|(id, _)| id.clone())
        }
    }
}

fn domain_id(world: &World, domain: Option<&Value>) -> Option<String> {
    let domain = domain?;
    text(domain, "id").or_else(|| world.domain_id(&text(domain, "name")?))
}

fn scope(world: &World, scope: Option<&Value>) -> Result<Option<Scope>, Answer> {
    let Some(scope) = scope else { return Ok(None) };
    if scope.get("system").is_some() {
        return Ok(Some(Scope::System));
    }
    if let Some(domain) = scope.get("domain") {
        let id = domain_id(world, Some(domain)).filter(|id| world.domains.contains_key(id));
        return Ok(Some(Scope::Domain(id.ok_or_else(unauthorized)?)));
    }
    let Some(project) = scope.get("project") else { return Ok(None) };
    let id = match text(project, "id") {
        Some(id) => Some(id),
        None => domain_id(world, project.get("domain")).and_then(|domain| {
            let name = text(project, "name")?;
            let named = world.projects.iter().find(|(_, known)| known.domain == domain && known.name == name);
            named.map(|(id, _)| id.clone())
        }),
    };
    let id = id.ok_or_else(unauthorized)?;
    let enabled = world.projects.get(&id).is_some_and(|project| {
        project.enabled && world.domains.get(&project.domain).is_some_and(|domain| domain.enabled)
    });
    if enabled { Ok(Some(Scope::Project(id))) } else { Err(unauthorized()) }
}

/// The roles of the new token. None on a scope is no token; an application credential whose user has lost one of its
/// roles is none either.
fn roles(world: &World, claim: &Claim, scope: Option<&Scope>) -> Result<Vec<String>, Answer> {
    let Some(scope) = scope else { return Ok(Vec::new()) };
    let held = world.effective_roles(&claim.user, scope);
    match &claim.bound {
        Some((_, bound)) if bound.roles.iter().all(|role| held.contains(role)) => Ok(bound.roles.clone()),
        Some(_) => Err(unauthorized()),
        None if held.is_empty() => Err(unauthorized()),
        None => Ok(held.into_iter().collect()),
    }
}

fn describe(world: &World, call: &Call, token: &Token, with_catalog: bool) -> Value {
    let time = |at: jiff::Timestamp| at.strftime("%Y-%m-%dT%H:%M:%S.000000Z").to_string();
    let mut body = json!({
        "methods": token.methods, "audit_ids": token.audit,
        "issued_at": time(token.issued), "expires_at": time(token.expires),
    });
    if let Some(user) = world.users.get(&token.user) {
        body["user"] = json!({
            "id": token.user, "name": user.name, "domain": domain(world, &user.domain),
            "password_expires_at": null,
        });
    }
    let Some(scope) = &token.scope else { return json!({"token": body}) };
    match scope {
        Scope::System => body["system"] = json!({"all": true}),
        Scope::Domain(id) => body["domain"] = domain(world, id),
        Scope::Project(id) => {
            if let Some(project) = world.projects.get(id) {
                body["project"] =
                    json!({"id": id, "name": project.name, "domain": domain(world, &project.domain)});
            }
            body["is_domain"] = json!(false);
        }
    }
    let name = |id: &String| world.roles.get(id).map(|role| json!({"id": id, "name": role.name}));
    body["roles"] = token.roles.iter().filter_map(name).collect();
    if let Some((id, name)) = &token.credential {
        body["application_credential"] = json!({"id": id, "name": name, "restricted": true});
    }
    if with_catalog {
        body["catalog"] = catalog(world, &call.origin, scope);
    }
    json!({"token": body})
}

fn domain(world: &World, id: &str) -> Value {
    let name = world.domains.get(id).map(|domain| domain.name.as_str());
    json!({"id": id, "name": name})
}

pub(super) fn about(world: &mut World, call: &Call, caller: &Caller, path: &[&str]) -> Reply {
    match (call.method.as_str(), path) {
        ("GET", ["catalog"]) => {
            let scope = caller.scope.as_ref().ok_or_else(unauthorized)?;
            let links = json!({"self": call.address()});
            Ok(Answer::ok(json!({"catalog": catalog(world, &call.origin, scope), "links": links})))
        }
        ("GET", ["projects"]) => Ok(listing(call, "projects", projects::of_user(world, call, &caller.user))),
        ("GET" | "HEAD", ["tokens"]) => {
            let id = call.header("X-Subject-Token").unwrap_or_default();
            let token = world.tokens.get(id).ok_or_else(|| error(404, "Could not recognize Fernet token"))?;
            let body = describe(world, call, token, true);
            Ok(Answer::ok(body).with("X-Subject-Token", id))
        }
        ("DELETE", ["tokens"]) => {
            let id = call.header("X-Subject-Token").unwrap_or_default().to_owned();
            match world.tokens.remove(&id) {
                Some(_) => Ok(Answer::empty(204)),
                None => Err(error(404, "Could not recognize Fernet token")),
            }
        }
        _ => Err(unknown()),
    }
}
