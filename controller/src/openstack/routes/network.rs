//! Neutron's listings about one tenant, as its API has them.

use std::collections::BTreeSet;

use super::{Paging, Route, Shape};
use crate::model::ids::ProjectId;
use crate::observe::NetworkListing;
use crate::openstack::limits::Limits;

const FLOATING_IP: &[&str] =
    &["id", "project_id", "floating_ip_address", "status", "router_id", "port_id", "port_forwardings"];
const NETWORK: &[&str] = &["id", "project_id", "name", "status", "subnets"];
const SUBNET: &[&str] = &["id", "project_id", "name", "cidr", "network_id", "subnetpool_id"];
const PORT: &[&str] =
    &["id", "project_id", "name", "status", "network_id", "device_owner", "device_id", "fixed_ips"];
const ROUTER: &[&str] = &["id", "project_id", "name", "status", "routes", "external_gateway_info"];
const NAMED: &[&str] = &["id", "project_id", "name"];
const POOL: &[&str] = &["id", "project_id", "name", "address_scope_id"];

pub(super) fn route(listing: &NetworkListing, limits: &Limits) -> Route {
    let list = |path: &[&str], key: &'static str, fields: &[&str]| {
        Route::new(path, Shape::List(key), Paging::Marker { limit: limits.page })
            .with("limit", limits.page)
            .fields(fields)
    };
    match listing {
        NetworkListing::Extensions => Route::new(&["extensions"], Shape::List("extensions"), Paging::Whole),
        NetworkListing::FloatingIps => list(&["floatingips"], "floatingips", FLOATING_IP),
        NetworkListing::PortForwardings(of) => {
            list(&["floatingips", of, "port_forwardings"], "port_forwardings", &[])
        }
        NetworkListing::Trunks(project) => {
            list(&["trunks"], "trunks", &["id", "project_id", "name", "status"]).of_project(project)
        }
        NetworkListing::Routers(project) => list(&["routers"], "routers", ROUTER).of_project(project),
        NetworkListing::Networks(project) => list(&["networks"], "networks", NETWORK).of_project(project),
        NetworkListing::Subnets(project) => list(&["subnets"], "subnets", SUBNET).of_project(project),
        NetworkListing::SubnetsOn(networks) => {
            list(&["subnets"], "subnets", SUBNET).any_of("network_id", networks)
        }
        NetworkListing::SubnetsFrom(pools) => {
            list(&["subnets"], "subnets", SUBNET).any_of("subnetpool_id", pools)
        }
        NetworkListing::SubnetPools(project) => {
            list(&["subnetpools"], "subnetpools", POOL).of_project(project)
        }
        NetworkListing::SubnetPoolsIn(scopes) => {
            list(&["subnetpools"], "subnetpools", POOL).any_of("address_scope_id", scopes)
        }
        NetworkListing::AddressScopes(project) => {
            list(&["address-scopes"], "address_scopes", NAMED).of_project(project)
        }
        NetworkListing::Ports(project) => list(&["ports"], "ports", PORT).of_project(project),
        NetworkListing::PortsOn(networks) => list(&["ports"], "ports", PORT).any_of("network_id", networks),
        NetworkListing::PortsOf(devices) => list(&["ports"], "ports", PORT).any_of("device_id", devices),
        NetworkListing::PortsIn(groups) => list(&["ports"], "ports", &[PORT, &["security_groups"]].concat())
            .any_of("security_groups", groups),
        NetworkListing::RbacPolicies => list(&["rbac-policies"], "rbac_policies", &[]),
        NetworkListing::AddressGroups(project) => {
            list(&["address-groups"], "address_groups", NAMED).of_project(project)
        }
        NetworkListing::QosPolicies(project) => {
            list(&["qos", "policies"], "policies", NAMED).of_project(project)
        }
        NetworkListing::Extra(extra, project) => {
            let (path, key) = extra.place();
            list(path, key, &["id", "project_id"]).of_project(project)
        }
    }
}

impl Route {
    fn of_project(self, project: &ProjectId) -> Self {
        self.with("project_id", project)
    }

    /// Neutron takes a filter several times, and answers rows that fit any of them.
    fn any_of(self, name: &'static str, values: &BTreeSet<String>) -> Self {
        values.iter().fold(self, |route, value| route.with(name, value))
    }
}
