//! Barbican's listings about one tenant.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ids::ProjectId;

/// What is asked of Barbican about one tenant. It lists what belongs to the project of the token, so that each is asked from within the
/// tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KeyManagerListing {
    /// The secrets, private ones of any user too.
    Secrets(ProjectId),
    /// The containers.
    Containers(ProjectId),
    /// The orders.
    Orders(ProjectId),
    /// The limits that hold for it.
    Quota(ProjectId),
    /// The limits of all projects that have some of their own.
    ProjectQuotas(ProjectId),
}

impl KeyManagerListing {
    /// The tenant that it is asked from.
    pub fn project(&self) -> &ProjectId {
        match self {
            Self::Secrets(project)
            | Self::Containers(project)
            | Self::Orders(project)
            | Self::Quota(project)
            | Self::ProjectQuotas(project) => project,
        }
    }
}

impl fmt::Display for KeyManagerListing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secrets(project) => write!(f, "secrets of project {project}"),
            Self::Containers(project) => write!(f, "secret containers of project {project}"),
            Self::Orders(project) => write!(f, "secret orders of project {project}"),
            Self::Quota(project) => write!(f, "key-manager limits of project {project}"),
            Self::ProjectQuotas(project) => {
                write!(f, "key-manager limits of all projects, asked from project {project}")
            }
        }
    }
}
