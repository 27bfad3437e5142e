//! Removals that take time: taken up by a call, over some time later, or never.

use std::time::Instant;

use serde_json::json;

use super::held::{Course, Held, Kind};
use super::world::{Networking, World};

impl World {
    /// Takes a removal up.
    pub(super) fn begin(&mut self, kind: Kind, id: &str) {
        let status = match kind {
            Kind::LoadBalancer => "PENDING_DELETE",
            Kind::Cluster => "DELETE_IN_PROGRESS",
            Kind::Server => {
                self.held.servers.entry(id.to_owned()).and_modify(|one| one.task = Some("deleting".into()));
                ""
            }
            _ => "deleting",
        };
        if let Some(of) = self.held.status(kind, id).filter(|_| !status.is_empty()) {
            status.clone_into(of);
        }
        let over = Instant::now() + self.held.pace;
        self.held.going.entry((kind, id.to_owned())).or_insert(over);
    }

    /// Brings to their end the removals whose time is over.
    pub(super) fn settle(&mut self) {
        let now = Instant::now();
        let due = self.held.going.iter().filter(|(_, over)| **over <= now);
        let due: Vec<(Kind, String)> = due.map(|(what, _)| what.clone()).collect();
        for (kind, id) in due {
            match self.held.course.get(&id) {
                Some(Course::Stuck) => continue,
                Some(Course::Fails) => self.held.fail(kind, &id),
                None => self.gone(kind, &id),
            }
            self.held.going.remove(&(kind, id));
        }
    }

    fn gone(&mut self, kind: Kind, id: &str) {
        let held = &mut self.held;
        match kind {
            Kind::Server => {
                held.servers.remove(id);
                for volume in held.volumes.values_mut().filter(|one| one.server.as_deref() == Some(id)) {
                    volume.server = None;
                    "available".clone_into(&mut volume.status);
                }
                self.unbind(id);
            }
            Kind::Volume => drop(held.volumes.remove(id)),
            Kind::Snapshot => drop(held.snapshots.remove(id)),
            Kind::Backup => drop(held.backups.remove(id)),
            Kind::VolumeGroup => {
                held.volume_groups.remove(id);
                held.volumes.retain(|_, volume| volume.group.as_deref() != Some(id));
            }
            Kind::GroupSnapshot => {
                held.group_snapshots.remove(id);
                held.snapshots.retain(|_, snapshot| snapshot.group_snapshot.as_deref() != Some(id));
            }
            Kind::LoadBalancer => {
                let port = held.load_balancers.remove(id).and_then(|one| one.port);
                let ports = self.networking.entry(Networking::Port).or_default();
                port.map(|port| ports.remove(&port));
            }
            Kind::Cluster => drop(held.clusters.remove(id)),
        }
    }
}

impl World {
    /// Nova lets go of the ports of a server.
    fn unbind(&mut self, server: &str) {
        let ports = self.networking.entry(Networking::Port).or_default();
        for port in ports.values_mut().filter(|port| port["device_id"] == server) {
            port["device_id"] = json!("");
            port["device_owner"] = json!("");
        }
    }
}

impl Held {
    fn fail(&mut self, kind: Kind, id: &str) {
        let status = match kind {
            Kind::Server | Kind::LoadBalancer => "ERROR",
            Kind::Cluster => "DELETE_FAILED",
            Kind::Volume | Kind::Snapshot | Kind::Backup => "error_deleting",
            Kind::VolumeGroup | Kind::GroupSnapshot => "error",
        };
        if let Some(of) = self.status(kind, id) {
            status.clone_into(of);
        }
        if let Some(server) = self.servers.get_mut(id) {
            server.task = None;
        }
    }

    fn status(&mut self, kind: Kind, id: &str) -> Option<&mut String> {
        Some(match kind {
            Kind::Server => &mut self.servers.get_mut(id)?.status,
            Kind::Volume => &mut self.volumes.get_mut(id)?.status,
            Kind::Snapshot => &mut self.snapshots.get_mut(id)?.status,
            Kind::Backup => &mut self.backups.get_mut(id)?.status,
            Kind::VolumeGroup => &mut self.volume_groups.get_mut(id)?.status,
            Kind::GroupSnapshot => &mut self.group_snapshots.get_mut(id)?.status,
            Kind::LoadBalancer => &mut self.load_balancers.get_mut(id)?.status,
            Kind::Cluster => &mut self.clusters.get_mut(id)?.status,
        })
    }
}
