//! The world moves while a tenant leaves a real cloud: what somebody makes anew is never removed on the approval that was given before, and the tenant is never
//! said to be gone while it is there.
//!
//! Needs the rig (`--features rig`). Each story has a domain of its own, and removes it.
#![cfg(feature = "rig")]

use std::sync::{Arc, Mutex};

use cloudspec_tests::proxy::{Matcher, Place, Then};
use cloudspec_tests::scene::leaving::{Held, Leaving, leaving, refusal, remaining, summaries};

const QUICK: &str = "verifyAfter: 1s\n";

/// What an autoscaler makes: a server and a port.
async fn scale(held: &Held, network: &str) -> (String, String) {
    let port = held.port("anew", network).await;
    (held.server("anew").await, port)
}

/// A network with a port, and a server.
async fn fill(story: &Leaving) -> (String, String, String) {
    let held = story.held();
    let network = held.network("lan").await;
    let port = held.port("old", &network).await;
    (network, held.server("old").await, port)
}

/// The follow-up names what came, is approved, and then all is gone.
async fn follow_up_goes(story: &Leaving, server: &str, port: &str) {
    let told = story.until("x", "the new things are left", |status| remaining(status).contains("anew")).await;
    assert_eq!(told.state.as_deref(), Some("Incomplete"), "{told:?}");
    assert!(remaining(&told).contains(server) && remaining(&told).contains(port), "{}", remaining(&told));
    let (_, message) = refusal(&told, "Completed");
    assert!(message.contains("left: "), "{message}");
    let plan = story.offered("x").await;
    let steps = summaries(&plan);
    assert!(steps.contains(server) && steps.contains(port), "{steps}");
    let writes = story.quiet().await;
    assert!(story.has_server(server) && story.has_port(port), "{:?}", story.writes());
    story.approve("x");
    story.until_state("x", "Completed").await;
    assert!(story.proxy.writes().len() > writes);
    assert!(!story.has_server(server) && !story.has_port(port));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_autoscaler_makes_while_the_plan_runs_goes_only_with_another_approval() {
    leaving("scaled", async |story| {
        let (network, server, port) = fill(story).await;
        let (held, made) = (story.held(), Arc::new(Mutex::new(None)));
        let keep = made.clone();
        story.proxy.hook(
            Matcher::writes().service("compute").path("/action").once(),
            Place::Before,
            move |_| {
                let (held, network, keep) = (held.clone(), network.clone(), keep.clone());
                async move {
                    held.unfreeze().await;
                    *keep.lock().unwrap() = Some(scale(&held, &network).await);
                    Then::Forward
                }
            },
        );
        story.leave("x", QUICK);
        story.offered("x").await;
        assert_eq!(story.writes(), Vec::<String>::new());
        story.approve("x");
        story.over("x").await;
        let (new_server, new_port) = made.lock().unwrap().clone().unwrap();
        assert!(!story.has_server(&server) && !story.has_port(&port), "{:?}", story.writes());
        follow_up_goes(story, &new_server, &new_port).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_between_the_two_looks_makes_the_first_void() {
    leaving("between", async |story| {
        let held = story.held();
        held.group("old").await;
        story.leave("x", "verifyAfter: 8s\n");
        story.offered("x").await;
        story.approve("x");
        let told = story.until_state("x", "Verifying").await;
        assert_eq!(told.verified.len(), 1);
        let network = held.network("lan").await;
        let (server, port) = scale(&held, &network).await;
        follow_up_goes(story, &server, &port).await;
        assert_eq!(story.status("x").await.verified.len(), 2);
    })
    .await;
}
