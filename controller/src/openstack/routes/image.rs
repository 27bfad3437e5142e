//! Glance's listings about one tenant, as its API has them.

use super::{Paging, Route, Shape};
use crate::observe::ImageListing;
use crate::openstack::limits::Limits;

pub(super) fn route(listing: &ImageListing, limits: &Limits) -> Route {
    match listing {
        // Without a visibility, community images are left out.
        ImageListing::Images { owner, hidden } => {
            images("all", limits).with("os_hidden", hidden).with("owner", owner)
        }
        ImageListing::Shared { hidden } => {
            images("shared", limits).with("os_hidden", hidden).with("member_status", "all")
        }
        ImageListing::Private => images("private", limits),
        ImageListing::Members(image) => {
            Route::new(&["images", image, "members"], Shape::List("members"), Paging::Whole)
        }
        ImageListing::Stores => {
            Route::new(&["info", "stores", "detail"], Shape::List("stores"), Paging::Whole)
        }
    }
}

fn images(visibility: &str, limits: &Limits) -> Route {
    Route::new(&["images"], Shape::List("images"), Paging::Next { limit: limits.page })
        .with("limit", limits.page)
        .with("visibility", visibility)
}
