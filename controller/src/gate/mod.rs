//! Floor 3: plan × approval × rules × facts → an [`ApprovedPlan`], or the reasons why not.
//!
//! What comes in: the annotations as they stand on the owner, the offer that its status shows, the policy of its spec, and
//! the facts of the moment. What goes out: a [`Verdict`]; and from a decision that stands in a ChangePlan, the
//! [`ApprovedPlan`] without which nothing can be written to a cloud.
//!
//! # Guarantees
//! Pure: time and permissions are given as facts. What could not be told is never a yes. [`checks()`] is the whole policy, in
//! its order; [`admit`] is the only maker of an [`ApprovedPlan`].

mod admit;
pub mod approval;
mod checks;
mod decide;
mod lapse;
mod reason;

pub use admit::{ApprovedPlan, NotAdmitted, admit};
pub use checks::{Binds, Check, checks};
pub use decide::{Approval, Ruling, Verdict, decide};
pub use lapse::lapsed;
pub use reason::Reason;
