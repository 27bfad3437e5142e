//! Security groups and their rules as declared.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::rules::{self, MOST_RULES, UUID, VISIBLE};
use crate::tenant::Unlisted;

/// A Neutron security group that must exist in a project. Only the fields given are compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecurityGroup {
    /// Name of the group. Several groups of this name in the project are a finding, never a guess: then give `id`.
    #[schemars(length(min = 1, max = 255), regex(pattern = VISIBLE))]
    pub name: String,
    /// The project that owns the group.
    pub project: ProjectRef,
    /// The group's id (UUID), where the name is ambiguous. The name must match too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), extend("x-kubernetes-validations" = rules::neutron_id()))]
    pub id: Option<String>,
    /// The group's description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub description: Option<String>,
    /// Rules for traffic to the ports. Absent: not compared. Empty: there may be none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "ingress_rules")]
    pub ingress: Option<Vec<Rule>>,
    /// Rules for traffic from the ports. Absent: not compared. Empty: there may be none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "egress_rules")]
    pub egress: Option<Vec<Rule>>,
    /// What to do with a rule of a compared direction that is not listed.
    #[serde(default = "remove")]
    pub unlisted_rules: Unlisted,
    /// Whether a step that narrows or removes access needs measured evidence.
    #[serde(default)]
    pub evidence: EvidencePolicy,
}

/// A project by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectRef {
    /// Name of the project.
    #[schemars(length(min = 1, max = 64), regex(pattern = VISIBLE))]
    pub name: String,
    /// Name of the domain that owns the project.
    #[schemars(length(min = 1, max = 64), regex(pattern = VISIBLE))]
    pub domain: String,
}

/// One rule. `from` (ingress) and `to` (egress) say the other side; absent means anywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// `IPv4` or `IPv6`. Absent: that of the CIDR, else IPv4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ethertype: Option<Ethertype>,
    /// Protocol by name (`tcp`, `udp`, `icmp`, `ipv6-icmp`, `sctp`, …) or number (`"0"` to `"255"`). Absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10), extend("x-kubernetes-validations" = rules::protocol()))]
    pub protocol: Option<String>,
    /// One port (`"443"`) or a range (`"30000-32767"`) of a protocol that has ports. Absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 11), extend("x-kubernetes-validations" = rules::ports()))]
    pub ports: Option<String>,
    /// Type and code of an ICMP rule. Absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icmp: Option<Icmp>,
    /// Where the traffic of an ingress rule comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Peer>,
    /// Where the traffic of an egress rule goes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Peer>,
    /// The rule's description, given to a rule that is made; it is not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub description: Option<String>,
    /// The measurement that this rule rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

/// IP version of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Ethertype {
    /// IP version 4.
    IPv4,
    /// IP version 6.
    IPv6,
}

/// ICMP type and code, 0 to 255 each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Icmp {
    /// The ICMP type, such as 8 for an echo request.
    #[serde(rename = "type")]
    #[schemars(range(min = 0, max = 255))]
    pub kind: i32,
    /// The ICMP code. Absent: all codes of the type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 255))]
    pub code: Option<i32>,
}

/// The other side of a rule; exactly one field is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules::peer()))]
pub struct Peer {
    /// A network in CIDR notation without host bits, such as `203.0.113.0/24` or `2001:db8::/32`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 43), extend("x-kubernetes-validations" = rules::cidr()))]
    pub cidr: Option<String>,
    /// All ports of a security group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<PeerRef>,
    /// All networks of an address group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_group: Option<PeerRef>,
}

/// A security group or address group by name or id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules::peer_ref()))]
pub struct PeerRef {
    /// Its name. Exactly one of `name` and `id` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255), regex(pattern = VISIBLE))]
    pub name: Option<String>,
    /// Its id (UUID). Exactly one of `name` and `id` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 36), regex(pattern = UUID))]
    pub id: Option<String>,
    /// The project that owns it. Absent: the project of the group that the rule belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectRef>,
}

/// Whether narrowing access must rest on a measurement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum EvidencePolicy {
    /// Evidence is not asked for.
    #[default]
    NotRequired,
    /// No step removes a rule of a direction unless every rule listed there carries evidence.
    Required,
}

/// A measurement: what was seen, when, how and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// When it was measured.
    // As text: the API server takes more for a time than can be read, and one spec that cannot be read would hide all others.
    #[schemars(extend("format" = "date-time"))]
    pub measured_at: String,
    /// How it was measured, such as `conntrack on capi-mgmt-v2`.
    #[schemars(length(min = 1, max = 255), regex(pattern = VISIBLE))]
    pub method: String,
    /// Who measured it.
    #[schemars(length(min = 1, max = 255), regex(pattern = VISIBLE))]
    pub by: String,
}

fn remove() -> Unlisted {
    Unlisted::Remove
}

fn ingress_rules(generator: &mut SchemaGenerator) -> Schema {
    rules_of(
        generator,
        "from",
        "to",
        "an ingress rule has from, not to: name the source in from, or move the rule to egress",
    )
}

fn egress_rules(generator: &mut SchemaGenerator) -> Schema {
    rules_of(
        generator,
        "to",
        "from",
        "an egress rule has to, not from: name the destination in to, or move the rule to ingress",
    )
}

/// A list of rules of one direction. The side that the direction does not have stays in the schema, for a field that the
/// schema does not know would be dropped in silence, and the rule would mean anywhere.
fn rules_of(generator: &mut SchemaGenerator, side: &str, wrong: &str, message: &str) -> Schema {
    let mut rule = Rule::json_schema(generator);
    rule.insert("x-kubernetes-validations".to_owned(), rules::security_group_rule(side));
    if let Some(properties) = rule.get_mut("properties").and_then(|properties| properties.as_object_mut()) {
        let refused = rules::wrong_side(message);
        properties.insert(
            wrong.to_owned(),
            json!({"type": "object", "description": format!("Not here: {message}."), "x-kubernetes-validations": refused}),
        );
    }
    json_schema!({"type": "array", "maxItems": MOST_RULES, "items": rule, "x-kubernetes-list-type": "atomic"})
}
