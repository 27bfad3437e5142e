//! Floor 5: an [`ApprovedPlan`](crate::gate::ApprovedPlan) → an [`Outcome`].
//!
//! What comes in: the approved plan, a cloud that can be written to, the journal of what was done before. What goes out: what became of
//! each step, in the journal and in the outcome.
//!
//! # Guarantees
//! Steps are taken in their order. Before a call its object is looked at again, and its intent stands in the journal; after it
//! stands its result. A step that ended is never begun again; one whose call may have been made is looked at first. The first
//! refusal or failure ends the run. After a journal that could not be written no call is made.

mod outcome;
pub mod port;
mod resolve;
mod run;

pub use outcome::Outcome;
pub use run::{Env, apply};
