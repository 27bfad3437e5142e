//! Limits of the tenant's own, taken away in the five services that keep some; the id is the service.

use http::Method;
use serde_json::Value;

use super::super::hand::{Found, Hand};
use super::super::quota::let_in;
use super::told::{at, gone, not_understood};
use crate::apply::port::{Look, WriteError, Written};
use crate::model::ResourceKey;
use crate::model::cloud::QuotaService;
use crate::model::ids::ProjectId;
use crate::observe::Service;

fn service(what: &ResourceKey) -> Option<QuotaService> {
    let all = [
        QuotaService::Compute,
        QuotaService::Volume,
        QuotaService::Network,
        QuotaService::LoadBalancer,
        QuotaService::KeyManager,
    ];
    all.into_iter().find(|service| Service::from(*service).name() == what.id)
}

pub(super) async fn look(hand: &Hand, what: &ResourceKey, project: &ProjectId) -> Result<Look, WriteError> {
    let Some(kept) = service(what) else {
        return Ok(Look::Refused { why: format!("{} keeps no limits", what.id) });
    };
    let within = let_in(hand, &project.0, kept).await?;
    let hand = within.as_ref().unwrap_or(hand);
    let has_own = match kept {
        QuotaService::Compute | QuotaService::Volume => differs(hand, what, kept.into(), project).await?,
        QuotaService::Network => is_listed(hand, what, kept.into(), &["quotas"], project).await?,
        QuotaService::LoadBalancer => {
            is_listed(hand, what, kept.into(), &["lbaas", "quotas"], project).await?
        }
        QuotaService::KeyManager => {
            let path = ["project-quotas", project.0.as_str()];
            matches!(hand.read(Service::KeyManager, &path, &[]).await?, Found::There(_))
        }
    };
    Ok(if has_own { Look::Ready { revision: None } } else { gone() })
}

pub(super) async fn make(
    hand: &Hand,
    request_id: &str,
    what: &ResourceKey,
    project: &ProjectId,
) -> Result<Written, WriteError> {
    let kept = service(what).ok_or_else(|| super::told::not_sent(what))?;
    let project = project.0.as_str();
    let within = let_in(hand, project, kept).await?;
    let path = match kept {
        QuotaService::Compute | QuotaService::Volume => vec!["os-quota-sets", project],
        QuotaService::Network => vec!["quotas", project],
        QuotaService::LoadBalancer => vec!["lbaas", "quotas", project],
        QuotaService::KeyManager => vec!["project-quotas", project],
    };
    within.as_ref().unwrap_or(hand).set(at(kept.into(), Method::DELETE, &path, request_id)).await
}

/// Whether the limits are others than the defaults. One that is set to the default is not told from it.
async fn differs(
    hand: &Hand,
    what: &ResourceKey,
    service: Service,
    project: &ProjectId,
) -> Result<bool, WriteError> {
    let now = limits(hand, what, service, &["os-quota-sets", &project.0]).await?;
    Ok(now != limits(hand, what, service, &["os-quota-sets", &project.0, "defaults"]).await?)
}

async fn limits(
    hand: &Hand,
    what: &ResourceKey,
    service: Service,
    path: &[&str],
) -> Result<Vec<(String, i64)>, WriteError> {
    let answer = match hand.read(service, path, &[]).await? {
        Found::There(answer) => answer,
        Found::NotThere(words) => return Err(WriteError::Unclear { message: words }),
    };
    let all = answer.get("quota_set").and_then(Value::as_object);
    let all = all.ok_or_else(|| not_understood(what, "limits"))?;
    let mut all: Vec<_> =
        all.iter().filter_map(|(name, limit)| Some((name.clone(), limit.as_i64()?))).collect();
    all.sort();
    Ok(all)
}

/// Whether the project has limits in the listing of those that have their own. Octavia keeps a row without any after they were taken away.
async fn is_listed(
    hand: &Hand,
    what: &ResourceKey,
    service: Service,
    path: &[&str],
    project: &ProjectId,
) -> Result<bool, WriteError> {
    // Octavia heeds the filter, Neutron does not.
    let answer = match hand.read(service, path, &[("project_id", &project.0)]).await? {
        Found::There(answer) => answer,
        Found::NotThere(words) => return Err(WriteError::Unclear { message: words }),
    };
    let rows = answer.get("quotas").and_then(Value::as_array);
    let rows = rows.ok_or_else(|| not_understood(what, "limits"))?;
    let own = rows.iter().filter(|row| row.get("project_id").is_some_and(|id| id == &project.0));
    let mut limits = own.filter_map(Value::as_object).flat_map(|row| row.values());
    Ok(limits.any(Value::is_number))
}
