//! What a port is: the tenant's, another's in its network, an interface of a router, or one that goes with what it serves.
//!
//! # Guarantees
//! A port that goes with its owner is left out while that owner is in the inventory, and no longer: a port that stays behind is seen.

use std::collections::{BTreeMap, BTreeSet};

use super::listed::{Seen, told};
use super::rows::{FloatingIp, Port};
use super::{key, of};
use crate::model::ids::ProjectId;
use crate::model::inventory::{Resource, ResourceKey, ResourceType};
use crate::model::{Sighting, Unknown};

const INTERFACES: [&str; 3] = [
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
];
const GATEWAY: &str = "network:router_gateway";
const FLOATING: &str = "network:floatingip";
const OCTAVIA: &str = "Octavia";

/// What becomes of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It is taken off its router.
    Interface,
    /// It is removed.
    Plain,
    /// It goes when what it serves goes.
    WithOwner,
    /// Something of another project holds on to the tenant's network by it.
    InTheWay,
}

/// The ports, each in its place.
pub(super) struct Ports<'s> {
    pub(super) interfaces: Vec<&'s Port>,
    pub(super) plain: Vec<&'s Port>,
    pub(super) in_the_way: Vec<&'s Port>,
    all: &'s BTreeMap<String, Port>,
}

/// What ports go with.
struct Owners<'s> {
    tenant: &'s ProjectId,
    networks: BTreeSet<&'s str>,
    routers: BTreeSet<&'s str>,
    /// With all that have an interface that is taken off.
    routers_left: BTreeSet<&'s str>,
    floating_ips: BTreeSet<&'s str>,
    /// Networks that a load balancer has its address in.
    vip_networks: BTreeSet<&'s str>,
}

impl<'s> Ports<'s> {
    /// # Errors
    /// When a listing that tells what a port is failed.
    pub(super) fn of(seen: &'s Seen, tenant: &'s ProjectId) -> Result<Self, Unknown> {
        let all = told(&seen.ports)?;
        let owners = Owners::of(seen, tenant)?;
        let mut ports = Self { interfaces: vec![], plain: vec![], in_the_way: vec![], all };
        for port in all.values() {
            match owners.standing(port) {
                Standing::Interface => ports.interfaces.push(port),
                Standing::Plain => ports.plain.push(port),
                Standing::InTheWay => ports.in_the_way.push(port),
                Standing::WithOwner => {}
            }
        }
        Ok(ports)
    }

    /// The port of this id, if it is removed.
    pub(super) fn removed(&self, id: &str) -> Option<&'s Port> {
        self.plain.iter().copied().find(|port| port.id == id)
    }

    /// What must be gone before the gateway or an interface of a router, and what stands in the way: Neutron keeps both while anybody's
    /// floating IP leads through them, and lets the floating IP go with the port that it leads to.
    pub(super) fn before(
        &self,
        through: &[&FloatingIp],
        leads: impl Fn(&str) -> bool,
    ) -> (BTreeSet<ResourceKey>, Option<String>) {
        let (mut after, mut held) = (BTreeSet::new(), BTreeSet::new());
        for floating in through {
            for inner in floating.inner().filter(|id| leads(id)) {
                match self.removed(inner) {
                    Some(port) => drop(after.insert(key(ResourceType::Port, &port.id))),
                    None => drop(held.insert(format!(
                        "floating ip {} ({}) of project {} leads through it to port {inner}: take it off that port first",
                        floating.floating_ip_address, floating.id, floating.project_id
                    ))),
                }
            }
        }
        let held = (!held.is_empty()).then(|| held.into_iter().collect::<Vec<_>>().join("; "));
        (after, held)
    }

    /// The network of a port that was seen.
    pub(super) fn network(&self, id: &str) -> Option<&'s str> {
        self.all.get(id).map(|port| port.network_id.as_str())
    }
}

impl<'s> Owners<'s> {
    fn of(seen: &'s Seen, tenant: &'s ProjectId) -> Result<Self, Unknown> {
        let ports = told(&seen.ports)?;
        let routers: BTreeSet<&str> = told(&seen.routers)?.iter().map(|router| router.id.as_str()).collect();
        let faces = ports.values().filter(|port| is_interface(port)).map(|port| port.device_id.as_str());
        let floating_ips = told(&seen.floating_ips)?.iter().filter(|one| one.project_id == tenant.0);
        let vips = ports.values().filter(|port| port.device_owner == OCTAVIA);
        Ok(Self {
            tenant,
            networks: told(&seen.networks)?.iter().map(|network| network.id.as_str()).collect(),
            routers_left: routers.iter().copied().chain(faces).collect(),
            routers,
            floating_ips: floating_ips.map(|one| one.id.as_str()).collect(),
            vip_networks: vips.map(|port| port.network_id.as_str()).collect(),
        })
    }

