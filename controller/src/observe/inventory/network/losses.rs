//! What others lose when the tenant's networking goes, and what of others stands in its way.

use std::collections::{BTreeMap, BTreeSet};

use super::listed::Seen;
use super::ports::Ports;
use super::rows::{Group, Named, Pool, Port, Rbac, Rule, Subnet};
use super::{key, of};
use crate::model::Unknown;
use crate::model::ids::ProjectId;
use crate::model::inventory::{Loss, ResourceKey, ResourceType};
use crate::observe::network::security_group_rule;

/// All that is lost, of what was told: a type whose listing failed is Unknown, and then nothing is planned.
pub(super) fn losses(seen: &Seen, ports: &Result<Ports<'_>, Unknown>, tenant: &ProjectId) -> BTreeSet<Loss> {
    let mut all = BTreeSet::new();
    all.extend(rules(seen, tenant));
    all.extend(ports.iter().flat_map(|ports| foreign_ports(ports, tenant)));
    all.extend(ports.iter().flat_map(|ports| floating_ips(seen, ports, tenant)));
    all.extend(ports.iter().flat_map(|ports| own_interfaces(seen, ports, tenant)));
    all.extend(own_floating_ips(seen, tenant));
    all.extend(
        seen.subnets_on.iter().flatten().map(|subnet| Loss {
            by: key(ResourceType::Network, &subnet.network_id),
            what: in_words(subnet),
        }),
    );
    all.extend(shares(seen, tenant));
    all
}

/// Rules of other projects' groups that name one of its groups: they go with that group, without a word.
fn rules(seen: &Seen, tenant: &ProjectId) -> Vec<Loss> {
    let own = own_groups(seen, tenant);
    let loss = |(group, rule): (&Group, &Rule)| {
        let remote = rule.remote_group_id.as_deref()?;
        own.contains(remote).then(|| Loss {
            by: key(ResourceType::SecurityGroup, remote),
            what: format!("rule {}{} of {}", rule.id, form(rule), whose_group(group)),
        })
    };
    foreign_rules(seen, tenant).filter_map(loss).collect()
}

pub(super) fn own_groups<'s>(seen: &'s Seen, tenant: &ProjectId) -> BTreeSet<&'s str> {
    let own = seen.groups.iter().flatten().filter(|group| group.project_id == tenant.0);
    own.map(|group| group.id.as_str()).collect()
}

pub(super) fn foreign_rules<'s>(
    seen: &'s Seen,
    tenant: &'s ProjectId,
) -> impl Iterator<Item = (&'s Group, &'s Rule)> {
    let foreign = seen.groups.iter().flatten().filter(|group| group.project_id != tenant.0);
    foreign.flat_map(|group| group.security_group_rules.iter().map(move |rule| (group, rule)))
}

/// What a rule lets through, where it is understood.
fn form(rule: &Rule) -> String {
    let mut row = rule.rest.clone();
    if let Some(fields) = row.as_object_mut() {
        fields.insert("id".to_owned(), rule.id.as_str().into());
        fields.insert("remote_group_id".to_owned(), rule.remote_group_id.clone().into());
    }
    security_group_rule(&row).map(|seen| format!(" ({})", seen.rule)).unwrap_or_default()
}

fn whose_group(group: &Group) -> String {
    let name = group.name.as_deref().unwrap_or_default();
    format!("security group {name} ({}) of project {}", group.id, group.project_id)
}

fn foreign_ports(ports: &Ports<'_>, tenant: &ProjectId) -> Vec<Loss> {
    let plain = ports.plain.iter().map(|port| (key(ResourceType::Port, &port.id), port, port_in_words(port)));
    let faces = ports.interfaces.iter().map(|port| {
        let what =
            format!("interface {} of router {} in network {}", port.id, port.device_id, port.network_id);
        (of(ResourceType::RouterInterface, &port.id, &port.device_id), port, what)
    });
    let foreign = plain.chain(faces).filter(|(_, port, _)| port.project_id != tenant.0);
    foreign
        .map(|(by, port, what)| Loss { by, what: format!("{what}, of project {}", port.project_id) })
        .collect()
}

