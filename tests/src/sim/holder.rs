//! What a tenant begins with in Nova, Cinder, Octavia, Barbican and Magnum: one call for one thing, which gives its id.

use std::collections::BTreeSet;

use super::held::{
    Backup, Cluster, ClusterTemplate, GroupSnapshot, LoadBalancer, Offer, Secret, SecretContainer,
    SecretOrder, Server, ServerGroup, Snapshot, Volume, VolumeGroup, VolumeTransfer,
};
use super::world::World;

/// A project and a user of it, for whom things are made.
#[derive(Debug)]
pub struct Holder<'w> {
    /// The world.
    pub world: &'w mut World,
    project: String,
    user: String,
}

impl World {
    /// Makes things for a project and a user, by ids.
    pub fn holder(&mut self, project: &str, user: &str) -> Holder<'_> {
        Holder { world: self, project: project.to_owned(), user: user.to_owned() }
    }

    /// Makes a flavor that these projects alone may use; any, where there are none.
    pub fn add_flavor(&mut self, name: &str, projects: &[&str]) -> String {
        let id = self.uuid();
        self.held.flavors.insert(id.clone(), Offer::new(name, projects));
        id
    }

    /// Makes a volume type that these projects alone may use; any, where there are none.
    pub fn add_volume_type(&mut self, name: &str, projects: &[&str]) -> String {
        let id = self.uuid();
        self.held.volume_types.insert(id.clone(), Offer::new(name, projects));
        id
    }
}

impl Offer {
    fn new(name: &str, projects: &[&str]) -> Self {
        let access: BTreeSet<String> = projects.iter().map(|&project| project.to_owned()).collect();
        Self { name: name.to_owned(), access: (!projects.is_empty()).then_some(access) }
    }
}

