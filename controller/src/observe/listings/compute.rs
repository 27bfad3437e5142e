//! Nova's listings about one tenant.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ids::ProjectId;

/// What is asked of Nova about one tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ComputeListing {
    /// The servers of one project, also those that are soft-deleted.
    Servers(ProjectId),
}

impl fmt::Display for ComputeListing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Servers(project) => write!(f, "servers of project {project}"),
        }
    }
}
