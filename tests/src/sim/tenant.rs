//! A tenant that holds about one of each, a neighbour that is knotted to it, and the judge of what is left.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::world::{
    Actor, AddressGroup, Credential, Grant, Networking, Rule, Scope, SecurityGroup, Trust, World, stamp,
};

/// What the neighbour loses when the tenant goes, by id.
pub type Lost = BTreeSet<String>;

impl World {
    /// Gives the tenant about one of each that Keystone, Neutron and Glance hold, with its neighbour knotted to it.
    ///
    /// # Errors
    /// When a service would refuse one.
    pub fn fill(&mut self, tenant: &str, neighbour: &str) -> Result<Lost, String> {
        self.fill_networks(tenant, neighbour)?;
        let mut lost = self.fill_shares(tenant, neighbour)?;
        lost.extend(self.fill_groups(tenant, neighbour)?);
        lost.insert(self.fill_images(tenant, neighbour));
        self.fill_access(tenant);
        Ok(lost)
    }

    fn fill_networks(&mut self, tenant: &str, neighbour: &str) -> Result<(), String> {
        let outside = self.of(Networking::Network).iter().find(|(_, row)| row["router:external"] == true);
        let outside = outside.map(|(id, _)| id.clone()).unwrap_or_default();
        let inner = self.add(Networking::Network, tenant, &json!({"name": "inner"}))?;
        let subnet = json!({"network_id": inner, "cidr": "10.9.0.0/24", "ip_version": 4});
        let subnet = self.add(Networking::Subnet, tenant, &subnet)?;
        let gateway = json!({"name": "way out", "external_gateway_info": {"network_id": outside}});
        let router = self.add(Networking::Router, tenant, &gateway)?;
        self.add_interface(&router, &subnet)?;
        let routes = json!([{"destination": "10.77.0.0/16", "nexthop": "10.9.0.200"}]);
        self.change(Networking::Router, &router, &json!({"routes": routes}));
        let port = |name: &str| json!({"name": name, "network_id": inner});
        let one = self.add(Networking::Port, tenant, &port("one"))?;
        let two = self.add(Networking::Port, tenant, &port("two"))?;
        let floating = json!({"floating_network_id": outside});
        let forwarder = self.add(Networking::FloatingIp, tenant, &floating)?;
        let forward = json!({
            "floatingip_id": forwarder, "internal_port_id": one, "internal_ip_address": "10.9.0.2",
            "internal_port": 22, "external_port": 2022, "protocol": "tcp",
        });
        self.add(Networking::PortForwarding, tenant, &forward)?;
        self.add(Networking::FloatingIp, tenant, &json!({"floating_network_id": outside, "port_id": two}))?;
        let parent = self.add(Networking::Port, tenant, &port("parent"))?;
        let subs = json!([{"port_id": two, "segmentation_type": "vlan", "segmentation_id": 7}]);
        self.add(Networking::Trunk, tenant, &json!({"port_id": parent, "sub_ports": subs}))?;
        self.add(Networking::FloatingIp, neighbour, &floating)?;
        Ok(())
    }

    /// What is shared, both ways.
    fn fill_shares(&mut self, tenant: &str, neighbour: &str) -> Result<Lost, String> {
        let scope = self.add(Networking::AddressScope, tenant, &json!({"name": "scope", "ip_version": 4}))?;
        let share = |kind: &str, object: &str, target: &str| {
            json!({
                "object_type": kind, "object_id": object, "action": "access_as_shared", "target_tenant": target,
            })
        };
        self.add(Networking::RbacPolicy, tenant, &share("address_scope", &scope, neighbour))?;
        let pool = json!({"name": "pool", "prefixes": ["10.20.0.0/16"], "address_scope_id": scope});
        let pool = self.add(Networking::SubnetPool, tenant, &pool)?;
        let pooled = self.add(Networking::Network, tenant, &json!({"name": "pooled"}))?;
        let from = json!({"network_id": pooled, "subnetpool_id": pool, "ip_version": 4, "prefixlen": 24});
        self.add(Networking::Subnet, tenant, &from)?;
        let slow = self.add(Networking::QosPolicy, tenant, &json!({"name": "slow"}))?;
        self.add(Networking::Port, tenant, &json!({"network_id": pooled, "qos_policy_id": slow}))?;
        let home = self.add(Networking::Network, neighbour, &json!({"name": "home"}))?;
        let subnet = json!({"network_id": home, "cidr": "10.6.0.0/24", "ip_version": 4});
        self.add(Networking::Subnet, neighbour, &subnet)?;
        self.add(Networking::Port, neighbour, &json!({"name": "stays", "network_id": home}))?;
        let given = self.add(Networking::RbacPolicy, neighbour, &share("network", &home, tenant))?;
        Ok(BTreeSet::from([given]))
    }

