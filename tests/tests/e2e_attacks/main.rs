//! Ways to get a change of the cloud without the right approval: each is refused, and nothing reaches the cloud.
//!
//! A real API server with its policies, the controller with its own rights, a simulated cloud with a proxy as the witness.

#![cfg(feature = "rig")]

mod at_admission;
mod at_admission_rows;
mod at_controller;
mod elsewhere;
mod held;
mod later;

use anyhow::Result;
use cloudspec_tests::scene::Stage;
use futures::future::BoxFuture;

/// One tenant of another description than declared: a plan of one reversible step.
const SPEC: &str = "interval: 30s
approval: {minPlanAge: 0s, requireDigest: Never}
tenants:
- {name: t0001, domain: tenants, description: as declared}
";

/// An attack that only the controller can stop: what an approval outlives, or what it was never for.
struct Row {
    name: &'static str,
    spec: &'static str,
    attack: for<'a> fn(&'a mut Stage) -> BoxFuture<'a, Result<()>>,
    ends: Ends,
}

/// How the controller answers.
#[derive(Clone, Copy)]
enum Ends {
    /// The approval is taken away, and this is the reason of the condition `Approved`.
    Refused(&'static str),
    /// The approval waits, for this reason.
    Held(&'static str),
}

/// Carries out every row, a few at a time, each on a stage of its own.
async fn all_end(rows: &'static [Row]) {
    use futures::StreamExt;
    let outcomes: Vec<Option<String>> =
        futures::stream::iter(rows).map(end).buffer_unordered(4).collect().await;
    let wrong: Vec<String> = outcomes.into_iter().flatten().collect();
    assert_eq!(wrong, Vec::<String>::new());
}

async fn end(row: &'static Row) -> Option<String> {
    attack(row).await.err().map(|why| format!("{}: {why:#}", row.name))
}

async fn attack(row: &Row) -> Result<()> {
    let mut stage = Stage::offered("attack", row.spec).await?;
    (row.attack)(&mut stage).await?;
    match row.ends {
        Ends::Refused(reason) => {
            stage.until_reason("lab", "Approved", reason).await?;
            stage.until_taken_away("lab").await?;
        }
        Ends::Held(reason) => {
            let object = stage.until_reason("lab", "Approved", reason).await?;
            let stands = object.metadata.annotations.is_some_and(|all| all.contains_key("approved"));
            anyhow::ensure!(stands, "the approval is gone");
        }
    }
    stage.untouched().await
}
