//! Barbican's listings about one tenant.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ids::ProjectId;

/// What is asked of Barbican about one tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KeyManagerListing {
    /// The secrets of one project; they are asked from within it.
    Secrets(ProjectId),
}

impl fmt::Display for KeyManagerListing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secrets(project) => write!(f, "secrets of project {project}"),
        }
    }
}
