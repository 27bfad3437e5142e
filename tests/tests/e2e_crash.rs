//! The controller is killed at every call of an apply, before the service was asked and after it has answered: nothing is done
//! twice, and nothing is lost.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail by panic")]

mod applying;

use std::sync::Arc;

use applying::{Outcome, Stage};
use cloudspec_tests::proxy::{Matcher, Place, Then};
use cloudspec_tests::rig::cases;
use futures::StreamExt;
use tokio::sync::watch;

/// How many run at a time: most of each is waiting.
const AT_A_TIME: usize = 3;
const SAMPLE: usize = 6;

/// A run without a crash: what it does, and of how many calls it is.
async fn undisturbed() -> (Outcome, u64) {
    let stage = Stage::single("whole").await;
    stage.proxy.clear();
    stage.approve();
    assert_eq!(stage.until_in_sync().await, 0);
    let calls = stage.proxy.calls();
    for call in &calls {
        println!("{call}");
    }
    let outcome = stage.outcome().await;
    assert_eq!(outcome.plans, ["Succeeded: Done Done Done Done Done Done Done Done"]);
    (outcome, u64::try_from(calls.len()).unwrap())
}

/// Kills the controller at the Nth call after the approval, starts it again, and says how often it had to be approved again.
async fn crashed(nth: u64, place: Place) -> (usize, Outcome) {
    let mut stage = Stage::single("crash").await;
    stage.proxy.clear();
    let (arrive, mut arrived) = watch::channel(false);
    let (dead, is_dead) = watch::channel(false);
    let arrive = Arc::new(arrive);
    stage.proxy.hook(Matcher::any().nth(nth), place, move |_| {
        let (arrive, mut is_dead) = (Arc::clone(&arrive), is_dead.clone());
        async move {
            arrive.send_replace(true);
            is_dead.wait_for(|dead| *dead).await.unwrap();
            Then::Drop
        }
    });
    stage.approve();
    let within = std::time::Duration::from_secs(60);
    tokio::time::timeout(within, arrived.wait_for(|arrived| *arrived)).await.unwrap().unwrap();
    stage.scene.controller.take().unwrap().kill().unwrap();
    dead.send_replace(true);
    stage.scene.start().await.unwrap();
    let again = stage.until_in_sync().await;
    (again, stage.outcome().await)
}

#[tokio::test(flavor = "multi_thread")]
async fn matrix_crash_a_controller_killed_at_any_call_does_nothing_twice_and_loses_nothing() {
    let begun = std::time::Instant::now();
    let (whole, calls) = undisturbed().await;
    let places = [Place::Before, Place::After];
    let all: Vec<_> = (1..=calls).flat_map(|nth| places.map(|place| (nth, place))).collect();
    let (of, picked) = (all.len(), cases("crash", all, SAMPLE));
    let tried = picked.len();
    let runs = futures::stream::iter(picked)
        .map(|(nth, place)| async move { (nth, place, tokio::spawn(crashed(nth, place)).await) });
    let runs: Vec<_> = runs.buffer_unordered(AT_A_TIME).collect().await;
    let mut wrong = Vec::new();
    let mut approved_again = 0;
    for (nth, place, run) in runs {
        match run {
            Err(why) => wrong.push(format!("{place:?} call {nth}: {why}")),
            Ok((again, outcome)) => {
                approved_again += usize::from(again > 0);
                if let Some(difference) = differs(&whole, &outcome) {
                    wrong.push(format!("{place:?} call {nth}: {difference}"));
                }
            }
        }
    }
    let took = begun.elapsed().as_secs();
    println!("crash: {tried} of {of} cases ({calls} calls), {approved_again} approved again, {took} s");
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}

fn differs(whole: &Outcome, outcome: &Outcome) -> Option<String> {
    (whole.world != outcome.world || whole.effects != outcome.effects || whole.plans != outcome.plans)
        .then(|| format!("{outcome:#?}\ninstead of\n{whole:#?}"))
}
