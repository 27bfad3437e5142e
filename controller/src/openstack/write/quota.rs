//! Limits of a project, in the five services that keep some.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use super::hand::{Call, Hand};
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
    let answer = match (hand.read(Service::from(service), &path, &[]).await?, service) {
        (Some(answer), _) => answer.get(key).cloned(),
        // A project without limits of its own has Barbican's defaults, which the asking project shows.
        (None, QuotaService::KeyManager) => {
            let own = hand.read(Service::KeyManager, &["quotas"], &[]).await?;
            own.and_then(|own| own.get("quotas").cloned())
        }
        (None, _) => None,
    };
    let fields = answer.as_ref().and_then(Value::as_object);
    let fields = fields.ok_or_else(|| WriteError::Unclear {
        message: format!("the {service} limits of project {project} are not understood"),
    })?;
    Ok(fields.iter().filter_map(|(name, value)| Some((name.clone(), value.as_i64()?))).collect())
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
    from: Option<&QuotaValues>,
    to: &QuotaValues,
) -> Result<Written, WriteError> {
    let project = id_of(project)?;
    let (path, key) = place(service, project);
    let values: QuotaValues = match service {
        // Barbican replaces the whole: what is left out goes back to its default.
        QuotaService::KeyManager => {
            let mut whole = from.cloned().unwrap_or_default();
            whole.extend(to.clone());
            whole
        }
        QuotaService::Compute | QuotaService::Volume | QuotaService::Network | QuotaService::LoadBalancer => {
            to.clone()
        }
    };
    let body = json!(BTreeMap::from([(key, values)]));
    let call = Call {
        method: Method::PUT,
        service: Service::from(service),
        path: &path,
        body: Some(body),
        revision: None,
        request_id,
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
