//! Keystone: what gives access to a tenant, and at last the project itself.

use http::Method;
use serde_json::Value;

use super::super::hand::{Call, Conflict, Found, Hand, Question};
use super::{Field, Going, no_such, owned_by};
use crate::apply::port::{Look, WriteError, Written};
use crate::model::cloud::Principal;
use crate::model::ids::ProjectId;
use crate::model::inventory::Grant;
use crate::model::{ResourceKey, ResourceType};
use crate::observe::Service;

const SERVICE: Service = Service::Identity;
const READY: Look = Look::Ready { revision: None };
const GONE: Look = Look::AlreadyDone { id: None };

pub(super) async fn look(
    hand: &Hand,
    going: &Going,
    what: &ResourceKey,
    project: &ProjectId,
) -> Result<Look, WriteError> {
    let key = match what.kind {
        ResourceType::ApplicationCredential => "application_credential",
        ResourceType::Credential => "credential",
        ResourceType::Trust => "trust",
        ResourceType::RoleAssignment => return look_at_grant(hand, going, what, project).await,
        ResourceType::Project => return look_at_project(hand, what).await,
        _ => return Err(no_such(what)),
    };
    let Found::There(answer) = hand.read(SERVICE, &path(what)?, &[]).await? else { return Ok(GONE) };
    let row = answer.get(key).unwrap_or(&Value::Null);
    Ok(owned_by(row, "project_id", what, project)?.unwrap_or(READY))
}

fn query<'a>(grant: &'a Grant, project: &'a ProjectId) -> [(&'static str, &'a str); 3] {
    let who = match &grant.principal {
        Principal::User(user) => ("user.id", user.0.as_str()),
        Principal::Group(group) => ("group.id", group.0.as_str()),
    };
    [("scope.project.id", project.0.as_str()), ("role.id", grant.role.0.as_str()), who]
}

/// What a look at an assignment asks: it is of the inherited one and of the other at once.
pub(super) fn asked(grant: &Grant, project: &ProjectId) -> Question {
    Question::new(SERVICE, &["role_assignments"], &query(grant, project))
}

/// The listing tells; asked by its path, an assignment is 404 for many reasons.
async fn look_at_grant(
    hand: &Hand,
    going: &Going,
    what: &ResourceKey,
    project: &ProjectId,
) -> Result<Look, WriteError> {
    let grant = grant(what)?;
    let Grant { principal, role, inherited } = &grant;
    let answer = match hand.read(SERVICE, &["role_assignments"], &query(&grant, project)).await? {
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
    match (rows.iter().any(|row| same(&row)), principal) {
        (false, _) => Ok(GONE),
        (true, Principal::User(user)) if !inherited => {
            let refused = credentials(hand, going, what, &user.0, project).await?;
            Ok(refused.unwrap_or(READY))
        }
        (true, Principal::User(_) | Principal::Group(_)) => Ok(READY),
    }
}

fn credentials_of(user: &str) -> [&str; 3] {
    ["users", user, "application_credentials"]
}

/// What a look at an assignment asks of its user.
pub(super) fn asked_of_user(user: &str) -> Question {
    Question::new(SERVICE, &credentials_of(user), &[])
}

/// Keystone deletes the user's application credentials on the project with any role there.
async fn credentials(
    hand: &Hand,
    going: &Going,
    what: &ResourceKey,
    user: &str,
    project: &ProjectId,
) -> Result<Option<Look>, WriteError> {
    let answer = match hand.read(SERVICE, &credentials_of(user), &[]).await? {
        Found::There(answer) => answer,
        // The user is gone, and all of its credentials are.
        Found::NotThere(_) => return Ok(None),
    };
    let rows = answer.get("application_credentials").and_then(Value::as_array);
    let rows =
        rows.ok_or_else(|| WriteError::Unclear { message: "the credentials are not understood".to_owned() })?;
    let mut taken = Vec::new();
    for row in rows {
        if row.text("project_id", what)? == project.0 {
            taken.push(row.text("id", what)?);
        }
    }
    Ok(going.all(what, ResourceType::ApplicationCredential, taken))
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
