//! Limits of a project, in the five services that keep some.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde_json::{Value, json};

use super::hand::{Call, Conflict, Found, Hand};
use super::identity::id_of;
use crate::apply::port::{Look, WriteError, Written};
use crate::model::action::ProjectRef;
use crate::model::cloud::{QuotaService, QuotaValues};
use crate::model::ids::ProjectId;
use crate::observe::Service;

/// Where a service keeps the limits of a project, and the key that they stand under.
fn place(service: QuotaService, project: &str) -> (Vec<&str>, &'static str) {
    match service {
        QuotaService::Compute | QuotaService::Volume => (vec!["os-quota-sets", project], "quota_set"),
        QuotaService::Network => (vec!["quotas", project], "quota"),
        QuotaService::LoadBalancer => (vec!["lbaas", "quotas", project], "quota"),
        QuotaService::KeyManager => (vec!["project-quotas", project], "project_quotas"),
    }
}

/// The limits that hold for a project, as far as they can be told.
#[derive(Debug, Default)]
struct Seen {
    limits: QuotaValues,
    /// Limits that the service keeps, and whose number it does not tell.
    untold: BTreeSet<String>,
}

/// The hand that a service lets in to the limits of a project, where it is another one: to see and set them takes a role in Barbican, which
/// the credential has where it comes from, or in the project.
pub(super) async fn let_in(
    hand: &Hand,
    project: &str,
    service: QuotaService,
) -> Result<Option<Hand>, WriteError> {
    if service != QuotaService::KeyManager {
        return Ok(None);
    }
    match hand.read(Service::from(service), &place(service, project).0, &[]).await {
        Ok(_) => Ok(None),
        Err(refused @ WriteError::Refused { .. }) => {
            let within = hand.within(&ProjectId(project.to_owned()), Service::from(service)).await;
            within.map(Some).map_err(|_no_way_in| refused)
        }
        Err(why) => Err(why),
    }
}

async fn current(hand: &Hand, project: &str, service: QuotaService) -> Result<Seen, WriteError> {
    let own = own(hand, project, service).await?;
    if service != QuotaService::KeyManager {
        let limits = own.ok_or_else(|| not_understood(service, project))?;
        return Ok(Seen { limits, untold: BTreeSet::new() });
    }
    let own = own.unwrap_or_default();
    let mut seen = defaults(hand).await?;
    seen.untold.retain(|name| !own.contains_key(name));
    seen.limits.extend(own);
    Ok(seen)
}

/// The numbers that a service shows for a project; Barbican shows those alone that it has of its own.
async fn own(hand: &Hand, project: &str, service: QuotaService) -> Result<Option<QuotaValues>, WriteError> {
    let (path, key) = place(service, project);
    match hand.read(Service::from(service), &path, &[]).await? {
        Found::There(answer) => {
            numbers(answer.get(key)).map(Some).ok_or_else(|| not_understood(service, project))
        }
        Found::NotThere(_) => Ok(None),
    }
}

/// Barbican's defaults are what holds for the asking project; where that has a limit of its own, the default is not told.
async fn defaults(hand: &Hand) -> Result<Seen, WriteError> {
    let service = QuotaService::KeyManager;
    let Found::There(answer) = hand.read(Service::KeyManager, &["quotas"], &[]).await? else {
        return Err(not_understood(service, "that asks"));
    };
    let all = numbers(answer.get("quotas"));
    let mut limits = all.ok_or_else(|| not_understood(service, "that asks"))?;
    let mut untold = BTreeSet::new();
    if let Some(asking) = hand.project(Service::KeyManager).await? {
        let own = own(hand, &asking.0, service).await?.unwrap_or_default();
        limits.retain(|name, _| !own.contains_key(name));
        untold.extend(own.into_keys());
    }
    Ok(Seen { limits, untold })
}

fn numbers(fields: Option<&Value>) -> Option<QuotaValues> {
    let fields = fields?.as_object()?;
    Some(fields.iter().filter_map(|(name, value)| Some((name.clone(), value.as_i64()?))).collect())
}

fn not_understood(service: QuotaService, project: &str) -> WriteError {
    let message = format!("the {service} limits of project {project} are not understood");
    WriteError::Unclear { message }
}

pub(super) async fn look(
    hand: &Hand,
    project: &ProjectRef,
    service: QuotaService,
    from: Option<&QuotaValues>,
    to: &QuotaValues,
) -> Result<Look, WriteError> {
    let project = id_of(project)?;
    let within = let_in(hand, project, service).await?;
    Ok(compare(&current(within.as_ref().unwrap_or(hand), project, service).await?, from, to))
}

