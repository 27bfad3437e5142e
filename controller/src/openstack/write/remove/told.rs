//! What the removals have in common: how an answer is told.

use http::Method;
use serde_json::Value;

use super::super::hand::{Call, Conflict};
use crate::apply::port::{Look, WriteError};
use crate::model::ResourceKey;
use crate::model::ids::ProjectId;
use crate::observe::Service;

pub(super) fn gone() -> Look {
    Look::AlreadyDone { id: None }
}

pub(super) fn of_another(what: &ResourceKey) -> Look {
    Look::Refused { why: format!("{what} is another project's now") }
}

pub(super) fn other(what: &ResourceKey) -> Look {
    Look::Refused { why: format!("nothing here removes a {}", what.kind) }
}

pub(super) fn not_sent(what: &ResourceKey) -> WriteError {
    WriteError::NotSent { message: format!("nothing here removes a {}", what.kind) }
}

pub(super) fn not_understood(what: &ResourceKey, field: &str) -> WriteError {
    WriteError::Unclear { message: format!("{what} is not understood: its {field}") }
}

/// A call without a body.
pub(super) fn at<'a>(service: Service, method: Method, path: &'a [&'a str], request_id: &'a str) -> Call<'a> {
    Call { method, service, path, body: None, revision: None, request_id, conflict: Conflict::Refusal }
}

pub(super) fn text<'r>(what: &ResourceKey, row: &'r Value, field: &str) -> Result<&'r str, WriteError> {
    row.get(field).and_then(Value::as_str).ok_or_else(|| not_understood(what, field))
}

/// A list of texts.
pub(super) fn texts<'r>(what: &ResourceKey, row: &'r Value, field: &str) -> Result<Vec<&'r str>, WriteError> {
    let all = row.get(field).and_then(Value::as_array).ok_or_else(|| not_understood(what, field))?;
    all.iter().map(|one| one.as_str().ok_or_else(|| not_understood(what, field))).collect()
}

pub(super) fn text_or_null<'r>(
    what: &ResourceKey,
    row: &'r Value,
    field: &str,
) -> Result<Option<&'r str>, WriteError> {
    match row.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => text(what, row, field).map(Some),
    }
}

/// Whether the project is one of those that have access.
pub(super) fn access(
    what: &ResourceKey,
    rows: Option<&Value>,
    field: &str,
    project: &ProjectId,
) -> Result<Look, WriteError> {
    let rows = rows.and_then(Value::as_array).ok_or_else(|| not_understood(what, "access"))?;
    for row in rows {
        if text(what, row, field)? == project.0 {
            return Ok(Look::Ready { revision: None });
        }
    }
    Ok(gone())
}
