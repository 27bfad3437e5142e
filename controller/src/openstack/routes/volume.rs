//! Cinder's listings about one tenant, as its API has them.

use super::{Paging, Route, Shape};
use crate::observe::VolumeListing;
use crate::openstack::limits::Limits;

pub(super) fn route(listing: &VolumeListing, limits: &Limits) -> Route {
    match listing {
        VolumeListing::Volumes(project) => {
            Route::new(&["volumes", "detail"], Shape::List("volumes"), Paging::Marker { limit: limits.page })
                .with("limit", limits.page)
                .with("all_tenants", 1)
                .with("project_id", project)
        }
    }
}
