//! cloudspec compares an OpenStack cloud with what was declared, and says what is not true.
//!
//! The rooms, from the ground up; imports run only downward: [`model`], [`diff`], [`observe`], [`openstack`].

pub mod diff;
pub mod model;
pub mod observe;
pub mod openstack;
