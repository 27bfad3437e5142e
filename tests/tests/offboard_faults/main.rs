//! A tenant leaves a simulated cloud whose every call fails once, by every fault: the controller with its own rights, and a real API server.
//!
//! The simulated world is the judge. Whatever was answered: never Completed with anything left; what is left is named; nothing is removed whose
//! dependency was not; the neighbour loses what was told, and no more; and a further run, with an approval of its own where one is needed,
//! finishes it.
#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

mod cases;
mod slot;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

use cloudspec_tests::rig::{MATRIX_WHOLE, cases};

use cases::{Case, all};
use slot::{Ended, Slot};

const MATRIX: &str = "offboard_faults";
/// How many writes, reads and removals are tried.
const SAMPLE: [usize; 3] = [1, 1, 1];
/// How many tenants leave at a time: most of each is waiting.
const AT_A_TIME: usize = 2;
const AT_A_TIME_WHOLE: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn matrix_offboard_faults_a_tenant_is_never_gone_before_it_is_and_a_second_run_finishes_it() {
    let begun = Instant::now();
    let mut first = Slot::new(0).await.unwrap();
    let told = first.leaves(None).await;
    let (ended, calls) = told.unwrap_or_else(|why| panic!("without a fault: {why}"));
    assert_eq!(ended, Ended::AtOnce, "without a fault");
    let (mut picked, mut of) = (Vec::new(), 0);
    for (sort, sample) in all(&calls, first.removals()).into_iter().zip(SAMPLE) {
        of += sort.len();
        picked.extend(cases(MATRIX, sort, sample));
    }
    let tried = picked.len();
    let whole = std::env::var(MATRIX_WHOLE).is_ok_and(|whole| whole == MATRIX);
    let at_a_time = if whole { AT_A_TIME_WHOLE } else { AT_A_TIME };
    let queue = Mutex::new(picked);
    let mut slots = vec![first];
    for number in 1..at_a_time {
        slots.push(Slot::new(number).await.unwrap());
    }
    let worked = slots.into_iter().map(|slot| work(slot, &queue));
    let told: Vec<(Case, Result<Ended, String>)> =
        futures::future::join_all(worked).await.into_iter().flatten().collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (case, ended) in &told {
        let ended = ended.as_ref().map_or_else(|_| "wrong".to_owned(), ToString::to_string);
        *counts.entry(format!("{}: {ended}", case.sort())).or_default() += 1;
    }
    for (what, count) in &counts {
        println!("{count:5} {what}");
    }
    println!(
        "offboard faults: {tried} of {of} cases, {} calls, {} s",
        calls.len(),
        begun.elapsed().as_secs()
    );
    let wrong: Vec<String> =
        told.iter().filter_map(|(case, ended)| Some(format!("{case}: {}", ended.as_ref().err()?))).collect();
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(told.len(), tried);
}

/// Takes cases from the queue until there is none.
async fn work(mut slot: Slot, queue: &Mutex<Vec<Case>>) -> Vec<(Case, Result<Ended, String>)> {
    let mut told = Vec::new();
    loop {
        let next = queue.lock().unwrap().pop();
        let Some(case) = next else { return told };
        let ended = slot.leaves(Some(&case)).await.map(|(ended, _)| ended);
        if let Err(why) = &ended {
            eprintln!("{case}: {why}");
            // What went wrong once says nothing of the next.
            slot = Slot::new(slot.number).await.unwrap();
        }
        told.push((case, ended));
    }
}
