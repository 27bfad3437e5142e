//! Floor 8: the pipeline of each kind, and what keeps it running.

pub mod clock;
pub mod lease;
