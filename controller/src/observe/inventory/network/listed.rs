//! The questions to Neutron, and their answers.
//!
//! What comes in: a reader and the tenant's id. What goes out: [`Seen`], in which each listing is whole or Unknown.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use serde::de::DeserializeOwned;

use super::rows::{
    Extension, FloatingIp, Forwarding, Group, Named, Network, Owned, Pool, Port, Rbac, Router, Subnet,
};
use crate::model::ids::ProjectId;
use crate::model::{Sighting, Unknown};
use crate::observe::listings::NetworkListing;
use crate::observe::port::{CloudRead, Listing};
use crate::observe::reach;
use crate::observe::rows::sighting;

/// So many ids are named in one request: a URL has room for them in front of every server.
const IDS: usize = 100;

/// One who asks about one tenant.
pub(super) struct Ask<'a> {
    pub(super) read: &'a dyn CloudRead,
    pub(super) tenant: &'a ProjectId,
    /// The extensions that this Neutron has.
    pub(super) aliases: BTreeSet<String>,
}

/// What was answered. Rows of one project are the tenant's.
#[derive(Debug)]
pub(super) struct Seen {
    /// Of all projects.
    pub(super) floating_ips: Sighting<Vec<FloatingIp>>,
    pub(super) trunks: Sighting<Vec<Named>>,
    pub(super) routers: Sighting<Vec<Router>>,
    pub(super) networks: Sighting<Vec<Network>>,
    pub(super) subnets: Sighting<Vec<Subnet>>,
    /// Of other projects, on the tenant's networks.
    pub(super) subnets_on: Sighting<Vec<Subnet>>,
    /// Of other projects, from the tenant's subnet pools.
    pub(super) subnets_from: Sighting<Vec<Subnet>>,
    pub(super) pools: Sighting<Vec<Pool>>,
    /// Of other projects, in the tenant's address scopes.
    pub(super) pools_in: Sighting<Vec<Pool>>,
    pub(super) scopes: Sighting<Vec<Named>>,
    /// The tenant's, those on its networks and those of its routers, by id.
    pub(super) ports: Sighting<BTreeMap<String, Port>>,
    /// Of any project, in groups that the tenant shares.
    pub(super) ports_in: Sighting<Vec<Port>>,
    /// Of all projects.
    pub(super) rbac: Sighting<Vec<Rbac>>,
    /// Of all projects.
    pub(super) groups: Sighting<Vec<Group>>,
    pub(super) address_groups: Sighting<Vec<Named>>,
    pub(super) qos: Sighting<Vec<Named>>,
}

/// What a listing told.
pub(super) fn told<T>(seen: &Sighting<T>) -> Result<&T, Unknown> {
    seen.as_ref().map_err(Clone::clone)
}

impl<'a> Ask<'a> {
    /// One whose credential is shown to see every project.
    pub(super) async fn new(read: &'a dyn CloudRead, tenant: &'a ProjectId) -> Result<Self, Unknown> {
        reach::network(read).await?;
        let mut ask = Self { read, tenant, aliases: BTreeSet::new() };
        let extensions: Vec<Extension> = ask.list(NetworkListing::Extensions).await?;
        ask.aliases = extensions.into_iter().map(|extension| extension.alias).collect();
        Ok(ask)
    }

    pub(super) fn has(&self, alias: &str) -> bool {
        self.aliases.contains(alias)
    }

    pub(super) async fn list<W: DeserializeOwned>(&self, what: NetworkListing) -> Sighting<Vec<W>> {
        sighting(self.read, &Listing::Network(what), |row: W| Ok(Some(row)), |_| ()).await
    }

    /// Nothing, where the extension is not there.
    async fn with<W: DeserializeOwned>(&self, alias: &str, what: NetworkListing) -> Sighting<Vec<W>> {
        if self.has(alias) { self.list(what).await } else { Ok(Vec::new()) }
    }

