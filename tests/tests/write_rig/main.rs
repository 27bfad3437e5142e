//! Every call that a plan can hold, on the real cloud: ready, made by one call, done; refused where the world is another.
//!
//! Needs the rig (`--features rig`). Each test has a domain of its own, and removes it.
#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panic")]

mod identity;
mod network;
mod place;
mod quotas;
