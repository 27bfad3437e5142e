//! Limits of a project, in the five services that keep some.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use super::hand::{Call, Conflict, Found, Hand};
use super::identity::id_of;
use crate::apply::port::{Look, WriteError, Written};
use crate::model::action::ProjectRef;
use crate::model::cloud::{QuotaService, QuotaValues};
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

async fn current(hand: &Hand, project: &str, service: QuotaService) -> Result<QuotaValues, WriteError> {
    let (path, key) = place(service, project);
    let own = match hand.read(Service::from(service), &path, &[]).await? {
        Found::There(answer) => numbers(answer.get(key)),
        Found::NotThere(_) if service == QuotaService::KeyManager => Some(QuotaValues::new()),
        Found::NotThere(_) => None,
    };
    let own = own.ok_or_else(|| not_understood(service, project))?;
    if service != QuotaService::KeyManager {
        return Ok(own);
    }
    // What a project has no limit of its own for is Barbican's default, which the asking project shows.
    let Found::There(answer) = hand.read(Service::KeyManager, &["quotas"], &[]).await? else {
        return Err(not_understood(service, project));
    };
    let mut all = numbers(answer.get("quotas")).ok_or_else(|| not_understood(service, project))?;
    all.extend(own);
    Ok(all)
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
    Ok(compare(&current(hand, id_of(project)?, service).await?, from, to))
}

fn compare(seen: &QuotaValues, from: Option<&QuotaValues>, to: &QuotaValues) -> Look {
    if to.iter().all(|(name, limit)| seen.get(name) == Some(limit)) {
        return Look::AlreadyDone { id: None };
    }
    for (name, limit) in to {
        let planned_for = from.and_then(|from| from.get(name));
        match seen.get(name) {
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

pub(super) async fn set(
    hand: &Hand,
    request_id: &str,
    project: &ProjectRef,
    service: QuotaService,
    to: &QuotaValues,
) -> Result<Written, WriteError> {
    let project = id_of(project)?;
    let (path, key) = place(service, project);
    let body = json!(BTreeMap::from([(key, to)]));
    let call = Call {
        method: Method::PUT,
        service: Service::from(service),
        path: &path,
        body: Some(body),
        revision: None,
        request_id,
        conflict: Conflict::Refusal,
    };
    hand.set(call).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(all: &[(&str, i64)]) -> QuotaValues {
        all.iter().map(|(name, limit)| ((*name).to_owned(), *limit)).collect()
    }

    #[test]
    fn limits_that_are_reached_need_no_call_and_limits_that_moved_allow_none() {
        let (from, to) = (values(&[("cores", 8), ("ram", 1)]), values(&[("cores", 16)]));
        assert_eq!(compare(&values(&[("cores", 16)]), Some(&from), &to), Look::AlreadyDone { id: None });
        assert_eq!(compare(&values(&[("cores", 8)]), Some(&from), &to), Look::Ready { revision: None });
        assert_eq!(compare(&values(&[("cores", 3)]), None, &to), Look::Ready { revision: None });
        for moved in [values(&[("cores", 9)]), values(&[("ram", 1)])] {
            assert!(matches!(compare(&moved, Some(&from), &to), Look::Refused { .. }), "{moved:?}");
        }
    }
}
