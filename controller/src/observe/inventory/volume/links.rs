//! Cinder's rows → resources, each with what must be gone before it.
//!
//! | goes | after |
//! | --- | --- |
//! | volume | servers that it is attached to, its transfer, its snapshots, its group (which takes it along) |
//! | group | group snapshots of it, snapshots of its volumes, servers that these are attached to |
//! | snapshot | its group snapshot (which takes it along), volumes made from it: Ceph keeps a snapshot that a volume was cloned from |
//! | group snapshot | volumes made from its snapshots |
//! | backup | incremental ones of the same volume that are younger: Cinder does not tell which one they build upon |

use std::collections::{BTreeMap, BTreeSet};

use super::Seen;
use super::rows::{BackupRow, GroupRow, GroupSnapshotRow, SnapshotRow, TransferRow, VolumeRow};
use crate::model::Sighting;
use crate::model::inventory::{Loss, Resource, ResourceKey, ResourceType, Size};
use crate::observe::inventory::rows::{key, plain};

type Held = BTreeMap<ResourceType, Sighting<Vec<Resource>>>;

/// All resources, and what others lose.
pub(super) fn resources(seen: Seen) -> (Held, BTreeSet<Loss>) {
    let world = World::of(&seen);
    let losses = world.transfers.iter().map(promised).collect();
    let held = BTreeMap::from([
        (ResourceType::Volume, each(&seen.volumes, |row| world.volume(row))),
        (ResourceType::Snapshot, each(&seen.snapshots, |row| world.snapshot(row))),
        (ResourceType::Backup, each(&seen.backups, |row| world.backup(row))),
        (ResourceType::VolumeGroup, each(&seen.groups, |row| world.group(row))),
        (ResourceType::GroupSnapshot, each(&seen.group_snapshots, |row| world.group_snapshot(row))),
        (ResourceType::VolumeTransfer, each(&seen.transfers, transfer)),
    ]);
    (held, losses)
}

fn each<W>(rows: &Sighting<Vec<W>>, to_model: impl Fn(&W) -> Resource) -> Sighting<Vec<Resource>> {
    Ok(rows.as_ref().map_err(Clone::clone)?.iter().map(to_model).collect())
}

/// What is known of the rows; what is not told is not in here, and its type is Unknown.
struct World<'s> {
    volumes: &'s [VolumeRow],
    snapshots: &'s [SnapshotRow],
    backups: &'s [BackupRow],
    group_snapshots: &'s [GroupSnapshotRow],
    transfers: &'s [TransferRow],
    servers: Option<BTreeSet<&'s str>>,
}

fn known<T>(seen: &Sighting<Vec<T>>) -> &[T] {
    seen.as_deref().unwrap_or_default()
}

fn resource(kind: ResourceType, id: &str, name: Option<&String>, status: &str) -> Resource {
    let name = name.cloned().unwrap_or_default();
    Resource { hindrance: failed(kind, id, status), ..plain(key(kind, id), name, Some(status.to_owned())) }
}

/// Cinder takes nothing away in such a state.
fn failed(kind: ResourceType, id: &str, status: &str) -> Option<String> {
    (status == "error_deleting").then(|| {
        format!("Cinder failed to remove it: see its log, put {kind} {id} back to `error` (state reset) and ask again")
    })
}

fn transfer(row: &TransferRow) -> Resource {
    let TransferRow { id, name, volume_id: _, source_project_id: _ } = row;
    plain(key(ResourceType::VolumeTransfer, id), name.clone().unwrap_or_default(), None)
}

fn promised(row: &TransferRow) -> Loss {
    let TransferRow { id, name: _, volume_id, source_project_id: _ } = row;
    let what =
        format!("whoever was given the key of this transfer can no longer take volume {volume_id} over");
    Loss { by: key(ResourceType::VolumeTransfer, id), what }
}

impl<'s> World<'s> {
    fn of(seen: &'s Seen) -> Self {
        let Seen { volumes, snapshots, backups, groups: _, group_snapshots, transfers, servers } = seen;
        Self {
            volumes: known(volumes),
            snapshots: known(snapshots),
            backups: known(backups),
            group_snapshots: known(group_snapshots),
            transfers: known(transfers),
            servers: servers.as_ref().ok().map(|all| all.iter().map(String::as_str).collect()),
        }
    }

    fn volume(&self, row: &VolumeRow) -> Resource {
        let VolumeRow { id, name, status, size, snapshot_id: _, group_id, attachments: _, project: _ } = row;
        let one = resource(ResourceType::Volume, id, name.as_ref(), status);
        let snapshots = self.snapshots.iter().filter(|snapshot| snapshot.volume_id == *id);
        let transfers = self.transfers.iter().filter(|transfer| transfer.volume_id == *id);
        let after = snapshots
            .map(|snapshot| key(ResourceType::Snapshot, &snapshot.id))
            .chain(transfers.map(|transfer| key(ResourceType::VolumeTransfer, &transfer.id)))
            .chain(group_id.iter().map(|group| key(ResourceType::VolumeGroup, group)))
            .chain(self.own_servers(row))
            .collect();
        let hindrance = one.hindrance.clone().or_else(|| self.foreign_holder(row));
        Resource { size: Some(Size::Gib(*size)), after, hindrance, ..one }
    }

