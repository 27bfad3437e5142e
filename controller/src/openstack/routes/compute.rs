//! Nova's listings about one tenant, as its API has them.

use super::{NO_PROJECT, Paging, Route, Shape};
use crate::model::ids::ProjectId;
use crate::observe::ComputeListing;
use crate::openstack::limits::Limits;

pub(super) fn route(listing: &ComputeListing, limits: &Limits) -> Route {
    match listing {
        ComputeListing::Servers(project) => servers(project, limits),
        // A status alone finds none of them: they are counted as deleted.
        ComputeListing::SoftDeletedServers(project) => {
            servers(project, limits).with("deleted", true).with("status", "SOFT_DELETED")
        }
        ComputeListing::DeletedServers => Route::new(&["servers"], Shape::List("servers"), Paging::Whole)
            .with("all_tenants", 1)
            .with("project_id", NO_PROJECT)
            .with("status", "DELETED"),
        ComputeListing::Services => Route::new(&["os-services"], Shape::List("services"), Paging::Whole),
        ComputeListing::ServerGroups => {
            Route::new(&["os-server-groups"], Shape::List("server_groups"), Paging::Offset)
                .with("limit", limits.page)
                .with("all_projects", "True")
        }
        ComputeListing::Keypairs(user) => {
            Route::new(&["os-keypairs"], Shape::List("keypairs"), Paging::Whole).with("user_id", user)
        }
        ComputeListing::Flavors => {
            let paging = Paging::Marker { limit: limits.page };
            Route::new(&["flavors", "detail"], Shape::List("flavors"), paging)
                .with("limit", limits.page)
                .with("is_public", "None")
        }
        ComputeListing::FlavorAccess(flavor) => {
            let path = ["flavors", flavor, "os-flavor-access"];
            Route::new(&path, Shape::List("flavor_access"), Paging::Whole)
        }
        ComputeListing::QuotaDefaults(project) => {
            Route::one(&["os-quota-sets", &project.0, "defaults"], "quota_set")
        }
    }
}

fn servers(project: &ProjectId, limits: &Limits) -> Route {
    Route::new(&["servers", "detail"], Shape::List("servers"), Paging::Marker { limit: limits.page })
        .with("limit", limits.page)
        .with("all_tenants", 1)
        .with("project_id", project)
}
