//! Quotas of one project, by service; the fields carry OpenStack's own resource names in camelCase.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::{MOST_OCTAVIA_QUOTA, MOST_QUOTA};

/// Quotas of one project. A service that is absent is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Quotas {
    /// Nova (`compute`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compute: Option<ComputeQuota>,
    /// Cinder (`block-storage`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<VolumeQuota>,
    /// Neutron (`network`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkQuota>,
    /// Octavia (`load-balancer`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_balancer: Option<LoadBalancerQuota>,
    /// Barbican (`key-manager`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_manager: Option<KeyManagerQuota>,
}

/// Declares a quota struct, and the pairs of (name in the service's API, value) of the numbers that are given.
macro_rules! quota {
    ($(#[$doc:meta])* $name:ident, at most $most:expr, { $($(#[$field_doc:meta])* $field:ident => $wire:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            $(
                $(#[$field_doc])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                #[schemars(range(min = -1, max = $most))]
                pub $field: Option<i64>,
            )+
        }

        impl $name {
            /// The numbers that are given, by the resource's name in the service's API.
            pub fn given(&self) -> Vec<(&'static str, i64)> {
                [$(($wire, self.$field)),+].into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
            }

            /// The quota with these numbers; names that are not compared are passed over.
            pub fn from_wire(mut number: impl FnMut(&str) -> Option<i64>) -> Self {
                Self { $($field: number($wire)),+ }
            }
        }
    };
}

quota! {
    /// Quota of Nova. -1 means unlimited.
    ComputeQuota, at most MOST_QUOTA, {
        /// Servers.
        instances => "instances",
        /// Virtual CPU cores.
        cores => "cores",
        /// Memory in MiB.
        ram_mib => "ram",
        /// Key pairs of a user.
        key_pairs => "key_pairs",
        /// Metadata items of a server.
        metadata_items => "metadata_items",
        /// Server groups.
        server_groups => "server_groups",
        /// Members of a server group.
        server_group_members => "server_group_members",
    }
}

quota! {
    /// Quota of Cinder. -1 means unlimited.
    VolumeQuota, at most MOST_QUOTA, {
        /// Volumes.
        volumes => "volumes",
        /// Snapshots.
        snapshots => "snapshots",
        /// Size of all volumes and snapshots, in GiB.
        gigabytes => "gigabytes",
        /// Size of one volume, in GiB.
        per_volume_gigabytes => "per_volume_gigabytes",
        /// Backups.
        backups => "backups",
        /// Size of all backups, in GiB.
        backup_gigabytes => "backup_gigabytes",
        /// Volume groups.
        groups => "groups",
    }
}

quota! {
    /// Quota of Neutron. -1 means unlimited.
    NetworkQuota, at most MOST_QUOTA, {
        /// Networks.
        networks => "network",
        /// Subnets.
        subnets => "subnet",
        /// Subnet pools.
        subnet_pools => "subnetpool",
        /// Ports.
        ports => "port",
        /// Routers.
        routers => "router",
        /// Floating IPs.
        floating_ips => "floatingip",
        /// RBAC policies.
        rbac_policies => "rbac_policy",
        /// Security groups.
        security_groups => "security_group",
        /// Security-group rules.
        security_group_rules => "security_group_rule",
    }
}

quota! {
    /// Quota of Octavia. -1 means unlimited.
    LoadBalancerQuota, at most MOST_OCTAVIA_QUOTA, {
        /// Load balancers.
        load_balancers => "load_balancer",
        /// Listeners.
        listeners => "listener",
        /// Pools.
        pools => "pool",
        /// Members.
        members => "member",
        /// Health monitors.
        health_monitors => "health_monitor",
        /// L7 policies.
        l7_policies => "l7policy",
        /// L7 rules.
        l7_rules => "l7rule",
    }
}

quota! {
    /// Quota of Barbican. -1 means unlimited.
    KeyManagerQuota, at most MOST_QUOTA, {
        /// Secrets.
        secrets => "secrets",
        /// Orders.
        orders => "orders",
        /// Containers.
        containers => "containers",
        /// Consumers.
        consumers => "consumers",
        /// Certificate authorities.
        cas => "cas",
    }
}
