//! The tenant in Keystone, what it holds there, and which services may hold more.

use std::collections::BTreeSet;

use super::Part;
use crate::model::ids::ProjectId;
use crate::model::inventory::TenantSeen;
use crate::model::{Sighting, Unknown};
use crate::observe::port::{CloudRead, Service};

/// What Keystone says.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) tenant: Sighting<Option<TenantSeen>>,
    pub(super) part: Part,
    /// The services that are swept and that the catalogue has.
    pub(super) services: Sighting<BTreeSet<Service>>,
    /// Service types of the catalogue that nothing here sweeps.
    pub(super) uncovered: Sighting<BTreeSet<String>>,
    /// Projects of the credentials in use.
    pub(super) own_projects: BTreeSet<ProjectId>,
}

pub(super) async fn collect(_read: &dyn CloudRead, _tenant: &ProjectId) -> Seen {
    let why = Unknown::not_asked("identity", "the tenant");
    Seen {
        tenant: Err(why.clone()),
        part: Part::default(),
        services: Err(why.clone()),
        uncovered: Err(why),
        own_projects: BTreeSet::new(),
    }
}
