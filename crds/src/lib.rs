//! The kinds of the group `cloudspec.dev`, version `v1alpha1`.
//!
//! What comes in: nothing. What goes out: the Rust types of [`CloudSpec`], [`TenantOffboard`] and [`ChangePlan`], and through
//! [`yaml`] the CustomResourceDefinitions made from them, committed in `crds/yaml`.
//!
//! # Guarantees
//! A field in here is honoured by the controller; a field that nothing reads is a defect.

pub mod annotation;
pub mod certificate;
pub mod change_plan;
pub mod cloud_spec;
mod columns;
pub mod offboard_status;
pub mod quota;
pub mod rules;
pub mod security_group;
pub mod status;
pub mod tenant;
pub mod tenant_offboard;
pub mod yaml;

pub use change_plan::{ChangePlan, ChangePlanSpec, ChangePlanStatus};
pub use cloud_spec::{CloudSpec, CloudSpecSpec};
pub use offboard_status::TenantOffboardStatus;
pub use status::CloudSpecStatus;
pub use tenant_offboard::{TenantOffboard, TenantOffboardSpec};

/// The API group of all kinds.
pub const GROUP: &str = "cloudspec.dev";
/// The served and stored version.
pub const VERSION: &str = "v1alpha1";
