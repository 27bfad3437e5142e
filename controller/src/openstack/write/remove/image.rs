//! Glance: what a tenant holds there, removed.
//!
//! A 404 of Glance's may be of what it does not show: the same credential is then asked what Glance answers to those alone who see every image.

use http::Method;
use serde_json::{Value, json};

use super::super::hand::{Call, Found, Hand};
use super::told::{at, gone, not_understood, of_another, other, text};
use crate::apply::port::{Look, WriteError, Written};
use crate::model::ids::ProjectId;
use crate::model::{ResourceKey, ResourceType};
use crate::observe::Service;

const SERVICE: Service = Service::Image;

pub(super) async fn look(hand: &Hand, what: &ResourceKey, project: &ProjectId) -> Result<Look, WriteError> {
    match what.kind {
        ResourceType::Image | ResourceType::ImageProtection => image(hand, what, project).await,
        ResourceType::ImageMembership => membership(hand, what, project).await,
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
    match what.kind {
        ResourceType::Image => hand.set(at(SERVICE, Method::DELETE, &["images", id], request_id)).await,
        ResourceType::ImageProtection => {
            let body = Some(json!([{"op": "replace", "path": "/protected", "value": false}]));
            let path = ["images", id];
            hand.set(Call { body, ..at(SERVICE, Method::PATCH, &path, request_id) }).await
        }
        ResourceType::ImageMembership => {
            let path = ["images", image_of(what)?, "members", &project.0];
            hand.set(at(SERVICE, Method::DELETE, &path, request_id)).await
        }
        _ => Err(super::told::not_sent(what)),
    }
}

async fn image(hand: &Hand, what: &ResourceKey, project: &ProjectId) -> Result<Look, WriteError> {
    let Found::There(row) = hand.read(SERVICE, &["images", &what.id], &[]).await? else {
        return unseen(hand).await;
    };
    if text(what, &row, "owner")? != project.0 {
        return Ok(of_another(what));
    }
    let protected = row.get("protected").and_then(Value::as_bool);
    let protected = protected.ok_or_else(|| not_understood(what, "protected"))?;
    Ok(match (what.kind, protected) {
        (ResourceType::ImageProtection, false) => gone(),
        (ResourceType::Image, true) => Look::Refused { why: format!("{what} is protected") },
        _ => Look::Ready { revision: None },
    })
}

fn image_of(what: &ResourceKey) -> Result<&str, WriteError> {
    let image = what.of.as_deref();
    image.ok_or_else(|| WriteError::NotSent { message: format!("the image of {what} is not known") })
}

async fn membership(hand: &Hand, what: &ResourceKey, project: &ProjectId) -> Result<Look, WriteError> {
    if what.id != project.0 {
        return Ok(of_another(what));
    }
    let path = ["images", image_of(what)?, "members", &project.0];
    match hand.read(SERVICE, &path, &[]).await? {
        Found::There(_) => Ok(Look::Ready { revision: None }),
        Found::NotThere(_) => unseen(hand).await,
    }
}

/// The stores in detail are refused (403) to who does not see every image; where Glance has one store there is no such answer.
async fn unseen(hand: &Hand) -> Result<Look, WriteError> {
    match hand.witness(SERVICE, &["info", "stores", "detail"], &[]).await? {
        Found::There(_) => Ok(gone()),
        Found::NotThere(_) => others_private(hand).await,
    }
}

/// A private image of another project tells too.
async fn others_private(hand: &Hand) -> Result<Look, WriteError> {
    let own = hand.project(SERVICE).await?;
    let query = [("visibility", "private"), ("limit", "1000")];
    let rows = match hand.witness(SERVICE, &["images"], &query).await? {
        Found::There(answer) => answer.get("images").and_then(Value::as_array).cloned().unwrap_or_default(),
        Found::NotThere(words) => return Err(WriteError::Unclear { message: words }),
    };
    let is_others = |owner: &str| own.as_ref().is_none_or(|own| own.0 != owner);
    Ok(match rows.iter().filter_map(|row| row.get("owner")?.as_str()).any(is_others) {
        true => gone(),
        false => Look::Refused { why: "it is not shown that the credential sees every image".to_owned() },
    })
}
