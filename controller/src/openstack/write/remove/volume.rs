//! Cinder: what a tenant holds there, removed.
//!
//! A 404 of Cinder's may be of what it does not show: the same credential is then asked what Cinder refuses (400) to who does not see every project.

use http::Method;
use serde_json::{Value, json};

use super::super::hand::{Call, Conflict, Found, Hand};
use super::Going;
use super::told::{at, gone, of_another, other, text, text_or_null, texts};
use crate::apply::port::{Look, WriteError, Written};
use crate::model::ids::ProjectId;
use crate::model::{ResourceKey, ResourceType};
use crate::observe::Service;

const SERVICE: Service = Service::BlockStorage;

/// Where a type is, under which key one stands, and where its project.
pub(super) fn place(kind: ResourceType) -> Option<(&'static str, &'static str, &'static str)> {
    match kind {
        ResourceType::Volume => Some(("volumes", "volume", "os-vol-tenant-attr:tenant_id")),
        ResourceType::Snapshot => {
            Some(("snapshots", "snapshot", "os-extended-snapshot-attributes:project_id"))
        }
        ResourceType::Backup => Some(("backups", "backup", "os-backup-project-attr:project_id")),
        ResourceType::VolumeGroup => Some(("groups", "group", "project_id")),
        ResourceType::GroupSnapshot => Some(("group_snapshots", "group_snapshot", "project_id")),
        _ => None,
    }
}

pub(super) async fn look(
    hand: &Hand,
    going: &Going,
    what: &ResourceKey,
    project: &ProjectId,
) -> Result<Look, WriteError> {
    match what.kind {
        ResourceType::VolumeTypeAccess => type_access(hand, what, project).await,
        ResourceType::VolumeTransfer => transfer(hand, what, project).await,
        _ => stored(hand, going, what, project).await,
    }
}

pub(super) async fn make(
    hand: &Hand,
    request_id: &str,
    what: &ResourceKey,
    project: &ProjectId,
) -> Result<Written, WriteError> {
    let id = what.id.as_str();
    match what.kind {
        ResourceType::VolumeTypeAccess => {
            let body = json!({"removeProjectAccess": {"project": project}});
            hand.set(post(&["types", id, "action"], body, request_id)).await
        }
        ResourceType::VolumeTransfer => {
            hand.set(at(SERVICE, Method::DELETE, &["volume-transfers", id], request_id)).await
        }
        ResourceType::VolumeGroup => {
            let body = json!({"delete": {"delete-volumes": true}});
            hand.begin(post(&["groups", id, "action"], body, request_id)).await
        }
        kind => {
            let (path, _, _) = place(kind).ok_or_else(|| super::told::not_sent(what))?;
            hand.begin(at(SERVICE, Method::DELETE, &[path, id], request_id)).await
        }
    }
}

fn post<'a>(path: &'a [&'a str], body: Value, request_id: &'a str) -> Call<'a> {
    Call {
        method: Method::POST,
        service: SERVICE,
        path,
        body: Some(body),
        revision: None,
        request_id,
        conflict: Conflict::Refusal,
    }
}

async fn unseen(hand: &Hand, project: &ProjectId) -> Result<Look, WriteError> {
    let query = [("all_tenants", "1"), ("project_id", project.0.as_str()), ("limit", "1")];
    match hand.witness(SERVICE, &["volumes"], &query).await {
        Ok(Found::There(_)) => Ok(gone()),
        Ok(Found::NotThere(words)) => Err(WriteError::Unclear { message: words }),
        Err(WriteError::Refused { status: 400, message, request_id: _ }) => {
            Ok(Look::Refused { why: format!("the credential does not see every project ({message})") })
        }
        Err(why) => Err(why),
    }
}

