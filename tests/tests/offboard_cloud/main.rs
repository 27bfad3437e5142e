//! A tenant with all that Nova, Cinder and Glance can hold here: told whole by both observing credentials, taken away call by call, and gone from
//! the services' databases; the neighbour keeps what it has.
//!
//! Needs the rig (`--features rig`). Each test has a domain of its own, and removes it.
#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panic")]

mod backups;
mod database;
mod held;
mod limits;
mod place;
mod removal;
mod tenant;
mod told;
