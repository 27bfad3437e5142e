//! The controller is killed at every call of an apply, before the service was asked and after it has answered: nothing is done
//! twice, and nothing is lost.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail by panic")]

mod applying;

use std::time::Instant;

use applying::{Outcome, Stage, undisturbed};
use cloudspec_tests::cluster::Person;
use cloudspec_tests::proxy::{Matcher, Place, Then};
use cloudspec_tests::rig::cases;
use futures::StreamExt;

/// How many run at a time: most of each is waiting.
const AT_A_TIME: usize = 3;
const SAMPLE: usize = 8;

/// Kills the controller at the Nth call after the approval, starts it again, and says how often it had to be approved again.
async fn crashed(nth: u64, place: Place) -> (usize, Outcome) {
    // It has the same name after a restart, so that it need not wait for its own lease.
    let mut stage = Stage::new("crash", &["--identity", "one"]).await;
    stage.proxy.clear();
    let mut trap = stage.trap(Matcher::any().nth(nth), place);
    stage.approve();
    trap.sprung().await;
    stage.scene.controller.take().unwrap().kill().unwrap();
    trap.release(Then::Drop);
    stage.scene.start().await.unwrap();
    let again = stage.until_in_sync().await;
    (again, stage.outcome().await)
}

/// What a controller writes that decides and goes no further.
fn decision(digest: &str) -> String {
    // The API keeps whole seconds, and a decision may not change.
    let at = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second()).unwrap();
    let decision = serde_json::json!({
        "verdict": "Approved", "by": "alice", "groups": ["people"], "value": "true", "offer": 1, "digest": digest,
        "gate": "Enforced", "at": at.to_string(),
    });
    serde_json::json!({"status": {"phase": "Applying", "decision": decision}}).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_nobody_was_told_of_is_told_before_it_is_carried_out() {
    let mut stage = Stage::new("untold", &["--identity", "one"]).await;
    stage.scene.controller.take().unwrap().kill().unwrap();
    stage.approve();
    let plan = stage.scene.plans().await.unwrap().remove(0);
    let name = plan.metadata.name.clone().unwrap();
    let account = Person::controller(&format!("{}-decides", stage.scene.namespace.name)).unwrap();
    let patch = decision(&plan.spec.digest);
    let decide = ["patch", "changeplan", &name, "--subresource=status", "--type=merge", "-p", &patch];
    stage.scene.namespace.kubectl(&account, &decide, "").unwrap().or_fail().unwrap();
    // The first write is held: this is what people see meanwhile.
    let mut trap = stage.trap(Matcher::writes().nth(1), Place::Before);
    stage.scene.start().await.unwrap();
    trap.sprung().await;
    let object = stage.scene.specs().get("lab").await.unwrap();
    let status = object.status.unwrap();
    assert_eq!((status.state.as_deref(), status.plan.is_none()), (Some("Applying"), true));
    assert!(!object.metadata.annotations.unwrap_or_default().contains_key("approved"));
    trap.release(Then::Forward);
    assert_eq!(stage.until_in_sync().await, 0);
    assert_eq!(stage.outcome().await.plans, ["Succeeded: Done Done Done Done Done Done Done Done"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn matrix_crash_a_controller_killed_at_any_call_does_nothing_twice_and_loses_nothing() {
    let begun = Instant::now();
    let (whole, calls) = undisturbed().await;
    let places = [Place::Before, Place::After];
    let all: Vec<_> = places.iter().flat_map(|&place| (1..=calls).map(move |nth| (nth, place))).collect();
    let (of, picked) = (all.len(), cases("crash", all, SAMPLE));
    let tried = picked.len();
    let runs = futures::stream::iter(picked)
        .map(|(nth, place)| async move { (nth, place, tokio::spawn(crashed(nth, place)).await) });
    let runs: Vec<_> = runs.buffer_unordered(AT_A_TIME).collect().await;
    let (mut wrong, mut approved_again) = (Vec::new(), 0);
    for (nth, place, run) in runs {
        let difference = match run {
            Err(why) => Some(why.to_string()),
            Ok((again, outcome)) => {
                approved_again += usize::from(again > 0);
                outcome.differs(&whole)
            }
        };
        wrong.extend(difference.map(|difference| format!("{place:?} call {nth}: {difference}")));
    }
    let took = begun.elapsed().as_secs();
    println!("crash: {tried} of {of} cases ({calls} calls), {approved_again} approved again, {took} s");
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}
