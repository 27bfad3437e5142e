//! Cinder's listings about one tenant.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ids::ProjectId;

/// What is asked of Cinder about one tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum VolumeListing {
    /// The volumes of one project.
    Volumes(ProjectId),
}

impl fmt::Display for VolumeListing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Volumes(project) => write!(f, "volumes of project {project}"),
        }
    }
}
