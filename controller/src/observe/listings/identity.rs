//! Keystone's listings about one tenant.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ids::ProjectId;

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
    /// The roles that users have on one project, however they come to them.
    EffectiveGrants(ProjectId),
    /// All credentials (EC2 and other) of all users. Who may not see all gets 200 and fewer rows.
    Credentials,
    /// All trusts.
    Trusts,
}

impl fmt::Display for IdentityListing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Services => f.write_str("services of the catalogue"),
            Self::Endpoints => f.write_str("endpoints of the catalogue"),
            Self::Project(project) => write!(f, "project {project}"),
            Self::Children(project) => write!(f, "projects below project {project}"),
            Self::Grants(project) => write!(f, "role assignments on project {project}"),
            Self::EffectiveGrants(project) => write!(f, "effective roles on project {project}"),
            Self::Credentials => f.write_str("credentials"),
            Self::Trusts => f.write_str("trusts"),
        }
    }
}
