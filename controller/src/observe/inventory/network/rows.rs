//! What is read of Neutron's rows.

use serde::Deserialize;
use serde_json::Value;

/// A row that belongs to a project.
pub(super) trait Owned {
    fn project(&self) -> &str;
}

macro_rules! owned {
    ($($row:ident),+) => {$(
        impl Owned for $row {
            fn project(&self) -> &str {
                &self.project_id
            }
        }
    )+};
}

owned!(Named, FloatingIp, Router, Network, Subnet, Pool, Port, Group);

/// A row of which no more is read.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
    pub(super) project_id: String,
    pub(super) name: Option<String>,
    pub(super) status: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Extension {
    pub(super) alias: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Extra {
    pub(super) project_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FloatingIp {
    pub(super) id: String,
    pub(super) project_id: String,
    pub(super) floating_ip_address: String,
    pub(super) status: Option<String>,
    pub(super) router_id: Option<String>,
    pub(super) port_id: Option<String>,
    /// None where this Neutron does not show them here.
    pub(super) port_forwardings: Option<Vec<Forwarding>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Forwarding {
    pub(super) id: String,
    pub(super) protocol: String,
    pub(super) internal_ip_address: String,
    pub(super) internal_port_id: String,
    /// None for a range.
    pub(super) external_port: Option<u16>,
}

impl FloatingIp {
    /// The ports that it leads to.
    pub(super) fn inner(&self) -> impl Iterator<Item = &str> {
        let forwarded = self.port_forwardings.iter().flatten().map(|one| one.internal_port_id.as_str());
        self.port_id.as_deref().into_iter().chain(forwarded)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Router {
    pub(super) id: String,
    pub(super) project_id: String,
    pub(super) name: Option<String>,
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) routes: Vec<Value>,
    pub(super) external_gateway_info: Option<Gateway>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Gateway {
    pub(super) network_id: Option<String>,
}

impl Router {
    /// The network that its gateway is on.
    pub(super) fn gateway(&self) -> Option<&str> {
        self.external_gateway_info.as_ref()?.network_id.as_deref()
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Network {
    pub(super) id: String,
    pub(super) project_id: String,
    pub(super) name: Option<String>,
    pub(super) status: Option<String>,
    pub(super) subnets: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Subnet {
    pub(super) id: String,
    pub(super) project_id: String,
    pub(super) name: Option<String>,
    pub(super) cidr: String,
    pub(super) network_id: String,
    pub(super) subnetpool_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Pool {
    pub(super) id: String,
    pub(super) project_id: String,
    pub(super) name: Option<String>,
    pub(super) address_scope_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Port {
    pub(super) id: String,
    /// Empty for a port that Neutron made for itself.
    pub(super) project_id: String,
    pub(super) name: Option<String>,
    pub(super) status: Option<String>,
    pub(super) network_id: String,
    pub(super) device_owner: String,
    pub(super) device_id: String,
    /// Only where it was asked for.
    #[serde(default)]
    pub(super) security_groups: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Rbac {
    pub(super) id: String,
    pub(super) project_id: String,
    pub(super) object_type: String,
    pub(super) object_id: String,
    /// A project, or `*`.
    pub(super) target_tenant: String,
    pub(super) action: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) project_id: String,
    pub(super) name: Option<String>,
    pub(super) security_group_rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) project_id: String,
    pub(super) remote_group_id: Option<String>,
    pub(super) remote_address_group_id: Option<String>,
    /// All of it, for its words.
    #[serde(flatten)]
    pub(super) rest: Value,
}
