//! Cinder's listings about one tenant, as its API has them.

use super::{Paging, Route, Shape};
use crate::model::ids::ProjectId;
use crate::observe::VolumeListing;
use crate::openstack::limits::Limits;

pub(super) fn route(listing: &VolumeListing, limits: &Limits) -> Route {
    match listing {
        VolumeListing::Volumes(project) => of_project("volumes", project, limits),
        VolumeListing::Snapshots(project) => of_project("snapshots", project, limits),
        VolumeListing::Backups(project) => of_project("backups", project, limits),
        VolumeListing::Groups(project) => of_project("groups", project, limits),
        VolumeListing::GroupSnapshots(project) => of_project("group_snapshots", project, limits),
        VolumeListing::Transfers => {
            paged(&["volume-transfers", "detail"], "transfers", limits).with("all_tenants", 1)
        }
        VolumeListing::Types => paged(&["types"], "volume_types", limits).with("is_public", "None"),
        VolumeListing::TypeAccess(kind) => {
            let path = ["types", kind, "os-volume-type-access"];
            Route::new(&path, Shape::List("volume_type_access"), Paging::Whole)
        }
        VolumeListing::DefaultTypes => {
            Route::new(&["default-types"], Shape::List("default_types"), Paging::Whole)
        }
        VolumeListing::QuotaDefaults(project) => {
            Route::one(&["os-quota-sets", &project.0, "defaults"], "quota_set")
        }
    }
}

fn paged(path: &[&str], key: &'static str, limits: &Limits) -> Route {
    Route::new(path, Shape::List(key), Paging::Marker { limit: limits.page }).with("limit", limits.page)
}

fn of_project(key: &'static str, project: &ProjectId, limits: &Limits) -> Route {
    paged(&[key, "detail"], key, limits).with("all_tenants", 1).with("project_id", project)
}
