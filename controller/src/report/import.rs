//! A living cloud as a spec: how one begins.
//!
//! What comes in: a snapshot, and which tenants. What goes out: a spec that the snapshot has no finding against, and what could
//! not be put into words.

use std::collections::{BTreeMap, BTreeSet};

use cloudspec_crds::quota::{
    ComputeQuota, KeyManagerQuota, LoadBalancerQuota, NetworkQuota, Quotas, VolumeQuota,
};
use cloudspec_crds::security_group::{
    EvidencePolicy, Icmp, Peer, PeerRef, ProjectRef, Rule as ListedRule, SecurityGroup as ListedGroup,
};
use cloudspec_crds::tenant::{RoleAssignment, Tenant, Unlisted};

use crate::model::cloud::{
    Assignment, Principal, Project, QuotaService, QuotaValues, SecurityGroup, SeenRule,
};
use crate::model::desired::TenantName;
use crate::model::ids::ProjectId;
use crate::model::rule::{Direction, Ethertype, Remote, Rule, Traffic, protocol_name};
use crate::model::{Snapshot, Unknown};

/// What of a cloud is put into a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Tenants, by name.
    pub tenants: Vec<Tenant>,
    /// Their security groups, by name.
    pub security_groups: Vec<ListedGroup>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

/// Puts the tenants that are chosen into a spec; all of them where none is named.
///
/// # Errors
/// What could not be seen, or is named and not there.
pub fn import(
    snapshot: &Snapshot,
    chosen: &BTreeSet<TenantName>,
    services: &BTreeSet<QuotaService>,
) -> Result<Imported, Unknown> {
    let world = World::of(snapshot)?;
    let mut projects: Vec<(&TenantName, &Project)> = world.projects.iter().map(|(n, p)| (n, *p)).collect();
    if let Some(missing) = chosen.iter().find(|name| !world.projects.contains_key(*name)) {
        return Err(not_there(missing));
    }
    projects.retain(|(name, _)| chosen.is_empty() || chosen.contains(*name));
    let mut notes = Vec::new();
    let mut tenants = Vec::new();
    let mut security_groups = Vec::new();
    for (name, project) in projects {
        tenants.push(world.tenant(name, project, services, &mut notes)?);
        security_groups.extend(world.groups(name, project, &mut notes));
    }
    Ok(Imported { tenants, security_groups, notes })
}

fn not_there(name: &TenantName) -> Unknown {
    Unknown {
        service: "identity".to_owned(),
        reason: "NotFound".to_owned(),
        message: format!("there is no tenant {name}"),
    }
}

/// A snapshot with its names at hand.
struct World<'a> {
    snapshot: &'a Snapshot,
    projects: BTreeMap<TenantName, &'a Project>,
    names: BTreeMap<&'a ProjectId, TenantName>,
    groups: &'a [SecurityGroup],
    assignments: &'a [Assignment],
    domains: BTreeMap<&'a str, &'a str>,
}

impl<'a> World<'a> {
    fn of(snapshot: &'a Snapshot) -> Result<Self, Unknown> {
        let domains = snapshot.domains.as_ref().map_err(Clone::clone)?;
        let domains: BTreeMap<&str, &str> =
            domains.iter().map(|domain| (domain.id.0.as_str(), domain.name.as_str())).collect();
        let mut projects = BTreeMap::new();
        let mut names = BTreeMap::new();
        for project in snapshot.projects.as_ref().map_err(Clone::clone)? {
            let domain = domains.get(project.domain.0.as_str()).copied().unwrap_or(&project.domain.0);
            let name = TenantName { domain: domain.to_owned(), name: project.name.clone() };
            names.insert(&project.id, name.clone());
            projects.insert(name, project);
        }
        let groups = snapshot.security_groups.as_ref().map_err(Clone::clone)?;
        let assignments = snapshot.assignments.as_ref().map_err(Clone::clone)?;
        Ok(Self { snapshot, projects, names, groups, assignments, domains })
    }

