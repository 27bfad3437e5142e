//! What a tenant holds in Octavia.
//!
//! # Assumptions
//! What is below a load balancer has its project, and goes with it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Part, limits};
use crate::model::Sighting;
use crate::model::cloud::QuotaService;
use crate::model::ids::ProjectId;
use crate::model::inventory::{Resource, ResourceKey, ResourceType};
use crate::observe::listings::LoadBalancerListing;
use crate::observe::port::{CloudRead, Listing};
use crate::observe::rows::sighting;
use crate::observe::{quota, reach};

pub(super) async fn collect(read: &dyn CloudRead, tenant: &ProjectId) -> Part {
    let (balancers, limits_of_all) = tokio::join!(load_balancers(read, tenant), quota::load_balancer(read));
    let (own, values) = limits(QuotaService::LoadBalancer, limits_of_all.map_err(Into::into), tenant);
    Part {
        held: BTreeMap::from([(ResourceType::LoadBalancer, balancers), (ResourceType::Quota, own)]),
        quota: Some((QuotaService::LoadBalancer, values)),
        ..Part::default()
    }
}

#[derive(Deserialize)]
struct Row {
    id: String,
    name: String,
    project_id: String,
    provisioning_status: String,
}

async fn load_balancers(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<Vec<Resource>> {
    reach::load_balancer(read).await?;
    let listing = Listing::LoadBalancer(LoadBalancerListing::LoadBalancers(tenant.clone()));
    let resource = |Row { id, name, project_id, provisioning_status }: Row| {
        let resource = Resource {
            key: ResourceKey { kind: ResourceType::LoadBalancer, id, of: None },
            name,
            state: Some(provisioning_status),
            size: None,
            after: BTreeSet::new(),
            hindrance: None,
        };
        Ok((project_id == tenant.0).then_some(resource))
    };
    sighting(read, &listing, resource, |one| one.key.clone()).await
}