    /// The tenant's `web` and `db` name each other already or now; a rule of the neighbour's names `web`.
    fn fill_groups(&mut self, tenant: &str, neighbour: &str) -> Result<Lost, String> {
        let find = |world: &Self, project: &str, name: &str| {
            let found = world.security_group_ids(project, name).into_iter().next();
            found.ok_or_else(|| format!("project {project} has no security group {name}"))
        };
        let (web, db) = (find(self, tenant, "web")?, find(self, tenant, "db")?);
        let theirs = find(self, neighbour, "web")?;
        let names = |group: &str| Rule { remote_group: Some(group.to_owned()), ..Rule::ingress_tcp(5432) };
        self.add_rule(&web, names(&db));
        let lost = self.add_rule(&theirs, names(&web));
        let (created, updated) = (stamp(), stamp());
        let group = AddressGroup {
            name: "addresses".to_owned(),
            project: tenant.to_owned(),
            description: String::new(),
            addresses: BTreeSet::from(["10.0.0.0/24".to_owned()]),
            revision: 1,
            created,
            updated,
        };
        let id = self.uuid();
        self.address_groups.insert(id.clone(), group);
        self.add_rule(&web, Rule { remote_address_group: Some(id), ..Rule::ingress_tcp(9100) });
        Ok(BTreeSet::from([lost]))
    }

    /// The image that is shared with the neighbour.
    fn fill_images(&mut self, tenant: &str, neighbour: &str) -> String {
        let active = |name: &str, more: Value| {
            let mut fields = json!({"name": name, "status": "active", "size": 5, "visibility": "private"});
            for (name, value) in more.as_object().into_iter().flatten() {
                fields[name] = value.clone();
            }
            fields
        };
        self.add_image(tenant, &active("private", json!({})));
        self.add_image(tenant, &active("protected", json!({"protected": true})));
        self.add_image(tenant, &active("hidden", json!({"os_hidden": true})));
        let shared = self.add_image(tenant, &active("shared", json!({"visibility": "shared"})));
        self.image_members.insert((shared.clone(), neighbour.to_owned()));
        let theirs = self.add_image(neighbour, &active("theirs", json!({"visibility": "shared"})));
        self.image_members.insert((theirs, tenant.to_owned()));
        shared
    }

    fn fill_access(&mut self, tenant: &str) {
        let user = self.grants.iter().find_map(|grant| match (&grant.scope, &grant.to) {
            (Scope::Project(project), Actor::User(user)) if project == tenant => Some(user.clone()),
            _ => None,
        });
        let user = user.unwrap_or_default();
        let blob = "{\"access\": \"a\", \"secret\": \"s\"}".to_owned();
        let project = Some(tenant.to_owned());
        self.add_credential(Credential { kind: "ec2".to_owned(), user: user.clone(), project, blob });
        let (roles, project) = (self.role_id("member").into_iter().collect(), tenant.to_owned());
        let trustee = self.user_id("Default", "admin").unwrap_or_default();
        self.add_trust(Trust { trustor: user.clone(), trustee, project: project.clone(), roles });
        if let Some(role) = self.role_id("reader") {
            let (scope, to) = (Scope::Project(project), Actor::User(user));
            self.grants.insert(Grant { scope, to, role, inherited: true });
        }
    }

