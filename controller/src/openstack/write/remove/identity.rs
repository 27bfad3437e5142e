//! Keystone: what gives access to a tenant, and at last the project itself.

use http::Method;
use serde_json::Value;

use super::super::hand::{Call, Conflict, Found, Hand};
use super::{Field, no_such, owned_by};
use crate::apply::port::{Look, WriteError, Written};
use crate::model::cloud::Principal;
use crate::model::ids::ProjectId;
use crate::model::inventory::Grant;
use crate::model::{ResourceKey, ResourceType};
use crate::observe::Service;

const SERVICE: Service = Service::Identity;
const READY: Look = Look::Ready { revision: None };
const GONE: Look = Look::AlreadyDone { id: None };

pub(super) async fn look(hand: &Hand, what: &ResourceKey, project: &ProjectId) -> Result<Look, WriteError> {
    let key = match what.kind {
        ResourceType::ApplicationCredential => "application_credential",
        ResourceType::Credential => "credential",
        ResourceType::Trust => "trust",
        ResourceType::RoleAssignment => return look_at_grant(hand, &grant(what)?, project).await,
        ResourceType::Project => return look_at_project(hand, what).await,
        _ => return Err(no_such(what)),
    };
    let Found::There(answer) = hand.read(SERVICE, &path(what)?, &[]).await? else { return Ok(GONE) };
    let row = answer.get(key).unwrap_or(&Value::Null);
    Ok(owned_by(row, "project_id", what, project)?.unwrap_or(READY))
}

/// The listing tells; asked by its path, an assignment is 404 for many reasons.
async fn look_at_grant(hand: &Hand, grant: &Grant, project: &ProjectId) -> Result<Look, WriteError> {
    let Grant { principal, role, inherited } = grant;
    let who = match principal {
        Principal::User(user) => ("user.id", user.0.as_str()),
        Principal::Group(group) => ("group.id", group.0.as_str()),
    };
    let query = [("scope.project.id", project.0.as_str()), ("role.id", role.0.as_str()), who];
    let answer = match hand.read(SERVICE, &["role_assignments"], &query).await? {
        Found::There(answer) => answer,
        Found::NotThere(words) => return Err(WriteError::Unclear { message: words }),
    };
    let rows = answer.get("role_assignments").and_then(Value::as_array);
    let rows =
        rows.ok_or_else(|| WriteError::Unclear { message: "the assignments are not understood".to_owned() })?;
    let is = |row: &Value, at: &str, id: &str| row.pointer(at).and_then(Value::as_str) == Some(id);
    let holder = |row: &Value| match principal {
        Principal::User(user) => is(row, "/user/id", &user.0),
        Principal::Group(group) => is(row, "/group/id", &group.0),
    };
    let same = |row: &&Value| {
        is(row, "/scope/project/id", &project.0)
            && is(row, "/role/id", &role.0)
            && holder(row)
            && row.pointer("/scope/OS-INHERIT:inherited_to").is_some() == *inherited
    };
    Ok(if rows.iter().find(same).is_some() { READY } else { GONE })
}

async fn look_at_project(hand: &Hand, what: &ResourceKey) -> Result<Look, WriteError> {
    let Found::There(answer) = hand.read(SERVICE, &path(what)?, &[]).await? else { return Ok(GONE) };
    let row = answer.get("project").unwrap_or(&Value::Null);
    let refused = |why: String| Ok(Look::Refused { why: format!("{what} {why}") });
    match (row.truth("enabled", what)?, row.truth("is_domain", what)?) {
        (_, true) => return refused("acts as a domain".to_owned()),
        (true, false) => return refused("is enabled: it is disabled before it goes".to_owned()),
        (false, false) => {}
    }
    if row.pointer("/options/immutable").and_then(Value::as_bool) == Some(true) {
        return refused("is immutable".to_owned());
    }
    let below = hand.read(SERVICE, &["projects"], &[("parent_id", &what.id)]).await?;
    let below = match &below {
        Found::There(answer) => answer.get("projects").and_then(Value::as_array),
        Found::NotThere(_) => None,
    };
    match below {
        None => Err(WriteError::Unclear { message: "the projects are not understood".to_owned() }),
        Some(none) if none.is_empty() => Ok(READY),
        Some(some) => refused(format!("has {} projects below it", some.len())),
    }
}

fn grant(what: &ResourceKey) -> Result<Grant, WriteError> {
    Grant::parse(&what.id).ok_or_else(|| no_such(what))
}

fn path(what: &ResourceKey) -> Result<Vec<&str>, WriteError> {
    let id = what.id.as_str();
    match (what.kind, &what.of) {
        (ResourceType::ApplicationCredential, Some(user)) => {
            Ok(vec!["users", user, "application_credentials", id])
        }
        (ResourceType::Credential, _) => Ok(vec!["credentials", id]),
        (ResourceType::Trust, _) => Ok(vec!["OS-TRUST", "trusts", id]),
        (ResourceType::Project, _) => Ok(vec!["projects", id]),
        _ => Err(no_such(what)),
    }
}

pub(super) async fn make(
    hand: &Hand,
    request_id: &str,
    what: &ResourceKey,
    project: &ProjectId,
) -> Result<Written, WriteError> {
    if what.kind != ResourceType::RoleAssignment {
        return delete(hand, request_id, &path(what)?).await;
    }
    let Grant { principal, role, inherited } = grant(what)?;
    let (kind, who) = match &principal {
        Principal::User(user) => ("users", user.0.as_str()),
        Principal::Group(group) => ("groups", group.0.as_str()),
    };
    let direct = ["projects", &project.0, kind, who, "roles", &role.0];
    if inherited {
        let path: Vec<&str> =
            std::iter::once("OS-INHERIT").chain(direct).chain(["inherited_to_projects"]).collect();
        return delete(hand, request_id, &path).await;
    }
    delete(hand, request_id, &direct).await
}

async fn delete(hand: &Hand, request_id: &str, path: &[&str]) -> Result<Written, WriteError> {
    hand.set(Call {
        method: Method::DELETE,
        service: SERVICE,
        path,
        body: None,
        revision: None,
        request_id,
        conflict: Conflict::Refusal,
    })
    .await
}
