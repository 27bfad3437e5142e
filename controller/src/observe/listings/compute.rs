//! Nova's listings about one tenant.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ids::{ProjectId, UserId};

/// What is asked of Nova about one tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ComputeListing {
    /// The servers of one project, without those that are soft-deleted.
    Servers(ProjectId),
    /// The soft-deleted servers of one project: no other listing shows them.
    SoftDeletedServers(ProjectId),
    /// Deleted servers of a project that does not exist: a witness, answered to those alone who see every project.
    DeletedServers,
    /// Nova's own services, by host: those of a cell that does not answer are of unknown state.
    Services,
    /// The server groups of all projects; there is no filter.
    ServerGroups,
    /// The keypairs of one user.
    Keypairs(UserId),
    /// All flavors, also those that are not public.
    Flavors,
    /// The projects that may use a flavor which is not public.
    FlavorAccess(String),
    /// The limits that a project has where it has none of its own.
    QuotaDefaults(ProjectId),
}

impl fmt::Display for ComputeListing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Servers(project) => write!(f, "servers of project {project}"),
            Self::SoftDeletedServers(project) => write!(f, "soft-deleted servers of project {project}"),
            Self::DeletedServers => f.write_str("deleted servers"),
            Self::Services => f.write_str("compute services"),
            Self::ServerGroups => f.write_str("server groups"),
            Self::Keypairs(user) => write!(f, "keypairs of user {user}"),
            Self::Flavors => f.write_str("flavors"),
            Self::FlavorAccess(flavor) => write!(f, "access to flavor {flavor}"),
            Self::QuotaDefaults(project) => write!(f, "default compute quota of project {project}"),
        }
    }
}
