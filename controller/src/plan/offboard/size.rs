//! What one ChangePlan can hold: etcd takes 1.5 MiB of an object, and the journal of its steps must fit in beside it.

use cloudspec_crds::change_plan::OwnerRef;
use cloudspec_crds::rules::MOST_STEPS;

use crate::model::Plan;
use crate::plan::to_spec;

/// Most bytes of an object that etcd takes, as it is set up unless told otherwise.
const ETCD: usize = 1536 * 1024;
/// What a step takes beside itself when it is done: its entry in the journal, and the API server's note of who wrote each field of that.
const DONE: usize = 380;
/// The owner, the decision, labels and annotations, the words of a few refusals: more than they have been seen to take.
const REST: usize = 48 * 1024;

/// The limits that the plan is beyond, in words.
pub(super) fn beyond(plan: &Plan) -> Vec<String> {
    let mut beyond = Vec::new();
    let steps = plan.steps.len();
    if u32::try_from(steps).map_or(true, |steps| steps > MOST_STEPS) {
        beyond.push(format!("{steps} steps, and a ChangePlan holds {MOST_STEPS}"));
    }
    let (bytes, most) = (bytes(plan).saturating_add(DONE.saturating_mul(steps)), ETCD - REST);
    if bytes > most {
        beyond.push(format!(
            "{bytes} bytes with the journal of its {steps} steps, and a ChangePlan holds {most}"
        ));
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
    serde_json::to_vec(&to_spec(plan, owner)).map_or(usize::MAX, |json| json.len())
}
