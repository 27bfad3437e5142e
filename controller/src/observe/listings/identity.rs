//! Keystone's listings about one tenant.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is asked of Keystone about one tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum IdentityListing {
    /// The service catalogue.
    Catalog,
}

impl fmt::Display for IdentityListing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Catalog => f.write_str("service catalogue"),
        }
    }
}
