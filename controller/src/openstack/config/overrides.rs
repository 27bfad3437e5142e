//! The endpoints that a credential gives instead of its catalogue's.

use std::collections::BTreeSet;

use super::CloudConfig;
use crate::observe::Service;
use crate::openstack::catalog::versioned;

/// What one credential reaches otherwise than by its cloud's own catalogue.
///
/// Invariant: two spellings of one endpoint, with its version and without, are one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides(BTreeSet<(Service, String)>);

impl Overrides {
    /// Those of the entry for everything, and of the one for Keystone.
    pub fn of(main: &CloudConfig, identity: Option<&CloudConfig>) -> Self {
        let all = std::iter::once(main).chain(identity).flat_map(|config| &config.overrides);
        let spelled = all.map(|(service, url)| {
            let url = versioned(*service, url.clone());
            (*service, url.as_str().trim_end_matches('/').to_owned())
        });
        Self(spelled.collect())
    }

    /// The services for which these and others differ.
    pub(crate) fn differing(&self, others: &Self) -> BTreeSet<Service> {
        self.0.symmetric_difference(&others.0).map(|(service, _)| *service).collect()
    }
}
