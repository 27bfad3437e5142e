//! How a run ended.

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every step is done.
    Succeeded {
        /// Steps whose call was made and confirmed.
        done: u32,
        /// Steps that were as wanted before.
        already: u32,
    },
    /// A step was refused or failed: the plan is over.
    Stopped {
        /// The step.
        at: u32,
        /// Why.
        why: String,
        /// Steps that are done, or were before.
        done: u32,
        /// Steps that were not tried.
        not_tried: Vec<u32>,
    },
    /// The run cannot go on here and now; the journal says where to go on.
    Interrupted {
        /// Why.
        why: String,
    },
}
