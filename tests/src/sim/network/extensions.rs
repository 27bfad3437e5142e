//! What the rig's Neutron says that it can do, and the listings of extensions of which nobody has anything.

use serde_json::{Value, json};

use super::super::access::Caller;
use super::super::http::{Answer, Call, Reply};
use super::paging::{self, Kind};

#[rustfmt::skip]
const ALIASES: &[&str] = &[
    "address-group", "address-scope", "agent", "agent-resources-synced", "allowed-address-pairs",
    "auto-allocated-topology", "availability_zone", "availability_zone_filter", "binding", "binding-extended",
    "default-subnetpools", "dhcp_agent_scheduler", "dvr", "empty-string-filtering", "expose-port-forwarding-in-fip",
    "ext-gw-mode", "external-net", "extra_dhcp_opt", "extraroute", "extraroute-atomic", "filter-validation",
    "fip-port-details", "flavors", "floating-ip-port-forwarding", "floating-ip-port-forwarding-description",
    "floating-ip-port-forwarding-detail", "floating-ip-port-forwarding-port-ranges", "floatingip-pools",
    "ip-substring-filtering", "l3-flavors", "l3-ha", "l3-port-ip-change-not-allowed", "l3_agent_scheduler",
    "metering", "metering_source_and_destination_fields", "multi-provider", "net-mtu", "net-mtu-writable",
    "network-ip-availability", "network_availability_zone", "network_ha", "pagination", "port-device-profile",
    "port-mac-address-regenerate", "port-mac-override", "port-numa-affinity-policy", "port-resource-request",
    "port-resource-request-groups", "port-security", "port-security-groups-filtering", "project-id", "provider",
    "qos", "qos-bw-limit-direction", "qos-bw-minimum-ingress", "qos-default", "qos-fip", "qos-gateway-ip",
    "qos-port-network-policy", "qos-pps", "qos-pps-minimum", "qos-pps-minimum-rule-alias", "qos-rule-type-details",
    "qos-rule-type-filter", "qos-rules-alias", "quota-check-limit", "quota_details", "quotas", "rbac-address-group",
    "rbac-address-scope", "rbac-policies", "rbac-security-groups", "rbac-subnetpool", "revision-if-match", "router",
    "router-admin-state-down-before-update", "router_availability_zone", "security-group",
    "security-groups-default-rules", "security-groups-normalized-cidr", "security-groups-remote-address-group",
    "security-groups-rules-belongs-to-default-sg", "security-groups-shared-filtering", "service-type", "sorting",
    "standard-attr-description", "standard-attr-revisions", "standard-attr-tag", "standard-attr-timestamp",
    "stateful-security-group", "subnet-service-types", "subnet_allocation", "subnet_onboard", "subnetpool-prefix-ops",
    "trunk", "trunk-details",
];

const METERING: Kind = Kind { rows: "metering_labels", filters: &["id", "name", "project_id", "tenant_id"] };

pub(super) fn list() -> Answer {
    let row = |alias: &&str| json!({"alias": alias, "name": alias, "description": "", "links": []});
    Answer::ok(json!({"extensions": ALIASES.iter().map(row).collect::<Vec<_>>()}))
}

pub(super) fn metering_labels(call: &Call, caller: &Caller) -> Reply {
    paging::list(call, caller, METERING, std::iter::empty(), |_| Value::Null)
}