    fn standing(&self, port: &Port) -> Standing {
        let (network, device) = (port.network_id.as_str(), port.device_id.as_str());
        let with = |owned: bool| if owned { Standing::WithOwner } else { Standing::Plain };
        match port.device_owner.as_str() {
            _ if is_interface(port) => Standing::Interface,
            "network:dhcp" | "network:distributed" => with(self.networks.contains(network)),
            "network:router_centralized_snat" => with(self.routers_left.contains(device)),
            "network:router_ha_interface" => with(self.routers.contains(device)),
            GATEWAY if self.routers.contains(device) => Standing::WithOwner,
            FLOATING if self.floating_ips.contains(device) => Standing::WithOwner,
            GATEWAY | FLOATING if self.is_foreign(port) => Standing::InTheWay,
            // What an amphora has in the tenant's network goes with its load balancer.
            _ if self.is_foreign(port) && named(port).starts_with("octavia-lb-") => {
                with(self.vip_networks.contains(network))
            }
            _ => Standing::Plain,
        }
    }

    fn is_foreign(&self, port: &Port) -> bool {
        port.project_id != self.tenant.0
    }
}

fn is_interface(port: &Port) -> bool {
    INTERFACES.contains(&port.device_owner.as_str())
}

fn named(port: &Port) -> &str {
    port.name.as_deref().unwrap_or_default()
}

/// The ports that are removed.
pub(super) fn plain(ports: &Result<Ports<'_>, Unknown>, tenant: &ProjectId) -> Sighting<Vec<Resource>> {
    let ports = told(ports)?;
    let resource = |port: &&Port| Resource {
        key: key(ResourceType::Port, &port.id),
        name: named(port).to_owned(),
        state: port.status.clone(),
        size: None,
        after: if port.project_id == tenant.0 { device(port).into_iter().collect() } else { BTreeSet::new() },
        hindrance: None,
    };
    Ok(ports.plain.iter().map(resource).collect())
}

/// What a port is plugged into. It may go with that, and one that was there before it stays.
fn device(port: &Port) -> Option<ResourceKey> {
    if port.device_id.is_empty() {
        return None;
    }
    match port.device_owner.as_str() {
        OCTAVIA => Some(key(ResourceType::LoadBalancer, port.device_id.trim_start_matches("lb-"))),
        owner if owner.starts_with("compute:") => Some(key(ResourceType::Server, &port.device_id)),
        _ => None,
    }
}

/// The interfaces of its routers, and of others' in its networks.
pub(super) fn interfaces(
    ports: &Result<Ports<'_>, Unknown>,
    seen: &Seen,
    tenant: &ProjectId,
) -> Sighting<Vec<Resource>> {
    let (ports, floating_ips) = (told(ports)?, told(&seen.floating_ips)?);
    let (routers, networks) = (told(&seen.routers)?, told(&seen.networks)?);
    let resource = |port: &&Port| {
        let through = through(floating_ips, &port.device_id, tenant);
        let own = networks.iter().any(|network| network.id == port.network_id);
        // A port that was not seen is in none of its networks.
        let leads = |id: &str| match ports.network(id) {
            Some(network) => network == port.network_id,
            None => !own,
        };
        let (after, hindrance) = ports.before(&through, leads);
        let router = routers.iter().find(|router| router.id == port.device_id);
        Resource {
            key: of(ResourceType::RouterInterface, &port.id, &port.device_id),
            name: router.and_then(|router| router.name.clone()).unwrap_or_default(),
            state: port.status.clone(),
            size: None,
            after,
            hindrance,
        }
    };
    Ok(ports.interfaces.iter().map(resource).collect())
}

/// The gateways of its routers.
pub(super) fn gateways(
    ports: &Result<Ports<'_>, Unknown>,
    seen: &Seen,
    tenant: &ProjectId,
) -> Sighting<Vec<Resource>> {
    let (ports, floating_ips) = (told(ports)?, told(&seen.floating_ips)?);
    let with = told(&seen.routers)?.iter().filter_map(|router| Some((router, router.gateway()?)));
    let resource = |(router, network): (&super::rows::Router, &str)| {
        let (after, hindrance) = ports.before(&through(floating_ips, &router.id, tenant), |_| true);
        Resource {
            key: key(ResourceType::RouterGateway, &router.id),
            name: router.name.clone().unwrap_or_default(),
            state: Some(format!("to network {network}")),
            size: None,
            after,
            hindrance,
        }
    };
    Ok(with.map(resource).collect())
}

/// The floating IPs of others that lead through a router.
fn through<'s>(all: &'s [FloatingIp], router: &str, tenant: &ProjectId) -> Vec<&'s FloatingIp> {
    all.iter().filter(|one| one.project_id != tenant.0 && one.router_id.as_deref() == Some(router)).collect()
}
