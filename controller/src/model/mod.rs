//! Floor 0: the nouns.
//!
//! What comes in: a CloudSpec as the API server stores it, and what the collectors saw. What goes out: [`Desired`] (the
//! spec after validation), [`Snapshot`] (what was seen) and the words for findings, steps and plans.
//!
//! # Guarantees
//! No client, clock, randomness, environment or log in here. Total orders on everything that is printed.

pub mod action;
pub mod certificate;
pub mod cloud;
pub mod desired;
mod desired_certificate;
mod desired_rule;
pub mod duration;
pub mod finding;
pub mod ids;
pub mod inventory;
pub mod leaving;
pub mod plan;
pub mod rule;
pub mod snapshot;
mod validate;

pub use action::Action;
pub use desired::Desired;
pub use finding::{Aspect, Finding, FindingKind, Severity, Subject};
pub use inventory::{Inventory, Resource, ResourceKey, ResourceType};
pub use plan::{Class, Plan, PlanDigest, Step};
pub use snapshot::{Lookup, Sighting, Snapshot, Unknown};
pub(crate) use validate::is_neutron_id;
