//! All that a tenant can hold in a real Neutron: seen wholly, told with what others lose, and removed by one call each. Neutron's database is the
//! judge.
//!
//! Needs the rig (`--features rig`). Each test has a domain of its own, and removes it.
#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panic")]

mod database;
mod inventory;
mod place;
mod plan;
mod removal;
mod tenant;
