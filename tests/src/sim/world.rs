//! What is in the simulated cloud: plain data that a test builds, looks at and changes behind the controller's back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::held::Held;

/// The whole state of the simulated cloud.
#[derive(Clone, Debug)]
pub struct World {
    /// Domains by id.
    pub domains: BTreeMap<String, Domain>,
    /// Projects by id; domains are not among them.
    pub projects: BTreeMap<String, Project>,
    /// Users by id.
    pub users: BTreeMap<String, User>,
    /// Groups of users by id.
    pub groups: BTreeMap<String, Group>,
    /// (group, user)
    pub memberships: BTreeSet<(String, String)>,
    /// Roles by id.
    pub roles: BTreeMap<String, Role>,
    /// Role assignments.
    pub grants: BTreeSet<Grant>,
    /// Application credentials by id.
    pub application_credentials: BTreeMap<String, ApplicationCredential>,
    /// Security groups by id, with their rules.
    pub security_groups: BTreeMap<String, SecurityGroup>,
    /// Address groups by id.
    pub address_groups: BTreeMap<String, AddressGroup>,
    /// What Neutron holds beside groups: its rows by kind and id, without what follows from other rows.
    pub networking: BTreeMap<Networking, BTreeMap<String, Value>>,
    /// Glance's images by id, as it shows them.
    pub images: BTreeMap<String, Value>,
    /// With which project an image is shared: (image, project).
    pub image_members: BTreeSet<(String, String)>,
    /// EC2 credentials and other ones by id.
    pub credentials: BTreeMap<String, Credential>,
    /// Trusts by id.
    pub trusts: BTreeMap<String, Trust>,
    /// Neutron's limits that were set, by project and resource.
    pub network_quotas: Quotas,
    /// Nova's.
    pub compute_quotas: Quotas,
    /// Cinder's.
    pub volume_quotas: Quotas,
    /// Octavia's. A project stays in its list after its quota was deleted.
    pub load_balancer_quotas: Quotas,
    /// Barbican's.
    pub key_manager_quotas: Quotas,
    /// What tenants hold in Nova, Cinder, Octavia, Barbican and Magnum.
    pub held: Held,
    /// How much of a resource of Nova or Cinder a project uses; a limit below it is refused.
    pub usage: Quotas,
    /// Types of services that this cloud does not have.
    pub absent: BTreeSet<String>,
    /// How long a token lives.
    pub token_lifetime: Duration,
    /// How long each answer takes.
    pub latency: Duration,
    pub(super) tokens: BTreeMap<String, Token>,
    pub(super) made: u64,
}

/// Limits by project and resource.
pub type Quotas = BTreeMap<String, BTreeMap<String, i64>>;

/// A domain.
#[derive(Clone, Debug)]
pub struct Domain {
    /// Its name: unique.
    pub name: String,
    /// Free text.
    pub description: String,
    /// A disabled domain lets nobody in.
    pub enabled: bool,
}

/// A project.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its name: unique in its domain, in any case of letters.
    pub name: String,
    /// The id of its domain.
    pub domain: String,
    /// The id of the project above, or of the domain.
    pub parent: String,
    /// Free text.
    pub description: String,
    /// A disabled project gives no token.
    pub enabled: bool,
    /// Tags in the order given.
    pub tags: Vec<String>,
    /// `options.immutable`: nothing but this option may be changed while it is true.
    pub immutable: Option<bool>,
}

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    /// Its name: unique in its domain.
    pub name: String,
    /// The id of its domain.
    pub domain: String,
    /// In clear, for this is a toy.
    pub password: String,
    /// A disabled user gets no token.
    pub enabled: bool,
}

/// A group of users.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name: unique in its domain.
    pub name: String,
    /// The id of its domain.
    pub domain: String,
    /// Free text.
    pub description: String,
}

/// A role.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// `options.immutable`.
    pub immutable: bool,
    /// Names of the roles that it brings along.
    pub implies: Vec<String>,
}

/// One role assignment, by ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// Where.
    pub scope: Scope,
    /// Whose.
    pub to: Actor,
    /// Which role.
    pub role: String,
    /// On the projects below rather than here.
    pub inherited: bool,
}

/// Where a role holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// A project's id.
    Project(String),
    /// A domain's id.
    Domain(String),
    /// The whole cloud.
    System,
}

/// Who has a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    /// A user's id.
    User(String),
    /// A group's id.
    Group(String),
}

