//! What a tenant holds in Neutron.
//!
//! What comes in: a reader and the tenant's id. What goes out: each type, what others lose, the limits, and extensions that are not swept.
//!
//! # Guarantees
//! Nothing is believed before it is shown that the credential sees every project. What only some Neutrons have is asked of those
//! that list the extension.
//! Ports of other projects in the tenant's networks are among its ports: the networks cannot go without them. Interfaces are ports of
//! routers, and ports that go with what they serve are left out while that is there.
//!
//! # Assumptions
//! The order of the types is the order of removal, but where `after` says otherwise: a router's interface and gateway stay while a floating IP
//! of another project leads through them, and the share of an address group while a rule names it.

mod extensions;
mod listed;
mod losses;
mod ports;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use super::Part;
use crate::model::cloud::QuotaService;
use crate::model::ids::ProjectId;
use crate::model::inventory::{Resource, ResourceKey, ResourceType};
use crate::model::{Sighting, Unknown};
use crate::observe::port::{CloudRead, Listing};
use crate::observe::quota;
use listed::{Ask, Seen, told};
use ports::Ports;
use rows::{Named, Rbac};

type Held = BTreeMap<ResourceType, Sighting<Vec<Resource>>>;

fn key(kind: ResourceType, id: &str) -> ResourceKey {
    ResourceKey { kind, id: id.to_owned(), of: None }
}

fn of(kind: ResourceType, id: &str, of: &str) -> ResourceKey {
    ResourceKey { kind, id: id.to_owned(), of: Some(of.to_owned()) }
}

fn resource(key: ResourceKey, name: Option<&str>, state: Option<String>) -> Resource {
    let name = name.unwrap_or_default().to_owned();
    Resource { key, name, state, size: None, after: BTreeSet::new(), hindrance: None }
}

pub(super) async fn collect(read: &dyn CloudRead, tenant: &ProjectId) -> Part {
    let limits = quota::of_one(read, QuotaService::Network, tenant).await;
    let quota = Some((QuotaService::Network, limits));
    let ask = match Ask::new(read, tenant).await {
        Ok(ask) => ask,
        Err(why) => {
            let held = ResourceType::ALL.iter().filter(|kind| kind.service() == "network");
            let held = held.chain([&ResourceType::Quota]).map(|kind| (*kind, Err(why.clone()))).collect();
            return Part { held, quota, ..Part::default() };
        }
    };
    let (seen, own_limits, mut uncovered) =
        tokio::join!(ask.all(), own_limits(read, tenant), extensions::uncovered(&ask));
    let ports = Ports::of(&seen, tenant);
    let mut held = held(&seen, &ports, tenant);
    held.insert(ResourceType::Quota, own_limits);
    routers_last(&mut held);
    hinder(&mut held, &seen, &ports, tenant);
    uncovered.extend(stray_rules(&seen, tenant));
    Part { held, losses: losses::losses(&seen, &ports, tenant), quota, uncovered }
}

