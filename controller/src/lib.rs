//! cloudspec compares an OpenStack cloud with what was declared, and corrects it only after a person approved the plan.
//!
//! The rooms, from the ground up; imports run only downward: [`model`], [`diff`], [`plan`], [`gate`], [`observe`], [`apply`],
//! [`openstack`], [`tls`], [`report`], [`reconcile`], [`cli`].

pub mod apply;
pub mod cli;
pub mod diff;
pub mod gate;
pub mod model;
pub mod observe;
pub mod openstack;
pub mod plan;
pub mod reconcile;
pub mod report;
pub mod tls;