fn port_in_words(port: &Port) -> String {
    let name = port.name.as_deref().unwrap_or_default();
    let at = format!("port {name} ({}) in network {}", port.id, port.network_id);
    match port.device_id.as_str() {
        "" => at,
        device => format!("{at}, of {} {device}", port.device_owner),
    }
}

/// Floating IPs of others lose the port that they lead to.
fn floating_ips(seen: &Seen, ports: &Ports<'_>, tenant: &ProjectId) -> Vec<Loss> {
    let foreign = seen.floating_ips.iter().flatten().filter(|one| one.project_id != tenant.0);
    let each = foreign.flat_map(|one| one.inner().map(move |port| (one, port)));
    let removed = each.filter_map(|(one, port)| Some((one, ports.removed(port)?)));
    removed
        .map(|(one, port)| Loss {
            by: key(ResourceType::Port, &port.id),
            what: format!(
                "floating ip {} ({}) of project {} leads nowhere",
                one.floating_ip_address, one.id, one.project_id
            ),
        })
        .collect()
}

/// Interfaces that are the tenant's ports, where the router or the network is not: the one is cut off from the other.
fn own_interfaces(seen: &Seen, ports: &Ports<'_>, tenant: &ProjectId) -> Vec<Loss> {
    let is_own_router = |id: &str| seen.routers.iter().flatten().any(|router| router.id == id);
    let is_own_network = |id: &str| seen.networks.iter().flatten().any(|network| network.id == id);
    let whose = |own: bool| if own { "" } else { " of another project" };
    let loss = |port: &&Port| {
        let Port { id, network_id, device_id, .. } = port;
        let (router, network) = (is_own_router(device_id), is_own_network(network_id));
        let what = || {
            format!(
                "network {network_id}{} is cut off from router {device_id}{}, whose interface {id} is in it",
                whose(network),
                whose(router)
            )
        };
        let by = || of(ResourceType::RouterInterface, id, device_id);
        (!router || !network).then(|| Loss { by: by(), what: what() })
    };
    ports.interfaces.iter().filter(|port| port.project_id == tenant.0).filter_map(loss).collect()
}

/// Ports of others that a floating IP of the tenant leads to: only an administrator can have made that.
fn own_floating_ips(seen: &Seen, tenant: &ProjectId) -> Vec<Loss> {
    let Ok(ports) = &seen.ports else { return Vec::new() };
    let is_own = |port: &str| ports.get(port).is_some_and(|port| port.project_id == tenant.0);
    let own = seen.floating_ips.iter().flatten().filter(|one| one.project_id == tenant.0);
    let mut all = Vec::new();
    for one in own {
        let says = |port: &str| {
            format!("port {port}, which is not the tenant's, loses address {}", one.floating_ip_address)
        };
        let straight = one.port_id.iter().map(|port| (key(ResourceType::FloatingIp, &one.id), port));
        let forwarded = one.port_forwardings.iter().flatten();
        let forwarded =
            forwarded.map(|to| (of(ResourceType::PortForwarding, &to.id, &one.id), &to.internal_port_id));
        let foreign = straight.chain(forwarded).filter(|(_, port)| !is_own(port));
        all.extend(foreign.map(|(by, port)| Loss { by, what: says(port) }));
    }
    all
}

