//! Limits, in the five services.

use cloudspec::apply::port::Look;
use cloudspec::model::Action;
use cloudspec::model::action::ProjectRef;
use cloudspec::model::cloud::{QuotaService, QuotaValues};
use serde_json::{Value, json};

use crate::place::{Place, in_a_place};

/// A service, where it keeps the limits, under which key, and two of them.
const KEPT: [(QuotaService, &str, &str, [&str; 2]); 5] = [
    (QuotaService::Compute, "compute /os-quota-sets", "quota_set", ["cores", "ram"]),
    (QuotaService::Volume, "block-storage /os-quota-sets", "quota_set", ["volumes", "gigabytes"]),
    (QuotaService::Network, "network /quotas", "quota", ["port", "security_group_rule"]),
    (QuotaService::LoadBalancer, "load-balancer /lbaas/quotas", "quota", ["pool", "health_monitor"]),
    (QuotaService::KeyManager, "key-manager /project-quotas", "project_quotas", ["secrets", "orders"]),
];

fn values(all: &[(&str, i64)]) -> QuotaValues {
    all.iter().map(|(name, limit)| ((*name).to_owned(), *limit)).collect()
}

fn set(place: &Place, service: QuotaService, from: Option<&[(&str, i64)]>, to: &[(&str, i64)]) -> Action {
    Action::SetQuota {
        project: ProjectRef::Id(place.project.as_str().into()),
        service,
        from: from.map(values),
        to: values(to),
    }
}

/// Limits that the project has of its own or by default.
async fn shown(place: &Place, at: &str, key: &str) -> Value {
    place.admin.get(&format!("{at}/{}", place.project)).await[key].clone()
}

#[tokio::test]
async fn a_limit_is_set_in_each_service_and_the_others_stay() {
    in_a_place(|place| async move {
        for (service, at, key, [one, other]) in KEPT {
            place.carry_out(&set(&place, service, None, &[(one, 7)])).await;
            assert_eq!(shown(&place, at, key).await[one], 7, "{service}");
            // The project has now one limit of its own, and the other by default.
            let Look::Refused { why } =
                place.look(&set(&place, service, Some(&[(other, 999_999)]), &[(other, 5)])).await
            else {
                panic!("{service}: nobody had set {other} to 999999")
            };
            assert!(why.contains(other), "{service}: {why}");
            let Some(now) =
                why.split_whitespace().find_map(|word| word.trim_end_matches(',').parse::<i64>().ok())
            else {
                panic!("{service}: {why}")
            };
            place.carry_out(&set(&place, service, Some(&[(one, 7), (other, now)]), &[(other, 5)])).await;
            let after = shown(&place, at, key).await;
            assert_eq!((&after[one], &after[other]), (&json!(7), &json!(5)), "{service}");
            // Both at once, one of them reached, the other without limit.
            place
                .carry_out(&set(&place, service, Some(&[(one, 7), (other, 5)]), &[(one, 7), (other, -1)]))
                .await;
            let after = shown(&place, at, key).await;
            assert_eq!((&after[one], &after[other]), (&json!(7), &json!(-1)), "{service}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_limit_that_moved_behind_the_back_is_left_alone() {
    in_a_place(|place| async move {
        for (service, at, key, [one, other]) in KEPT {
            let mine = json!({key: {one: 7, other: 5}});
            place.admin.ask(reqwest::Method::PUT, &format!("{at}/{}", place.project), mine).await;
            let why = place.refusal(&set(&place, service, Some(&[(one, 3), (other, 5)]), &[(one, 9)])).await;
            assert!(why.contains(one) && why.contains('7') && why.contains('3'), "{service}: {why}");
            assert!(
                place.refusal(&set(&place, service, None, &[("no_such_limit", 1)])).await.contains("no_such")
            );
            // What is not set may be what it wants, and stays that.
            let beside = set(&place, service, Some(&[(one, 7), (other, 4)]), &[(one, 9)]);
            place.carry_out(&beside).await;
            assert_eq!(shown(&place, at, key).await[other], 5, "{service}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_limit_that_a_service_refuses_changes_nothing() {
    in_a_place(|place| async move {
        for (service, at, key, [one, _]) in KEPT {
            let mine = json!({key: {one: 7}});
            place.admin.ask(reqwest::Method::PUT, &format!("{at}/{}", place.project), mine).await;
            // Barbican takes any number: -5 is no limit there.
            let wrong = if service == QuotaService::KeyManager { ("no_such_limit", 1) } else { (one, -5) };
            let status = place.refused(&set(&place, service, Some(&[(one, 7)]), &[wrong]), None).await;
            assert_eq!(status, 400, "{service}");
            assert_eq!(shown(&place, at, key).await[one], 7, "{service}");
        }
    })
    .await;
}