    fn own_servers(&self, row: &VolumeRow) -> Vec<ResourceKey> {
        let servers = row.attachments.iter().filter_map(|attachment| attachment.server_id.as_deref());
        let own = servers.filter(|server| self.servers.as_ref().is_some_and(|own| own.contains(server)));
        own.map(|server| key(ResourceType::Server, server)).collect()
    }

    /// Who holds the volume and does not leave with the tenant.
    fn foreign_holder(&self, row: &VolumeRow) -> Option<String> {
        let own = self.servers.as_ref()?;
        let foreign = row.attachments.iter().find_map(|attachment| match &attachment.server_id {
            Some(server) if own.contains(server.as_str()) => None,
            Some(server) => Some(format!("server {server}, which is not the tenant's")),
            None => Some(format!("host {}", attachment.host_name.as_deref().unwrap_or("of no name"))),
        });
        foreign.map(|holder| format!("it is attached to {holder}: detach it there"))
    }

    fn snapshot(&self, row: &SnapshotRow) -> Resource {
        let SnapshotRow { id, name, status, size, volume_id: _, group_snapshot_id, project: _ } = row;
        let after = match group_snapshot_id {
            Some(group_snapshot) => BTreeSet::from([key(ResourceType::GroupSnapshot, group_snapshot)]),
            None => self.made_from(id).collect(),
        };
        let one = resource(ResourceType::Snapshot, id, name.as_ref(), status);
        Resource { size: Some(Size::Gib(*size)), after, ..one }
    }

    /// Volumes made from a snapshot. One that is in a group goes with it, which may be after the snapshot.
    fn made_from<'a>(&'a self, snapshot: &'a str) -> impl Iterator<Item = ResourceKey> + 'a {
        let made = move |volume: &&VolumeRow| {
            volume.snapshot_id.as_deref() == Some(snapshot) && volume.group_id.is_none()
        };
        self.volumes.iter().filter(made).map(|volume| key(ResourceType::Volume, &volume.id))
    }

    fn group_snapshot(&self, row: &GroupSnapshotRow) -> Resource {
        let GroupSnapshotRow { id, name, status, group_id: _, project_id: _ } = row;
        let own = self.snapshots.iter().filter(|snapshot| snapshot.group_snapshot_id.as_ref() == Some(id));
        let after = own.flat_map(|snapshot| self.made_from(&snapshot.id)).collect();
        Resource { after, ..resource(ResourceType::GroupSnapshot, id, name.as_ref(), status) }
    }

    fn group(&self, row: &GroupRow) -> Resource {
        let GroupRow { id, name, status, project_id: _ } = row;
        let one = resource(ResourceType::VolumeGroup, id, name.as_ref(), status);
        let members: Vec<&VolumeRow> =
            self.volumes.iter().filter(|volume| volume.group_id.as_ref() == Some(id)).collect();
        let snapshots = self
            .snapshots
            .iter()
            .filter(|snapshot| members.iter().any(|volume| volume.id == snapshot.volume_id));
        let of_group = self.group_snapshots.iter().filter(|snapshot| snapshot.group_id == *id);
        let after = snapshots
            .map(|snapshot| key(ResourceType::Snapshot, &snapshot.id))
            .chain(of_group.map(|snapshot| key(ResourceType::GroupSnapshot, &snapshot.id)))
            .chain(members.iter().flat_map(|volume| self.own_servers(volume)))
            .collect();
        let held = || members.iter().find_map(|volume| Some((volume, self.foreign_holder(volume)?)));
        let of_member = || held().map(|(volume, why)| format!("volume {} of it cannot go: {why}", volume.id));
        let hindrance = one.hindrance.clone().or_else(of_member);
        Resource { after, hindrance, ..one }
    }

    fn backup(&self, row: &BackupRow) -> Resource {
        let BackupRow {
            id,
            name,
            status,
            size,
            volume_id,
            is_incremental: _,
            has_dependent_backups,
            created_at,
            project: _,
        } = row;
        let younger = self.backups.iter().filter(|other| {
            *has_dependent_backups
                && other.is_incremental
                && other.volume_id == *volume_id
                && (&other.created_at, &other.id) > (created_at, id)
        });
        let after = younger.map(|other| key(ResourceType::Backup, &other.id)).collect();
        let one = resource(ResourceType::Backup, id, name.as_ref(), status);
        Resource { size: Some(Size::Gib(*size)), after, ..one }
    }
}