    fn tenant(
        &self,
        name: &TenantName,
        project: &Project,
        services: &BTreeSet<QuotaService>,
        notes: &mut Vec<String>,
    ) -> Result<Tenant, Unknown> {
        let Project { id, name: _, domain: _, description, enabled, tags, immutable } = project;
        let (roles, all_named) = self.roles(name, id, notes);
        Ok(Tenant {
            name: name.name.clone(),
            domain: name.domain.clone(),
            id: None,
            description: Some(description.clone()),
            enabled: Some(*enabled),
            tags: (!tags.is_empty()).then(|| tags.iter().cloned().collect()),
            protected: immutable.then_some(true),
            quotas: self.quotas(id, services)?,
            roles: Some(roles),
            // An assignment that cannot be named would look like one that nobody listed.
            unlisted_roles: if all_named { Unlisted::Report } else { Unlisted::Ignore },
        })
    }

    /// The direct assignments by name, and whether all of them have one.
    fn roles(
        &self,
        tenant: &TenantName,
        project: &ProjectId,
        notes: &mut Vec<String>,
    ) -> (Vec<RoleAssignment>, bool) {
        let mut roles = BTreeSet::new();
        let mut all_named = true;
        for assignment in self.assignments.iter().filter(|one| one.project == *project) {
            match self.named(assignment, &tenant.domain) {
                Some(role) => drop(roles.insert(role)),
                None => {
                    all_named = false;
                    notes.push(format!("tenant {tenant}: an assignment of role {} to {:?} cannot be named, so unlisted roles are ignored", assignment.role, assignment.principal));
                }
            }
        }
        (roles.into_iter().collect(), all_named)
    }

    fn named(&self, assignment: &Assignment, own_domain: &str) -> Option<RoleAssignment> {
        let Assignment { project: _, principal, role } = assignment;
        let roles = self.snapshot.roles.as_ref().ok()?;
        let role = roles.iter().find(|one| one.id == *role && one.domain.is_none())?;
        let (user, group, domain) = match principal {
            Principal::User(id) => {
                let users = self.snapshot.users.values().flatten().flatten();
                let user = users.into_iter().find(|user| user.id == *id)?;
                (Some(user.name.clone()), None, &user.domain)
            }
            Principal::Group(id) => {
                let groups = self.snapshot.groups.values().flatten().flatten();
                let group = groups.into_iter().find(|group| group.id == *id)?;
                (None, Some(group.name.clone()), &group.domain)
            }
        };
        let domain = *self.domains.get(domain.0.as_str())?;
        let domain = (domain != own_domain).then(|| domain.to_owned());
        Some(RoleAssignment { user, group, domain, role: role.name.clone() })
    }

    fn quotas(
        &self,
        project: &ProjectId,
        services: &BTreeSet<QuotaService>,
    ) -> Result<Option<Quotas>, Unknown> {
        let mut quotas = Quotas::default();
        for service in services {
            let seen = self.snapshot.quotas.get(service).and_then(|of_service| of_service.get(project));
            let Some(seen) = seen else { continue };
            let values: &QuotaValues = seen.as_ref().map_err(Clone::clone)?;
            let number = |name: &str| values.get(name).copied();
            match service {
                QuotaService::Compute => quotas.compute = Some(ComputeQuota::from_wire(number)),
                QuotaService::Volume => quotas.volume = Some(VolumeQuota::from_wire(number)),
                QuotaService::Network => quotas.network = Some(NetworkQuota::from_wire(number)),
                QuotaService::LoadBalancer => {
                    quotas.load_balancer = Some(LoadBalancerQuota::from_wire(number));
                }
                QuotaService::KeyManager => quotas.key_manager = Some(KeyManagerQuota::from_wire(number)),
            }
        }
        Ok((quotas != Quotas::default()).then_some(quotas))
    }

    fn groups(&self, tenant: &TenantName, project: &Project, notes: &mut Vec<String>) -> Vec<ListedGroup> {
        let of_project: Vec<&SecurityGroup> =
            self.groups.iter().filter(|group| group.project == project.id).collect();
        let mut listed: Vec<ListedGroup> = of_project
            .iter()
            .map(|group| {
                let twins = of_project.iter().filter(|other| other.name == group.name).count();
                self.group(tenant, group, twins > 1, notes)
            })
            .collect();
        listed.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
        listed
    }

