//! Glance's listings about one tenant, as its API has them.

use super::{Paging, Route, Shape};
use crate::observe::ImageListing;
use crate::openstack::limits::Limits;

pub(super) fn route(listing: &ImageListing, limits: &Limits) -> Route {
    match listing {
        ImageListing::Images(project) => {
            Route::new(&["images"], Shape::List("images"), Paging::Next { limit: limits.page })
                .with("limit", limits.page)
                .with("owner", project)
        }
    }
}
