//! Neutron's listings about one tenant.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ids::ProjectId;

/// What is asked of Neutron about one tenant.
///
/// Security groups are not among them: a listing of one project's groups makes that project's `default` group where it is not there, so
/// that they are taken from the listing of all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NetworkListing {
    /// What this Neutron can do.
    Extensions,
    /// The floating IPs of all projects: those behind a tenant's router and at its ports may be anybody's.
    FloatingIps,
    /// The port forwardings of one floating IP.
    PortForwardings(String),
    /// The trunks of one project.
    Trunks(ProjectId),
    /// The routers of one project.
    Routers(ProjectId),
    /// The networks of one project.
    Networks(ProjectId),
    /// The subnets of one project.
    Subnets(ProjectId),
    /// The subnets on these networks.
    SubnetsOn(BTreeSet<String>),
    /// The subnets that were taken from these subnet pools.
    SubnetsFrom(BTreeSet<String>),
    /// The subnet pools of one project.
    SubnetPools(ProjectId),
    /// The subnet pools in these address scopes.
    SubnetPoolsIn(BTreeSet<String>),
    /// The address scopes of one project.
    AddressScopes(ProjectId),
    /// The ports of one project.
    Ports(ProjectId),
    /// The ports on these networks.
    PortsOn(BTreeSet<String>),
    /// The ports of these devices.
    PortsOf(BTreeSet<String>),
    /// The ports that are in these security groups.
    PortsIn(BTreeSet<String>),
    /// What any project shares with another.
    RbacPolicies,
    /// The address groups of one project.
    AddressGroups(ProjectId),
    /// The QoS policies of one project.
    QosPolicies(ProjectId),
    /// What an extension that is not swept holds for one project.
    Extra(ExtraListing, ProjectId),
}

/// What an extension holds for projects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExtraListing {
    /// Metering labels.
    MeteringLabels,
    /// Logs of packets.
    Logs,
    /// Local IPs.
    LocalIps,
    /// NDP proxies.
    NdpProxies,
    /// Ranges of segments.
    NetworkSegmentRanges,
}

impl ExtraListing {
    /// Where it is, and the key of its rows.
    pub fn place(self) -> (&'static [&'static str], &'static str) {
        match self {
            Self::MeteringLabels => (&["metering", "metering-labels"], "metering_labels"),
            Self::Logs => (&["log", "logs"], "logs"),
            Self::LocalIps => (&["local_ips"], "local_ips"),
            Self::NdpProxies => (&["ndp_proxies"], "ndp_proxies"),
            Self::NetworkSegmentRanges => (&["network_segment_ranges"], "network_segment_ranges"),
        }
    }
}

impl fmt::Display for NetworkListing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Extensions => f.write_str("network extensions"),
            Self::FloatingIps => f.write_str("floating IPs"),
            Self::PortForwardings(of) => write!(f, "port forwardings of floating IP {of}"),
            Self::Trunks(project) => write!(f, "trunks of project {project}"),
            Self::Routers(project) => write!(f, "routers of project {project}"),
            Self::Networks(project) => write!(f, "networks of project {project}"),
            Self::Subnets(project) => write!(f, "subnets of project {project}"),
            Self::SubnetsOn(networks) => write!(f, "subnets on {} networks", networks.len()),
            Self::SubnetsFrom(pools) => write!(f, "subnets from {} subnet pools", pools.len()),
            Self::SubnetPools(project) => write!(f, "subnet pools of project {project}"),
            Self::SubnetPoolsIn(scopes) => write!(f, "subnet pools in {} address scopes", scopes.len()),
            Self::AddressScopes(project) => write!(f, "address scopes of project {project}"),
            Self::Ports(project) => write!(f, "ports of project {project}"),
            Self::PortsOn(networks) => write!(f, "ports on {} networks", networks.len()),
            Self::PortsOf(devices) => write!(f, "ports of {} devices", devices.len()),
            Self::PortsIn(groups) => write!(f, "ports in {} security groups", groups.len()),
            Self::RbacPolicies => f.write_str("network RBAC policies"),
            Self::AddressGroups(project) => write!(f, "address groups of project {project}"),
            Self::QosPolicies(project) => write!(f, "QoS policies of project {project}"),
            Self::Extra(extra, project) => write!(f, "{} of project {project}", extra.place().1),
        }
    }
}
