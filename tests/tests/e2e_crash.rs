//! The controller is killed at every call of an apply, before the service was asked and after it has answered: nothing is done
//! twice, and nothing is lost.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail by panic")]

mod applying;

use std::time::Instant;

use applying::{Outcome, Stage, undisturbed};
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