    fn group(
        &self,
        tenant: &TenantName,
        group: &SecurityGroup,
        ambiguous: bool,
        notes: &mut Vec<String>,
    ) -> ListedGroup {
        let SecurityGroup { id, name, project: _, description, revision: _, rules } = group;
        let mut once = BTreeMap::new();
        for SeenRule { id: rule_id, revision: _, description, rule } in rules {
            if let Some(first) = once.insert(rule, description) {
                once.insert(rule, first);
                notes.push(format!("security group {tenant}/{name}: rule {rule_id} says the same as another, and is listed once"));
            }
        }
        let of = |direction: Direction| {
            let of_direction = once.iter().filter(|(rule, _)| rule.direction == direction);
            Some(of_direction.map(|(rule, description)| self.rule(rule, description, tenant)).collect())
        };
        ListedGroup {
            name: name.clone(),
            project: ProjectRef { name: tenant.name.clone(), domain: tenant.domain.clone() },
            id: ambiguous.then(|| id.0.clone()),
            description: Some(description.clone()),
            ingress: of(Direction::Ingress),
            egress: of(Direction::Egress),
            unlisted_rules: Unlisted::Remove,
            evidence: EvidencePolicy::NotRequired,
        }
    }

    fn rule(&self, rule: &Rule, description: &str, tenant: &TenantName) -> ListedRule {
        let Rule { direction, ethertype, traffic, remote } = rule;
        let (protocol, ports, icmp) = match *traffic {
            Traffic::Any => (None, None, None),
            Traffic::Protocol(protocol) => (Some(protocol), None, None),
            Traffic::Ports { protocol, min, max } if min == max => {
                (Some(protocol), Some(min.to_string()), None)
            }
            Traffic::Ports { protocol, min, max } => (Some(protocol), Some(format!("{min}-{max}")), None),
            Traffic::Icmp { protocol, kind, code } => {
                (Some(protocol), None, Some(Icmp { kind: kind.into(), code: code.map(i32::from) }))
            }
        };
        let peer = self.peer(remote, tenant);
        let by_cidr = matches!(remote, Remote::Network(_));
        let (from, to) = match direction {
            Direction::Ingress => (peer, None),
            Direction::Egress => (None, peer),
        };
        ListedRule {
            ethertype: (*ethertype == Ethertype::IPv6 && !by_cidr).then_some(Ethertype::IPv6),
            protocol: protocol.map(protocol_name),
            ports,
            icmp,
            from,
            to,
            description: (!description.is_empty()).then(|| description.to_owned()),
            evidence: None,
        }
    }

    fn peer(&self, remote: &Remote<crate::model::ids::SecurityGroupId>, tenant: &TenantName) -> Option<Peer> {
        let none = Peer { cidr: None, group: None, address_group: None };
        match remote {
            Remote::Anywhere => None,
            Remote::Network(network) => Some(Peer { cidr: Some(network.to_string()), ..none }),
            Remote::Group(id) => {
                let rows = self.groups.iter().map(|one| (one.id.0.as_str(), one.name.as_str(), &one.project));
                Some(Peer { group: Some(self.by_name(&id.0, rows, tenant)), ..none })
            }
            Remote::AddressGroup(id) => {
                let rows = self.snapshot.address_groups.iter().flatten();
                let rows = rows.map(|one| (one.id.0.as_str(), one.name.as_str(), &one.project));
                Some(Peer { address_group: Some(self.by_name(&id.0, rows, tenant)), ..none })
            }
        }
    }

    /// A group by its name and project where that is one group only, else by its id.
    fn by_name<'r>(
        &self,
        id: &str,
        rows: impl Iterator<Item = (&'r str, &'r str, &'r ProjectId)>,
        tenant: &TenantName,
    ) -> PeerRef {
        let by_id = PeerRef { name: None, id: Some(id.to_owned()), project: None };
        let rows: Vec<_> = rows.collect();
        let Some((_, name, project)) = rows.iter().find(|(one, _, _)| *one == id) else { return by_id };
        let twins = rows.iter().filter(|(_, other, of)| other == name && of == project).count();
        match self.names.get(project).filter(|_| twins == 1 && !name.is_empty()) {
            None => by_id,
            Some(owner) => PeerRef {
                name: Some((*name).to_owned()),
                id: None,
                project: (owner != tenant)
                    .then(|| ProjectRef { name: owner.name.clone(), domain: owner.domain.clone() }),
            },
        }
    }
}
