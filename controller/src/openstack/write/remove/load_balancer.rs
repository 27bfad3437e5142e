//! Octavia: a tenant's load balancers, each with all below it.

use http::Method;
use serde_json::Value;

use super::super::hand::{Call, Conflict, Found, Hand};
use super::{Field, owned_by};
use crate::apply::port::{Look, WriteError, Written};
use crate::model::ResourceKey;
use crate::model::ids::ProjectId;
use crate::observe::Service;

const SERVICE: Service = Service::LoadBalancer;

pub(super) async fn look(hand: &Hand, what: &ResourceKey, project: &ProjectId) -> Result<Look, WriteError> {
    let Found::There(answer) = hand.read(SERVICE, &["lbaas", "loadbalancers", &what.id], &[]).await? else {
        return Ok(Look::AlreadyDone { id: None });
    };
    let row = answer.get("loadbalancer").unwrap_or(&Value::Null);
    if let Some(refused) = owned_by(row, "project_id", what, project)? {
        return Ok(refused);
    }
    let status = row.text("provisioning_status", what)?;
    Ok(match status {
        "DELETED" => Look::AlreadyDone { id: None },
        // Octavia refuses any call while it works on the last one.
        _ if status.starts_with("PENDING_") => Look::Waiting { why: format!("{what} is {status}") },
        _ => Look::Ready { revision: None },
    })
}

pub(super) async fn make(
    hand: &Hand,
    request_id: &str,
    what: &ResourceKey,
    _project: &ProjectId,
) -> Result<Written, WriteError> {
    let call = Call {
        method: Method::DELETE,
        service: SERVICE,
        path: &["lbaas", "loadbalancers", &what.id],
        body: None,
        revision: None,
        request_id,
        conflict: Conflict::Refusal,
    };
    hand.begin_with(call, &[("cascade", "true")]).await
}
