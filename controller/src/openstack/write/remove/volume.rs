//! Cinder: what a tenant holds there, removed.

use super::super::hand::Hand;
use crate::apply::port::{Look, WriteError, Written};
use crate::model::ResourceKey;
use crate::model::ids::ProjectId;

pub(super) async fn look(_hand: &Hand, what: &ResourceKey, _project: &ProjectId) -> Result<Look, WriteError> {
    Ok(Look::Refused { why: format!("nothing here removes a {}", what.kind) })
}

pub(super) async fn make(
    _hand: &Hand,
    _request_id: &str,
    what: &ResourceKey,
    _project: &ProjectId,
) -> Result<Written, WriteError> {
    Err(WriteError::NotSent { message: format!("nothing here removes a {}", what.kind) })
}
