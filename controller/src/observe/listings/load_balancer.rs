//! Octavia's listings about one tenant.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ids::ProjectId;

/// What is asked of Octavia about one tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LoadBalancerListing {
    /// The load balancers of one project.
    LoadBalancers(ProjectId),
}

impl fmt::Display for LoadBalancerListing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LoadBalancers(project) => write!(f, "load balancers of project {project}"),
        }
    }
}
