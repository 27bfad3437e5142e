//! A service of a real cloud that hangs while a tenant is looked at.
//!
//! Needs the rig (`--features rig`). The story has a domain of its own, and removes it.
#![cfg(feature = "rig")]

use std::time::{Duration, Instant};

use cloudspec_tests::proxy::{Fault, Matcher};
use cloudspec_tests::scene::leaving::{leaving, refusal};

const QUICK: &str = "verifyAfter: 1s\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_hangs_is_not_waited_for_for_ever() {
    leaving("hangs", async |story| {
        story.held().group("one").await;
        story.proxy.fault(Matcher::any().method("GET").service("network"), Fault::Hang);
        let begun = Instant::now();
        story.leave("x", QUICK);
        // Longer than one answer is waited for, and far shorter than one after the other.
        tokio::time::sleep(Duration::from_secs(65)).await;
        let told = story.until_state("x", "Unknown").await;
        println!("told after {:?}", begun.elapsed());
        assert!(refusal(&told, "Admitted").1.contains("no whole answer within"), "{:?}", told.conditions);
        assert_eq!((&told.plan, &told.verified), (&None, &Vec::new()));
        story.proxy.heal();
        story.until_state("x", "AwaitingApproval").await;
        assert_eq!(story.writes(), Vec::<String>::new());
    })
    .await;
}