/// An application credential.
#[derive(Clone, Debug)]
pub struct ApplicationCredential {
    /// Its name: unique for its user.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// The user's id.
    pub user: String,
    /// The project's id.
    pub project: String,
    /// Ids of its roles.
    pub roles: Vec<String>,
    /// In clear, for this is a toy.
    pub secret: String,
}

/// A security group.
#[derive(Clone, Debug)]
pub struct SecurityGroup {
    /// Its name: not unique, but for `default`.
    pub name: String,
    /// The id of its project.
    pub project: String,
    /// Free text.
    pub description: String,
    /// Neutron's flag.
    pub stateful: bool,
    /// Its rules by id.
    pub rules: BTreeMap<String, Rule>,
    /// Neutron's row number.
    pub attribute: u64,
    /// Counts the changes.
    pub revision: u64,
    /// When made, as Neutron writes it.
    pub created: String,
    /// When changed.
    pub updated: String,
}

/// A rule of a security group, as Neutron stores it.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    /// The id of its project: the caller's where the request named none, not the group's.
    pub project: String,
    /// `ingress` or `egress`.
    pub direction: String,
    /// `IPv4` or `IPv6`.
    pub ethertype: String,
    /// A name or a number.
    pub protocol: Option<String>,
    /// Lowest port, or ICMP type.
    pub port_min: Option<i64>,
    /// Highest port, or ICMP code.
    pub port_max: Option<i64>,
    /// A network, with host bits where sent so.
    pub remote_ip_prefix: Option<String>,
    /// The id of a security group.
    pub remote_group: Option<String>,
    /// The id of an address group.
    pub remote_address_group: Option<String>,
    /// Null in the rules that Neutron makes itself.
    pub description: Option<String>,
    /// Neutron's row number.
    pub attribute: u64,
    /// When made.
    pub created: String,
}

/// An address group.
#[derive(Clone, Debug)]
pub struct AddressGroup {
    /// Its name.
    pub name: String,
    /// The id of its project.
    pub project: String,
    /// Free text.
    pub description: String,
    /// Networks.
    pub addresses: BTreeSet<String>,
    /// Counts the changes.
    pub revision: u64,
    /// When made.
    pub created: String,
    /// When changed.
    pub updated: String,
}

/// The kinds of things that Neutron holds beside groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Networking {
    /// A network.
    Network,
    /// A subnet.
    Subnet,
    /// A port.
    Port,
    /// A router.
    Router,
    /// A floating IP.
    FloatingIp,
    /// A port forwarding; its row names its floating IP, and no project.
    PortForwarding,
    /// A trunk.
    Trunk,
    /// A subnet pool.
    SubnetPool,
    /// An address scope.
    AddressScope,
    /// A share of something with a project, or with all.
    RbacPolicy,
    /// A QoS policy.
    QosPolicy,
}

/// A credential of Keystone's that is no application credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// `ec2`, or another.
    pub kind: String,
    /// The user's id.
    pub user: String,
    /// The project's id.
    pub project: Option<String>,
    /// What it is, in clear, for this is a toy.
    pub blob: String,
}

/// A trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// The id of the user who gives.
    pub trustor: String,
    /// The id of the user who is given.
    pub trustee: String,
    /// The project's id.
    pub project: String,
    /// Ids of its roles.
    pub roles: Vec<String>,
}

/// A token that was given out.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) user: String,
    pub(super) scope: Option<Scope>,
    /// Ids of the roles when it was made: what services that cache tokens go on to believe.
    pub(super) roles: Vec<String>,
    pub(super) methods: Vec<String>,
    pub(super) audit: Vec<String>,
    /// The id and the name of the application credential that it comes from.
    pub(super) credential: Option<(String, String)>,
    pub(super) issued: jiff::Timestamp,
    pub(super) expires: jiff::Timestamp,
}

impl World {
    /// The next id of 32 hex digits: the same in each run.
    pub fn id(&mut self) -> String {
        self.made += 1;
        let hash = hex::encode(Sha256::digest(self.made.to_be_bytes()));
        hash.get(..32).unwrap_or_default().to_owned()
    }

