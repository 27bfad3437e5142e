//! What a tenant holds in Cinder.
//!
//! Cinder refuses a filter on the project (400) to who does not see every project, so that the listings which have one are their own witnesses; for the
//! others, the volumes' is. What Cinder asks to be gone before is told by `after`: see [`links`].

mod links;
mod rows;

use futures::future::join_all;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use self::rows::{BackupRow, GroupRow, GroupSnapshotRow, SnapshotRow, TransferRow, VolumeRow};
use super::Part;
use super::limits::{Limits, limits};
use super::rows::{OVERLAY, key, merged, plain, reach};
use crate::model::Sighting;
use crate::model::cloud::QuotaService;
use crate::model::ids::ProjectId;
use crate::model::inventory::{Resource, ResourceType};
use crate::observe::error::{ReadError, Reason};
use crate::observe::listings::{ComputeListing, VolumeListing};
use crate::observe::port::{CloudRead, Listing};
use crate::observe::rows::sighting;

pub(super) async fn collect(read: &dyn CloudRead, tenant: &ProjectId) -> Part {
    let defaults = Listing::Volume(VolumeListing::QuotaDefaults(tenant.clone()));
    let now = Listing::VolumeQuota(tenant.clone());
    let (seen, type_access, default_type, Limits { now, own }) = tokio::join!(
        see(read, tenant),
        type_access(read, tenant),
        has_default_type(read, tenant),
        limits(read, &now, &defaults),
    );
    let (mut held, losses) = links::resources(seen);
    held.insert(ResourceType::VolumeTypeAccess, type_access);
    held.insert(ResourceType::Quota, own);
    Part {
        held,
        losses,
        quota: Some((QuotaService::Volume, now)),
        uncovered: default_type.then(|| "block-storage:default-types".to_owned()).into_iter().collect(),
    }
}

/// The tenant's rows, as listed.
struct Seen {
    volumes: Sighting<Vec<VolumeRow>>,
    snapshots: Sighting<Vec<SnapshotRow>>,
    backups: Sighting<Vec<BackupRow>>,
    groups: Sighting<Vec<GroupRow>>,
    group_snapshots: Sighting<Vec<GroupSnapshotRow>>,
    transfers: Sighting<Vec<TransferRow>>,
    /// Ids of the tenant's servers.
    servers: Sighting<Vec<String>>,
}

async fn see(read: &dyn CloudRead, tenant: &ProjectId) -> Seen {
    let of = || tenant.clone();
    let (volumes, snapshots, backups, groups, group_snapshots, servers) = tokio::join!(
        own(read, VolumeListing::Volumes(of()), |row: &VolumeRow| row.project == tenant.0),
        own(read, VolumeListing::Snapshots(of()), |row: &SnapshotRow| row.project == tenant.0),
        own(read, VolumeListing::Backups(of()), |row: &BackupRow| row.project == tenant.0),
        own(read, VolumeListing::Groups(of()), |row: &GroupRow| row.project_id == tenant.0),
        own(read, VolumeListing::GroupSnapshots(of()), |row: &GroupSnapshotRow| row.project_id == tenant.0),
        servers(read, tenant),
    );
    let transfers = transfers(read, tenant, &volumes).await;
    Seen { volumes, snapshots, backups, groups, group_snapshots, transfers, servers }
}

async fn own<W: DeserializeOwned + Ord + Clone>(
    read: &dyn CloudRead,
    listing: VolumeListing,
    is_own: impl Fn(&W) -> bool,
) -> Sighting<Vec<W>> {
    let listing = Listing::Volume(listing);
    proven(read, listing.clone()).await?;
    sighting(read, &listing, |row: W| Ok(is_own(&row).then_some(row)), W::clone).await
}

/// Asks a question that Cinder refuses to who does not see every project.
async fn proven(read: &dyn CloudRead, listing: Listing) -> Result<(), ReadError> {
    read.rows(&listing).await.map(|_| ()).map_err(|why| reach(Reason::Rejected, why, OVERLAY))
}

async fn witness(read: &dyn CloudRead, tenant: &ProjectId) -> Result<(), ReadError> {
    proven(read, Listing::Volume(VolumeListing::Volumes(tenant.clone()))).await
}

/// A transfer that an older Cinder made names no project: its volume does.
async fn transfers(
    read: &dyn CloudRead,
    tenant: &ProjectId,
    volumes: &Sighting<Vec<VolumeRow>>,
) -> Sighting<Vec<TransferRow>> {
    let volumes = volumes.as_ref().map_err(Clone::clone)?;
    let is_own = |row: &TransferRow| match &row.source_project_id {
        Some(project) => *project == tenant.0,
        None => volumes.iter().any(|volume| volume.id == row.volume_id),
    };
    own(read, VolumeListing::Transfers, is_own).await
}

#[derive(Deserialize)]
struct ServerRow {
    id: String,
    tenant_id: String,
}

async fn servers(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<Vec<String>> {
    let server = |ServerRow { id, tenant_id }: ServerRow| Ok((tenant_id == tenant.0).then_some(id));
    let live = Listing::Compute(ComputeListing::Servers(tenant.clone()));
    let soft_deleted = Listing::Compute(ComputeListing::SoftDeletedServers(tenant.clone()));
    let mut all = sighting(read, &live, server, String::clone).await?;
    all.extend(sighting(read, &soft_deleted, server, String::clone).await?);
    Ok(all)
}

#[derive(Deserialize)]
struct TypeRow {
    id: String,
    name: String,
    is_public: bool,
}

#[derive(Deserialize)]
struct AccessRow {
    project_id: String,
}

/// Cinder tells who may use a volume type only by type: one question for each that is not public.
async fn type_access(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<Vec<Resource>> {
    witness(read, tenant).await?;
    let private = |TypeRow { id, name, is_public }: TypeRow| Ok((!is_public).then_some((id, name)));
    let types = sighting(read, &Listing::Volume(VolumeListing::Types), private, Clone::clone).await?;
    let each = types.iter().map(|(id, name)| async move {
        let listing = Listing::Volume(VolumeListing::TypeAccess(id.clone()));
        let access = |AccessRow { project_id }: AccessRow| {
            let key = key(ResourceType::VolumeTypeAccess, id);
            Ok((project_id == tenant.0).then(|| plain(key, name, None)))
        };
        sighting(read, &listing, access, Resource::clone).await
    });
    merged(join_all(each).await)
}

/// Whether the tenant has a default volume type of its own, or that is not told: nothing here takes it away.
async fn has_default_type(read: &dyn CloudRead, tenant: &ProjectId) -> bool {
    let of = |AccessRow { project_id }: AccessRow| Ok((project_id == tenant.0).then_some(()));
    let seen = sighting(read, &Listing::Volume(VolumeListing::DefaultTypes), of, |()| ()).await;
    seen.map_or(true, |own| !own.is_empty())
}
