//! The rules that the API server holds the kinds against, in CEL; each message says the remedy.
//!
//! What comes in: nothing. What goes out: values of `x-kubernetes-validations`, put beside the fields of the types.
//!
//! # Guarantees
//! Each rule names one field: it stands at that field, or carries a `fieldPath`. What is cheap to say in the schema
//! (lengths, bounds, enumerations, sets) is said there. Rules over pairs of list items are not here, for the API server
//! bounds a rule's cost by the largest lists: the controller says those in a condition.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::ValidationRule;
use serde_json::{Value, json};

/// Most tenants of one CloudSpec.
pub const MOST_TENANTS: u32 = 1000;
/// Most security groups of one CloudSpec; more are spread over several CloudSpecs.
pub const MOST_GROUPS: u32 = 500;
/// Most rules of one direction of a security group.
pub const MOST_RULES: u32 = 200;
/// Most role assignments listed for one tenant.
pub const MOST_ROLES: u32 = 250;
/// Most steps that the limits of a CloudSpec allow.
pub const MOST_LIMIT: u32 = 1000;
/// Most steps of a plan, and entries of its journal.
pub const MOST_STEPS: u32 = 2000;
/// Most things that a TenantOffboard keeps.
pub const MOST_KEPT: u32 = 200;
/// Most looks that a ChangePlan holds as evidence.
pub const MOST_LOOKS: u32 = 6;
/// Most types that one look tells of.
pub const MOST_TYPES: u32 = 100;
/// Most resources of one sort that a look names.
pub const MOST_TOLD: u32 = 20;
/// Most services and extensions that a TenantOffboard accepts as not swept.
pub const MOST_UNCOVERED: u32 = 100;
/// Most certificates of one CloudSpec.
pub const MOST_CERTIFICATES: u32 = 100;
/// Most endpoints of one certificate.
pub const MOST_ENDPOINTS: u32 = 16;
/// Most names in one list of a certificate's names.
pub const MOST_SANS: u32 = 100;
/// Limit of every OpenStack quota: the services keep it in 32 bits.
pub const MOST_QUOTA: i64 = 2_147_483_647;
/// Limit of a quota of Octavia.
pub const MOST_OCTAVIA_QUOTA: i64 = 2_000_000_000;

/// A Secret's name.
pub const DNS_NAME: &str = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
/// An id of Neutron.
pub const UUID: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
/// Not only blanks.
pub const VISIBLE: &str = "\\S";
/// A tag of a Keystone project.
pub const TAG: &str = "^[^,/]+$";
/// A plan's digest.
pub const DIGEST: &str = "^sha256:[0-9a-f]{64}$";

/// A DNS name, perhaps with a star in front, or an IP address; the controller looks closer.
pub const HOST: &str = "^(\\*\\.)?[0-9A-Za-z_:]([-0-9A-Za-z_.:]*[0-9A-Za-z_.:])?$";
/// A key in the data of a Secret or ConfigMap.
pub const DATA_KEY: &str = "^[-._a-zA-Z0-9]+$";
/// A certificate in PEM.
pub const CA_BUNDLE: &str = "-----BEGIN CERTIFICATE-----";

/// Whole hours, minutes and seconds, each once; some of them.
const GO_DURATION: &str = "'^([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$'";

fn rule(cel: impl Into<String>, message: &str) -> Value {
    json!({"rule": cel.into(), "message": message})
}

fn rule_at(field: &str, cel: &str, message: &str) -> Value {
    json!({"rule": cel, "message": message, "fieldPath": field})
}

fn duration(low: &str, high: &str, message: &str) -> Value {
    let is = format!("self != '' && self.matches({GO_DURATION})");
    json!([rule(
        format!("{is} && duration(self) >= duration('{low}') && duration(self) <= duration('{high}')"),
        message
    )])
}

pub(crate) fn interval() -> Value {
    duration("30s", "24h", "give a Go duration from 30s to 24h, such as 5m")
}

pub(crate) fn expires_after() -> Value {
    duration("1m", "168h", "give a Go duration from 1m to 168h, such as 1h")
}

pub(crate) fn min_plan_age() -> Value {
    duration("0s", "24h", "give a Go duration from 0s to 24h, such as 10s")
}

pub(crate) fn verify_after() -> Value {
    duration("1s", "24h", "give a Go duration from 1s to 24h, such as 60s")
}

pub(crate) fn min_remaining() -> Value {
    duration("0s", "87600h", "give a Go duration from 0s to 87600h, such as 720h")
}

pub(crate) fn certificate() -> Value {
    json!([rule_at(
        ".sameEverywhere",
        "!has(self.sameEverywhere) || !self.sameEverywhere || \
         (has(self.from.endpoints) && self.from.endpoints.size() > 1)",
        "give at least two endpoints in from, or leave sameEverywhere out: one alone has nothing to differ from"
    )])
}