/// What Cinder keeps, and takes away in its own time.
async fn stored(
    hand: &Hand,
    going: &Going,
    what: &ResourceKey,
    project: &ProjectId,
) -> Result<Look, WriteError> {
    let Some((path, key, owner)) = place(what.kind) else { return Ok(other(what)) };
    // A group is shown without its volumes where they are not asked for.
    let query: &[_] = if what.kind == ResourceType::VolumeGroup { &[("list_volume", "true")] } else { &[] };
    let Found::There(answer) = hand.read(SERVICE, &[path, &what.id], query).await? else {
        return unseen(hand, project).await;
    };
    let row = answer.get(key).unwrap_or(&Value::Null);
    if text(what, row, owner)? != project.0 {
        return Ok(of_another(what));
    }
    let status = text(what, row, "status")?;
    if what.kind == ResourceType::VolumeGroup {
        let volumes = texts(what, row, "volumes")?;
        if let Some(refused) = going.all(what, ResourceType::Volume, volumes) {
            return Ok(refused);
        }
    }
    Ok(match held(what, row)? {
        Some(holder) => Look::Waiting { why: format!("{what} is {status}, and {holder}") },
        None => by_status(what, status),
    })
}

fn by_status(what: &ResourceKey, status: &str) -> Look {
    match (what.kind, status) {
        (_, "available" | "error")
        | (ResourceType::Volume, "error_restoring" | "error_extending" | "error_managing") => {
            Look::Ready { revision: None }
        }
        (_, failed) if failed.starts_with("error_") => Look::Refused {
            why: format!("{what} is {failed}: see Cinder's log, and put it back to `error` (state reset)"),
        },
        (_, on_its_way) => Look::Waiting { why: format!("{what} is {on_its_way}") },
    }
}

/// What Cinder asks to be gone before, and goes with the tenant too.
fn held(what: &ResourceKey, row: &Value) -> Result<Option<String>, WriteError> {
    let with = |field: &str, holder: &str| {
        Ok(text_or_null(what, row, field)?.map(|id| format!("goes with {holder} {id}")))
    };
    match what.kind {
        ResourceType::Volume => with("group_id", "volume group"),
        ResourceType::Snapshot => with("group_snapshot_id", "volume group snapshot"),
        ResourceType::Backup => {
            let has = row.get("has_dependent_backups").and_then(Value::as_bool);
            let has = has.ok_or_else(|| super::told::not_understood(what, "has_dependent_backups"))?;
            Ok(has.then(|| "incremental backups build upon it".to_owned()))
        }
        _ => Ok(None),
    }
}

/// A transfer that an older Cinder made names no project: its volume does.
async fn transfer(hand: &Hand, what: &ResourceKey, project: &ProjectId) -> Result<Look, WriteError> {
    let Found::There(answer) = hand.read(SERVICE, &["volume-transfers", &what.id], &[]).await? else {
        return unseen(hand, project).await;
    };
    let row = answer.get("transfer").unwrap_or(&Value::Null);
    let is_own = match text_or_null(what, row, "source_project_id")? {
        Some(source) => source == project.0,
        None => is_of_project(hand, what, text(what, row, "volume_id")?, project).await?,
    };
    Ok(if is_own { Look::Ready { revision: None } } else { of_another(what) })
}

async fn is_of_project(
    hand: &Hand,
    what: &ResourceKey,
    volume: &str,
    project: &ProjectId,
) -> Result<bool, WriteError> {
    let Found::There(answer) = hand.read(SERVICE, &["volumes", volume], &[]).await? else { return Ok(false) };
    let row = answer.get("volume").unwrap_or(&Value::Null);
    Ok(text(what, row, "os-vol-tenant-attr:tenant_id")? == project.0)
}

async fn type_access(hand: &Hand, what: &ResourceKey, project: &ProjectId) -> Result<Look, WriteError> {
    // Refused (403) to who may not see the access; 404 where the type is gone or public.
    let answer = hand.read(SERVICE, &["types", &what.id, "os-volume-type-access"], &[]).await?;
    let Found::There(answer) = answer else { return Ok(gone()) };
    super::told::access(what, answer.get("volume_type_access"), "project_id", project)
}
