//! Floor 8: the pipeline of each kind, and what keeps it running.

mod claims;
pub mod clock;
mod guard;
mod journal;
pub mod lease;
mod offers;
mod pool;
mod request;
mod server;
