//! What tenants hold in Nova, Cinder, Octavia, Barbican and Magnum: plain data.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How long a service works on a removal, where a test says nothing else.
const PACE: Duration = Duration::from_millis(200);

/// All of it, by id.
#[derive(Clone, Debug)]
pub struct Held {
    /// Nova's.
    pub servers: BTreeMap<String, Server>,
    /// Nova's.
    pub server_groups: BTreeMap<String, ServerGroup>,
    /// The id of the user, and the name.
    pub keypairs: BTreeSet<(String, String)>,
    /// Nova's.
    pub flavors: BTreeMap<String, Offer>,
    /// A cell does not answer: its services are of unknown state.
    pub cell_is_silent: bool,
    /// Cinder's.
    pub volumes: BTreeMap<String, Volume>,
    /// Cinder's.
    pub snapshots: BTreeMap<String, Snapshot>,
    /// Cinder's.
    pub backups: BTreeMap<String, Backup>,
    /// Cinder's.
    pub volume_groups: BTreeMap<String, VolumeGroup>,
    /// Cinder's.
    pub group_snapshots: BTreeMap<String, GroupSnapshot>,
    /// Those that wait to be accepted.
    pub volume_transfers: BTreeMap<String, VolumeTransfer>,
    /// Cinder's.
    pub volume_types: BTreeMap<String, Offer>,
    /// Volume types by project.
    pub default_types: BTreeMap<String, String>,
    /// Octavia's.
    pub load_balancers: BTreeMap<String, LoadBalancer>,
    /// Barbican's.
    pub secrets: BTreeMap<String, Secret>,
    /// Barbican's.
    pub containers: BTreeMap<String, SecretContainer>,
    /// Barbican's.
    pub orders: BTreeMap<String, SecretOrder>,
    /// Magnum's.
    pub clusters: BTreeMap<String, Cluster>,
    /// Magnum's.
    pub cluster_templates: BTreeMap<String, ClusterTemplate>,
    /// Magnum's limit of clusters by project, with the number of its row.
    pub cluster_limits: BTreeMap<String, (u64, i64)>,
    /// How the removal of a thing goes, by its id; any other is done in its time.
    pub course: BTreeMap<String, Course>,
    /// How long a service works on a removal.
    pub pace: Duration,
    /// What is being removed, and when that is over.
    pub(super) going: BTreeMap<(Kind, String), Instant>,
}

/// How a removal goes that the service only took up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// It ends as a failure: `error_deleting`, `DELETE_FAILED`, `ERROR`.
    Fails,
    /// It does not end.
    Stuck,
}

/// What takes time to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Server,
    Volume,
    Snapshot,
    Backup,
    VolumeGroup,
    GroupSnapshot,
    LoadBalancer,
    Cluster,
}

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its name.
    pub name: String,
    /// The id of its project.
    pub project: String,
    /// The id of its user.
    pub user: String,
    /// `ACTIVE`, `SHUTOFF`, `SOFT_DELETED`, …
    pub status: String,
    /// What Nova is doing with it.
    pub task: Option<String>,
    /// Only an administrator may do anything with it.
    pub locked: bool,
    /// `disable_terminate`: a removal is taken up, and nothing is done.
    pub cannot_be_terminated: bool,
}

/// A server group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerGroup {
    /// Its name.
    pub name: String,
    /// The id of its project.
    pub project: String,
    /// The id of its user.
    pub user: String,
}

/// A flavor or a volume type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its name.
    pub name: String,
    /// The ids of the projects that may use it; none where it is public.
    pub access: Option<BTreeSet<String>>,
}

/// A volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// The id of its project.
    pub project: String,
    /// In GiB.
    pub size: u64,
    /// `available`, `in-use`, `awaiting-transfer`, `deleting`, `error_deleting`, …
    pub status: String,
    /// The id of the snapshot that it was made from.
    pub snapshot: Option<String>,
    /// The id of its group.
    pub group: Option<String>,
    /// The id of the server that it is attached to.
    pub server: Option<String>,
}

/// A snapshot of a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Its name.
    pub name: String,
    /// The id of its project.
    pub project: String,
    /// In GiB.
    pub size: u64,
    /// As a volume's.
    pub status: String,
    /// The id of the volume.
    pub volume: String,
    /// The id of the group snapshot that it is part of.
    pub group_snapshot: Option<String>,
}

/// A backup of a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Its name.
    pub name: String,
    /// The id of its project.
    pub project: String,
    /// In GiB.
    pub size: u64,
    /// As a volume's.
    pub status: String,
    /// The id of the volume.
    pub volume: String,
    /// The id of the backup that it builds upon, which Cinder does not tell.
    pub parent: Option<String>,
    /// When made, as Cinder writes it.
    pub created: String,
}

/// A group of volumes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeGroup {
    /// Its name.
    pub name: String,
    /// The id of its project.
    pub project: String,
    /// As a volume's.
    pub status: String,
}

