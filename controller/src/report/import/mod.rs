//! A living cloud as a spec: how one begins.
//!
//! What comes in: a snapshot, and which tenants. What goes out: a spec that is valid and that the snapshot has no finding against, and
//! what is not in it.
//!
//! # Guarantees
//! Nothing is left out without a word. What was not seen, or has no valid spelling, is not compared by the spec that goes out: it
//! never looks missing, and never unlisted.

mod roles;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use cloudspec_crds::CloudSpecSpec;
use cloudspec_crds::cloud_spec::{ApprovalPolicy, Cloud, CredentialRef, Limits};
use cloudspec_crds::quota::{
    ComputeQuota, KeyManagerQuota, LoadBalancerQuota, NetworkQuota, Quotas, VolumeQuota,
};
use cloudspec_crds::security_group::SecurityGroup as ListedGroup;
use cloudspec_crds::tenant::{Tenant, UnlistedTenants};

use crate::model::cloud::{Project, QuotaService};
use crate::model::desired::TenantName;
use crate::model::ids::ProjectId;
use crate::model::{Desired, Snapshot, Unknown, is_neutron_id};
use roles::Directory;
use rules::Peers;

/// What of a cloud is put into a spec.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Tenants, by name.
    pub tenants: Vec<Tenant>,
    /// Their security groups, by name.
    pub security_groups: Vec<ListedGroup>,
    /// What is written in another way than it is there, and compares the same; and what is not written because a service keeps
    /// it for itself.
    pub notes: BTreeSet<String>,
    /// What the spec does not compare, for it could not be seen or has no valid spelling; and why.
    pub left_out: BTreeSet<String>,
}

/// Why there is no spec at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Domains or projects could not be seen.
    #[error("failed to see the tenants: {0}")]
    NotSeen(#[from] Unknown),
    /// A tenant is named and not there.
    #[error("there is no tenant {0}")]
    NoSuchTenant(TenantName),
}

/// Puts the tenants that are chosen into a spec; all of them where none is named.
///
/// # Errors
/// Where the tenants are not seen, or one is named and not there.
pub fn import(
    snapshot: &Snapshot,
    chosen: &BTreeSet<TenantName>,
    services: &BTreeSet<QuotaService>,
) -> Result<Imported, ImportError> {
    let domains = snapshot.domains.as_ref().map_err(Clone::clone)?;
    let domains: BTreeMap<&str, &str> =
        domains.iter().map(|domain| (domain.id.0.as_str(), domain.name.as_str())).collect();
    let projects = by_name(snapshot, &domains)?;
    if let Some(missing) = chosen.iter().find(|name| !projects.contains_key(*name)) {
        return Err(ImportError::NoSuchTenant(missing.clone()));
    }
    let directory = Directory::new(snapshot, &domains);
    let peers = Peers::new(snapshot, &projects);
    let mut imported = Imported::default();
    let mut unread = Unread::new();
    for (name, project) in projects.iter().filter(|(name, _)| chosen.is_empty() || chosen.contains(*name)) {
        imported.tenant(name, project, snapshot, &directory, services, &mut unread);
        imported.groups(name, project, snapshot, &peers);
    }
    for ((service, _), (count, why)) in unread {
        let tenants = if count == 1 { "tenant" } else { "tenants" };
        imported.leave_out(format_args!("quotas of {service} of {count} {tenants}: {why}"));
    }
    Ok(imported)
}

/// Limits that were not seen, by service and reason: how many, and the first answer. One that may not read them may read none.
type Unread = BTreeMap<(QuotaService, String), (usize, Unknown)>;

fn by_name<'a>(
    snapshot: &'a Snapshot,
    domains: &BTreeMap<&str, &str>,
) -> Result<BTreeMap<TenantName, &'a Project>, Unknown> {
    let named = |project: &'a Project| {
        let domain = domains.get(project.domain.0.as_str()).copied().unwrap_or(&project.domain.0);
        (TenantName { domain: domain.to_owned(), name: project.name.clone() }, project)
    };
    Ok(snapshot.projects.as_ref().map_err(Clone::clone)?.iter().map(named).collect())
}

impl Imported {
    fn leave_out(&mut self, what: impl std::fmt::Display) {
        self.left_out.insert(what.to_string());
    }

    fn tenant(
        &mut self,
        name: &TenantName,
        project: &Project,
        snapshot: &Snapshot,
        directory: &Directory<'_>,
        services: &BTreeSet<QuotaService>,
        unread: &mut Unread,
    ) {
        let Project { id, name: _, domain: _, description, enabled, tags, immutable } = project;
        let (roles, unlisted_roles) = directory.roles(name, id, self);
        let tenant = Tenant {
            name: name.name.clone(),
            domain: name.domain.clone(),
            id: None,
            description: Some(description.clone()),
            enabled: Some(*enabled),
            tags: (!tags.is_empty()).then(|| tags.iter().cloned().collect()),
            protected: immutable.then_some(true),
            quotas: self.quotas(name, id, snapshot, services, unread),
            roles,
            unlisted_roles,
        };
        match complaint(vec![tenant.clone()], Vec::new()) {
            None => self.tenants.push(tenant),
            Some(why) => self.leave_out(format_args!("tenant {name} has no valid spelling: {why}")),
        }
    }

