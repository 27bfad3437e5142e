//! Floor 8: the pipeline of each kind, and what keeps it running.
//!
//! What comes in: objects of the API server. What goes out: their status, Events, ChangePlans, and the calls of plans that were
//! approved.
//!
//! # Guarantees
//! One replica works at a time. What is decided on is read from the API server at that moment, never from a cache. The
//! clock and randomness are made here and handed down.

mod approver;
mod clock;
mod cloud_spec;
mod context;
mod execute;
mod guard;
mod journal;
mod lease;
mod offboard;
mod offer;
mod offers;
mod owner;
mod pipeline;
mod plans;
mod pool;
mod progress;
mod request;
mod ruling;
mod run;
mod server;
mod taken;
mod told;
mod turns;

pub use lease::identity;
pub use run::{RunConfig, RunError, run};
