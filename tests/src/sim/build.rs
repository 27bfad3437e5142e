//! Worlds to begin with.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::json;

use super::held::Held;
use super::world::{
    Actor, ApplicationCredential, Domain, Grant, Group, Networking, Project, Role, Rule, Scope,
    SecurityGroup, User, World, stamp,
};

const PASSWORD: &str = "sim-password";
const ROLES: [(&str, &[&str], bool); 16] = [
    ("admin", &["manager"], true),
    ("manager", &["member"], true),
    ("member", &["reader"], true),
    ("reader", &[], true),
    ("service", &[], false),
    ("creator", &[], false),
    ("observer", &[], false),
    ("audit", &[], false),
    ("global_reader", &[], false),
    ("key-manager:service-admin", &[], false),
    ("load-balancer_admin", &[], false),
    ("load-balancer_admin_or_observer", &[], false),
    ("load-balancer_global_observer", &[], false),
    ("load-balancer_member", &[], false),
    ("load-balancer_observer", &[], false),
    ("load-balancer_quota_admin", &[], false),
];

/// Builds a world with as many tenants and rules as a test wants.
#[derive(Clone, Copy, Debug, Default)]
pub struct Builder {
    tenants: usize,
    rules: usize,
    key_manager: bool,
}

impl Builder {
    /// Tenants `t0001`, `t0002`, … in the domain `tenants`, each with a user, quotas and the security groups `web` and `db`.
    #[must_use]
    pub fn tenants(mut self, count: usize) -> Self {
        self.tenants = count;
        self
    }

    /// So many more rules, spread over a security group `bulk` in each tenant.
    #[must_use]
    pub fn rules(mut self, count: usize) -> Self {
        self.rules = count;
        self
    }

    /// Gives `admin` and `observer` the role that Barbican asks for project quotas: `key-manager:service-admin`.
    #[must_use]
    pub fn key_manager_admins(mut self) -> Self {
        self.key_manager = true;
        self
    }

    /// The world.
    pub fn build(self) -> World {
        let mut world = World::bare();
        if self.key_manager {
            world.grant_in_admin("admin", &["key-manager:service-admin"]);
            world.grant_in_admin("observer", &["key-manager:service-admin"]);
        }
        let domain = world.id();
        world.domains.insert(domain.clone(), Domain::named("tenants"));
        for number in 1..=self.tenants {
            let rules = self.rules / self.tenants + usize::from(number <= self.rules % self.tenants);
            world.tenant(&domain, number, rules);
        }
        world
    }
}

impl Domain {
    fn named(name: &str) -> Self {
        Self { name: name.to_owned(), description: String::new(), enabled: true }
    }
}

impl World {
    /// A cloud as one begins with: the projects `admin` and `service`, the users `admin`, `auditor` and `observer`, the roles.
    pub fn bare() -> Self {
        let mut world = Self {
            domains: BTreeMap::new(),
            projects: BTreeMap::new(),
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            memberships: BTreeSet::new(),
            roles: BTreeMap::new(),
            grants: BTreeSet::new(),
            application_credentials: BTreeMap::new(),
            security_groups: BTreeMap::new(),
            address_groups: BTreeMap::new(),
            networking: BTreeMap::new(),
            images: BTreeMap::new(),
            image_members: BTreeSet::new(),
            credentials: BTreeMap::new(),
            trusts: BTreeMap::new(),
            network_quotas: BTreeMap::new(),
            compute_quotas: BTreeMap::new(),
            volume_quotas: BTreeMap::new(),
            load_balancer_quotas: BTreeMap::new(),
            key_manager_quotas: BTreeMap::new(),
            held: Held::default(),
            usage: BTreeMap::new(),
            absent: BTreeSet::new(),
            token_lifetime: Duration::from_secs(24 * 3600),
            latency: Duration::ZERO,
            tokens: BTreeMap::new(),
            made: 0,
        };
        let default = Domain { description: "The default domain".to_owned(), ..Domain::named("Default") };
        world.domains.insert("default".to_owned(), default);
        for (name, implies, immutable) in ROLES {
            let implies = implies.iter().map(|name| (*name).to_owned()).collect();
            let id = world.id();
            world.roles.insert(id, Role { name: name.to_owned(), immutable, implies });
        }
        let admin = world.add_project("default", "admin", "Bootstrap project for initializing the cloud.");
        world.add_project("default", "service", "");
        for (name, system) in [("admin", "admin"), ("auditor", "reader"), ("observer", "reader")] {
            let user = world.add_user("default", name, PASSWORD);
            world.grant(&Actor::User(user), system, Scope::System);
        }
        world.public_network(&admin);
        world.grant_in_admin("admin", &["admin"]);
        world.grant_in_admin("auditor", &["reader"]);
        let observes = ["reader", "global_reader", "load-balancer_global_observer", "observer", "audit"];
        world.grant_in_admin("observer", &observes);
        world.default_group(&admin);
        world
    }