impl Holder<'_> {
    /// Something of everything, with the links between; access to a flavor and a volume type is the caller's to give.
    pub fn everything(&mut self) {
        let server = self.server("server");
        self.locked_server("locked");
        self.server_group("group");
        self.keypair("key");
        self.attached_volume("attached", &server);
        let base = self.volume("base");
        self.snapshot("snapshot", &base);
        let full = self.backup("full", &base, None);
        self.backup("incremental", &base, Some(&full));
        let promised = self.volume("promised");
        self.volume_transfer("transfer", &promised);
        let group = self.volume_group("volume group");
        self.volume_in("member", &group);
        self.group_snapshot("group snapshot", &group);
        self.load_balancer("balancer");
        self.secret("secret");
        self.secret_container("container");
        self.secret_order("order");
        let template = self.cluster_template("template");
        self.cluster("cluster", &template);
        self.cluster_limit(3);
    }

    /// An active server.
    pub fn server(&mut self, name: &str) -> String {
        let (id, (project, user)) = (self.world.uuid(), self.owner());
        let (name, status) = (name.to_owned(), "ACTIVE".to_owned());
        let server =
            Server { name, project, user, status, task: None, locked: false, cannot_be_terminated: false };
        self.world.held.servers.insert(id.clone(), server);
        id
    }

    /// A server that only an administrator may touch.
    pub fn locked_server(&mut self, name: &str) -> String {
        let id = self.server(name);
        self.world.held.servers.entry(id.clone()).and_modify(|one| one.locked = true);
        id
    }

    /// A server that is kept for a while after it was deleted.
    pub fn soft_deleted_server(&mut self, name: &str) -> String {
        let id = self.server(name);
        self.world
            .held
            .servers
            .entry(id.clone())
            .and_modify(|one| "SOFT_DELETED".clone_into(&mut one.status));
        id
    }

    /// A server group.
    pub fn server_group(&mut self, name: &str) -> String {
        let (id, (project, user)) = (self.world.uuid(), self.owner());
        let group = ServerGroup { name: name.to_owned(), project, user };
        self.world.held.server_groups.insert(id.clone(), group);
        id
    }

    /// A keypair of the user's.
    pub fn keypair(&mut self, name: &str) {
        self.world.held.keypairs.insert((self.user.clone(), name.to_owned()));
    }

    /// A volume that is available.
    pub fn volume(&mut self, name: &str) -> String {
        let (id, (project, _)) = (self.world.uuid(), self.owner());
        let (name, status) = (name.to_owned(), "available".to_owned());
        let volume = Volume { name, project, size: 1, status, snapshot: None, group: None, server: None };
        self.world.held.volumes.insert(id.clone(), volume);
        id
    }

    /// A volume that a server has.
    pub fn attached_volume(&mut self, name: &str, server: &str) -> String {
        let id = self.volume(name);
        self.world.held.volumes.entry(id.clone()).and_modify(|one| {
            one.server = Some(server.to_owned());
            "in-use".clone_into(&mut one.status);
        });
        id
    }

    /// A volume of a group.
    pub fn volume_in(&mut self, name: &str, group: &str) -> String {
        let id = self.volume(name);
        self.world.held.volumes.entry(id.clone()).and_modify(|one| one.group = Some(group.to_owned()));
        id
    }

    /// A volume made from a snapshot.
    pub fn volume_from(&mut self, name: &str, snapshot: &str) -> String {
        let id = self.volume(name);
        self.world.held.volumes.entry(id.clone()).and_modify(|one| one.snapshot = Some(snapshot.to_owned()));
        id
    }

    /// A snapshot of a volume.
    pub fn snapshot(&mut self, name: &str, volume: &str) -> String {
        self.snapshot_of(name, volume, None)
    }

    fn snapshot_of(&mut self, name: &str, volume: &str, group_snapshot: Option<String>) -> String {
        let (id, (project, _)) = (self.world.uuid(), self.owner());
        let (name, status, volume) = (name.to_owned(), "available".to_owned(), volume.to_owned());
        let snapshot = Snapshot { name, project, size: 1, status, volume, group_snapshot };
        self.world.held.snapshots.insert(id.clone(), snapshot);
        id
    }

    /// A backup of a volume, incremental where it builds upon another.
    pub fn backup(&mut self, name: &str, volume: &str, parent: Option<&str>) -> String {
        let (id, (project, _)) = (self.world.uuid(), self.owner());
        let (name, status, volume) = (name.to_owned(), "available".to_owned(), volume.to_owned());
        let created = format!("2026-01-01T00:{:02}:00.000000", self.world.held.backups.len() % 60);
        let parent = parent.map(str::to_owned);
        let backup = Backup { name, project, size: 1, status, volume, parent, created };
        self.world.held.backups.insert(id.clone(), backup);
        id
    }

    /// A group of volumes.
    pub fn volume_group(&mut self, name: &str) -> String {
        let (id, (project, _)) = (self.world.uuid(), self.owner());
        let group = VolumeGroup { name: name.to_owned(), project, status: "available".to_owned() };
        self.world.held.volume_groups.insert(id.clone(), group);
        id
    }

    /// A snapshot of all volumes of a group.
    pub fn group_snapshot(&mut self, name: &str, group: &str) -> String {
        let (id, (project, _)) = (self.world.uuid(), self.owner());
        let (status, of) = ("available".to_owned(), group.to_owned());
        let snapshot = GroupSnapshot { name: name.to_owned(), project, status, group: of };
        self.world.held.group_snapshots.insert(id.clone(), snapshot);
        let members = self.world.held.volumes.iter().filter(|(_, one)| one.group.as_deref() == Some(group));
        let members: Vec<String> = members.map(|(id, _)| id.clone()).collect();
        for volume in members {
            self.snapshot_of(name, &volume, Some(id.clone()));
        }
        id
    }

    /// A transfer of a volume that nobody has accepted yet.
    pub fn volume_transfer(&mut self, name: &str, volume: &str) -> String {
        let (id, (project, _)) = (self.world.uuid(), self.owner());
        self.world
            .held
            .volumes
            .entry(volume.to_owned())
            .and_modify(|one| "awaiting-transfer".clone_into(&mut one.status));
        let transfer = VolumeTransfer { name: name.to_owned(), project, volume: volume.to_owned() };
        self.world.held.volume_transfers.insert(id.clone(), transfer);
        id
    }

    /// A load balancer with one listener.
    pub fn load_balancer(&mut self, name: &str) -> String {
        let (id, listener, (project, _)) = (self.world.uuid(), self.world.uuid(), self.owner());
        let (name, status) = (name.to_owned(), "ACTIVE".to_owned());
        let balancer =
            LoadBalancer { name, project, status, listeners: BTreeSet::from([listener]), port: None };
        self.world.held.load_balancers.insert(id.clone(), balancer);
        id
    }

    /// A secret of the user's.
    pub fn secret(&mut self, name: &str) -> String {
        let (id, (project, creator)) = (self.world.uuid(), self.owner());
        let (name, consumers) = (name.to_owned(), BTreeSet::new());
        let secret = Secret { name, project, creator, is_private: false, consumers };
        self.world.held.secrets.insert(id.clone(), secret);
        id
    }

    /// A secret that the rest of the project is kept from.
    pub fn private_secret(&mut self, name: &str) -> String {
        let id = self.secret(name);
        self.world.held.secrets.entry(id.clone()).and_modify(|one| one.is_private = true);
        id
    }

    /// A container of secrets.
    pub fn secret_container(&mut self, name: &str) -> String {
        let (id, (project, creator)) = (self.world.uuid(), self.owner());
        let container =
            SecretContainer { name: name.to_owned(), project, creator, consumers: BTreeSet::new() };
        self.world.held.containers.insert(id.clone(), container);
        id
    }

    /// An order, and the secret that came of it.
    pub fn secret_order(&mut self, name: &str) -> String {
        let secret = self.secret(name);
        let (id, (project, creator)) = (self.world.uuid(), self.owner());
        let order = SecretOrder { name: name.to_owned(), project, creator, secret };
        self.world.held.orders.insert(id.clone(), order);
        id
    }

    /// What clusters are made from.
    pub fn cluster_template(&mut self, name: &str) -> String {
        let (id, (project, _)) = (self.world.uuid(), self.owner());
        let template = ClusterTemplate { name: name.to_owned(), project, is_public: false };
        self.world.held.cluster_templates.insert(id.clone(), template);
        id
    }

    /// A cluster.
    pub fn cluster(&mut self, name: &str, template: &str) -> String {
        let (id, (project, _)) = (self.world.uuid(), self.owner());
        let (name, status) = (name.to_owned(), "CREATE_COMPLETE".to_owned());
        let cluster = Cluster { name, project, status, template: template.to_owned() };
        self.world.held.clusters.insert(id.clone(), cluster);
        id
    }

    /// A limit of clusters.
    pub fn cluster_limit(&mut self, limit: i64) {
        let row = self.world.row();
        self.world.held.cluster_limits.insert(self.project.clone(), (row, limit));
    }

    fn owner(&self) -> (String, String) {
        (self.project.clone(), self.user.clone())
    }
}
