//! Limits of a project, in the five services that keep some.

use std::collections::{BTreeMap, BTreeSet};

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

/// Limits that hold for a project, and which of them it has of its own.
#[derive(Debug, Default)]
struct Seen {
    effective: QuotaValues,
    own: BTreeSet<String>,
}

async fn current(hand: &Hand, project: &str, service: QuotaService) -> Result<Seen, WriteError> {
    let own = limits(hand, project, service).await?;
    match service {
        QuotaService::KeyManager => {
            let own = own.unwrap_or_default();
            let mut effective = defaults(hand).await?;
            effective.extend(own.clone());
            Ok(Seen { effective, own: own.into_keys().collect() })
        }
        QuotaService::Compute | QuotaService::Volume | QuotaService::Network | QuotaService::LoadBalancer => {
            let effective = own.ok_or_else(|| not_understood(service, project))?;
            Ok(Seen { effective, own: BTreeSet::new() })
        }
    }
}

/// The numbers that a service shows for a project; Barbican shows those alone that it has of its own.
async fn limits(
    hand: &Hand,
    project: &str,
    service: QuotaService,
) -> Result<Option<QuotaValues>, WriteError> {
    let (path, key) = place(service, project);
    let Some(answer) = hand.read(Service::from(service), &path, &[]).await? else { return Ok(None) };
    numbers(&answer, key).map(Some).ok_or_else(|| not_understood(service, project))
}

/// Barbican's defaults are what holds for the asking project where it has no limits of its own.
async fn defaults(hand: &Hand) -> Result<QuotaValues, WriteError> {
    let service = QuotaService::KeyManager;
    let not_understood = || not_understood(service, "that asks");
    let answer = hand.read(Service::KeyManager, &["quotas"], &[]).await?.ok_or_else(not_understood)?;
    let mut defaults = numbers(&answer, "quotas").ok_or_else(not_understood)?;
    if let Some(asking) = hand.project(Service::KeyManager).await? {
        let own = limits(hand, &asking.0, service).await?.unwrap_or_default();
        defaults.retain(|name, _| !own.contains_key(name));
    }
    Ok(defaults)
}

fn numbers(answer: &Value, key: &str) -> Option<QuotaValues> {
    let fields = answer.get(key)?.as_object()?;
    Some(fields.iter().filter_map(|(name, value)| Some((name.clone(), value.as_i64()?))).collect())
}

fn not_understood(service: QuotaService, project: &str) -> WriteError {
    WriteError::Unclear { message: format!("the {service} limits of project {project} are not understood") }
}

pub(super) async fn look(
    hand: &Hand,
    project: &ProjectRef,
    service: QuotaService,
    from: Option<&QuotaValues>,
    to: &QuotaValues,
) -> Result<Look, WriteError> {
    let seen = current(hand, id_of(project)?, service).await?;
    Ok(match (compare(&seen.effective, from, to), service) {
        (Look::Ready { revision }, QuotaService::KeyManager) => {
            beside(&seen, from, to).unwrap_or(Look::Ready { revision })
        }
        (look, _) => look,
    })
}

/// What a call that replaces all limits would change beside those that it is meant to.
fn beside(seen: &Seen, from: Option<&QuotaValues>, to: &QuotaValues) -> Option<Look> {
    let Seen { effective, own } = seen;
    let planned_for = |name: &str| from.and_then(|from| from.get(name));
    let moved = |(name, now): &(&String, &i64)| {
        !to.contains_key(*name) && planned_for(name).map_or(own.contains(*name), |planned| planned != *now)
    };
    effective.iter().find(moved).map(|(name, now)| differs(name, *now, planned_for(name)))
}

fn differs(name: &str, now: i64, planned_for: Option<&i64>) -> Look {
    let was = planned_for.map_or_else(|| "not there".to_owned(), ToString::to_string);
    Look::Refused { why: format!("{name} is {now}, and was {was} when it was planned") }
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
            Some(now) => return differs(name, *now, planned_for),
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

    #[test]
    fn where_all_limits_are_replaced_none_of_the_others_may_have_moved() {
        let seen = |all: &[(&str, i64)], own: &[&str]| Seen {
            effective: values(all),
            own: own.iter().map(|name| (*name).to_owned()).collect(),
        };
        let (from, to) = (values(&[("secrets", 7), ("orders", 5)]), values(&[("secrets", 9)]));
        let quiet = seen(&[("secrets", 7), ("orders", 5), ("cas", -1)], &["secrets"]);
        assert_eq!(beside(&quiet, Some(&from), &to), None);
        assert_eq!(beside(&quiet, None, &to), None);
        let moved = seen(&[("secrets", 7), ("orders", 6)], &["secrets"]);
        assert!(matches!(beside(&moved, Some(&from), &to), Some(Look::Refused { .. })));
        let set_by_another = seen(&[("secrets", 7), ("orders", 5), ("cas", 3)], &["secrets", "cas"]);
        assert!(matches!(beside(&set_by_another, Some(&from), &to), Some(Look::Refused { .. })));
    }
}