    /// A cloud of Keystone alone.
    #[must_use]
    pub fn identity_only(mut self) -> Self {
        let others = super::catalog::SERVICES.iter().filter(|(kind, ..)| *kind != "identity");
        self.absent = others.map(|(kind, ..)| (*kind).to_owned()).collect();
        self
    }

    /// Three tenants, as the rig seeds them.
    pub fn seeded() -> Self {
        Self::builder().tenants(3).build()
    }

    /// A world of another size.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Adds a project to a domain (by id).
    pub fn add_project(&mut self, domain: &str, name: &str, description: &str) -> String {
        let project = Project {
            name: name.to_owned(),
            domain: domain.to_owned(),
            parent: domain.to_owned(),
            description: description.to_owned(),
            enabled: true,
            tags: Vec::new(),
            immutable: None,
        };
        let id = self.id();
        self.projects.insert(id.clone(), project);
        id
    }

    /// Adds a user to a domain (by id).
    pub fn add_user(&mut self, domain: &str, name: &str, password: &str) -> String {
        let (name, domain, password) = (name.to_owned(), domain.to_owned(), password.to_owned());
        let id = self.id();
        self.users.insert(id.clone(), User { name, domain, password, enabled: true });
        id
    }

    /// Adds a group of users to a domain (by id).
    pub fn add_group(&mut self, domain: &str, name: &str) -> String {
        let (name, domain) = (name.to_owned(), domain.to_owned());
        let id = self.id();
        self.groups.insert(id.clone(), Group { name, domain, description: String::new() });
        id
    }

    /// Gives a role by its name; an unknown one is given to nobody.
    pub fn grant(&mut self, to: &Actor, role: &str, scope: Scope) {
        if let Some(role) = self.role_id(role) {
            self.grants.insert(Grant { scope, to: to.clone(), role, inherited: false });
        }
    }

    /// Adds a security group with Neutron's two rules for egress.
    pub fn add_security_group(&mut self, project: &str, name: &str, description: &str) -> String {
        let id = self.uuid();
        let now = stamp();
        let mut group = SecurityGroup {
            name: name.to_owned(),
            project: project.to_owned(),
            description: description.to_owned(),
            stateful: true,
            rules: BTreeMap::new(),
            attribute: self.row(),
            revision: 1,
            created: now.clone(),
            updated: now,
        };
        for ethertype in ["IPv4", "IPv6"] {
            group.rules.insert(self.uuid(), self.own_rule(project, "egress", ethertype, None));
        }
        self.security_groups.insert(id.clone(), group);
        id
    }

    /// Adds a rule to a security group (and its project, where the rule has none), and counts the group's revision up.
    pub fn add_rule(&mut self, group: &str, rule: Rule) -> String {
        let id = self.uuid();
        let mut rule = Rule { attribute: self.row(), created: stamp(), ..rule };
        if let Some(group) = self.security_groups.get_mut(group) {
            if rule.project.is_empty() {
                rule.project = group.project.clone();
            }
            group.rules.insert(id.clone(), rule);
            group.touch();
        }
        id
    }

    /// The group `default` of a project, made when it is first asked for.
    pub(super) fn default_group(&mut self, project: &str) -> String {
        if let Some(id) = self.security_group_ids(project, "default").into_iter().next() {
            return id;
        }
        let id = self.add_security_group(project, "default", "Default security group");
        for ethertype in ["IPv4", "IPv6"] {
            let rule = self.own_rule(project, "ingress", ethertype, Some(id.clone()));
            let rule_id = self.uuid();
            if let Some(group) = self.security_groups.get_mut(&id) {
                group.rules.insert(rule_id, rule);
            }
        }
        id
    }

    /// A rule that Neutron makes by itself.
    fn own_rule(
        &mut self,
        project: &str,
        direction: &str,
        ethertype: &str,
        remote_group: Option<String>,
    ) -> Rule {
        let (direction, ethertype, project) =
            (direction.to_owned(), ethertype.to_owned(), project.to_owned());
        Rule {
            project,
            direction,
            ethertype,
            remote_group,
            attribute: self.row(),
            created: stamp(),
            ..Rule::default()
        }
    }

    /// What leads out of the cloud: with an address for whoever asks, and an image, both the administrator's.
    fn public_network(&mut self, admin: &str) {
        let made = self.add(Networking::Network, admin, &json!({"name": "public", "router:external": true}));
        let subnet =
            made.map(|network| json!({"network_id": network, "cidr": "198.51.100.0/24", "ip_version": 4}));
        // Nothing refuses the first network of a cloud.
        let _ = subnet.and_then(|subnet| self.add(Networking::Subnet, admin, &subnet));
    }

