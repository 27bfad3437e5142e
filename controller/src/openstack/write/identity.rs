//! Keystone: projects and their role assignments.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};

use super::hand::{Call, Conflict, Found, Hand};
use crate::apply::port::{Look, WriteError, Written};
use crate::model::action::{ProjectChange, ProjectRef};
use crate::model::cloud::Principal;
use crate::model::desired::TenantName;
use crate::model::ids::{DomainId, RoleId};
use crate::observe::Service;

const SERVICE: Service = Service::Identity;

/// A project as Keystone shows it.
struct Seen {
    id: String,
    description: String,
    enabled: bool,
    tags: BTreeSet<String>,
    immutable: bool,
}

fn seen(project: &Value) -> Result<Seen, WriteError> {
    let text = |field: &str| project.get(field).and_then(Value::as_str).map(str::to_owned);
    let tags = project.get("tags").and_then(Value::as_array).cloned().unwrap_or_default();
    let (Some(id), Some(enabled)) = (text("id"), project.get("enabled").and_then(Value::as_bool)) else {
        return Err(WriteError::Unclear { message: "the project is not understood".to_owned() });
    };
    Ok(Seen {
        id,
        description: text("description").unwrap_or_default(),
        enabled,
        tags: tags.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        immutable: project.pointer("/options/immutable").and_then(Value::as_bool).unwrap_or(false),
    })
}

pub(super) fn id_of(project: &ProjectRef) -> Result<&str, WriteError> {
    match project {
        ProjectRef::Id(id) => Ok(&id.0),
        ProjectRef::Made(name) => {
            Err(WriteError::NotSent { message: format!("the id of tenant {name} is not known") })
        }
    }
}

pub(super) async fn look_for_new(
    hand: &Hand,
    name: &TenantName,
    domain: &DomainId,
    description: &str,
    enabled: bool,
    tags: &BTreeSet<String>,
) -> Result<Look, WriteError> {
    let query = [("domain_id", domain.0.as_str()), ("name", name.name.as_str())];
    let answer = hand.read(SERVICE, &["projects"], &query).await?;
    let projects = match &answer {
        Found::There(answer) => answer.get("projects").and_then(Value::as_array),
        Found::NotThere(_) => None,
    };
    let Some(projects) = projects else {
        return Err(WriteError::Unclear { message: "the projects are not understood".to_owned() });
    };
    // The filter is Keystone's; what counts is compared here.
    let fits = |project: &&Value| {
        let same = |field: &str, value: &str| project.get(field).and_then(Value::as_str) == Some(value);
        same("name", &name.name) && same("domain_id", &domain.0)
    };
    let Some(project) = projects.iter().find(fits) else { return Ok(Look::Ready { revision: None }) };
    let Seen { id, description: has, enabled: is, tags: with, immutable: _ } = seen(project)?;
    match has == description && is == enabled && with == *tags {
        true => Ok(Look::AlreadyDone { id: Some(id) }),
        false => Ok(Look::Refused { why: format!("tenant {name} is there ({id}), and not as planned") }),
    }
}

pub(super) async fn create(
    hand: &Hand,
    request_id: &str,
    name: &TenantName,
    domain: &DomainId,
    description: &str,
    enabled: bool,
    tags: &BTreeSet<String>,
) -> Result<Written, WriteError> {
    let body = json!({"project": {
        "name": name.name, "domain_id": domain, "description": description, "enabled": enabled, "tags": tags,
    }});
    let call = Call {
        method: Method::POST,
        service: SERVICE,
        path: &["projects"],
        body: Some(body),
        revision: None,
        request_id,
        // The name is taken: perhaps by the same call of a process that died.
        conflict: Conflict::Twin(None),
    };
    hand.make(call, "/project/id").await
}

