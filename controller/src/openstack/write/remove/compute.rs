//! Nova: what a tenant holds there, removed.
//!
//! A 404 of Nova's may be of what it does not show: the same credential is then asked what it answers to those alone who see every project.

use http::Method;
use serde_json::{Value, json};

use super::super::hand::{Call, Conflict, Found, Hand, Question};
use super::Going;
use super::told::{at, gone, not_understood, of_another, other, text, text_or_null};
use crate::apply::port::{Look, WriteError, Written};
use crate::model::ids::ProjectId;
use crate::model::{ResourceKey, ResourceType};
use crate::observe::Service;

const SERVICE: Service = Service::Compute;
const NO_PROJECT: &str = "00000000000000000000000000000000";

pub(super) async fn look(
    hand: &Hand,
    going: &Going,
    what: &ResourceKey,
    project: &ProjectId,
) -> Result<Look, WriteError> {
    match what.kind {
        ResourceType::Server => server(hand, going, what, project).await,
        ResourceType::ServerGroup => server_group(hand, what, project).await,
        ResourceType::Keypair => keypair(hand, what, project).await,
        ResourceType::FlavorAccess => flavor_access(hand, what, project).await,
        _ => Ok(other(what)),
    }
}

pub(super) async fn make(
    hand: &Hand,
    request_id: &str,
    what: &ResourceKey,
    project: &ProjectId,
) -> Result<Written, WriteError> {
    let id = what.id.as_str();
    let delete = |path| at(SERVICE, Method::DELETE, path, request_id);
    match what.kind {
        // Nova keeps a server that is only deleted, where the cloud defers that.
        ResourceType::Server => {
            let body = Some(json!({"forceDelete": null}));
            hand.begin(post(&["servers", id, "action"], body, request_id)).await
        }
        ResourceType::ServerGroup => hand.set(delete(&["os-server-groups", id])).await,
        ResourceType::Keypair => {
            let query = [("user_id", user_of(what)?)];
            hand.set_with(delete(&["os-keypairs", id]), &query).await
        }
        ResourceType::FlavorAccess => {
            let body = Some(json!({"removeTenantAccess": {"tenant": project}}));
            hand.set(post(&["flavors", id, "action"], body, request_id)).await
        }
        _ => Err(super::told::not_sent(what)),
    }
}

fn post<'a>(path: &'a [&'a str], body: Option<Value>, request_id: &'a str) -> Call<'a> {
    Call {
        method: Method::POST,
        service: SERVICE,
        path,
        body,
        revision: None,
        request_id,
        conflict: Conflict::Refusal,
    }
}

/// Refused (403) to who does not see every project.
async fn unseen(hand: &Hand) -> Result<Look, WriteError> {
    let query = [("all_tenants", "1"), ("project_id", NO_PROJECT), ("status", "DELETED")];
    match hand.witness(SERVICE, &["servers"], &query).await? {
        Found::There(_) => Ok(gone()),
        Found::NotThere(words) => Err(WriteError::Unclear { message: words }),
    }
}

const PORTS: &[&str] = &["ports"];

/// Neutron's ports of a server: Nova deletes those with it that it has made.
fn ports_of(server: &str) -> [(&'static str, &str); 4] {
    [("fields", "id"), ("fields", "project_id"), ("fields", "device_id"), ("device_id", server)]
}

/// What a look at a server asks of its ports.
pub(super) fn asked_of_ports(server: &str) -> Question {
    Question::new(Service::Network, PORTS, &ports_of(server))
}

/// The volumes that Nova deletes with a server.
fn taken<'r>(what: &ResourceKey, row: &'r Value) -> Result<Vec<&'r str>, WriteError> {
    const VOLUMES: &str = "os-extended-volumes:volumes_attached";
    let all = row.get(VOLUMES).and_then(Value::as_array).ok_or_else(|| not_understood(what, VOLUMES))?;
    let mut taken = Vec::new();
    for one in all {
        let goes = one.get("delete_on_termination").and_then(Value::as_bool);
        if goes.ok_or_else(|| not_understood(what, VOLUMES))? {
            taken.push(text(what, one, "id")?);
        }
    }
    Ok(taken)
}

