//! Neutron's listings about one tenant, as its API has them.

use super::{Paging, Route, Shape};
use crate::observe::NetworkListing;
use crate::openstack::limits::Limits;

pub(super) fn route(listing: &NetworkListing, limits: &Limits) -> Route {
    match listing {
        NetworkListing::Ports(project) => {
            Route::new(&["ports"], Shape::List("ports"), Paging::Marker { limit: limits.page })
                .with("limit", limits.page)
                .with("project_id", project)
        }
    }
}