    /// All that Keystone, Neutron and Glance have of a project, a line each, with its id; counters and times are left out.
    pub fn holdings(&self, project: &str) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for (kind, rows) in &self.networking {
            let own = rows.iter().filter(|(_, row)| self.is_of(*kind, row, project));
            all.extend(own.map(|(id, row)| format!("{kind:?} {id}: {}", lasting(row))));
        }
        self.groups_of(project, &mut all);
        let images = self.images.iter().filter(|(_, image)| image["owner"] == project);
        all.extend(images.map(|(id, image)| format!("image {id}: {}", lasting(image))));
        let given = self.image_members.iter().filter(|(_, member)| member == project);
        all.extend(given.map(|(image, _)| format!("membership of image {image}")));
        let own = self.network_quotas.keys().filter(|of| *of == project);
        all.extend(own.map(|of| format!("network limits of {of}")));
        self.access_of(project, &mut all);
        all
    }

    fn is_of(&self, kind: Networking, row: &Value, project: &str) -> bool {
        let floating = row["floatingip_id"].as_str().and_then(|id| self.of(Networking::FloatingIp).get(id));
        match (kind, floating) {
            (Networking::PortForwarding, Some(floating)) => floating["project_id"] == project,
            _ => row["project_id"] == project,
        }
    }

    fn groups_of(&self, project: &str, all: &mut BTreeSet<String>) {
        let own = self.security_groups.iter().filter(|(_, group)| group.project == project);
        all.extend(own.map(|(id, SecurityGroup { name, .. })| format!("security group {id}: {name}")));
        let rules = self.rules().filter(|(_, _, rule)| rule.project == project);
        all.extend(rules.map(|(group, id, rule)| format!("rule {id} of {group}: {rule:?}")));
        let own = self.address_groups.iter().filter(|(_, group)| group.project == project);
        all.extend(own.map(|(id, group)| format!("address group {id}: {:?}", group.addresses)));
    }

    fn access_of(&self, project: &str, all: &mut BTreeSet<String>) {
        all.extend(self.projects.get(project).map(|row| format!("project {project}: {row:?}")));
        let here = |grant: &&Grant| grant.scope == Scope::Project(project.to_owned());
        all.extend(self.grants.iter().filter(here).map(|grant| format!("assignment {grant:?}")));
        let own = self.application_credentials.iter().filter(|(_, one)| one.project == project);
        all.extend(own.map(|(id, _)| format!("application credential {id}")));
        let own = self.credentials.iter().filter(|(_, one)| one.project.as_deref() == Some(project));
        all.extend(own.map(|(id, one)| format!("credential {id}: {one:?}")));
        let own = self.trusts.iter().filter(|(_, one)| one.project == project);
        all.extend(own.map(|(id, one)| format!("trust {id}: {one:?}")));
    }

    /// Ports that Neutron made for itself, and that what they were made for has left behind.
    pub fn orphans(&self) -> BTreeSet<String> {
        let of = |row: &Value| {
            let device = row["device_id"].as_str().unwrap_or_default();
            let kind = match row["device_owner"].as_str().unwrap_or_default() {
                "network:floatingip" => Networking::FloatingIp,
                "network:router_gateway" | "network:router_interface" => Networking::Router,
                _ => return true,
            };
            self.of(kind).contains_key(device)
        };
        let ports = self.of(Networking::Port).iter().filter(|(_, row)| !of(row));
        ports.map(|(id, _)| id.clone()).collect()
    }

    /// This world with the tokens that were given out in another, so that nobody has to log in again; the next ones are others.
    #[must_use]
    pub fn with_tokens_of(mut self, other: &Self) -> Self {
        self.tokens.clone_from(&other.tokens);
        self.made = self.made.max(other.made);
        self
    }
}

/// A row without counters and times.
fn lasting(row: &Value) -> Value {
    let mut row = row.clone();
    if let Some(row) = row.as_object_mut() {
        row.retain(|name, _| !matches!(name.as_str(), "revision_number" | "updated_at" | "created_at"));
    }
    row
}
