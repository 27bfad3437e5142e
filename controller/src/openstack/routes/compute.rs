//! Nova's listings about one tenant, as its API has them.

use super::{Paging, Route, Shape};
use crate::observe::ComputeListing;
use crate::openstack::limits::Limits;

pub(super) fn route(listing: &ComputeListing, limits: &Limits) -> Route {
    match listing {
        ComputeListing::Servers(project) => {
            Route::new(&["servers", "detail"], Shape::List("servers"), Paging::Marker { limit: limits.page })
                .with("limit", limits.page)
                .with("all_tenants", 1)
                .with("project_id", project)
        }
    }
}