async fn own_limits(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<Vec<Resource>> {
    let rows = read.rows(&Listing::NetworkQuotas).await?;
    let is_own = |row: &&serde_json::Value| row["project_id"] == tenant.0.as_str();
    let own = rows.iter().find(is_own).map(|_| resource(key(ResourceType::Quota, "network"), None, None));
    Ok(own.into_iter().collect())
}

/// Rules that belong to the tenant, in a group that does not.
fn stray_rules(seen: &Seen, tenant: &ProjectId) -> Option<String> {
    let stray = losses::foreign_rules(seen, tenant).any(|(_, rule)| rule.project_id == tenant.0);
    stray.then(|| "network:rules in security groups of others".to_owned())
}

fn held(seen: &Seen, ports: &Result<Ports<'_>, Unknown>, tenant: &ProjectId) -> Held {
    let named = |kind: ResourceType, rows: &Sighting<Vec<Named>>| {
        let one = |row: &Named| resource(key(kind, &row.id), row.name.as_deref(), row.status.clone());
        (kind, told(rows).map(|rows| rows.iter().map(one).collect()))
    };
    Held::from([
        (ResourceType::PortForwarding, forwardings(seen, tenant)),
        (ResourceType::FloatingIp, floating_ips(seen, tenant)),
        named(ResourceType::Trunk, &seen.trunks),
        (ResourceType::RouterRoutes, routes(seen)),
        (ResourceType::RouterInterface, ports::interfaces(ports, seen, tenant)),
        (ResourceType::RouterGateway, ports::gateways(ports, seen, tenant)),
        (ResourceType::Router, routers(seen)),
        (ResourceType::Port, ports::plain(ports, tenant)),
        (ResourceType::Subnet, subnets(seen)),
        (ResourceType::Network, networks(seen)),
        (ResourceType::SubnetPool, pools(seen)),
        whole(named(ResourceType::AddressScope, &seen.scopes), &seen.pools_in),
        (ResourceType::RbacPolicy, policies(seen, tenant)),
        (ResourceType::SecurityGroup, groups(seen, tenant)),
        named(ResourceType::AddressGroup, &seen.address_groups),
        named(ResourceType::QosPolicy, &seen.qos),
    ])
}

/// A type is not told where it is not told what of others holds on to it.
fn whole<T>(
    (kind, seen): (ResourceType, Sighting<Vec<Resource>>),
    others: &Sighting<T>,
) -> (ResourceType, Sighting<Vec<Resource>>) {
    (kind, told(others).and(seen))
}

fn floating_ips(seen: &Seen, tenant: &ProjectId) -> Sighting<Vec<Resource>> {
    let own = told(&seen.floating_ips)?.iter().filter(|one| one.project_id == tenant.0);
    let address = |one: &rows::FloatingIp| {
        let key = key(ResourceType::FloatingIp, &one.id);
        resource(key, Some(&one.floating_ip_address), one.status.clone())
    };
    Ok(own.map(address).collect())
}

fn forwardings(seen: &Seen, tenant: &ProjectId) -> Sighting<Vec<Resource>> {
    let own = told(&seen.floating_ips)?.iter().filter(|one| one.project_id == tenant.0);
    let of_one = |floating: &rows::FloatingIp| {
        let one = |forwarding: &rows::Forwarding| {
            let port = forwarding.external_port.map(|port| format!(" {port}")).unwrap_or_default();
            let to = &forwarding.internal_ip_address;
            let name = format!("{}{port} to {to}", forwarding.protocol);
            resource(of(ResourceType::PortForwarding, &forwarding.id, &floating.id), Some(&name), None)
        };
        floating.port_forwardings.iter().flatten().map(one).collect::<Vec<_>>()
    };
    Ok(own.flat_map(of_one).collect())
}

fn routes(seen: &Seen) -> Sighting<Vec<Resource>> {
    let with = told(&seen.routers)?.iter().filter(|router| !router.routes.is_empty());
    let one = |router: &rows::Router| {
        let count = Some(format!("{} of them", router.routes.len()));
        resource(key(ResourceType::RouterRoutes, &router.id), router.name.as_deref(), count)
    };
    Ok(with.map(one).collect())
}

fn routers(seen: &Seen) -> Sighting<Vec<Resource>> {
    let one = |row: &rows::Router| {
        resource(key(ResourceType::Router, &row.id), row.name.as_deref(), row.status.clone())
    };
    Ok(told(&seen.routers)?.iter().map(one).collect())
}

/// A router whose interface or gateway waits for a port waits too: no longer does that follow from the order of the types.
fn routers_last(held: &mut Held) {
    let parts = [ResourceType::RouterInterface, ResourceType::RouterGateway];
    let waiting: Vec<ResourceKey> = parts
        .iter()
        .filter_map(|kind| held.get(kind))
        .flatten()
        .flatten()
        .filter(|part| !part.after.is_empty())
        .map(|part| part.key.clone())
        .collect();
    for router in held.get_mut(&ResourceType::Router).into_iter().flatten().flatten() {
        let is_part = |part: &&ResourceKey| part.of.as_ref().unwrap_or(&part.id) == &router.key.id;
        router.after.extend(waiting.iter().filter(is_part).cloned());
    }
}

fn subnets(seen: &Seen) -> Sighting<Vec<Resource>> {
    let one = |row: &rows::Subnet| {
        resource(key(ResourceType::Subnet, &row.id), row.name.as_deref(), Some(row.cidr.clone()))
    };
    Ok(told(&seen.subnets)?.iter().map(one).collect())
}

fn networks(seen: &Seen) -> Sighting<Vec<Resource>> {
    told(&seen.subnets_on)?;
    let one = |row: &rows::Network| {
        resource(key(ResourceType::Network, &row.id), row.name.as_deref(), row.status.clone())
    };
    Ok(told(&seen.networks)?.iter().map(one).collect())
}

fn pools(seen: &Seen) -> Sighting<Vec<Resource>> {
    told(&seen.subnets_from)?;
    let one = |row: &rows::Pool| resource(key(ResourceType::SubnetPool, &row.id), row.name.as_deref(), None);
    Ok(told(&seen.pools)?.iter().map(one).collect())
}

fn groups(seen: &Seen, tenant: &ProjectId) -> Sighting<Vec<Resource>> {
    told(&seen.ports_in)?;
    let own = told(&seen.groups)?.iter().filter(|group| group.project_id == tenant.0);
    let one =
        |row: &rows::Group| resource(key(ResourceType::SecurityGroup, &row.id), row.name.as_deref(), None);
    Ok(own.map(one).collect())
}

/// What the tenant gives, and what it is given.
fn policies(seen: &Seen, tenant: &ProjectId) -> Sighting<Vec<Resource>> {
    let is_either = |row: &&Rbac| row.project_id == tenant.0 || row.target_tenant == tenant.0;
    let groups = told(&seen.groups)?;
    let one = |row: &Rbac| {
        let name = format!("{} {} to {}", row.object_type, row.object_id, row.target_tenant);
        let state = Some(row.action.clone());
        // Neutron keeps a share that a rule of the one it is given to makes use of.
        let names = |rule: &rows::Rule| {
            [&rule.remote_group_id, &rule.remote_address_group_id]
                .into_iter()
                .flatten()
                .any(|id| *id == row.object_id)
        };
        let users = groups.iter().filter(|group| {
            row.target_tenant == tenant.0
                && group.project_id == tenant.0
                && group.security_group_rules.iter().any(names)
        });
        let after = users.map(|group| key(ResourceType::SecurityGroup, &group.id)).collect();
        Resource { after, ..resource(key(ResourceType::RbacPolicy, &row.id), Some(&name), state) }
    };
    Ok(told(&seen.rbac)?.iter().filter(is_either).map(one).collect())
}

/// What others hold on to has no step, nor has the share through which they do: Neutron refuses both.
fn hinder(held: &mut Held, seen: &Seen, ports: &Result<Ports<'_>, Unknown>, tenant: &ProjectId) {
    let hindrances = losses::hindrances(seen, ports, tenant);
    let shared: BTreeMap<&str, &str> = seen
        .rbac
        .iter()
        .flatten()
        .filter(|row| row.target_tenant != tenant.0 && goes_with_users(&row.object_type))
        .map(|row| (row.id.as_str(), row.object_id.as_str()))
        .collect();
    for resource in held.values_mut().flatten().flatten() {
        let held_by = match resource.key.kind {
            ResourceType::Network
            | ResourceType::SubnetPool
            | ResourceType::AddressScope
            | ResourceType::SecurityGroup
            | ResourceType::AddressGroup => Some(resource.key.id.as_str()),
            ResourceType::RbacPolicy => shared.get(resource.key.id.as_str()).copied(),
            _ => None,
        };
        if let Some(why) = held_by.and_then(|id| hindrances.get(id)) {
            resource.hindrance = Some(why.clone());
        }
    }
}

/// Whether a share of this type stays while it is made use of; the others are over before their turn comes.
fn goes_with_users(object_type: &str) -> bool {
    matches!(object_type, "security_group" | "address_group")
}
