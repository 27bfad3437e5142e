//! Octavia's listings about one tenant, as its API has them.

use super::{Paging, Route, Shape};
use crate::observe::LoadBalancerListing;
use crate::openstack::limits::Limits;

pub(super) fn route(listing: &LoadBalancerListing, limits: &Limits) -> Route {
    match listing {
        LoadBalancerListing::LoadBalancers(project) => Route::new(
            &["lbaas", "loadbalancers"],
            Shape::List("loadbalancers"),
            Paging::Marker { limit: limits.page },
        )
        .with("limit", limits.page)
        .with("project_id", project),
    }
}
