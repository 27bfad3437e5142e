//! What one ChangePlan can hold. etcd takes 1.5 MiB of an object; the journal of the plan's steps needs its share of that.

use cloudspec_crds::change_plan::OwnerRef;
use cloudspec_crds::rules::MOST_STEPS;

use crate::model::Plan;
use crate::plan::to_spec;

/// Most bytes of a plan as JSON.
const MOST_BYTES: usize = 1024 * 1024;
/// The owner is known only when the plan is written: more than its names can have.
const OWNER: usize = 2048;

/// The limits that the plan is beyond, in words.
pub(super) fn beyond(plan: &Plan) -> Vec<String> {
    let mut beyond = Vec::new();
    let steps = plan.steps.len();
    if u32::try_from(steps).map_or(true, |steps| steps > MOST_STEPS) {
        beyond.push(format!("{steps} steps, and a ChangePlan holds {MOST_STEPS}"));
    }
    let bytes = bytes(plan);
    if bytes > MOST_BYTES {
        beyond.push(format!("{bytes} bytes, and a ChangePlan holds {MOST_BYTES}"));
    }
    beyond
}

fn bytes(plan: &Plan) -> usize {
    let owner = OwnerRef {
        kind: String::new(),
        name: String::new(),
        uid: String::new(),
        generation: 0,
        spec_digest: String::new(),
    };
    // What cannot be written (nothing is known) cannot be kept.
    serde_json::to_vec(&to_spec(plan, owner)).map_or(usize::MAX, |json| json.len().saturating_add(OWNER))
}
