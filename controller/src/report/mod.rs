//! Floor 7: what is told to people and machines.
//!
//! What comes in: findings, the plan on offer, the verdict, what became of the last plan. What goes out: the status with its
//! conditions, Events, metrics, and texts for the command line.
//!
//! # Guarantees
//! Pure but for the metrics' registry: the same input gives the same bytes, and a status that is made from itself is itself.

mod bound;
mod conditions;
mod decided;
mod events;
pub mod import;
pub mod leaving;
pub mod meanings;
mod metrics;
pub mod reasons;
mod remember;
pub mod render;
mod status;

pub use events::{Note, events, events_of_leaving};
pub use metrics::{Described, Look, Metrics, Of};
pub use status::{Report, Sight, status};