    /// The next id in the form of a UUID.
    pub fn uuid(&mut self) -> String {
        let id = self.id();
        let part = |from: usize, to: usize| id.get(from..to).unwrap_or_default();
        format!("{}-{}-4{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
    }

    /// The next number of a row.
    pub(super) fn row(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    /// Ends all tokens, as a new Fernet key does.
    pub fn revoke_tokens(&mut self) {
        self.tokens.clear();
    }

    /// How many tokens were given out and not ended.
    pub fn tokens(&self) -> usize {
        self.tokens.len()
    }

    /// The id of the project with this name, in the domain with this name.
    pub fn project_id(&self, domain: &str, name: &str) -> Option<String> {
        let domain = self.domain_id(domain)?;
        let found =
            self.projects.iter().find(|(_, project)| project.domain == domain && project.name == name);
        found.map(|(id, _)| id.clone())
    }

    /// The id of the domain with this name.
    pub fn domain_id(&self, name: &str) -> Option<String> {
        self.domains.iter().find(|(_, domain)| domain.name == name).map(|(id, _)| id.clone())
    }

    /// The id of the role with this name.
    pub fn role_id(&self, name: &str) -> Option<String> {
        self.roles.iter().find(|(_, role)| role.name == name).map(|(id, _)| id.clone())
    }

    /// The id of the user with this name, in the domain with this name.
    pub fn user_id(&self, domain: &str, name: &str) -> Option<String> {
        let domain = self.domain_id(domain)?;
        self.users
            .iter()
            .find(|(_, user)| user.domain == domain && user.name == name)
            .map(|(id, _)| id.clone())
    }

    /// The id of the group of users with this name, in the domain with this name.
    pub fn group_id(&self, domain: &str, name: &str) -> Option<String> {
        let domain = self.domain_id(domain)?;
        let found = self.groups.iter().find(|(_, group)| group.domain == domain && group.name == name);
        found.map(|(id, _)| id.clone())
    }

    /// The ids of the security groups with this name in a project.
    pub fn security_group_ids(&self, project: &str, name: &str) -> Vec<String> {
        let named = |group: &SecurityGroup| group.project == project && group.name == name;
        self.security_groups.iter().filter(|(_, group)| named(group)).map(|(id, _)| id.clone()).collect()
    }

    /// All rules: (group's id, rule's id, rule).
    pub fn rules(&self) -> impl Iterator<Item = (&str, &str, &Rule)> {
        self.security_groups.iter().flat_map(|(group, of)| {
            of.rules.iter().map(move |(id, rule)| (group.as_str(), id.as_str(), rule))
        })
    }

    /// The ids of the roles that a user has there: granted, by a group, inherited and implied.
    pub(super) fn effective_roles(&self, user: &str, scope: &Scope) -> BTreeSet<String> {
        let held = |grant: &&Grant| self.acts(user, &grant.to) && self.reaches(grant, scope);
        let mut roles: BTreeSet<String> =
            self.grants.iter().filter(held).map(|grant| grant.role.clone()).collect();
        let mut open: Vec<String> = roles.iter().cloned().collect();
        while let Some(role) = open.pop() {
            let implied = self.roles.get(&role).map(|role| role.implies.as_slice()).unwrap_or_default();
            for id in implied.iter().filter_map(|name| self.role_id(name)) {
                if roles.insert(id.clone()) {
                    open.push(id);
                }
            }
        }
        roles
    }

    fn acts(&self, user: &str, actor: &Actor) -> bool {
        match actor {
            Actor::User(id) => id == user,
            Actor::Group(id) => self.memberships.contains(&(id.clone(), user.to_owned())),
        }
    }

    /// Whether a grant holds there; an inherited one holds only below.
    fn reaches(&self, grant: &Grant, scope: &Scope) -> bool {
        if !grant.inherited {
            return grant.scope == *scope;
        }
        let Scope::Project(project) = scope else { return false };
        match &grant.scope {
            Scope::Project(above) => self.ancestors(project).contains(above),
            Scope::Domain(domain) => self.projects.get(project).is_some_and(|below| below.domain == *domain),
            Scope::System => false,
        }
    }

    /// Whether all projects above a project, and their domain, are enabled.
    pub(super) fn above_is_enabled(&self, project: &str) -> bool {
        self.ancestors(project).iter().all(|id| match self.projects.get(id) {
            Some(project) => project.enabled,
            None => self.domains.get(id).is_some_and(|domain| domain.enabled),
        })
    }

    /// The projects above a project, and their domain.
    pub(super) fn ancestors(&self, project: &str) -> Vec<String> {
        let mut above = Vec::new();
        let mut here = self.projects.get(project);
        while let Some(project) = here {
            above.push(project.parent.clone());
            here = self.projects.get(&project.parent);
        }
        above
    }
}

/// Now, as Neutron writes it.
pub(super) fn stamp() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
