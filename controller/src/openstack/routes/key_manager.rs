//! Barbican's listings about one tenant, as its API has them.

use super::{Paging, Route, Shape};
use crate::observe::KeyManagerListing;
use crate::openstack::limits::Limits;

pub(super) fn route(listing: &KeyManagerListing, limits: &Limits) -> Route {
    match listing {
        KeyManagerListing::Secrets(_) => {
            Route::new(&["secrets"], Shape::List("secrets"), Paging::Next { limit: super::BARBICAN_PAGE })
                .with("limit", super::BARBICAN_PAGE.min(limits.page))
        }
    }
}