pub(super) async fn look_at(
    hand: &Hand,
    project: &ProjectRef,
    change: &ProjectChange,
) -> Result<Look, WriteError> {
    let id = id_of(project)?;
    let Found::There(answer) = hand.read(SERVICE, &["projects", id], &[]).await? else {
        return Ok(Look::Refused { why: format!("project {id} is gone") });
    };
    let seen = seen(answer.get("project").unwrap_or(&Value::Null))?;
    let Seen { id: _, description, enabled, tags, immutable } = seen;
    let look = match change {
        ProjectChange::Description { from, to } => held("description", &description, from, to),
        ProjectChange::Enabled { from, to } => held("enabled", &enabled, from, to),
        ProjectChange::Tags { from, to } => held("tags", &tags, from, to),
        ProjectChange::Protected { from, to } => held("options.immutable", &immutable, from, to),
    };
    match (change, &look) {
        (ProjectChange::Protected { .. }, _) | (_, Look::AlreadyDone { .. } | Look::Refused { .. }) => {
            Ok(look)
        }
        _ if immutable => Ok(Look::Refused { why: format!("project {id} is immutable") }),
        _ => Ok(look),
    }
}

/// What is there, held against what was planned for.
pub(super) fn held<T: PartialEq + std::fmt::Debug>(name: &str, seen: &T, from: &T, to: &T) -> Look {
    match () {
        () if seen == to => Look::AlreadyDone { id: None },
        () if seen == from => Look::Ready { revision: None },
        () => Look::Refused { why: format!("{name} is {seen:?}, and was {from:?} when it was planned") },
    }
}

pub(super) async fn change(
    hand: &Hand,
    request_id: &str,
    project: &ProjectRef,
    change: &ProjectChange,
) -> Result<Written, WriteError> {
    let id = id_of(project)?;
    let whole = ["projects", id];
    let tags = ["projects", id, "tags"];
    let (method, path, body): (_, &[&str], _) = match change {
        ProjectChange::Description { from: _, to } => {
            (Method::PATCH, &whole, json!({"project": {"description": to}}))
        }
        ProjectChange::Enabled { from: _, to } => {
            (Method::PATCH, &whole, json!({"project": {"enabled": to}}))
        }
        ProjectChange::Tags { from: _, to } => (Method::PUT, &tags, json!({"tags": to})),
        ProjectChange::Protected { from: _, to } => {
            (Method::PATCH, &whole, json!({"project": {"options": {"immutable": to}}}))
        }
    };
    hand.set(Call {
        method,
        service: SERVICE,
        path,
        body: Some(body),
        revision: None,
        request_id,
        conflict: Conflict::Refusal,
    })
    .await
}

fn holder(principal: &Principal) -> (&'static str, &str) {
    match principal {
        Principal::User(id) => ("users", &id.0),
        Principal::Group(id) => ("groups", &id.0),
    }
}

pub(super) async fn look_for_role(
    hand: &Hand,
    project: &ProjectRef,
    principal: &Principal,
    role: &RoleId,
    wanted: bool,
) -> Result<Look, WriteError> {
    let (kind, holder) = holder(principal);
    let path = ["projects", id_of(project)?, kind, holder, "roles", &role.0];
    let there = match hand.read(SERVICE, &path, &[]).await? {
        Found::There(_) => true,
        // A user or a project that is gone is another 404.
        Found::NotThere(words) if words.contains("role assignment") => false,
        Found::NotThere(words) => return Ok(Look::Refused { why: words }),
    };
    match there == wanted {
        true => Ok(Look::AlreadyDone { id: None }),
        false => Ok(Look::Ready { revision: None }),
    }
}

pub(super) async fn grant(
    hand: &Hand,
    request_id: &str,
    project: &ProjectRef,
    principal: &Principal,
    role: &RoleId,
) -> Result<Written, WriteError> {
    assign(hand, Method::PUT, request_id, id_of(project)?, principal, role).await
}

pub(super) async fn revoke(
    hand: &Hand,
    request_id: &str,
    project: &crate::model::ids::ProjectId,
    principal: &Principal,
    role: &RoleId,
) -> Result<Written, WriteError> {
    assign(hand, Method::DELETE, request_id, &project.0, principal, role).await
}

async fn assign(
    hand: &Hand,
    method: Method,
    request_id: &str,
    project: &str,
    principal: &Principal,
    role: &RoleId,
) -> Result<Written, WriteError> {
    let (kind, holder) = holder(principal);
    let path = ["projects", project, kind, holder, "roles", &role.0];
    hand.set(Call {
        method,
        service: SERVICE,
        path: &path,
        body: None,
        revision: None,
        request_id,
        conflict: Conflict::Refusal,
    })
    .await
}