/// Everything that can be shared, by id, with its name.
pub(super) fn shareable(seen: &Seen, tenant: &ProjectId) -> BTreeMap<String, (ResourceKey, String)> {
    let mut all = BTreeMap::new();
    let mut add = |kind, id: &str, name: Option<&str>| {
        all.insert(id.to_owned(), (key(kind, id), name.unwrap_or_default().to_owned()));
    };
    for one in seen.networks.iter().flatten() {
        add(ResourceType::Network, &one.id, one.name.as_deref());
    }
    for one in seen.pools.iter().flatten() {
        add(ResourceType::SubnetPool, &one.id, one.name.as_deref());
    }
    for one in seen.groups.iter().flatten().filter(|group| group.project_id == tenant.0) {
        add(ResourceType::SecurityGroup, &one.id, one.name.as_deref());
    }
    let named = [
        (ResourceType::AddressScope, &seen.scopes),
        (ResourceType::AddressGroup, &seen.address_groups),
        (ResourceType::QosPolicy, &seen.qos),
    ];
    for (kind, rows) in named {
        rows.iter().flatten().for_each(|one: &Named| add(kind, &one.id, one.name.as_deref()));
    }
    all
}

fn shares(seen: &Seen, tenant: &ProjectId) -> Vec<Loss> {
    let shareable = shareable(seen, tenant);
    let loss = |policy: &Rbac| {
        if policy.target_tenant == tenant.0 {
            return Vec::new();
        }
        // The policy goes where it is the tenant's, also where what it shares is not, or is kept.
        let own = (policy.project_id == tenant.0).then(|| key(ResourceType::RbacPolicy, &policy.id));
        let (by, what) = match shareable.get(&policy.object_id) {
            Some((by, name)) => (Some(by.clone()), format!("{} {name} ({})", by.kind, by.id)),
            None => (None, format!("{} {}", policy.object_type, policy.object_id)),
        };
        let whom = match policy.target_tenant.as_str() {
            "*" => "every project".to_owned(),
            project => format!("project {project}"),
        };
        let what = format!("{what}, to which {whom} has {} (rbac policy {})", policy.action, policy.id);
        by.into_iter().chain(own).map(|by| Loss { by, what: what.clone() }).collect()
    };
    seen.rbac.iter().flatten().flat_map(loss).collect()
}

/// What of others must go first, by the id of what it holds on to.
pub(super) fn hindrances(
    seen: &Seen,
    ports: &Result<Ports<'_>, Unknown>,
    tenant: &ProjectId,
) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut add = |id: &str, why: String| all.entry(id.to_owned()).or_default().push(why);
    for port in ports.iter().flat_map(|ports| &ports.in_the_way) {
        add(&port.network_id, format!("{} {} has its address in it", port.device_owner, port.device_id));
    }
    for subnet in seen.subnets_from.iter().flatten() {
        add(subnet.subnetpool_id.as_deref().unwrap_or_default(), format!("{} is from it", in_words(subnet)));
    }
    for pool in seen.pools_in.iter().flatten() {
        let Pool { id, project_id, name, address_scope_id } = pool;
        let name = name.as_deref().unwrap_or_default();
        let why = format!("subnet pool {name} ({id}) of project {project_id} is in it");
        add(address_scope_id.as_deref().unwrap_or_default(), why);
    }
    for (group, rule) in foreign_rules(seen, tenant) {
        if let Some(named) = &rule.remote_address_group_id {
            add(named, format!("rule {} of {} names it", rule.id, whose_group(group)));
        }
    }
    for port in seen.ports_in.iter().flatten() {
        if ports.iter().all(|ports| ports.network(&port.id).is_none()) {
            for group in &port.security_groups {
                let why = format!("{} of project {} is in it", port_in_words(port), port.project_id);
                add(group, why);
            }
        }
    }
    let joined = |why: Vec<String>| format!("{}: that must go first", why.join("; "));
    all.into_iter().map(|(id, why)| (id, joined(why))).collect()
}

fn in_words(subnet: &Subnet) -> String {
    let Subnet { id, project_id, name, cidr, network_id, subnetpool_id: _ } = subnet;
    let name = name.as_deref().unwrap_or_default();
    format!("subnet {name} ({id}, {cidr}) of project {project_id} in network {network_id}")
}
