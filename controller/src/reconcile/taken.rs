//! The annotations of an approval: whether they stand still, and how they are taken away.

use cloudspec_crds::{ChangePlan, annotation};
use kube::ResourceExt;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use super::context::Context;
use super::owner::{Declared, Key, Owner, api_of};
use super::pipeline::Error;
use super::request;
use crate::gate::approval::Request;

/// Whether what was ruled on is there still: a look takes long enough for an approval to be taken back, for another spec, and for
/// another leader's offer.
pub(super) async fn still_stands<O: Owner>(
    context: &Context,
    declared: &Declared<O>,
    request: &Request,
) -> Result<bool, Error> {
    let read = declared.object.as_ref();
    let now = api_of(&context.client, read).get_opt(&read.name_any()).await?;
    let same = now.is_some_and(|now| {
        now.meta().uid == read.meta().uid
            && request::of(now.meta()) == *request
            && now.last_offer() == read.last_offer()
    });
    Ok(same)
}

/// Takes an approval away that was used: the one that stands, where the plan and the offer that it was given on are decided.
pub(super) async fn take_away_decided<O: Owner>(
    context: &Context,
    declared: &Declared<O>,
    all: &[ChangePlan],
) -> Result<(), Error> {
    let request = request::of(declared.object.meta());
    let used = all.iter().filter_map(|plan| plan.status.as_ref()?.decision.as_ref()).any(|decision| {
        request.plan.as_ref() == Some(&decision.digest)
            && request.offer.as_ref() == Some(&decision.offer.to_string())
    });
    match used {
        true => take_away(context, declared.object.as_ref(), &request).await,
        false => Ok(()),
    }
}

/// Takes the annotations of an approval away, as long as they are the ones that were ruled on.
pub(super) async fn take_away<O: Owner>(
    context: &Context,
    object: &O,
    request: &Request,
) -> Result<(), Error> {
    if request.approved.is_none() {
        return Ok(());
    }
    let mut patch = Vec::new();
    for name in annotation::OF_APPROVAL {
        if let Some(value) = object.annotations().get(name) {
            let path = format!("/metadata/annotations/{}", name.replace('~', "~0").replace('/', "~1"));
            patch.push(json!({"op": "test", "path": path, "value": value}));
            patch.push(json!({"op": "remove", "path": path}));
        }
    }
    let patch: json_patch::Patch = serde_json::from_value(json!(patch))?;
    let api = api_of(&context.client, object);
    match api.patch(&object.name_any(), &PatchParams::default(), &Patch::Json::<()>(patch)).await {
        Ok(_) => Ok(()),
        // Somebody else changed or removed them meanwhile: what stands now is ruled on anew.
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409 | 422) => {
            tracing::info!(object = %Key::of(object), "the approval changed meanwhile: {}", status.message);
            Ok(())
        }
        Err(why) => Err(why.into()),
    }
}
