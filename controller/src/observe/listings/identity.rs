//! Keystone's listings about one tenant.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ids::{ProjectId, UserId};

/// What is asked of Keystone about one tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum IdentityListing {
    /// The services of all regions, disabled ones too. A token's own catalogue may be cut down for its project, and a system's has no
    /// endpoint with a project in it.
    Services,
    /// The endpoints of these services.
    Endpoints,
    /// One project.
    Project(ProjectId),
    /// The projects right below one.
    Children(ProjectId),
    /// The role assignments on one project, as they were made, with names.
    Grants(ProjectId),
    /// All credentials (EC2 and other) of all users. Who may not see all gets 200 and fewer rows.
    Credentials,
    /// All trusts.
    Trusts,
    /// Who has a role on one project, by whatever way: groups, inheritance and implied roles are followed.
    EffectiveOnProject(ProjectId),
    /// Where one user has a role, by whatever way.
    EffectiveOfUser(UserId),
}

impl fmt::Display for IdentityListing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Services => f.write_str("services of the catalogue"),
            Self::Endpoints => f.write_str("endpoints of the catalogue"),
            Self::Project(project) => write!(f, "project {project}"),
            Self::Children(project) => write!(f, "projects below project {project}"),
            Self::Grants(project) => write!(f, "role assignments on project {project}"),
            Self::Credentials => f.write_str("credentials"),
            Self::Trusts => f.write_str("trusts"),
            Self::EffectiveOnProject(project) => write!(f, "effective role assignments on project {project}"),
            Self::EffectiveOfUser(user) => write!(f, "effective role assignments of user {user}"),
        }
    }
}
