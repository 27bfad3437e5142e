//! A TenantOffboard, or its whole namespace, is deleted: nothing more happens in the cloud, and nothing holds the object or the namespace up.
//!
//! Needs the rig (`--features rig`). Each story has a domain of its own on the real cloud, and removes it.
#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::time::{Duration, Instant};

use cloudspec_crds::ChangePlan;
use cloudspec_tests::cluster::Person;
use cloudspec_tests::proxy::{Hold, Matcher, Place};
use cloudspec_tests::scene::leaving::{Leaving, leaving};

const QUICK: &str = "verifyAfter: 1s\n";
/// Long enough for a controller that would go on to make its next calls.
const A_WHILE: Duration = Duration::from_secs(4);

/// Deletes the object, and is back when it is gone: no finalizer holds it.
fn delete(story: &Leaving, object: &str) {
    story.kubectl(&["delete", "toff", object, "--timeout=20s"], "").or_fail().unwrap();
}

/// Deletes the whole namespace, and is back when it is gone.
fn delete_namespace(story: &Leaving) {
    let admin = Person::admin().unwrap();
    let name = &story.scene.namespace.name;
    admin.kubectl(&["delete", "namespace", name, "--timeout=60s"], "").unwrap().or_fail().unwrap();
}

/// That from now on nothing is written.
async fn silent(story: &Leaving, what: &str) {
    let before = story.writes();
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(story.writes(), before, "{what}");
}

/// Waits until no plan is on offer: also of who went while it was looked at.
async fn withdrawn(story: &Leaving) {
    let begun = Instant::now();
    loop {
        let plans = story.scene.plans().await.unwrap();
        let phase = |plan: &ChangePlan| plan.status.clone().unwrap_or_default().phase.unwrap_or_default();
        let open: Vec<String> = plans.iter().map(phase).filter(|phase| phase != "Superseded").collect();
        if open.is_empty() {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "{open:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_before_its_plan_runs_nothing_happens_to_the_tenant() {
    leaving("deleted", async |story| {
        let group = story.held().group("stays").await;
        // Before the plan: the look is held.
        let mut hold = story.proxy.hold(Matcher::any().method("GET").service("network"), Place::Before);
        story.leave("x", QUICK);
        hold.arrived().await;
        delete(story, "x");
        hold.release();
        silent(story, "before the plan").await;

        // While it waits for an approval.
        story.leave("x", QUICK);
        story.offered("x").await;
        delete(story, "x");
        silent(story, "while it awaits an approval").await;
        withdrawn(story).await;

        // Approved, before the first call: the look before it is held.
        story.leave("x", QUICK);
        story.offered("x").await;
        let mut hold = story.proxy.hold(Matcher::any().method("GET").service("network"), Place::Before);
        story.approve("x");
        hold.arrived().await;
        delete(story, "x");
        hold.release();
        silent(story, "approved, before the first call").await;

        assert_eq!(story.writes(), Vec::<String>::new());
        assert!(story.has("neutron.securitygroups", "id", &group, ""));
        assert!(!story.has("neutron.quotas", "project_id", &story.tenant, ""), "nothing was frozen");
    })
    .await;
}

/// A network with a port, the approved plan frozen and at the call that removes the port, which is held: the network comes after it.
async fn held_midway(story: &Leaving) -> (String, Hold) {
    let held = story.held();
    let network = held.network("lan").await;
    held.port("one", &network).await;
    story.leave("x", QUICK);
    story.offered("x").await;
    let removals = Matcher::writes().service("network").method("DELETE").path("/ports/");
    let mut hold = story.proxy.hold(removals, Place::Before);
    story.approve("x");
    hold.arrived().await;
    story.quiet().await;
    (network, hold)
}

/// That what was in flight was the last, and the network stays.
async fn was_the_last(story: &Leaving, before: &[String], network: &str) {
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(story.writes(), before, "what was in flight is the last");
    assert!(story.has("neutron.networks", "id", network, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_that_is_deleted_while_a_plan_runs_is_gone_and_the_call_in_flight_is_the_last() {
    leaving("namespace", async |story| {
        let (network, hold) = held_midway(story).await;
        let before = story.writes();
        delete_namespace(story);
        hold.release();
        was_the_last(story, &before, &network).await;
    })
    .await;
}