    /// The tenant's alone, whatever the filter in the request did.
    async fn own<W: DeserializeOwned + Owned>(
        &self,
        alias: Option<&str>,
        what: impl FnOnce(ProjectId) -> NetworkListing,
    ) -> Sighting<Vec<W>> {
        let what = what(self.tenant.clone());
        let mut rows: Vec<W> = match alias {
            Some(alias) => self.with(alias, what).await?,
            None => self.list(what).await?,
        };
        rows.retain(|row| row.project() == self.tenant.0);
        Ok(rows)
    }

    /// What has to do with any of these.
    async fn about<W: DeserializeOwned>(
        &self,
        ids: impl Iterator<Item = &str>,
        what: impl Fn(BTreeSet<String>) -> NetworkListing,
    ) -> Sighting<Vec<W>> {
        let ids: Vec<String> = ids.map(str::to_owned).collect();
        let each = ids.chunks(IDS).map(|some| self.list(what(some.iter().cloned().collect())));
        let mut all = Vec::new();
        for rows in join_all(each).await {
            all.extend(rows?);
        }
        Ok(all)
    }

    /// All of it: what can be asked at once, and then what hangs on that.
    pub(super) async fn all(&self) -> Seen {
        use NetworkListing as L;
        let (floating_ips, trunks, routers, networks, subnets, pools) = tokio::join!(
            self.floating_ips(),
            self.own(Some("trunk"), L::Trunks),
            self.own(Some("router"), L::Routers),
            self.own(None, L::Networks),
            self.own(None, L::Subnets),
            self.own(None, L::SubnetPools),
        );
        let (scopes, ports, rbac, groups, address_groups, qos) = tokio::join!(
            self.own(Some("address-scope"), L::AddressScopes),
            self.own(None, L::Ports),
            self.with("rbac-policies", L::RbacPolicies),
            self.groups(),
            self.own(Some("address-group"), L::AddressGroups),
            self.own(Some("qos"), L::QosPolicies),
        );
        let (ports, subnets_on, subnets_from, pools_in, ports_in) = tokio::join!(
            self.ports(ports, &networks, &routers),
            self.subnets_on(&networks, &subnets),
            self.subnets_from(&pools, &rbac),
            self.pools_in(&scopes, &rbac),
            self.ports_in(&groups, &rbac),
        );
        Seen {
            floating_ips,
            trunks,
            routers,
            networks,
            subnets,
            subnets_on,
            subnets_from,
            pools,
            pools_in,
            scopes,
            ports,
            ports_in,
            rbac,
            groups,
            address_groups,
            qos,
        }
    }

    async fn floating_ips(&self) -> Sighting<Vec<FloatingIp>> {
        let mut all: Vec<FloatingIp> = self.with("router", NetworkListing::FloatingIps).await?;
        if self.has("floating-ip-port-forwarding") && !self.has("expose-port-forwarding-in-fip") {
            for own in all.iter_mut().filter(|one| one.project_id == self.tenant.0 && one.port_id.is_none()) {
                let of: Vec<Forwarding> = self.list(NetworkListing::PortForwardings(own.id.clone())).await?;
                own.port_forwardings = Some(of);
            }
        }
        Ok(all)
    }

    async fn groups(&self) -> Sighting<Vec<Group>> {
        if !self.has("security-group") {
            return Ok(Vec::new());
        }
        let listing = Listing::SecurityGroups;
        let all = sighting(self.read, &listing, |row: Group| Ok(Some(row)), |_| ()).await?;
        if all.is_empty() {
            return Err(reach::empty(&listing).into());
        }
        Ok(all)
    }

