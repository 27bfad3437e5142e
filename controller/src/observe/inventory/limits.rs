//! Limits of one tenant, in a service that tells those of one project and what they are by default.

use super::rows::{key, plain};
use crate::model::Sighting;
use crate::model::cloud::QuotaValues;
use crate::model::inventory::{Resource, ResourceType};
use crate::observe::port::{CloudRead, Listing};
use crate::observe::quota::single;

/// The limits, and whether any of them is the tenant's own.
pub(super) struct Limits {
    pub(super) now: Sighting<QuotaValues>,
    pub(super) own: Sighting<Vec<Resource>>,
}

/// A limit of its own that is set to the default is not told from the default: to take it away would change nothing.
pub(super) async fn limits(read: &dyn CloudRead, now: &Listing, defaults: &Listing) -> Limits {
    let (values, defaults) = tokio::join!(single(read, now), single(read, defaults));
    let own = match (&values, defaults) {
        (Ok(values), Ok(defaults)) if *values == defaults => Ok(Vec::new()),
        (Ok(_), Ok(_)) => Ok(vec![plain(key(ResourceType::Quota, now.service().name()), "", None)]),
        (Err(why), _) => Err(why.clone().into()),
        (_, Err(why)) => Err(why.into()),
    };
    Limits { now: values.map_err(Into::into), own }
}
