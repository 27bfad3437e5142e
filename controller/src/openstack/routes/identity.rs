//! Keystone's listings about one tenant, as its API has them.

use super::Route;
use crate::observe::IdentityListing;
use crate::openstack::limits::Limits;

pub(super) fn route(listing: &IdentityListing, _limits: &Limits) -> Route {
    match listing {
        IdentityListing::Services => Route::keystone(&["services"], "services"),
        IdentityListing::Endpoints => Route::keystone(&["endpoints"], "endpoints"),
        IdentityListing::Project(project) => Route::one(&["projects", &project.0], "project"),
        IdentityListing::Children(project) => {
            Route::keystone(&["projects"], "projects").with("parent_id", project)
        }
        IdentityListing::Grants(project) => {
            assignments().with("scope.project.id", project).with("include_names", true)
        }
        IdentityListing::Credentials => Route::keystone(&["credentials"], "credentials"),
        IdentityListing::Trusts => Route::keystone(&["OS-TRUST", "trusts"], "trusts"),
        IdentityListing::EffectiveOnProject(project) => {
            effective().with("include_names", true).with("scope.project.id", project)
        }
        IdentityListing::EffectiveOfUser(user) => effective().with("user.id", user),
    }
}

fn assignments() -> Route {
    Route::keystone(&["role_assignments"], "role_assignments")
}

fn effective() -> Route {
    assignments().with("effective", true)
}
