//! The approval on a real API server: what goes through, and what is refused to whom, with which words.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

mod approving;
mod attacks;
mod people;
mod plans;
mod stage;