pub(crate) fn certificate_source() -> Value {
    json!([rule(
        "(has(self.endpoints) ? 1 : 0) + (has(self.secret) ? 1 : 0) + (has(self.configMap) ? 1 : 0) == 1",
        "give exactly one of endpoints, secret and configMap"
    )])
}

pub(crate) fn sans() -> Value {
    json!([
        rule(
            "has(self.exactly) || has(self.contains) || has(self.notContains)",
            "give exactly, contains or notContains, or leave sans out"
        ),
        rule_at(
            ".exactly",
            "!has(self.exactly) || (!has(self.contains) && !has(self.notContains))",
            "give exactly alone: it says all that contains and notContains could add"
        ),
    ])
}

pub(crate) fn key_requirement() -> Value {
    json!([
        rule(
            "has(self.algorithms) || has(self.minRsaBits) || has(self.minEcdsaBits)",
            "give algorithms, minRsaBits or minEcdsaBits, or leave key out"
        ),
        rule_at(
            ".minRsaBits",
            "!has(self.minRsaBits) || !has(self.algorithms) || 'RSA' in self.algorithms",
            "add RSA to algorithms, or leave minRsaBits out: no key of RSA is taken"
        ),
        rule_at(
            ".minEcdsaBits",
            "!has(self.minEcdsaBits) || !has(self.algorithms) || 'ECDSA' in self.algorithms",
            "add ECDSA to algorithms, or leave minEcdsaBits out: no key of ECDSA is taken"
        ),
    ])
}

pub(crate) fn immutable(field: &str) -> Value {
    let message = format!("{field} cannot be changed: make another TenantOffboard, and delete this one");
    json!([rule("self == oldSelf", &message)])
}

pub(crate) fn kept() -> Value {
    json!([rule("has(self.type) != has(self.id)", "give exactly one of type and id")])
}

/// Both are durations before they are compared: else the string's own rule speaks.
pub(crate) fn approval() -> Value {
    let is = |field: &str| format!("self.{field} != '' && self.{field}.matches({GO_DURATION})");
    let cel = format!(
        "!({} && {}) || duration(self.minPlanAge) < duration(self.expiresAfter)",
        is("minPlanAge"),
        is("expiresAfter")
    );
    json!([rule_at(
        ".minPlanAge",
        &cel,
        "give less than expiresAfter: else an approval expires before it can be given"
    )])
}

pub(crate) fn spec() -> Value {
    json!([rule_at(
        ".unlistedTenants",
        "self.unlistedTenants.policy != 'Report' || self.unlistedTenants.domains.size() > 0 || \
         (has(self.tenants) && self.tenants.size() > 0)",
        "list the domains to look at, or tenants whose domains are looked at"
    )])
}

pub(crate) fn keystone_id() -> Value {
    json!([rule(
        "self.matches('^[0-9a-f]{32}$')",
        "give the project's id as Keystone shows it, 32 hex digits in lower case"
    )])
}

pub(crate) fn neutron_id() -> Value {
    json!([rule(
        format!("self.matches('{UUID}')"),
        "give the id as Neutron shows it, such as 1f1a2d64-5a5b-4f3e-9d0c-7b6f2f0f3c11"
    )])
}

pub(crate) fn role() -> Value {
    json!([rule("has(self.user) != has(self.group)", "give exactly one of user and group")])
}

/// What stands at the side that a rule of this direction does not have.
pub(crate) fn wrong_side(message: &str) -> Value {
    json!([rule("false", message)])
}

pub(crate) fn peer() -> Value {
    json!([rule(
        "(has(self.cidr) ? 1 : 0) + (has(self.group) ? 1 : 0) + (has(self.addressGroup) ? 1 : 0) == 1",
        "give exactly one of cidr, group and addressGroup; for anywhere leave the whole field out"
    )])
}

pub(crate) fn peer_ref() -> Value {
    json!([
        rule("has(self.name) != has(self.id)", "give exactly one of name and id"),
        rule_at(".project", "!has(self.id) || !has(self.project)", "leave project out: an id needs none"),
    ])
}

pub(crate) fn cidr() -> Value {
    json!([
        rule(
            "isCIDR(self)",
            "give a network in CIDR notation, such as 203.0.113.0/24 or 2001:db8::/32; one address is 203.0.113.7/32"
        ),
        rule(
            "!isCIDR(self) || cidr(self).masked() == cidr(self)",
            "has host bits: give the network's own address, or /32 (/128 on IPv6) for one address"
        ),
    ])
}

pub(crate) fn ports() -> Value {
    json!([rule(
        "self.matches('^[1-9]\\\\d{0,4}(-[1-9]\\\\d{0,4})?$') && \
         int(self.find('^[0-9]+')) <= int(self.find('[0-9]+$')) && int(self.find('[0-9]+$')) <= 65535",
        "give a port such as 443, or a range from low to high within 1-65535 such as 30000-32767"
    )])
}

