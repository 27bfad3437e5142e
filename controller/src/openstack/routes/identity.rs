//! Keystone's listings about one tenant, as its API has them.

use super::Route;
use crate::observe::IdentityListing;
use crate::openstack::limits::Limits;

pub(super) fn route(listing: &IdentityListing, _limits: &Limits) -> Route {
    match listing {
        IdentityListing::Catalog => Route::keystone(&["auth", "catalog"], "catalog"),
        IdentityListing::EffectiveOnProject(project) => {
            effective().with("include_names", true).with("scope.project.id", project)
        }
        IdentityListing::EffectiveOfUser(user) => effective().with("user.id", user),
    }
}

fn effective() -> Route {
    Route::keystone(&["role_assignments"], "role_assignments").with("effective", true)
}