    fn quotas(
        &mut self,
        name: &TenantName,
        project: &ProjectId,
        snapshot: &Snapshot,
        services: &BTreeSet<QuotaService>,
        unread: &mut Unread,
    ) -> Option<Quotas> {
        let mut quotas = Quotas::default();
        for service in services {
            let seen = snapshot.quotas.get(service).and_then(|of_service| of_service.get(project));
            let values = match seen {
                Some(Ok(values)) => values,
                Some(Err(why)) => {
                    unread.entry((*service, why.reason.clone())).or_insert_with(|| (0, why.clone())).0 += 1;
                    continue;
                }
                None => {
                    self.leave_out(format_args!("quotas of {service} of tenant {name} were not asked for"));
                    continue;
                }
            };
            let mut odd = Vec::new();
            let number = |resource: &str| {
                let value = values.get(resource).copied()?;
                // Barbican takes any number; a spec may not say it.
                if value < -1 {
                    odd.push(format!("{resource} {value}"));
                    return None;
                }
                Some(value)
            };
            match service {
                QuotaService::Compute => quotas.compute = Some(ComputeQuota::from_wire(number)),
                QuotaService::Volume => quotas.volume = Some(VolumeQuota::from_wire(number)),
                QuotaService::Network => quotas.network = Some(NetworkQuota::from_wire(number)),
                QuotaService::LoadBalancer => {
                    quotas.load_balancer = Some(LoadBalancerQuota::from_wire(number));
                }
                QuotaService::KeyManager => quotas.key_manager = Some(KeyManagerQuota::from_wire(number)),
            }
            if !odd.is_empty() {
                let odd = odd.join(", ");
                self.leave_out(format_args!("quotas of {service} of tenant {name} below -1: {odd}"));
            }
        }
        (quotas != Quotas::default()).then_some(quotas)
    }

    fn groups(&mut self, tenant: &TenantName, project: &Project, snapshot: &Snapshot, peers: &Peers<'_>) {
        let all = match &snapshot.security_groups {
            Ok(all) => all,
            Err(why) => return self.leave_out(format_args!("security groups: {why}")),
        };
        let mut of_project: Vec<_> = all.iter().filter(|group| group.project == project.id).collect();
        of_project.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
        for group in of_project {
            if is_of_octavia(&group.name) {
                // Nothing that one would declare: it does not make the spec a partial one.
                self.notes.insert(format!(
                    "security group {tenant}/{} ({}) is not taken: Octavia made it for a load balancer, and changes and deletes it",
                    group.name, group.id
                ));
                continue;
            }
            let listed = peers.group(tenant, group, self);
            match complaint(Vec::new(), vec![listed.clone()]) {
                None => self.security_groups.push(listed),
                Some(why) => self.leave_out(format_args!(
                    "security group {tenant}/{} ({}) has no valid spelling: {why}",
                    group.name, group.id
                )),
            }
        }
    }
}

/// Whether a group is one that Octavia made for a load balancer. They stand in the project that Octavia itself works in (not in
/// that of the load balancer), without a description or a tag: the name `lb-` and the load balancer's id is all that tells.
fn is_of_octavia(name: &str) -> bool {
    name.strip_prefix("lb-").is_some_and(is_neutron_id)
}

/// What validation says of one tenant or group, if anything.
fn complaint(tenants: Vec<Tenant>, security_groups: Vec<ListedGroup>) -> Option<String> {
    let observe = CredentialRef {
        secret_name: "any".to_owned(),
        cloud_name: "any".to_owned(),
        identity_cloud_name: None,
    };
    let spec = CloudSpecSpec {
        cloud: Cloud { observe, apply: None },
        interval: "5m".to_owned(),
        suspend: false,
        approval: ApprovalPolicy::default(),
        limits: Limits::default(),
        tenants: Some(tenants),
        unlisted_tenants: UnlistedTenants::default(),
        security_groups: Some(security_groups),
        certificates: None,
    };
    let wrong = Desired::from_spec(&spec).err()?;
    let of_entry = |field: &str| match field.split_once("[0].") {
        Some((_, of_entry)) => of_entry.to_owned(),
        None => field.to_owned(),
    };
    let said: Vec<String> =
        wrong.iter().map(|one| format!("{}: {}", of_entry(&one.field), one.message)).collect();
    Some(said.join("; "))
}
