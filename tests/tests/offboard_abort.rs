//! A leaving that is called off, at each of its stages, and how far it is told while it runs.
//!
//! Needs the rig (`--features rig`). Each story has a domain of its own on the real cloud, and removes it.
#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::time::{Duration, Instant};

use cloudspec_crds::TenantOffboardStatus;
use cloudspec_tests::proxy::{Fault, Hold, Matcher, Place};
use cloudspec_tests::scene::leaving::{Leaving, leaving, refusal, remaining, summaries};
use serde_json::json;

const QUICK: &str = "verifyAfter: 1s\n";

/// Limits of the tenant in Nova and Neutron: cores, ports.
async fn limits(story: &Leaving) -> (i64, i64) {
    let tenant = &story.tenant;
    let cores = story.limit(&format!("compute /os-quota-sets/{tenant}"), "/quota_set/cores").await;
    let ports = story.limit(&format!("network /quotas/{tenant}"), "/quota/port").await;
    (cores, ports)
}

async fn own_limits(story: &Leaving) {
    let tenant = &story.tenant;
    let compute = json!({"quota_set": {"cores": 33}});
    story.admin.put(&format!("compute /os-quota-sets/{tenant}"), compute).await;
    let network = json!({"quota": {"port": 44}});
    story.admin.put(&format!("network /quotas/{tenant}"), network).await;
    assert_eq!(limits(story).await, (33, 44));
}

/// A network with a port; frozen, and at the call that removes the port, which is held: the network comes after it.
async fn held_midway(story: &Leaving) -> (String, Hold) {
    own_limits(story).await;
    let network = story.held().network("lan").await;
    story.held().port("one", &network).await;
    story.leave("x", QUICK);
    story.offered("x").await;
    let removals = Matcher::writes().service("network").method("DELETE").path("/ports/");
    let mut hold = story.proxy.hold(removals, Place::Before);
    story.approve("x");
    hold.arrived().await;
    assert_eq!(limits(story).await, (0, 0));
    (network, hold)
}