    fn grant_in_admin(&mut self, user: &str, roles: &[&str]) {
        let (Some(user), Some(project)) =
            (self.user_id("Default", user), self.project_id("Default", "admin"))
        else {
            return;
        };
        for role in roles {
            self.grant(&Actor::User(user.clone()), role, Scope::Project(project.clone()));
        }
    }

    fn tenant(&mut self, domain: &str, number: usize, rules: usize) {
        let name = format!("t{number:04}");
        let project = self.add_project(domain, &name, &format!("seed tenant {number}"));
        if let Some(project) = self.projects.get_mut(&project) {
            project.tags = vec!["seed".to_owned()];
        }
        let user = self.add_user(domain, &name, "pw");
        for role in ["member", "load-balancer_member", "creator"] {
            self.grant(&Actor::User(user.clone()), role, Scope::Project(project.clone()));
        }
        self.seed_quotas(&project);
        self.seed_groups(&project, rules);
        let roles = self.role_id("member").into_iter().collect();
        let (id, secret) = (self.id(), self.id());
        let name = "deploy".to_owned();
        let credential = ApplicationCredential { name, description: None, user, project, roles, secret };
        self.application_credentials.insert(id, credential);
    }

    fn seed_quotas(&mut self, project: &str) {
        let set =
            |pairs: &[(&str, i64)]| pairs.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        let network =
            set(&[("network", 10), ("security_group", 20), ("security_group_rule", 200), ("floatingip", 10)]);
        self.network_quotas.insert(project.to_owned(), network);
        let compute = set(&[("cores", 40), ("instances", 20), ("ram", 81920)]);
        self.compute_quotas.insert(project.to_owned(), compute);
        self.volume_quotas.insert(project.to_owned(), set(&[("volumes", 20), ("gigabytes", 500)]));
        self.load_balancer_quotas.insert(project.to_owned(), BTreeMap::new());
    }

    fn seed_groups(&mut self, project: &str, rules: usize) {
        self.default_group(project);
        let web = self.add_security_group(project, "web", "public web");
        let db = self.add_security_group(project, "db", "database");
        for (port, from) in [(80, "0.0.0.0/0"), (443, "0.0.0.0/0"), (22, "10.0.0.0/8")] {
            self.add_rule(&web, Rule::ingress_tcp(port).from_cidr(from));
        }
        let from_web = |rule: Rule| Rule { remote_group: Some(web.clone()), ..rule };
        self.add_rule(&db, from_web(Rule::ingress_tcp(5432)));
        let icmp = Rule {
            protocol: Some("icmp".to_owned()),
            port_min: None,
            port_max: None,
            ..Rule::ingress_tcp(1)
        };
        self.add_rule(&db, from_web(icmp));
        if rules > 0 {
            let bulk = self.add_security_group(project, "bulk", "many rules");
            for number in 0..rules {
                let from = format!("10.{}.{}.0/24", number / 250 % 250, number % 250);
                let port = 1024 + i64::try_from(number).unwrap_or_default() % 60_000;
                self.add_rule(&bulk, Rule::ingress_tcp(port).from_cidr(&from));
            }
        }
    }
}

impl Rule {
    /// A rule that lets TCP to one port in, from anywhere, over IPv4.
    pub fn ingress_tcp(port: i64) -> Self {
        Self {
            direction: "ingress".to_owned(),
            ethertype: "IPv4".to_owned(),
            protocol: Some("tcp".to_owned()),
            port_min: Some(port),
            port_max: Some(port),
            description: Some(String::new()),
            ..Self::default()
        }
    }

    /// The same from one network only.
    #[must_use]
    pub fn from_cidr(self, cidr: &str) -> Self {
        Self { remote_ip_prefix: Some(cidr.to_owned()), ..self }
    }
}

impl SecurityGroup {
    /// Counts a change.
    pub fn touch(&mut self) {
        self.revision += 1;
        self.updated = stamp();
    }
}

/// The clouds of the rig, with the simulated Keystone's address.
pub(super) fn clouds_yaml(auth_url: &str) -> String {
    let cloud = |user: &str, name: &str, scope: &str| {
        format!(
            "  {name}:\n    auth: {{auth_url: \"{auth_url}\", username: {user}, password: \"{PASSWORD}\", \
             user_domain_name: Default, {scope}}}\n    region_name: RegionOne\n    identity_api_version: 3\n"
        )
    };
    let mut yaml = String::from("clouds:\n");
    for (user, name) in [("admin", "admin"), ("auditor", "reader"), ("observer", "observer")] {
        yaml += &cloud(user, name, "project_name: admin, project_domain_name: Default");
        yaml += &cloud(user, &format!("{name}-system"), "system_scope: all");
    }
    yaml
}
