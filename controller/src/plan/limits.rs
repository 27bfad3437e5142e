//! The brakes: how large a plan may be.

use cloudspec_crds::cloud_spec::Limits;

use crate::model::{Plan, Step};

/// The limits that the plan is beyond, in words; a plan that is beyond one is Blocked.
pub fn exceeded(plan: &Plan, limits: &Limits) -> Vec<String> {
    let Limits { max_steps, max_deletes } = limits;
    let removes = |step: &&Step| step.action.removes();
    let counted = [
        (plan.steps.len(), *max_steps, "steps", "limits.maxSteps"),
        (plan.steps.iter().filter(removes).count(), *max_deletes, "steps that remove", "limits.maxDeletes"),
    ];
    let beyond = |(count, limit, what, field): (usize, i32, &str, &str)| {
        // A negative limit is no limit that admission lets through; it allows nothing.
        let most = usize::try_from(limit).unwrap_or(0);
        (count > most).then(|| format!("{count} {what}, {field} is {limit}"))
    };
    counted.into_iter().filter_map(beyond).collect()
}