fn compare(seen: &Seen, from: Option<&QuotaValues>, to: &QuotaValues) -> Look {
    let Seen { limits, untold } = seen;
    if to.iter().all(|(name, limit)| limits.get(name) == Some(limit)) {
        return Look::AlreadyDone { id: None };
    }
    for (name, limit) in to {
        let planned_for = from.and_then(|from| from.get(name));
        match limits.get(name) {
            // A step that asks nothing of what was there before needs not know it.
            None if untold.contains(name) && planned_for.is_none() => {}
            None if untold.contains(name) => return Look::Refused { why: not_told(name) },
            None => return Look::Refused { why: format!("the service does not report {name}") },
            Some(now) if now == limit || planned_for.is_none_or(|planned| planned == now) => {}
            Some(now) => {
                let was = planned_for.map(ToString::to_string).unwrap_or_default();
                return Look::Refused { why: format!("{name} is {now}, and was {was} when it was planned") };
            }
        }
    }
    Look::Ready { revision: None }
}

fn not_told(limit: &str) -> String {
    format!(
        "the project has no limit {limit} of its own, and the service tells its default only to a project without one: \
         apply with a credential of another project"
    )
}

pub(super) async fn set(
    hand: &Hand,
    request_id: &str,
    project: &ProjectRef,
    service: QuotaService,
    to: &QuotaValues,
) -> Result<Written, WriteError> {
    let project = id_of(project)?;
    let (path, key) = place(service, project);
    let body = json!(BTreeMap::from([(key, fields(service, to))]));
    let call = |method, body| Call {
        method,
        service: Service::from(service),
        path: &path,
        body,
        revision: None,
        request_id,
        conflict: Conflict::Refusal,
    };
    let within = let_in(hand, project, service).await?;
    let hand = within.as_ref().unwrap_or(hand);
    match hand.set(call(Method::PUT, Some(body.clone()))).await {
        // Cinder lets a limit be below what is used where the project has none of its own, and there alone.
        Err(WriteError::Refused { status: 400, .. }) if service == QuotaService::Volume && is_freeze(to) => {
            hand.set(call(Method::DELETE, None)).await?;
            hand.set(call(Method::PUT, Some(body))).await
        }
        told => told,
    }
}

fn is_freeze(to: &QuotaValues) -> bool {
    to.values().all(|limit| *limit == 0)
}

/// The limits as the service takes them. Nova refuses a limit below what is used, if it is not forced; a project that is frozen uses more than none.
fn fields(service: QuotaService, to: &QuotaValues) -> BTreeMap<&str, Value> {
    let mut fields: BTreeMap<&str, Value> =
        to.iter().map(|(name, limit)| (name.as_str(), Value::from(*limit))).collect();
    if service == QuotaService::Compute && is_freeze(to) {
        fields.insert("force", Value::Bool(true));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_freeze_of_nova_is_forced_and_no_other_limit_is() {
        let (none, some) = (values(&[("cores", 0), ("ram", 0)]), values(&[("cores", 0), ("ram", 1)]));
        let sent = |service, to| serde_json::to_value(fields(service, to)).unwrap();
        assert_eq!(sent(QuotaService::Compute, &none), json!({"cores": 0, "ram": 0, "force": true}));
        assert_eq!(sent(QuotaService::Compute, &some), json!({"cores": 0, "ram": 1}));
        assert_eq!(sent(QuotaService::Volume, &none), json!({"cores": 0, "ram": 0}));
    }

    fn values(all: &[(&str, i64)]) -> QuotaValues {
        all.iter().map(|(name, limit)| ((*name).to_owned(), *limit)).collect()
    }

    fn seen(all: &[(&str, i64)]) -> Seen {
        Seen { limits: values(all), untold: BTreeSet::new() }
    }

    #[test]
    fn limits_that_are_reached_need_no_call_and_limits_that_moved_allow_none() {
        let (from, to) = (values(&[("cores", 8), ("ram", 1)]), values(&[("cores", 16)]));
        assert_eq!(compare(&seen(&[("cores", 16)]), Some(&from), &to), Look::AlreadyDone { id: None });
        assert_eq!(compare(&seen(&[("cores", 8)]), Some(&from), &to), Look::Ready { revision: None });
        assert_eq!(compare(&seen(&[("cores", 3)]), None, &to), Look::Ready { revision: None });
        for moved in [seen(&[("cores", 9)]), seen(&[("ram", 1)])] {
            assert!(matches!(compare(&moved, Some(&from), &to), Look::Refused { .. }), "{moved:?}");
        }
    }

    #[test]
    fn a_limit_that_is_not_told_is_set_only_where_nothing_was_planned_upon_it() {
        let (from, to) = (values(&[("secrets", 8)]), values(&[("secrets", 9)]));
        let untold = Seen { untold: ["secrets".to_owned()].into(), ..Seen::default() };
        assert_eq!(compare(&untold, None, &to), Look::Ready { revision: None });
        let Look::Refused { why } = compare(&untold, Some(&from), &to) else { panic!("it is not told") };
        assert!(why.ends_with("apply with a credential of another project"), "{why}");
    }
}
