//! Magnum's listings about one tenant, as its API has them.

use super::{Paging, Route, Shape};
use crate::observe::ContainerInfraListing;
use crate::openstack::limits::Limits;

pub(super) fn route(listing: &ContainerInfraListing, limits: &Limits) -> Route {
    let limit = limits.page;
    let list = |path: &[&str], key: &'static str| {
        Route::new(path, Shape::List(key), Paging::Next { limit }).with("limit", limit)
    };
    match listing {
        ContainerInfraListing::Clusters => list(&["clusters", "detail"], "clusters"),
        ContainerInfraListing::ClusterTemplates => list(&["clustertemplates", "detail"], "clustertemplates"),
        ContainerInfraListing::Quotas => list(&["quotas"], "quotas").with("all_tenants", true),
        // It takes no limit.
        ContainerInfraListing::Conductors => {
            Route::new(&["mservices"], Shape::List("mservices"), Paging::Whole)
        }
    }
}
