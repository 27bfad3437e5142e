//! Two replicas and one lease: the leader is killed or stopped at a call of an apply, the other takes over. One writes at a time, and
//! what is done is the same.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail by panic")]

mod applying;

use std::time::{Duration, Instant};

use applying::{Outcome, Stage, undisturbed};
use cloudspec_tests::proxy::{Matcher, Place, Then};
use cloudspec_tests::rig::cases;
use cloudspec_tests::scene::Controller;
use futures::StreamExt;

/// How many run at a time: most of each is waiting for a lease to run out.
const AT_A_TIME: usize = 6;
const SAMPLE: usize = 6;

/// What happens to the leader.
#[derive(Clone, Copy, Debug)]
enum Blow {
    Killed,
    /// Stopped, and it goes on when the other is done.
    Stopped,
}

/// How often it had to be approved again, and what became of it all.
async fn struck(nth: u64, place: Place, blow: Blow) -> (usize, Outcome) {
    let mut stage = Stage::new("replicas", &[]).await;
    let leader = stage.scene.controller.take().unwrap();
    let lease = stage.scene.namespace.name.clone();
    stage.scene.controller = Some(stage.scene.another(&lease).await.unwrap());
    stage.proxy.clear();
    let mut trap = stage.trap(Matcher::any().nth(nth), place);
    stage.approve();
    trap.sprung().await;
    match blow {
        Blow::Killed => {
            leader.kill().unwrap();
            trap.release(Then::Drop);
            let again = stage.until_in_sync().await;
            (again, stage.outcome().await)
        }
        Blow::Stopped => {
            leader.signal("STOP").unwrap();
            // The call goes through, and nobody is there to hear of it.
            trap.release(Then::Forward);
            let again = stage.until_in_sync().await;
            leader.signal("CONT").unwrap();
            leads_no_more(&leader).await;
            (again, stage.outcome().await)
        }
    }
}

/// Waits until it has learnt that another leads; whatever it was about to do, it has done or dropped then.
async fn leads_no_more(leader: &Controller) {
    let deadline = Instant::now() + Duration::from_secs(40);
    while !leader.page("/metrics").await.unwrap().lines().any(|line| line == "cloudspec_leader 0") {
        assert!(Instant::now() < deadline, "it thinks that it leads:\n{}", leader.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn matrix_replicas_a_leader_killed_or_stopped_at_any_call_is_followed_by_one_writer() {
    let begun = Instant::now();
    let (whole, calls) = undisturbed().await;
    let at = |blow| {
        let places = [Place::Before, Place::After].into_iter();
        places.flat_map(move |place| (1..=calls).map(move |nth| (nth, place, blow)))
    };
    let all: Vec<_> = [Blow::Killed, Blow::Stopped].into_iter().flat_map(at).collect();
    let (of, picked) = (all.len(), cases("replicas", all, SAMPLE));
    let tried = picked.len();
    let runs = futures::stream::iter(picked).map(|(nth, place, blow)| async move {
        (format!("{blow:?} {place:?} call {nth}"), tokio::spawn(struck(nth, place, blow)).await)
    });
    let runs: Vec<_> = runs.buffer_unordered(AT_A_TIME).collect().await;
    let (mut wrong, mut approved_again) = (Vec::new(), 0);
    for (case, run) in runs {
        let difference = match run {
            Err(why) => Some(why.to_string()),
            Ok((again, outcome)) => {
                approved_again += usize::from(again > 0);
                outcome.differs(&whole)
            }
        };
        wrong.extend(difference.map(|difference| format!("{case}: {difference}")));
    }
    let took = begun.elapsed().as_secs();
    println!("replicas: {tried} of {of} cases ({calls} calls), {approved_again} approved again, {took} s");
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}