pub(crate) fn protocol() -> Value {
    json!([rule(
        "self.lowerAscii() in ['ah', 'dccp', 'egp', 'esp', 'gre', 'hopopt', 'icmp', 'icmpv6', 'igmp', 'ip', 'ipip', \
         'ipencap', 'ipv6-encap', 'ipv6-frag', 'ipv6-icmp', 'ipv6-nonxt', 'ipv6-opts', 'ipv6-route', 'ospf', 'pgm', \
         'rsvp', 'sctp', 'tcp', 'udp', 'udplite', 'vrrp'] || (self.matches('^(0|[1-9][0-9]?[0-9]?)$') && int(self) <= 255)",
        "give a name that Neutron knows, such as tcp, udp, icmp, ipv6-icmp, sctp or vrrp, or a number from 0 to 255 \
         without leading zeros; for any protocol leave the field out"
    )])
}

const HAS_PORTS: &str = "['tcp', 'udp', 'sctp', 'dccp', 'udplite', '6', '17', '132', '33', '136']";
const IS_ICMP: &str = "['icmp', 'icmpv6', 'ipv6-icmp', '1', '58']";
const IPV6_ONLY: &str = "['icmpv6', 'ipv6-encap', 'ipv6-frag', 'ipv6-icmp', 'ipv6-nonxt', 'ipv6-opts', 'ipv6-route', \
    '41', '43', '44', '58', '59', '60']";

/// The rule's own consistency; `side` is `from` or `to`, where its peer stands.
pub(crate) fn security_group_rule(side: &str) -> Value {
    let is_v6 = format!("has(self.{side}) && has(self.{side}.cidr) && self.{side}.cidr.contains(':')");
    json!([
        rule_at(
            ".icmp",
            "!has(self.icmp) || !has(self.ports)",
            "give ports or icmp, not both: ICMP has no ports"
        ),
        rule_at(
            ".ports",
            &format!("!has(self.ports) || (has(self.protocol) && self.protocol.lowerAscii() in {HAS_PORTS})"),
            "only tcp, udp, sctp, dccp and udplite have ports: give one of them as protocol, or leave ports out"
        ),
        rule_at(
            ".icmp",
            &format!("!has(self.icmp) || (has(self.protocol) && self.protocol.lowerAscii() in {IS_ICMP})"),
            "only ICMP has a type: give icmp or ipv6-icmp as protocol, or leave icmp out"
        ),
        rule_at(
            ".ethertype",
            &format!(
                "!has(self.ethertype) || !has(self.{side}) || !has(self.{side}.cidr) || \
                 self.{side}.cidr.contains(':') == (self.ethertype == 'IPv6')"
            ),
            "is not the IP version of the cidr: leave ethertype out, it follows from the cidr"
        ),
        rule_at(
            ".protocol",
            &format!(
                "!has(self.protocol) || (has(self.ethertype) && self.ethertype == 'IPv6') || ({is_v6}) || \
                 !(self.protocol.lowerAscii() in {IPV6_ONLY})"
            ),
            "is of IPv6 only, and this rule is of IPv4: give ethertype IPv6 or an IPv6 cidr, or icmp for ICMP on IPv4"
        ),
    ])
}

/// Of the whole ChangePlan: a decision is not taken back by taking the status away.
pub(crate) fn change_plan() -> Vec<ValidationRule> {
    let rule = |field: &str, cel: &str, message: &str| ValidationRule {
        rule: cel.to_owned(),
        message: Some(message.to_owned()),
        field_path: Some(field.to_owned()),
        ..ValidationRule::default()
    };
    vec![
        rule(
            ".spec",
            "self.spec == oldSelf.spec",
            "a ChangePlan never changes: a changed plan is another ChangePlan",
        ),
        rule(
            ".status",
            "!has(oldSelf.status) || !has(oldSelf.status.decision) || (has(self.status) && has(self.status.decision))",
            "a decision is written once and stays",
        ),
        rule(
            ".status",
            "!has(oldSelf.status) || !has(oldSelf.status.verification) || (has(self.status) && has(self.status.verification))",
            "what was verified is written down and stays",
        ),
    ]
}

pub(crate) fn decision() -> Value {
    json!([rule("self == oldSelf", "a decision is written once and never changes")])
}

pub(crate) fn journal() -> Value {
    json!([rule("self.size() >= oldSelf.size()", "an entry of the journal stays")])
}

pub(crate) fn journal_entry() -> Value {
    json!([rule("oldSelf.state == 'Intended' || self == oldSelf", "the result of a step never changes")])
}

pub(crate) fn verification() -> Value {
    json!([rule(
        "oldSelf.all(old, old in self)",
        "a look that was written down stays, and never changes: another one is added"
    )])
}
