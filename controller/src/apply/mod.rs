//! Floor 5: an [`ApprovedPlan`](crate::gate::ApprovedPlan) → an [`Outcome`].
//!
//! What comes in: the approved plan, a cloud that can be written to, the journal of what was done before. What goes out: what became of
//! each step, in the journal and in the outcome.
//!
//! # Guarantees
//! The waves of the plan are taken in their order, each when the one before it is done; the steps of one wave go side by side, a bounded number
//! at a time. Before a call its object is looked at again, and then its intent stands in the journal; its result is written after it, a few
//! seconds later at most while other calls answer, and before the next wave. A step that ended is never begun again; one whose call may have been
//! made is looked at first, so a result that is lost with the process is found again. After the first refusal or failure nothing new is
//! begun, what was begun is awaited, and the run ends. After a journal that could not be written no call is begun.

mod calls;
mod env;
mod follow;
mod item;
mod outcome;
pub mod port;
mod resolve;
mod run;
mod told;
mod wave;

pub use env::Env;
pub use outcome::Outcome;
pub use run::apply;
