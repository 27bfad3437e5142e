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
        /// The first that was refused or failed.
        at: u32,
        /// Why, and which other steps of its wave failed too.
        why: String,
        /// Steps that are done, or were before.
        done: u32,
        /// Steps whose call was not made.
        not_tried: Vec<u32>,
    },
    /// The run cannot go on here and now; the journal says where to go on.
    Interrupted {
        /// Why.
        why: String,
    },
}
