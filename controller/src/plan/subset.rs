//! Whether a plan made now is within the one that was approved.

use super::digest::hashed;
use crate::model::{Plan, Step};

/// Every step of `fresh` is, but for its number, a step of `approved`, in the same order; cloud and owner are the same.
///
/// # Errors
/// Each difference in words.
pub fn within(fresh: &Plan, approved: &Plan) -> Result<(), Vec<String>> {
    let mut differences = Vec::new();
    if fresh.cloud != approved.cloud {
        differences.push(format!("the cloud is {}, and approved was {}", fresh.cloud, approved.cloud));
    }
    if fresh.owner != approved.owner {
        differences.push(format!("the owner is {}, and approved was for {}", fresh.owner, approved.owner));
    }
    let mut left = approved.steps.iter();
    for step in &fresh.steps {
        // Each approved step is good for one step, and only in its turn.
        if !left.any(|one| same(one, step)) {
            differences
                .push(format!("step {} is not an approved one in its turn: {}", step.number, step.summary));
            left = approved.steps.iter();
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(differences) }
}

/// The same call, as far as the digest covers it, with the same meaning; its number, its wave, and the numbers in its way back,
/// tell only its place.
fn same(one: &Step, other: &Step) -> bool {
    let Step { number: _, wave: _, action, summary, findings, class, before, after, side_effects, revert: _ } =
        one;
    hashed(action) == hashed(&other.action)
        && *summary == other.summary
        && *findings == other.findings
        && *class == other.class
        && *before == other.before
        && *after == other.after
        && *side_effects == other.side_effects
}
