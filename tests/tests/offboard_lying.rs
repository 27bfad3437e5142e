//! Listings of a real cloud that lie while a tenant leaves.
//!
//! An answer that does not hold together is no answer. One that is empty or cut without a sign is caught where the service itself will not let go of what it left out, and by the second look where it lied only once. A service that leaves out the
//! same thing each time, in an answer without a fault, is believed: nothing here knows better.
//!
//! Needs the rig (`--features rig`). Each story has a domain of its own, and removes it.
#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::time::{Duration, Instant};

use cloudspec_crds::TenantOffboardStatus;
use cloudspec_tests::proxy::{Fault, Matcher};
use cloudspec_tests::scene::leaving::{Leaving, leaving, refusal, remaining, summaries};

const QUICK: &str = "verifyAfter: 1s\n";

/// One listing: the type, the service, its path, and an answer without rows.
const LISTINGS: [(&str, &str, &str, &str); 5] = [
    ("server", "compute", "/servers/detail", r#"{"servers": []}"#),
    ("port", "network", "/ports", r#"{"ports": []}"#),
    ("volume", "block-storage", "/volumes/detail", r#"{"volumes": []}"#),
    ("image", "image", "/images", r#"{"images": []}"#),
    ("secret", "key-manager", "/secrets", r#"{"secrets": [], "total": 0}"#),
];

/// Cinder is in the catalogue under two names, so only the path tells its listings.
fn reads(service: &str, path: &str) -> Matcher {
    let reads = Matcher::any().method("GET").path(path);
    if service == "block-storage" { reads } else { reads.service(service) }
}

fn empty(body: &str) -> Fault {
    Fault::Answer { status: 200, headers: Vec::new(), body: body.to_owned() }
}

/// Two of each, and the network of the ports.
async fn fill(story: &Leaving) -> Vec<String> {
    let held = story.held();
    let network = held.network("lan").await;
    let mut all = Vec::new();
    for name in ["one", "two"] {
        all.push(held.server(name).await);
        all.push(held.volume(name).await);
        all.push(held.image(name).await);
        all.push(held.secret(name).await);
        held.port(name, &network).await;
    }
    all
}

/// How many of a type are told; nothing where that is not told.
fn count(status: &TenantOffboardStatus, kind: &str) -> Option<i64> {
    let types = &status.inventory.as_ref().unwrap().types;
    types.iter().find(|one| one.kind == kind).map_or(Some(0), |one| one.count)
}

/// Neither a plan, nor a look that found nothing, nor a call.
fn believes_nothing(story: &Leaving, status: &TenantOffboardStatus) {
    assert_eq!((&status.plan, &status.verified), (&None, &Vec::new()));
    assert_eq!(refusal(status, "Observed").0, "PartlyObserved");
    assert!(!refusal(status, "Completed").0.is_empty(), "{:?}", status.conditions);
    assert_eq!(story.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_does_not_hold_together_makes_its_type_unknown_and_there_is_no_plan() {
    leaving("broken", async |story| {
        fill(story).await;
        for (kind, service, path, _) in LISTINGS {
            for fault in [
                Fault::Truncate,
                Fault::Html,
                Fault::InvalidJson,
                Fault::Shortened,
                Fault::Oversized,
                Fault::status(500),
                Fault::status(403),
                Fault::status(404),
            ] {
                story.proxy.fault(reads(service, path), fault.clone());
                story.leave("x", QUICK);
                let told = story.until_state("x", "Unknown").await;
                believes_nothing(story, &told);
                assert_eq!(count(&told, kind), None, "{kind}, {fault:?}: {told:?}");
                assert!(refusal(&told, "Admitted").1.contains(path), "{fault:?}: {:?}", told.conditions);
                story.kubectl(&["delete", "toff", "x"], "").or_fail().unwrap();
                story.proxy.heal();
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_leads_back_or_elsewhere_makes_its_type_unknown() {
    leaving("paged", async |story| {
        fill(story).await;
        for (kind, service, path, _) in &LISTINGS[..3] {
            for fault in [Fault::RepeatPage, Fault::ForeignNext("http://127.0.0.1:9".to_owned())] {
                story.proxy.fault(reads(service, path), fault.clone());
                story.leave("x", QUICK);
                let told = story.until_state("x", "Unknown").await;
                believes_nothing(story, &told);
                assert_eq!(count(&told, kind), None, "{kind}, {fault:?}: {told:?}");
                story.kubectl(&["delete", "toff", "x"], "").or_fail().unwrap();
                story.proxy.heal();
            }
        }
        // A page that is cut and leads on is read on: all of it is told.
        for (_, service, path, _) in &LISTINGS[..3] {
            story.proxy.fault(reads(service, path), Fault::ShortPage);
        }
        story.leave("x", QUICK);
        let told = story.until_state("x", "AwaitingApproval").await;
        assert_eq!(LISTINGS.map(|(kind, ..)| count(&told, kind)), [Some(2); 5]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_out_once_without_a_sign_is_found_by_the_second_look_and_named() {
    leaving("once", async |story| {
        let held_back = fill(story).await;
        for (kind, service, path, body) in LISTINGS {
            if kind != "port" {
                story.proxy.fault(reads(service, path), empty(body));
            }
        }
        story.leave("x", "verifyAfter: 10s\n");
        let plan = summaries(&story.offered("x").await);
        assert!(plan.contains("port") && held_back.iter().all(|id| !plan.contains(id)), "{plan}");
        story.approve("x");
        let told = story.until_state("x", "Verifying").await;
        assert_eq!(told.verified.len(), 1);
        story.proxy.heal();
        let told = story.until_state("x", "Incomplete").await;
        assert_eq!(told.verified, Vec::new());
        let left = remaining(&told);
        let plan = summaries(&story.offered("x").await);
        for id in &held_back {
            assert!(left.contains(id) && plan.contains(id), "{id} is named: {left}; {plan}");
        }
        let writes = story.writes().join("\n");
        assert!(held_back.iter().all(|id| !writes.contains(id)), "{writes}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_leaves_ports_out_does_not_let_their_network_go_and_so_it_is_never_complete() {
    leaving("ports", async |story| {
        fill(story).await;
        for (fault, left_out) in [(Fault::HalfPage, 1), (empty(r#"{"ports": []}"#), 2)] {
            story.proxy.fault(reads("network", "/ports"), fault);
            story.leave("x", QUICK);
            let told = story.until("x", "a plan", |status| status.plan.is_some()).await;
            assert_eq!(count(&told, "port"), Some(2 - left_out));
            story.approve("x");
            let record = story.over("x").await.status.unwrap();
            assert_eq!(record.phase.as_deref(), Some("Stopped"));
            let message = record.message.unwrap();
            assert!(message.contains("409") && message.contains("ports have an IP allocation"), "{message}");
            let told = story.until_state("x", "Incomplete").await;
            assert!(remaining(&told).contains("network"), "{}", remaining(&told));
            assert_eq!(told.verified, Vec::new());
            story.kubectl(&["delete", "toff", "x"], "").or_fail().unwrap();
            story.proxy.heal();
            story.held().unfreeze().await;
            story.held().port("again", &told_network(&told)).await;
        }
    })
    .await;
}

/// The id of the network that is left.
fn told_network(status: &TenantOffboardStatus) -> String {
    let mut left = status.remaining.iter().filter_map(|one| one.resource.strip_prefix("network "));
    left.find(|id| id.len() == 36).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_in_that_is_lost_before_the_second_look_keeps_it_from_being_complete() {
    leaving("lost", async |story| {
        story.held().secret("one").await;
        story.leave("x", "verifyAfter: 3s\n");
        story.offered("x").await;
        story.approve("x");
        story.until_state("x", "Verifying").await;
        story.proxy.fault(reads("key-manager", "/secrets"), Fault::status(403));
        let not_told = |status: &TenantOffboardStatus| refusal(status, "Observed").0 == "PartlyObserved";
        let told = story.until("x", "it is not told", not_told).await;
        assert_eq!(told.verified.len(), 1);
        assert!(refusal(&told, "Observed").1.contains("give the observing user"), "{:?}", told.conditions);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(8) {
            let state = story.status("x").await.state;
            assert!(matches!(state.as_deref(), Some("Unknown" | "Incomplete")), "{state:?}");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        story.proxy.heal();
        assert_eq!(story.until_state("x", "Completed").await.verified.len(), 2);
    })
    .await;
}
