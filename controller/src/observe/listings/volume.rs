//! Cinder's listings about one tenant.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ids::ProjectId;

/// What is asked of Cinder about one tenant.
///
/// A filter on the project is refused (400) to who does not see every project: the listings that have it are witnesses of themselves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum VolumeListing {
    /// The volumes of one project.
    Volumes(ProjectId),
    /// The snapshots of one project.
    Snapshots(ProjectId),
    /// The backups of one project.
    Backups(ProjectId),
    /// The volume groups of one project.
    Groups(ProjectId),
    /// The group snapshots of one project.
    GroupSnapshots(ProjectId),
    /// The volume transfers of all projects that wait to be accepted; a filter on the project gives none.
    Transfers,
    /// All volume types, also those that are not public.
    Types,
    /// The projects that may use a volume type which is not public.
    TypeAccess(String),
    /// Default volume types of projects.
    DefaultTypes,
    /// The limits that a project has where it has none of its own.
    QuotaDefaults(ProjectId),
}

impl fmt::Display for VolumeListing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Volumes(project) => write!(f, "volumes of project {project}"),
            Self::Snapshots(project) => write!(f, "volume snapshots of project {project}"),
            Self::Backups(project) => write!(f, "volume backups of project {project}"),
            Self::Groups(project) => write!(f, "volume groups of project {project}"),
            Self::GroupSnapshots(project) => write!(f, "volume group snapshots of project {project}"),
            Self::Transfers => f.write_str("volume transfers"),
            Self::Types => f.write_str("volume types"),
            Self::TypeAccess(kind) => write!(f, "access to volume type {kind}"),
            Self::DefaultTypes => f.write_str("default volume types of projects"),
            Self::QuotaDefaults(project) => write!(f, "default volume quota of project {project}"),
        }
    }
}