/// What was under way is over, and how many writes that took.
async fn stopped(story: &Leaving) -> usize {
    let record = story.over("x").await;
    let status = record.status.clone().unwrap();
    assert_eq!(status.phase.as_deref(), Some("Stopped"));
    let done = status.journal.iter().filter(|entry| entry.state == "Done").count();
    assert!(done > 0 && done < record.spec.steps.len(), "the record says what is gone");
    story.proxy.writes().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn called_off_midway_it_puts_the_limits_back_after_an_approval_and_removes_nothing_more() {
    leaving("midway", async |story| {
        let (network, hold) = held_midway(story).await;
        story.patch("x", r#"{"abort": true}"#);
        hold.release();
        let writes = stopped(story).await;
        let plan = story.offered("x").await;
        let steps = summaries(&plan);
        assert!(plan.spec.steps.iter().all(|step| step.summary.starts_with("put the ")), "{steps}");
        let told = story.until_state("x", "AwaitingApproval").await;
        assert!(remaining(&told).contains(&network), "{}", remaining(&told));
        assert_eq!(story.quiet().await, writes, "nothing is put back before the approval");
        story.approve("x");
        story.until_state("x", "Aborted").await;
        assert_eq!(limits(story).await, (33, 44));
        assert!(story.has("neutron.networks", "id", &network, ""), "{:?}", story.writes());
        let deletes = story.writes().into_iter().skip(writes).filter(|call| call.starts_with("DELETE"));
        assert_eq!(deletes.count(), 0);
        // Called on again, it begins anew, with an approval of its own.
        story.patch("x", r#"{"abort": false}"#);
        let steps = summaries(&story.offered("x").await);
        assert!(steps.contains("freeze") && steps.contains("remove"), "{steps}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_somebody_set_meanwhile_is_not_overwritten_when_it_is_called_off() {
    leaving("theirs", async |story| {
        let (_, hold) = held_midway(story).await;
        let network = json!({"quota": {"port": 7}});
        story.admin.put(&format!("network /quotas/{}", story.tenant), network).await;
        story.patch("x", r#"{"abort": true}"#);
        hold.release();
        stopped(story).await;
        let plan = story.offered("x").await;
        let left: Vec<String> = plan.spec.left_alone.iter().map(|one| format!("{one:?}")).collect();
        assert!(left.iter().any(|one| one.contains("somebody has set port 7")), "{left:?}");
        story.approve("x");
        story.until_state("x", "Aborted").await;
        assert_eq!(limits(story).await, (33, 7));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn called_off_before_an_approval_or_after_the_end_there_is_nothing_to_put_back() {
    leaving("early", async |story| {
        own_limits(story).await;
        let group = story.held().group("stays").await;
        story.leave("x", QUICK);
        story.offered("x").await;
        story.patch("x", r#"{"abort": true}"#);
        let told = story.until_state("x", "Aborted").await;
        assert_eq!(told.plan, None);
        assert_eq!(story.writes(), Vec::<String>::new());
        assert!(story.has("neutron.securitygroups", "id", &group, ""));
        assert_eq!(limits(story).await, (33, 44));
        // One that is called off from the start; the first is at rest, and holds nobody up.
        story.leave("again", "verifyAfter: 1s\nabort: true\n");
        story.until_state("again", "Aborted").await;
        assert_eq!(story.writes(), Vec::<String>::new());

        story.patch("again", r#"{"abort": false}"#);
        story.offered("again").await;
        story.approve("again");
        story.until_state("again", "Completed").await;
        let writes = story.proxy.writes().len();
        story.patch("again", r#"{"abort": true}"#);
        let settled = |status: &TenantOffboardStatus| {
            status.state.as_deref() != Some("Completed") || status.plan.is_some()
        };
        let told = story.until("again", "it is told", settled).await;
        assert!(matches!(told.state.as_deref(), Some("Aborted" | "AwaitingApproval")), "{told:?}");
        assert_eq!(story.quiet().await, writes, "nothing is done without an approval");
        assert!(!story.has("neutron.securitygroups", "id", &group, ""), "what is gone stays gone");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_far_it_is_and_what_it_waits_for_is_told_while_it_runs() {
    leaving("progress", async |story| {
        let held = story.held();
        held.group("one").await;
        let volume = held.volume("slow").await;
        story.leave("x", QUICK);
        let steps = i64::try_from(story.offered("x").await.spec.steps.len()).unwrap();
        // Cinder takes the call up, and does not begin.
        let taken = Fault::Answer { status: 202, headers: Vec::new(), body: String::new() };
        story.proxy.fault(Matcher::writes().service("block-storage").path(&volume), taken);
        story.approve("x");
        let waits = |status: &TenantOffboardStatus| {
            status.progress.as_ref().is_some_and(|progress| progress.text.contains("waiting: "))
        };
        let told = story.until("x", "it is told what it waits for", waits).await;
        let progress = told.progress.clone().unwrap();
        assert_eq!(told.state.as_deref(), Some("Removing"));
        assert_eq!(Some(&progress.plan), told.last_execution.as_ref().map(|run| &run.name));
        assert_eq!(progress.steps, steps);
        assert!(progress.done > 0 && progress.done < steps, "{progress:?}");
        let begins = format!("{} of {steps} steps; waiting: ", progress.done);
        assert!(progress.text.starts_with(&begins), "{progress:?}");
        let shown = story.kubectl(&["get", "toff", "x", "-o", "wide"], "").or_fail().unwrap().output;
        assert!(shown.contains(&begins), "{shown}");
        story.within.delete(&format!("block-storage /volumes/{volume}")).await;
        let told = story.until_state("x", "Completed").await;
        assert_eq!(told.progress, None);
    })
    .await;
}

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
