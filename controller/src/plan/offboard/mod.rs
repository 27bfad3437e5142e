//! A tenant leaves: what it holds → [`Plan`].
//!
//! What comes in: the inventory of one look, who is asked to leave, what is protected. What goes out: one exact, ordered set of calls, or
//! all reasons why there is none.
//!
//! # Guarantees
//! Pure. The same inventory gives the same plan, whatever the order of its listings. Nothing is removed that was not seen, that is kept, or
//! that something kept hangs on. What gets no step stands in `left_alone` with the reason.

mod appeared;
mod refusal;
mod remains;
mod stage;

pub use appeared::{appeared, worse};
pub use refusal::Refusal;
pub use remains::{NotTold, Remaining, remains};
pub use stage::Stage;

use crate::model::leaving::{Leaving, Protected};
use crate::model::{Inventory, Plan};

/// The plan of a stage.
///
/// # Errors
/// All reasons why the tenant does not leave.
pub fn offboard(
    inventory: &Inventory,
    leaving: &Leaving,
    protected: &Protected,
    listed_by: &[String],
    owner_uid: &str,
    stage: Stage,
) -> Result<Plan, Vec<Refusal>> {
    let _ = (inventory, leaving, protected, listed_by, owner_uid, stage);
    Err(Vec::new())
}
