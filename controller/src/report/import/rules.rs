//! Security groups and their rules by name.

use std::collections::BTreeMap;

use cloudspec_crds::security_group::{
    EvidencePolicy, Icmp, Peer, PeerRef, ProjectRef, Rule as ListedRule, SecurityGroup as ListedGroup,
};
use cloudspec_crds::tenant::Unlisted;

use super::Imported;
use crate::model::cloud::{Project, SecurityGroup, SeenRule};
use crate::model::desired::TenantName;
use crate::model::ids::{AddressGroupId, ProjectId, SecurityGroupId};
use crate::model::rule::{Direction, Ethertype, Remote, Rule, Traffic, protocol_name};
use crate::model::{Snapshot, Unknown};

/// Groups that a rule may name.
pub(super) struct Peers<'a> {
    tenants: BTreeMap<&'a ProjectId, &'a TenantName>,
    security_groups: Named<'a>,
    address_groups: Result<Named<'a>, &'a Unknown>,
}

/// Groups by id and by name.
#[derive(Default)]
struct Named<'a> {
    by_id: BTreeMap<&'a str, (&'a ProjectId, &'a str)>,
    twins: BTreeMap<(&'a ProjectId, &'a str), usize>,
}

impl<'a> Named<'a> {
    fn of(rows: impl Iterator<Item = (&'a str, &'a ProjectId, &'a str)>) -> Self {
        let mut named = Self::default();
        for (id, project, name) in rows {
            named.by_id.insert(id, (project, name));
            *named.twins.entry((project, name)).or_default() += 1;
        }
        named
    }

    fn is_alone(&self, project: &ProjectId, name: &str) -> bool {
        self.twins.get(&(project, name)) == Some(&1)
    }
}

impl<'a> Peers<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, projects: &'a BTreeMap<TenantName, &'a Project>) -> Self {
        let security_groups = snapshot.security_groups.iter().flatten();
        let address_groups = snapshot.address_groups.as_ref();
        Self {
            tenants: projects.iter().map(|(name, project)| (&project.id, name)).collect(),
            security_groups: Named::of(
                security_groups.map(|group| (group.id.0.as_str(), &group.project, group.name.as_str())),
            ),
            address_groups: address_groups.map(|all| {
                Named::of(all.iter().map(|group| (group.id.0.as_str(), &group.project, group.name.as_str())))
            }),
        }
    }

    pub(super) fn group(
        &self,
        tenant: &TenantName,
        group: &SecurityGroup,
        imported: &mut Imported,
    ) -> ListedGroup {
        let SecurityGroup { id, name, project, description, revision: _, rules: _ } = group;
        ListedGroup {
            name: name.clone(),
            project: ProjectRef { name: tenant.name.clone(), domain: tenant.domain.clone() },
            id: (!self.security_groups.is_alone(project, name)).then(|| id.0.clone()),
            description: Some(description.clone()),
            ingress: self.direction(Direction::Ingress, tenant, group, imported),
            egress: self.direction(Direction::Egress, tenant, group, imported),
            unlisted_rules: Unlisted::Remove,
            evidence: EvidencePolicy::NotRequired,
        }
    }

    /// The rules of a direction; none, so that it is not compared, where one of them cannot be put into words.
    fn direction(
        &self,
        direction: Direction,
        tenant: &TenantName,
        group: &SecurityGroup,
        imported: &mut Imported,
    ) -> Option<Vec<ListedRule>> {
        let mut once: BTreeMap<&Rule, &str> = BTreeMap::new();
        for SeenRule { id, revision: _, description, rule } in &group.rules {
            if rule.direction != direction {
                continue;
            }
            if once.contains_key(rule) {
                imported.notes.insert(format!(
                    "security group {tenant}/{}: rule {id} says the same as another, and is listed once",
                    group.name
                ));
            } else {
                once.insert(rule, description);
            }
        }
        let listed = once.into_iter().map(|(rule, description)| self.rule(rule, description, tenant));
        match listed.collect::<Result<Vec<_>, String>>() {
            Ok(listed) => Some(listed),
            Err(why) => {
                imported
                    .leave_out(format_args!("{direction} of security group {tenant}/{}: {why}", group.name));
                None
            }
        }
    }

    fn rule(&self, rule: &Rule, description: &str, tenant: &TenantName) -> Result<ListedRule, String> {
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
        let peer = self.peer(remote, tenant)?;
        let by_cidr = matches!(remote, Remote::Network(_));
        let (from, to) = match direction {
            Direction::Ingress => (peer, None),
            Direction::Egress => (None, peer),
        };
        Ok(ListedRule {
            ethertype: (*ethertype == Ethertype::IPv6 && !by_cidr).then_some(Ethertype::IPv6),
            protocol: protocol.map(protocol_name),
            ports,
            icmp,
            from,
            to,
            description: (!description.is_empty()).then(|| description.to_owned()),
            evidence: None,
        })
    }

    fn peer(
        &self,
        remote: &Remote<SecurityGroupId, AddressGroupId>,
        tenant: &TenantName,
    ) -> Result<Option<Peer>, String> {
        let none = Peer { cidr: None, group: None, address_group: None };
        Ok(match remote {
            Remote::Anywhere => None,
            Remote::Network(network) => Some(Peer { cidr: Some(network.to_string()), ..none }),
            Remote::Group(id) => {
                let group = self.reference(&id.0, &self.security_groups, tenant);
                let group =
                    group.ok_or_else(|| format!("a rule names security group {id}, which is not seen"))?;
                Some(Peer { group: Some(group), ..none })
            }
            Remote::AddressGroup(id) => {
                let groups = self.address_groups.as_ref().map_err(ToString::to_string)?;
                let group = self.reference(&id.0, groups, tenant);
                let group =
                    group.ok_or_else(|| format!("a rule names address group {id}, which is not seen"))?;
                Some(Peer { address_group: Some(group), ..none })
            }
        })
    }

    /// A group by its name and project where that is one group only, else by its id.
    fn reference(&self, id: &str, groups: &Named<'_>, tenant: &TenantName) -> Option<PeerRef> {
        let (project, name) = groups.by_id.get(id)?;
        let owner = self.tenants.get(project).filter(|_| groups.is_alone(project, name));
        Some(match owner.filter(|_| !name.trim().is_empty()) {
            None => PeerRef { name: None, id: Some(id.to_owned()), project: None },
            Some(owner) => PeerRef {
                name: Some((*name).to_owned()),
                id: None,
                project: (*owner != tenant)
                    .then(|| ProjectRef { name: owner.name.clone(), domain: owner.domain.clone() }),
            },
        })
    }
}
