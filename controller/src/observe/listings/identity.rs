//! Keystone's listings about one tenant.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ids::{ProjectId, UserId};

/// What is asked of Keystone about one tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum IdentityListing {
    /// The service catalogue.
    Catalog,
    /// Who has a role on one project, by whatever way: groups, inheritance and implied roles are followed.
    EffectiveOnProject(ProjectId),
    /// Where one user has a role, by whatever way.
    EffectiveOfUser(UserId),
}

impl fmt::Display for IdentityListing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Catalog => f.write_str("service catalogue"),
            Self::EffectiveOnProject(project) => write!(f, "effective role assignments on project {project}"),
            Self::EffectiveOfUser(user) => write!(f, "effective role assignments of user {user}"),
        }
    }
}
