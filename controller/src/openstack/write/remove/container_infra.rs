//! Magnum: a tenant's clusters, cluster templates, and limit of clusters.

use http::Method;
use serde_json::Value;

use super::super::hand::{Call, Conflict, Found, Hand};
use super::{no_such, owned_by};
use crate::apply::port::{Look, WriteError, Written};
use crate::model::ids::ProjectId;
use crate::model::{ResourceKey, ResourceType};
use crate::observe::Service;

const SERVICE: Service = Service::ContainerInfra;

fn path<'a>(what: &'a ResourceKey, project: &'a ProjectId) -> Result<Vec<&'a str>, WriteError> {
    match what.kind {
        ResourceType::Cluster => Ok(vec!["clusters", &what.id]),
        ResourceType::ClusterTemplate => Ok(vec!["clustertemplates", &what.id]),
        // There is a limit of clusters, and of nothing else.
        ResourceType::Quota => Ok(vec!["quotas", &project.0, "Cluster"]),
        _ => Err(no_such(what)),
    }
}

pub(super) async fn look(hand: &Hand, what: &ResourceKey, project: &ProjectId) -> Result<Look, WriteError> {
    if what.kind == ResourceType::Quota {
        return look_at_quota(hand, project).await;
    }
    let row = match hand.read(SERVICE, &path(what, project)?, &[]).await {
        Ok(Found::There(row)) => row,
        Ok(Found::NotThere(_)) => return unseen(hand).await,
        // Of a cluster whose node groups went before it, Magnum can show nothing: its number of masters is none that it allows.
        Err(WriteError::Refused { status: 400, message, request_id: _ }) => {
            return Ok(Look::Waiting { why: format!("{what} cannot be shown: {message}") });
        }
        Err(why) => return Err(why),
    };
    if let Some(refused) = owned_by(&row, "project_id", what, project)? {
        return Ok(refused);
    }
    Ok(match row.get("status").and_then(Value::as_str) {
        Some(status @ ("DELETE_IN_PROGRESS" | "DELETE_COMPLETE")) => {
            Look::Waiting { why: format!("{what} is {status}") }
        }
        // A template has none; a cluster can be deleted out of any other, and again out of DELETE_FAILED.
        Some(_) | None => Look::Ready { revision: None },
    })
}

/// Magnum answers 404 of what the caller may not see too: who may list its conductors sees all.
async fn unseen(hand: &Hand) -> Result<Look, WriteError> {
    match hand.witness(SERVICE, &["mservices"], &[]).await? {
        Found::There(_) => Ok(Look::AlreadyDone { id: None }),
        Found::NotThere(words) => Err(WriteError::Unclear { message: words }),
    }
}

/// Asked for one project it answers with the default where there is no limit of its own, so that all are asked for.
async fn look_at_quota(hand: &Hand, project: &ProjectId) -> Result<Look, WriteError> {
    hand.witness(SERVICE, &["mservices"], &[]).await?;
    let mut marker: Option<String> = None;
    loop {
        let mut query = vec![("all_tenants", "true")];
        query.extend(marker.as_deref().map(|marker| ("marker", marker)));
        let answer = match hand.read(SERVICE, &["quotas"], &query).await? {
            Found::There(answer) => answer,
            Found::NotThere(words) => return Err(WriteError::Unclear { message: words }),
        };
        let rows = answer.get("quotas").and_then(Value::as_array);
        let rows =
            rows.ok_or_else(|| WriteError::Unclear { message: "the limits are not understood".to_owned() })?;
        if rows.iter().any(|row| row.get("project_id").and_then(Value::as_str) == Some(&project.0)) {
            return Ok(Look::Ready { revision: None });
        }
        let last = rows.last().and_then(|row| row.get("id")).and_then(Value::as_i64).map(|id| id.to_string());
        match (answer.get("next").and_then(Value::as_str), last) {
            (Some(_), Some(last)) if marker.as_ref() != Some(&last) => marker = Some(last),
            (None, _) => return Ok(Look::AlreadyDone { id: None }),
            (Some(_), _) => {
                return Err(WriteError::Unclear { message: "the limits have no end".to_owned() });
            }
        }
    }
}

pub(super) async fn make(
    hand: &Hand,
    request_id: &str,
    what: &ResourceKey,
    project: &ProjectId,
) -> Result<Written, WriteError> {
    let call = Call {
        method: Method::DELETE,
        service: SERVICE,
        path: &path(what, project)?,
        body: None,
        revision: None,
        request_id,
        conflict: Conflict::Refusal,
    };
    match what.kind {
        ResourceType::Cluster => hand.begin(call).await,
        _ => hand.set(call).await,
    }
}