async fn server(
    hand: &Hand,
    going: &Going,
    what: &ResourceKey,
    project: &ProjectId,
) -> Result<Look, WriteError> {
    let Found::There(answer) = hand.read(SERVICE, &["servers", &what.id], &[]).await? else {
        return unseen(hand).await;
    };
    let row = answer.get("server").unwrap_or(&Value::Null);
    if text(what, row, "tenant_id")? != project.0 {
        return Ok(of_another(what));
    }
    if text(what, row, "status")? == "UNKNOWN" {
        return Ok(Look::Waiting { why: format!("the cell of {what} does not answer") });
    }
    if text_or_null(what, row, "OS-EXT-STS:task_state")? == Some("deleting") {
        return Ok(Look::Waiting { why: format!("{what} is deleting") });
    }
    if let Some(refused) = going.all(what, ResourceType::Volume, taken(what, row)?) {
        return Ok(refused);
    }
    let answer = match hand.read(Service::Network, PORTS, &ports_of(&what.id)).await? {
        Found::There(answer) => answer,
        Found::NotThere(words) => return Err(WriteError::Unclear { message: words }),
    };
    let mut ports = Vec::new();
    for port in answer.get("ports").and_then(Value::as_array).ok_or_else(|| not_understood(what, "ports"))? {
        if text(what, port, "project_id")? == project.0 {
            ports.push(text(what, port, "id")?);
        }
    }
    let refused = going.all(what, ResourceType::Port, ports);
    Ok(refused.unwrap_or(Look::Ready { revision: None }))
}

async fn server_group(hand: &Hand, what: &ResourceKey, project: &ProjectId) -> Result<Look, WriteError> {
    let Found::There(answer) = hand.read(SERVICE, &["os-server-groups", &what.id], &[]).await? else {
        return unseen(hand).await;
    };
    let row = answer.get("server_group").unwrap_or(&Value::Null);
    Ok(match text(what, row, "project_id")? == project.0 {
        true => Look::Ready { revision: None },
        false => of_another(what),
    })
}

fn user_of(what: &ResourceKey) -> Result<&str, WriteError> {
    let user = what.of.as_deref();
    user.ok_or_else(|| WriteError::NotSent { message: format!("the user of {what} is not known") })
}

const ROLES: &[&str] = &["role_assignments"];

fn roles_of(user: &str) -> [(&'static str, &str); 2] {
    [("user.id", user), ("effective", "true")]
}

/// What a look at a keypair asks of its user.
pub(super) fn asked_of_user(user: &str) -> Question {
    Question::new(Service::Identity, ROLES, &roles_of(user))
}

async fn keypair(hand: &Hand, what: &ResourceKey, project: &ProjectId) -> Result<Look, WriteError> {
    let user = user_of(what)?;
    // Nova refuses (403) another's keypairs to who may not see them.
    match hand.read(SERVICE, &["os-keypairs", &what.id], &[("user_id", user)]).await? {
        Found::NotThere(_) => return Ok(gone()),
        Found::There(_) => {}
    }
    let answer = hand.read(Service::Identity, ROLES, &roles_of(user)).await?;
    let rows = match &answer {
        Found::There(answer) => answer.get("role_assignments").and_then(Value::as_array),
        Found::NotThere(_) => None,
    };
    let message = || format!("the role assignments of user {user} are not understood");
    let rows = rows.ok_or_else(|| WriteError::Unclear { message: message() })?;
    let is_elsewhere = |row: &&Value| {
        let scope = row.pointer("/scope/project/id").and_then(Value::as_str);
        row.pointer("/user/id").is_some_and(|id| id == user) && scope != Some(project.0.as_str())
    };
    Ok(match rows.iter().any(|row| is_elsewhere(&row)) {
        true => Look::Refused { why: format!("user {user} has a role elsewhere, and may need {what} there") },
        false => Look::Ready { revision: None },
    })
}

async fn flavor_access(hand: &Hand, what: &ResourceKey, project: &ProjectId) -> Result<Look, WriteError> {
    // Refused (403) to who may not see the access; 404 where the flavor is gone or public.
    let answer = hand.read(SERVICE, &["flavors", &what.id, "os-flavor-access"], &[]).await?;
    let Found::There(answer) = answer else { return Ok(gone()) };
    super::told::access(what, answer.get("flavor_access"), "tenant_id", project)
}
