//! The two plans of a tenant that leaves, each with an approval of its own.

use serde::{Deserialize, Serialize};

use crate::model::ResourceType;
use crate::model::leaving::Leaving;

/// How far the leaving goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Stage {
    /// What the project holds in the services.
    Resources,
    /// The project itself, with what Keystone holds for it.
    Project,
}

impl Stage {
    /// Where a type is removed.
    ///
    /// Limits of its own belong to the project as long as it is there to be frozen: they go with it, or last of all where it stays.
    pub(super) fn of(kind: ResourceType, leaving: &Leaving) -> Self {
        match kind {
            ResourceType::ApplicationCredential
            | ResourceType::Credential
            | ResourceType::Trust
            | ResourceType::RoleAssignment
            | ResourceType::Project => Self::Project,
            ResourceType::Quota if leaving.delete_project => Self::Project,
            _ => Self::Resources,
        }
    }

    /// Whether the stage is only done when nothing of this type is left.
    pub fn counts(self, kind: ResourceType, leaving: &Leaving) -> bool {
        Self::of(kind, leaving) <= self
    }
}
