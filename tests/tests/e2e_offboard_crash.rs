//! The controller is killed at every call of a leaving, before the service was asked and after it has answered: nothing is removed
//! twice, nothing is lost, and the neighbour keeps what it has.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panic")]

mod leaving;

use std::collections::BTreeMap;
use std::time::Instant;

use cloudspec_tests::proxy::{Call, Place};
use cloudspec_tests::rig::cases;
use futures::StreamExt;
use leaving::{Leaving, Outcome, Spot, name};

/// How many run at a time: most of each is waiting.
const AT_A_TIME: usize = 4;
/// How often the controller is killed in one run, at places far apart: to begin and to end a run takes most of its time.
const KILLS: usize = 16;
const SAMPLE: usize = 2;

/// A run that nothing disturbs: what it does, and its calls from the approval on.
async fn undisturbed() -> (Outcome, Vec<Call>) {
    let leaving = Leaving::new("leaves", &[]).await;
    leaving.stage.proxy.clear();
    let begun = Instant::now();
    leaving.approve();
    let approvals = leaving.until_completed().await;
    let (calls, outcome) = (leaving.stage.proxy.calls(), leaving.outcome().await);
    println!(
        "undisturbed: {} calls, {} writes, {} approvals, the neighbour: {:?}, {:?}; {:?}",
        calls.len(),
        outcome.effects.len(),
        approvals + 1,
        outcome.neighbour,
        begun.elapsed(),
        outcome.plans
    );
    assert!(outcome.left.is_empty(), "{:#?}", outcome.left);
    let told = leaving.told().await;
    let named = |lost: &String| {
        lost.starts_with('-') && lost.split(' ').any(|id| id.len() == 36 && told.contains(id))
    };
    assert!(outcome.neighbour.iter().all(named), "{:#?}\n{told}", outcome.neighbour);
    assert!(outcome.plans.iter().all(|plan| plan.ended && plan.steps == plan.done), "{:#?}", outcome.plans);
    (outcome, calls)
}

/// Each call by what comes before it, so that it is found again in a run in which others are repeated; to kill before and after a
/// read are the same to the cloud.
fn spots(calls: &[Call]) -> Vec<(Spot, Place)> {
    let (mut after, mut seen) = (None::<String>, BTreeMap::<String, usize>::new());
    let mut spots = Vec::new();
    for call in calls {
        let nth = seen.entry(name(call)).and_modify(|seen| *seen += 1).or_insert(1);
        let spot = Spot { after: after.clone(), call: name(call), nth: *nth, is_write: call.is_write() };
        spots.push((spot.clone(), Place::Before));
        if call.is_write() {
            spots.push((spot, Place::After));
            after = Some(name(call));
            seen.clear();
        }
    }
    spots
}

/// The spots of each run, in their order and far apart.
fn runs(spots: Vec<(Spot, Place)>) -> Vec<Vec<(Spot, Place)>> {
    let count = spots.len().div_ceil(KILLS);
    let mut runs = vec![Vec::new(); count];
    for (at, spot) in spots.into_iter().enumerate() {
        runs[at % count].push(spot);
    }
    runs
}

/// What became of one run.
struct Crashed {
    killed: usize,
    passed_by: Vec<String>,
    outcome: Outcome,
}

async fn crashed(spots: Vec<(Spot, Place)>) -> Crashed {
    // It has the same name after a restart, so that it need not wait for its own lease.
    let mut leaving = Leaving::new("leaves", &["--identity", "one"]).await;
    leaving.stage.proxy.clear();
    leaving.approve();
    let (mut killed, mut passed_by) = (0, Vec::new());
    for (spot, place) in spots {
        let what = format!("{place:?} {spot}");
        let mut trap = leaving.trap(spot, place);
        match leaving.sprung(&mut trap).await {
            true => {
                leaving.crash(&trap).await;
                killed += 1;
            }
            false => passed_by.push(what),
        }
        trap.release();
    }
    leaving.until_completed().await;
    Crashed { killed, passed_by, outcome: leaving.outcome().await }
}

#[tokio::test(flavor = "multi_thread")]
async fn matrix_offboard_crash_a_controller_killed_at_any_call_removes_nothing_twice_and_loses_nothing() {
    let begun = Instant::now();
    let (whole, calls) = undisturbed().await;
    let all = spots(&calls);
    let of = all.len();
    let (writes, reads) =
        cases("offboard_crash", all, SAMPLE).into_iter().partition(|(spot, _)| spot.is_write);
    let picked: Vec<_> = runs(writes).into_iter().chain(runs(reads)).collect();
    let tried = picked.len();
    let each = futures::stream::iter(picked).map(|spots| async move {
        let told =
            spots.iter().map(|(spot, place)| format!("{place:?} {spot}")).collect::<Vec<_>>().join(", ");
        (told, tokio::spawn(crashed(spots)).await)
    });
    let mut each = each.buffer_unordered(AT_A_TIME).boxed();
    let (mut wrong, mut killed, mut passed_by) = (Vec::new(), 0, Vec::new());
    while let Some((told, run)) = each.next().await {
        match run {
            Err(why) => {
                println!("{told}: {why}");
                wrong.push(format!("{told}: {why}"));
            }
            Ok(run) => {
                killed += run.killed;
                passed_by.extend(run.passed_by);
                wrong.extend(run.outcome.differs(&whole).map(|difference| format!("{told}: {difference}")));
            }
        }
        println!(
            "{killed} kills, {} passed by, {} wrong, {:?}",
            passed_by.len(),
            wrong.len(),
            begun.elapsed()
        );
    }
    println!(
        "offboard_crash: {killed} kills of {of} ({} calls, {} of them writes) in {tried} runs, {} passed by, {} s",
        calls.len(),
        whole.effects.values().sum::<usize>(),
        passed_by.len(),
        begun.elapsed().as_secs()
    );
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    // A read may not come again where the run went another way; a write always does.
    assert!(passed_by.len() * 10 <= killed + passed_by.len(), "passed by:\n{}", passed_by.join("\n"));
}