/// A snapshot of all volumes of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSnapshot {
    /// Its name.
    pub name: String,
    /// The id of its project.
    pub project: String,
    /// As a volume's.
    pub status: String,
    /// The id of the group.
    pub group: String,
}

/// A volume on offer to whoever knows its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeTransfer {
    /// Its name.
    pub name: String,
    /// The id of the project that gives.
    pub project: String,
    /// The id of the volume.
    pub volume: String,
}

/// A load balancer, with its listeners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadBalancer {
    /// Its name.
    pub name: String,
    /// The id of its project.
    pub project: String,
    /// `provisioning_status`.
    pub status: String,
    /// Ids of what is below it.
    pub listeners: BTreeSet<String>,
    /// The id of the port of its address, which goes with it.
    pub port: Option<String>,
}

/// A secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// The id of its project.
    pub project: String,
    /// The id of its user.
    pub creator: String,
    /// Its access list leaves the project out.
    pub is_private: bool,
    /// Service, type and id of what uses it.
    pub consumers: BTreeSet<(String, String, String)>,
}

/// A container of secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretContainer {
    /// Its name.
    pub name: String,
    /// The id of its project.
    pub project: String,
    /// The id of its user.
    pub creator: String,
    /// Name and address of what uses it.
    pub consumers: BTreeSet<(String, String)>,
}

/// An order of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretOrder {
    /// Its name.
    pub name: String,
    /// The id of its project.
    pub project: String,
    /// The id of its user.
    pub creator: String,
    /// The id of the secret that came of it.
    pub secret: String,
}

/// A cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// The id of its project.
    pub project: String,
    /// `CREATE_COMPLETE`, `DELETE_IN_PROGRESS`, `DELETE_FAILED`, …
    pub status: String,
    /// The id of its template.
    pub template: String,
}

/// What clusters are made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterTemplate {
    /// Its name.
    pub name: String,
    /// The id of its project.
    pub project: String,
    /// Whether any project may use it.
    pub is_public: bool,
}

impl Default for Held {
    fn default() -> Self {
        Self {
            servers: BTreeMap::new(),
            server_groups: BTreeMap::new(),
            keypairs: BTreeSet::new(),
            flavors: BTreeMap::new(),
            cell_is_silent: false,
            volumes: BTreeMap::new(),
            snapshots: BTreeMap::new(),
            backups: BTreeMap::new(),
            volume_groups: BTreeMap::new(),
            group_snapshots: BTreeMap::new(),
            volume_transfers: BTreeMap::new(),
            volume_types: BTreeMap::new(),
            default_types: BTreeMap::new(),
            load_balancers: BTreeMap::new(),
            secrets: BTreeMap::new(),
            containers: BTreeMap::new(),
            orders: BTreeMap::new(),
            clusters: BTreeMap::new(),
            cluster_templates: BTreeMap::new(),
            cluster_limits: BTreeMap::new(),
            course: BTreeMap::new(),
            pace: PACE,
            going: BTreeMap::new(),
        }
    }
}

impl Held {
    /// All that has to do with a project or a user, a line each; what is under way is in it, when it is over is not.
    pub fn of(&self, id: &str) -> BTreeSet<String> {
        fn lines<T: std::fmt::Debug>(rows: &BTreeMap<String, T>, kind: &str) -> Vec<String> {
            rows.iter().map(|(id, row)| format!("{kind} {id}: {row:?}")).collect()
        }
        fn access(offers: &BTreeMap<String, Offer>, kind: &str) -> Vec<String> {
            let each =
                offers.iter().flat_map(|(id, one)| one.access.iter().flatten().map(move |of| (id, of)));
            each.map(|(id, project)| format!("{kind} {id} open to {project}")).collect()
        }
        let pairs = self.keypairs.iter().map(|pair| format!("keypair {pair:?}")).collect();
        let all: [Vec<String>; 18] = [
            lines(&self.servers, "server"),
            lines(&self.server_groups, "server group"),
            pairs,
            access(&self.flavors, "flavor"),
            lines(&self.volumes, "volume"),
            lines(&self.snapshots, "snapshot"),
            lines(&self.backups, "backup"),
            lines(&self.volume_groups, "volume group"),
            lines(&self.group_snapshots, "group snapshot"),
            lines(&self.volume_transfers, "volume transfer"),
            access(&self.volume_types, "volume type"),
            lines(&self.load_balancers, "load balancer"),
            lines(&self.secrets, "secret"),
            lines(&self.containers, "secret container"),
            lines(&self.orders, "secret order"),
            lines(&self.clusters, "cluster"),
            lines(&self.cluster_templates, "cluster template"),
            lines(&self.cluster_limits, "cluster limit"),
        ];
        all.into_iter().flatten().filter(|line| line.contains(id)).collect()
    }
}

impl Offer {
    /// Whether a project may use it.
    pub(super) fn is_open_to(&self, project: Option<&str>) -> bool {
        let named = |access: &BTreeSet<String>| project.is_some_and(|project| access.contains(project));
        self.access.as_ref().is_none_or(named)
    }
}
