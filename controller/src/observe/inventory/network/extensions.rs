//! Which extensions of Neutron may hold something of a tenant.
//!
//! # Guarantees
//! An extension that is in none of the lists here is not covered.

use std::collections::BTreeSet;

use futures::future::join_all;

use super::listed::Ask;
use super::rows::Extra;
use crate::observe::listings::{ExtraListing, NetworkListing};

/// What is listed, and not removed.
const LISTED: &[(&str, ExtraListing)] = &[
    ("metering", ExtraListing::MeteringLabels),
    ("logging", ExtraListing::Logs),
    ("local_ip", ExtraListing::LocalIps),
    ("l3-ndp-proxy", ExtraListing::NdpProxies),
    ("network-segment-range", ExtraListing::NetworkSegmentRanges),
];

/// Swept here.
const SWEPT: &[&str] = &[
    "address-group",
    "address-scope",
    "floating-ip-port-forwarding",
    "qos",
    "quotas",
    "rbac-policies",
    "router",
    "security-group",
    "trunk",
];

/// What holds nothing of a tenant, or only what goes with something that is swept: the topology that Neutron allocates by itself is a network
/// and a router; helpers of a router's connections go with it.
#[rustfmt::skip]
const HARMLESS: &[&str] = &[
    "agent", "agent-resources-synced", "agent_sort_key", "allowed-address-pairs", "allowed-address-pairs-atomic",
    "auto-allocated-topology", "availability_zone", "availability_zone_filter", "binding", "binding-extended",
    "data-plane-status", "default-subnetpools", "dhcp_agent_scheduler", "dns-domain-ports", "dns-integration",
    "dns-integration-domain-keywords", "dvr", "ecmp_routes", "empty-string-filtering", "enable-default-route-bfd",
    "enable-default-route-ecmp", "expose-l3-conntrack-helper", "expose-port-forwarding-in-fip", "ext-gw-mode",
    "external-net", "extra_dhcp_opt", "extraroute", "extraroute-atomic", "filter-validation", "fip-port-details",
    "fip64", "flavors", "floating-ip-distributed", "floating-ip-port-forwarding-description",
    "floating-ip-port-forwarding-detail", "floating-ip-port-forwarding-port-ranges", "floatingip-autodelete-internal",
    "floatingip-pools", "ip-substring-filtering", "ip_allocation", "l2_adjacency", "l3-conntrack-helper",
    "l3-ext-ndp-proxy", "l3-flavors", "l3-ha", "l3-port-ip-change-not-allowed", "l3_agent_scheduler",
    "metering_source_and_destination_fields", "multi-provider", "net-mtu", "net-mtu-writable", "network-cascade-delete",
    "network-ip-availability", "network_availability_zone", "network_ha", "pagination", "port-device-profile",
    "port-hardware-offload-type", "port-hint-ovs-tx-steering", "port-hints", "port-mac-address-regenerate",
    "port-mac-override", "port-numa-affinity-policy", "port-numa-affinity-policy-socket", "port-resource-request",
    "port-resource-request-groups", "port-security", "port-security-groups-filtering", "project-default-networks",
    "project-id", "provider", "qos-bw-limit-direction", "qos-bw-minimum-ingress", "qos-default", "qos-fip",
    "qos-fip-network-policy", "qos-gateway-ip", "qos-port-network-policy", "qos-pps", "qos-pps-minimum",
    "qos-pps-minimum-rule-alias", "qos-rule-type-details", "qos-rule-type-filter", "qos-rules-alias",
    "quota-check-limit", "quota_details", "rbac-address-group", "rbac-address-scope", "rbac-security-groups",
    "rbac-subnetpool", "revision-if-match", "router-admin-state-down-before-update", "router-interface-fip",
    "router-service-type", "router_availability_zone", "security-groups-default-rules",
    "security-groups-normalized-cidr", "security-groups-remote-address-group",
    "security-groups-rules-belongs-to-default-sg", "security-groups-shared-filtering", "segment",
    "segments-peer-subnet-host-routes", "service-type", "sort-key-validation", "sorting", "standard-attr-description",
    "standard-attr-revisions", "standard-attr-segment", "standard-attr-tag", "standard-attr-timestamp",
    "stateful-security-group", "subnet-dns-publish-fixed-ip", "subnet-external-network", "subnet-segmentid-enforce",
    "subnet-segmentid-writable", "subnet-service-types", "subnet_allocation", "subnet_onboard",
    "subnetpool-prefix-ops", "tag-ports-during-bulk-creation", "trunk-details", "uplink-status-propagation",
    "vlan-transparent",
];

/// What may hold something of the tenant, and is not swept.
pub(super) async fn uncovered(ask: &Ask<'_>) -> BTreeSet<String> {
    let unknown = ask.aliases.iter().map(String::as_str).filter(|alias| !is_known(alias));
    let listed = LISTED.iter().filter(|(alias, _)| ask.has(alias));
    let held =
        join_all(listed.map(|(alias, extra)| async move { holds(ask, *extra).await.then_some(*alias) }));
    let held = held.await.into_iter().flatten();
    unknown.chain(held).map(|alias| format!("network:{alias}")).collect()
}

fn is_known(alias: &str) -> bool {
    SWEPT.contains(&alias) || HARMLESS.contains(&alias) || LISTED.iter().any(|(listed, _)| *listed == alias)
}

/// Whether there is something of the tenant's, or that cannot be told.
async fn holds(ask: &Ask<'_>, extra: ExtraListing) -> bool {
    let rows = ask.list::<Extra>(NetworkListing::Extra(extra, ask.tenant.clone())).await;
    rows.map_or(true, |rows| rows.iter().any(|row| row.project_id.as_deref() == Some(&ask.tenant.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stock_neutron_has_is_known_and_what_others_bring_is_not() {
        for alias in ["router", "standard-attr-tag", "l3-ha", "metering"] {
            assert!(is_known(alias), "{alias}");
        }
        for alias in ["vpnaas", "vpn-endpoint-groups", "fwaas_v2", "bgp", "bgpvpn", "taas", "sfc", "tomorrow"]
        {
            assert!(!is_known(alias), "{alias}");
        }
    }

    #[test]
    fn no_extension_is_in_two_lists() {
        let all: Vec<&str> =
            SWEPT.iter().chain(HARMLESS).copied().chain(LISTED.iter().map(|(alias, _)| *alias)).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }
}
