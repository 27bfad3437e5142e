//! The rig that starts the real components, and what the tests on it share.

pub mod approved;
pub mod cluster;
pub mod judge;
pub mod proxy;
pub mod real;
pub mod rig;
pub mod scene;
pub mod sim;
