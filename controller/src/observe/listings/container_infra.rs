//! Magnum's listings about one tenant.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is asked of Magnum about one tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ContainerInfraListing {
    /// All clusters of all projects.
    Clusters,
}

impl fmt::Display for ContainerInfraListing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clusters => f.write_str("clusters"),
        }
    }
}
