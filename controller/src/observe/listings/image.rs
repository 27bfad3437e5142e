//! Glance's listings about one tenant.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ids::ProjectId;

/// What is asked of Glance about one tenant. Each listing of images is of those that are hidden or of those that are not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ImageListing {
    /// The images of one project, of every visibility.
    Images {
        /// Whose.
        owner: ProjectId,
        /// Whether the hidden ones.
        hidden: bool,
    },
    /// The shared images of all projects.
    Shared {
        /// Whether the hidden ones.
        hidden: bool,
    },
    /// The private images of all projects.
    Private,
    /// The projects that a shared image is shared with.
    Members(String),
    /// The stores in detail: a witness, answered to those alone who see every image. There is none (404) where Glance has one store.
    Stores,
}

impl fmt::Display for ImageListing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = |hidden: &bool| if *hidden { "hidden " } else { "" };
        match self {
            Self::Images { owner, hidden: which } => write!(f, "{}images of project {owner}", hidden(which)),
            Self::Shared { hidden: which } => write!(f, "shared {}images", hidden(which)),
            Self::Private => f.write_str("private images"),
            Self::Members(image) => write!(f, "members of image {image}"),
            Self::Stores => f.write_str("image stores"),
        }
    }
}
