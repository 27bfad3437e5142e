//! What a tenant holds in Nova.
//!
//! Servers are shown to who may see those of every project, or not at all (403). Server groups and flavors of others are left out without a word: they are
//! believed after a witness. A cell that does not answer is left out of the servers, and shows in the services.

use std::collections::BTreeMap;

use futures::future::join_all;
use serde::Deserialize;

use super::Part;
use super::limits::{Limits, limits};
use super::rows::{OVERLAY, key, merged, plain, reach};
use super::users::{Bound, of_this_project_alone};
use crate::model::Sighting;
use crate::model::cloud::QuotaService;
use crate::model::ids::{ProjectId, UserId};
use crate::model::inventory::{Loss, Resource, ResourceKey, ResourceType};
use crate::observe::error::{ReadError, Reason};
use crate::observe::listings::ComputeListing;
use crate::observe::port::{CloudRead, Listing};
use crate::observe::rows::sighting;

pub(super) async fn collect(read: &dyn CloudRead, tenant: &ProjectId) -> Part {
    let defaults = Listing::Compute(ComputeListing::QuotaDefaults(tenant.clone()));
    let now = Listing::ComputeQuota(tenant.clone());
    let (servers, groups, users, access, Limits { now, own }) = tokio::join!(
        servers(read, tenant),
        server_groups(read, tenant),
        of_this_project_alone(read, tenant),
        flavor_access(read, tenant),
        limits(read, &now, &defaults),
    );
    let keypairs = keypairs(read, &users).await;
    let held = BTreeMap::from([
        (ResourceType::Server, servers),
        (ResourceType::ServerGroup, groups),
        (ResourceType::Keypair, keypairs),
        (ResourceType::FlavorAccess, access),
        (ResourceType::Quota, own),
    ]);
    Part {
        held,
        losses: users.iter().flatten().map(|user| left_alone(tenant, user)).collect(),
        quota: Some((QuotaService::Compute, now)),
        ..Part::default()
    }
}

fn left_alone(tenant: &ProjectId, Bound { id, name }: &Bound) -> Loss {
    Loss {
        by: key(ResourceType::Project, &tenant.0),
        what: format!("user {name} ({id}) is left without any project"),
    }
}

#[derive(Deserialize)]
struct ServerRow {
    id: String,
    name: String,
    status: String,
    tenant_id: String,
    #[serde(rename = "OS-EXT-STS:task_state")]
    task_state: Option<String>,
}

async fn servers(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<Vec<Resource>> {
    every_cell_answers(read).await?;
    // In this order: a server that is soft-deleted meanwhile is in both, and one that is in neither would be gone.
    let live = listed_servers(read, tenant, ComputeListing::Servers(tenant.clone())).await;
    let soft_deleted = listed_servers(read, tenant, ComputeListing::SoftDeletedServers(tenant.clone())).await;
    merged([live, soft_deleted])
}

async fn listed_servers(
    read: &dyn CloudRead,
    tenant: &ProjectId,
    listing: ComputeListing,
) -> Sighting<Vec<Resource>> {
    let server = |ServerRow { id, name, status, tenant_id, task_state }: ServerRow| {
        let state = task_state.map_or(status.clone(), |task| format!("{status} ({task})"));
        Ok((tenant_id == tenant.0).then(|| plain(key(ResourceType::Server, id), name, Some(state))))
    };
    sighting(read, &Listing::Compute(listing), server, Resource::clone).await
}

#[derive(Deserialize)]
struct ServiceRow {
    binary: String,
    host: String,
    status: String,
}

async fn every_cell_answers(read: &dyn CloudRead) -> Sighting<()> {
    let listing = Listing::Compute(ComputeListing::Services);
    let silent = |ServiceRow { binary, host, status }: ServiceRow| {
        Ok((status == "UNKNOWN").then(|| format!("{binary} on {host}")))
    };
    match sighting(read, &listing, silent, String::clone).await?.first() {
        None => Ok(()),
        Some(service) => {
            let message = format!(
                "a cell of Nova does not answer ({service} is of unknown state), and its servers are left out; bring its database back"
            );
            Err(ReadError::new(listing.service(), Reason::Truncated, message).into())
        }
    }
}

/// Whether the credential sees every project.
async fn witness(read: &dyn CloudRead) -> Result<(), ReadError> {
    let rows = read.rows(&Listing::Compute(ComputeListing::DeletedServers)).await;
    rows.map(|_| ()).map_err(|why| reach(Reason::Forbidden, why, OVERLAY))
}

#[derive(Deserialize)]
struct GroupRow {
    id: String,
    name: String,
    project_id: String,
}

async fn server_groups(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<Vec<Resource>> {
    witness(read).await?;
    let group = |GroupRow { id, name, project_id }: GroupRow| {
        Ok((project_id == tenant.0).then(|| plain(key(ResourceType::ServerGroup, id), name, None)))
    };
    sighting(read, &Listing::Compute(ComputeListing::ServerGroups), group, Resource::clone).await
}

#[derive(Deserialize)]
struct KeypairRow {
    keypair: NameRow,
}

#[derive(Deserialize)]
struct NameRow {
    name: String,
}

async fn keypairs(read: &dyn CloudRead, users: &Sighting<Vec<Bound>>) -> Sighting<Vec<Resource>> {
    let users = users.as_ref().map_err(Clone::clone)?;
    let each = users.iter().map(|user| keypairs_of(read, &user.id));
    merged(join_all(each).await)
}

async fn keypairs_of(read: &dyn CloudRead, user: &UserId) -> Sighting<Vec<Resource>> {
    let keypair = |KeypairRow { keypair: NameRow { name } }: KeypairRow| {
        let of = Some(user.0.clone());
        let key = ResourceKey { kind: ResourceType::Keypair, id: name.clone(), of };
        // In a URL these two name no keypair, but what is above it.
        let nameless = matches!(name.as_str(), "." | "..");
        let hindrance = nameless
            .then(|| "Nova's API cannot name it: remove it in Nova's database, or keep it".to_owned());
        Ok(Some(Resource { hindrance, ..plain(key, name, None) }))
    };
    sighting(read, &Listing::Compute(ComputeListing::Keypairs(user.clone())), keypair, Resource::clone).await
}

#[derive(Deserialize)]
struct FlavorRow {
    id: String,
    name: String,
    #[serde(rename = "os-flavor-access:is_public")]
    is_public: bool,
}

#[derive(Deserialize)]
struct AccessRow {
    tenant_id: String,
}

/// Nova tells who may use a flavor only by flavor: one question for each that is not public.
async fn flavor_access(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<Vec<Resource>> {
    witness(read).await?;
    let listing = Listing::Compute(ComputeListing::Flavors);
    let private = |FlavorRow { id, name, is_public }: FlavorRow| Ok((!is_public).then_some((id, name)));
    let flavors = sighting(read, &listing, private, Clone::clone).await?;
    let each = flavors.iter().map(|(id, name)| async move {
        let listing = Listing::Compute(ComputeListing::FlavorAccess(id.clone()));
        let access = |AccessRow { tenant_id }: AccessRow| {
            let key = key(ResourceType::FlavorAccess, id);
            Ok((tenant_id == tenant.0).then(|| plain(key, name, None)))
        };
        sighting(read, &listing, access, Resource::clone).await
    });
    merged(join_all(each).await)
}
