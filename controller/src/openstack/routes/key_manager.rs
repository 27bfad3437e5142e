//! Barbican's listings about one tenant, as its API has them.

use super::{BARBICAN_PAGE, Paging, Route, Shape};
use crate::observe::KeyManagerListing;
use crate::openstack::limits::Limits;

pub(super) fn route(listing: &KeyManagerListing, limits: &Limits) -> Route {
    let list = |path: &str, key: &'static str| {
        let limit = BARBICAN_PAGE.min(limits.page);
        Route::new(&[path], Shape::List(key), Paging::Next { limit }).with("limit", limit)
    };
    match listing {
        KeyManagerListing::Secrets(_) => list("secrets", "secrets"),
        KeyManagerListing::Containers(_) => list("containers", "containers"),
        KeyManagerListing::Orders(_) => list("orders", "orders"),
        KeyManagerListing::Quota(_) => Route::one(&["quotas"], "quotas"),
        KeyManagerListing::ProjectQuotas(_) => list("project-quotas", "project_quotas"),
    }
}
