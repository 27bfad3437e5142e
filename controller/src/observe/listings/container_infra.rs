//! Magnum's listings about one tenant.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is asked of Magnum about one tenant. None takes a project: all are of all projects, for who sees them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ContainerInfraListing {
    /// All clusters. Who does not see every project gets 200 and its own.
    Clusters,
    /// All cluster templates. Who does not see every project gets 200, its own and the public ones.
    ClusterTemplates,
    /// All limits that projects have of their own. Who does not see every project gets 200 and its own.
    Quotas,
    /// Magnum's conductors: only who sees every project may ask.
    Conductors,
}

impl fmt::Display for ContainerInfraListing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clusters => "clusters",
            Self::ClusterTemplates => "cluster templates",
            Self::Quotas => "container-infra limits of all projects",
            Self::Conductors => "container-infra conductors",
        })
    }
}