    async fn ports(
        &self,
        own: Sighting<Vec<Port>>,
        networks: &Sighting<Vec<Network>>,
        routers: &Sighting<Vec<Router>>,
    ) -> Sighting<BTreeMap<String, Port>> {
        let (networks, routers) = (told(networks)?, told(routers)?);
        let (on, of) = tokio::join!(
            self.about(networks.iter().map(|network| network.id.as_str()), NetworkListing::PortsOn),
            self.about(routers.iter().map(|router| router.id.as_str()), NetworkListing::PortsOf),
        );
        let is_on = |port: &Port| networks.iter().any(|network| network.id == port.network_id);
        let is_of = |port: &Port| routers.iter().any(|router| router.id == port.device_id);
        let on = on?.into_iter().filter(is_on);
        let all = own?.into_iter().chain(on).chain(of?.into_iter().filter(is_of));
        Ok(all.map(|port| (port.id.clone(), port)).collect())
    }

    async fn subnets_on(
        &self,
        networks: &Sighting<Vec<Network>>,
        own: &Sighting<Vec<Subnet>>,
    ) -> Sighting<Vec<Subnet>> {
        let (networks, own) = (told(networks)?, told(own)?);
        let is_foreign = |id: &String| own.iter().all(|subnet| subnet.id != *id);
        let with = networks.iter().filter(|network| network.subnets.iter().any(is_foreign));
        let with: BTreeSet<&str> = with.map(|network| network.id.as_str()).collect();
        let mut rows: Vec<Subnet> = self.about(with.iter().copied(), NetworkListing::SubnetsOn).await?;
        rows.retain(|row| row.project_id != self.tenant.0 && with.contains(row.network_id.as_str()));
        Ok(rows)
    }

    /// Only who is given a subnet pool can take from it.
    async fn subnets_from(
        &self,
        pools: &Sighting<Vec<Pool>>,
        rbac: &Sighting<Vec<Rbac>>,
    ) -> Sighting<Vec<Subnet>> {
        let pools = self.shared(told(pools)?.iter().map(|pool| pool.id.as_str()), told(rbac)?);
        let mut rows: Vec<Subnet> = self.about(pools.iter().copied(), NetworkListing::SubnetsFrom).await?;
        let is_from = |pool: &Option<String>| pool.as_deref().is_some_and(|pool| pools.contains(pool));
        rows.retain(|row| row.project_id != self.tenant.0 && is_from(&row.subnetpool_id));
        Ok(rows)
    }

    async fn pools_in(
        &self,
        scopes: &Sighting<Vec<Named>>,
        rbac: &Sighting<Vec<Rbac>>,
    ) -> Sighting<Vec<Pool>> {
        let scopes = self.shared(told(scopes)?.iter().map(|scope| scope.id.as_str()), told(rbac)?);
        let mut rows: Vec<Pool> = self.about(scopes.iter().copied(), NetworkListing::SubnetPoolsIn).await?;
        let is_in = |scope: &Option<String>| scope.as_deref().is_some_and(|scope| scopes.contains(scope));
        rows.retain(|row| row.project_id != self.tenant.0 && is_in(&row.address_scope_id));
        Ok(rows)
    }

    async fn ports_in(
        &self,
        groups: &Sighting<Vec<Group>>,
        rbac: &Sighting<Vec<Rbac>>,
    ) -> Sighting<Vec<Port>> {
        let own = told(groups)?.iter().filter(|group| group.project_id == self.tenant.0);
        let groups = self.shared(own.map(|group| group.id.as_str()), told(rbac)?);
        let mut rows: Vec<Port> = self.about(groups.iter().copied(), NetworkListing::PortsIn).await?;
        rows.retain(|row| row.security_groups.iter().any(|group| groups.contains(group.as_str())));
        Ok(rows)
    }

    /// Those of them that others may use.
    fn shared<'s>(&self, own: impl Iterator<Item = &'s str>, rbac: &[Rbac]) -> BTreeSet<&'s str> {
        let to_others = |id: &str| {
            rbac.iter().any(|policy| policy.object_id == id && policy.target_tenant != self.tenant.0)
        };
        own.filter(|id| to_others(id)).collect()
    }
}
