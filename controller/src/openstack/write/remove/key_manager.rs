//! Barbican: a tenant's orders, containers and secrets, removed from within the tenant.
//!
//! What is found from within is the tenant's, or is shared with this very user by an access list: then Barbican refuses the call.

use http::Method;

use super::super::hand::{Call, Conflict, Found, Hand};
use super::no_such;
use crate::apply::port::{Look, WriteError, Written};
use crate::model::ids::ProjectId;
use crate::model::{ResourceKey, ResourceType};
use crate::observe::Service;

const SERVICE: Service = Service::KeyManager;

fn path(what: &ResourceKey) -> Result<[&str; 2], WriteError> {
    match what.kind {
        ResourceType::SecretOrder => Ok(["orders", &what.id]),
        ResourceType::SecretContainer => Ok(["containers", &what.id]),
        ResourceType::Secret => Ok(["secrets", &what.id]),
        _ => Err(no_such(what)),
    }
}

pub(super) async fn look(hand: &Hand, what: &ResourceKey, project: &ProjectId) -> Result<Look, WriteError> {
    let hand = hand.within(project, SERVICE).await?;
    Ok(match hand.read(SERVICE, &path(what)?, &[]).await? {
        Found::There(_) => Look::Ready { revision: None },
        // What is another project's is 403.
        Found::NotThere(_) => Look::AlreadyDone { id: None },
    })
}

pub(super) async fn make(
    hand: &Hand,
    request_id: &str,
    what: &ResourceKey,
    project: &ProjectId,
) -> Result<Written, WriteError> {
    let hand = hand.within(project, SERVICE).await?;
    hand.set(Call {
        method: Method::DELETE,
        service: SERVICE,
        path: &path(what)?,
        body: None,
        revision: None,
        request_id,
        conflict: Conflict::Refusal,
    })
    .await
}
