//! Magnum's listings about one tenant, as its API has them.

use super::{Paging, Route, Shape};
use crate::observe::ContainerInfraListing;
use crate::openstack::limits::Limits;

pub(super) fn route(listing: &ContainerInfraListing, limits: &Limits) -> Route {
    match listing {
        ContainerInfraListing::Clusters => {
            Route::new(&["clusters", "detail"], Shape::List("clusters"), Paging::Next { limit: limits.page })
                .with("limit", limits.page)
        }
    }
}
