//! Security-group rules: what is refused, how they are stored, and which count as the same.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::access::Caller;
use super::super::http::{Answer, Call, Reply};
use super::super::world::{Rule, SecurityGroup, World};
use super::paging::{self, Kind};
use super::{
    bad, cidr, constrained, error, given, groups, internal, may_write, not_found, sees, text, within_quota,
};

const KIND: Kind = Kind {
    rows: "security_group_rules",
    filters: &[
        "id",
        "project_id",
        "tenant_id",
        "security_group_id",
        "direction",
        "ethertype",
        "protocol",
        "port_range_min",
        "port_range_max",
        "remote_ip_prefix",
        "remote_group_id",
        "remote_address_group_id",
        "description",
        "revision_number",
    ],
};
const ATTRIBUTES: [&str; 12] = [
    "security_group_id",
    "direction",
    "ethertype",
    "protocol",
    "port_range_min",
    "port_range_max",
    "remote_ip_prefix",
    "remote_group_id",
    "remote_address_group_id",
    "description",
    "project_id",
    "tenant_id",
];
/// Names of protocols with their numbers.
const PROTOCOLS: [(&str, u8); 25] = [
    ("ah", 51),
    ("dccp", 33),
    ("egp", 8),
    ("esp", 50),
    ("gre", 47),
    ("hopopt", 0),
    ("icmp", 1),
    ("igmp", 2),
    ("ip", 0),
    ("ipip", 4),
    ("ipv6-encap", 41),
    ("ipv6-frag", 44),
    ("ipv6-icmp", 58),
    ("icmpv6", 58),
    ("ipv6-nonxt", 59),
    ("ipv6-opts", 60),
    ("ipv6-route", 43),
    ("ospf", 89),
    ("pgm", 113),
    ("rsvp", 46),
    ("sctp", 132),
    ("tcp", 6),
    ("udp", 17),
    ("udplite", 136),
    ("vrrp", 112),
];
const IPV6_ONLY: [u8; 6] = [41, 43, 44, 58, 59, 60];
const WITH_PORTS: [u8; 5] = [6, 17, 33, 132, 136];

pub(super) fn answer(world: &mut World, call: &Call, caller: &Caller, path: &[&str]) -> Reply {
    match (call.method.as_str(), path) {
        ("GET", []) => {
            let rules: BTreeMap<&str, (&str, &Rule)> =
                world.rules().map(|(group, id, rule)| (id, (group, rule))).collect();
            let row = |id: &str| {
                let found = rules
                    .get(id)
                    .and_then(|(group, rule)| Some((group, rule, world.security_groups.get(*group)?)));
                found.map_or(Value::Null, |(group_id, rule, group)| show(id, rule, group_id, group))
            };
            paging::list(call, caller, KIND, rules.keys().copied(), row)
        }
        ("POST", []) if call.body.as_ref().is_some_and(|body| body.get("security_group_rules").is_some()) => {
            create_many(world, call, caller)
        }
        ("POST", []) => {
            let given = given(call, "security_group_rule", &ATTRIBUTES)?;
            let (group, rule) = check(world, caller, &given)?;
            Ok(Answer::new(201, json!({"security_group_rule": insert(world, &group, rule)})))
        }
        ("GET", [id]) => {
            let (group, _) = home_of(world, caller, id)?;
            let row =
                show(id, &world.security_groups[&group].rules[*id], &group, &world.security_groups[&group]);
            Ok(Answer::ok(json!({"security_group_rule": paging::fields(call, &row)})))
        }
        ("PUT", [id]) => {
            home_of(world, caller, id)?;
            let given = call.object("security_group_rule");
            match given.as_object().into_iter().flatten().find(|(name, _)| *name != "description") {
                Some((name, _)) => Err(bad(&format!("Cannot update read-only attribute {name}"))),
                // The real one does not survive it.
                None => Err(internal()),
            }
        }
        ("DELETE", [id]) => delete(world, call, caller, id),
        _ => Err(not_found()),
    }
}

fn missing(id: &str) -> Answer {
    error(404, "SecurityGroupRuleNotFound", &format!("Security group rule {id} does not exist"))
}

/// The id of the group that has the rule, and the rule's project.
fn home_of(world: &World, caller: &Caller, id: &str) -> Result<(String, String), Answer> {
    let found = world.rules().find(|(_, rule_id, rule)| *rule_id == id && sees(caller, &rule.project));
    found.map(|(group, _, rule)| (group.to_owned(), rule.project.clone())).ok_or_else(|| missing(id))
}

fn delete(world: &mut World, call: &Call, caller: &Caller, id: &str) -> Reply {
    let (group, project) = home_of(world, caller, id)?;
    may_write(caller, &project, "delete_security_group_rule")?;
    // A rule never changes, so it stays at 0.
    constrained(call, 0)?;
    if let Some(group) = world.security_groups.get_mut(&group) {
        group.rules.remove(id);
        group.touch();
    }
    Ok(Answer::empty(204))
}

/// All or none.
fn create_many(world: &mut World, call: &Call, caller: &Caller) -> Reply {
    let rows = call.body.as_ref().and_then(|body| body["security_group_rules"].as_array()).cloned();
    let mut checked: Vec<(String, Rule)> = Vec::new();
    for row in rows.unwrap_or_default() {
        let (group, rule) = check(world, caller, &row)?;
        if checked.iter().any(|(other, known)| *other == group && same(known, &rule)) {
            let message = "Duplicate Security Group Rule in POST.";
            return Err(error(409, "DuplicateSecurityGroupRuleInPost", message));
        }
        checked.push((group, rule));
    }
    // Together they count one revision of a group.
    let before: Vec<(String, u64)> =
        checked.iter().map(|(group, _)| (group.clone(), world.security_groups[group].revision)).collect();
    let made: Vec<Value> = checked.into_iter().map(|(group, rule)| insert(world, &group, rule)).collect();
    for (group, revision) in before {
        if let Some(group) = world.security_groups.get_mut(&group) {
            group.revision = revision + 1;
        }
    }
    Ok(Answer::new(201, json!({"security_group_rules": made})))
}

fn insert(world: &mut World, group: &str, rule: Rule) -> Value {
    let id = world.add_rule(group, rule);
    let group_row = &world.security_groups[group];
    show(&id, &group_row.rules[&id], group, group_row)
}

/// The rule as it would be stored, or why not.
fn check(world: &World, caller: &Caller, given: &Value) -> Result<(String, Rule), Answer> {
    let (group_id, rule) = read(given)?;
    check_ports(&rule)?;
    check_family(&rule, given)?;
    let remotes = [&rule.remote_ip_prefix, &rule.remote_group, &rule.remote_address_group];
    if remotes.iter().filter(|remote| remote.is_some()).count() > 1 {
        let message =
            "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.";
        return Err(error(400, "SecurityGroupMultipleRemoteEntites", message));
    }
    if let Some(remote) = &rule.remote_group {
        world.security_groups.get(remote).ok_or_else(|| groups::missing(remote))?;
    }
    if let Some(remote) = &rule.remote_address_group
        && !world.address_groups.contains_key(remote)
    {
        return Err(super::address_groups::missing(remote));
    }
    let group = groups::find(world, caller, &group_id)?;
    may_write(caller, &group.project, "create_security_group_rule")?;
    // The caller's project where none is named, whosever the group is.
    let named = given.get("project_id").or(given.get("tenant_id")).and_then(Value::as_str);
    let project = named.or(caller.project()).unwrap_or_default().to_owned();
    let rule = Rule { project, ..store(rule) };
    if let Some((id, _)) = group.rules.iter().find(|(_, known)| same(known, &rule)) {
        let message = format!("Security group rule already exists. Rule id is {id}.");
        return Err(error(409, "SecurityGroupRuleExists", &message));
    }
    let mine = world.rules().filter(|(_, _, known)| known.project == rule.project).count();
    within_quota(world, &rule.project, "security_group_rule", mine)?;
    Ok((group_id, rule))
}

fn read(given: &Value) -> Result<(String, Rule), Answer> {
    let required = |name: &str| {
        let missing = || bad(&format!("Failed to parse request. Required attribute '{name}' not specified"));
        given.get(name).and_then(Value::as_str).map(str::to_owned).ok_or_else(missing)
    };
    let optional = |name: &str| given.get(name).and_then(Value::as_str).map(str::to_owned);
    let (group, direction) = (required("security_group_id")?, required("direction")?);
    if !matches!(direction.as_str(), "ingress" | "egress") {
        let message = format!("Invalid input for direction. Reason: {direction} is not in valid_values.");
        return Err(bad(&message));
    }
    let prefix = match optional("remote_ip_prefix").filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => {
            let message = format!("Invalid CIDR {text} given as IP prefix.");
            Some(cidr::parse(&text).ok_or_else(|| error(400, "InvalidCIDR", &message))?.kept)
        }
    };
    let rule = Rule {
        ethertype: ethertype(given)?,
        protocol: protocol(given)?,
        port_min: port(given, "port_range_min")?,
        port_max: port(given, "port_range_max")?,
        remote_ip_prefix: prefix,
        remote_group: optional("remote_group_id"),
        remote_address_group: optional("remote_address_group_id"),
        description: Some(text(given, "description", 255)?.unwrap_or_default()),
        direction,
        ..Rule::default()
    };
    Ok((group, rule))
}

fn ethertype(given: &Value) -> Result<String, Answer> {
    let text = given.get("ethertype").and_then(Value::as_str).unwrap_or("IPv4");
    match text.to_lowercase().as_str() {
        "ipv4" => Ok("IPv4".to_owned()),
        "ipv6" => Ok("IPv6".to_owned()),
        _ => {
            let message = format!(
                "Security group rule for ethertype '{text}' not supported. Allowed values are ['IPv4', 'IPv6']."
            );
            Err(error(400, "SecurityGroupRuleInvalidEtherType", &message))
        }
    }
}

fn protocol(given: &Value) -> Result<Option<String>, Answer> {
    let text = match given.get("protocol") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    if text.parse::<u8>().is_ok_and(|number| number.to_string() != text) {
        // `06`: the real one does not survive it.
        return Err(internal());
    }
    let name = text.to_lowercase();
    if number(&name).is_some() {
        return Ok(Some(name));
    }
    let names: Vec<String> = PROTOCOLS.iter().map(|(name, _)| format!("'{name}'")).collect();
    let message = format!(
        "Security group rule protocol {text} not supported. Only protocol values [None, {}] and integer \
         representations [0 to 255] are supported.",
        names.join(", ")
    );
    Err(error(400, "SecurityGroupRuleInvalidProtocol", &message))
}

fn number(protocol: &str) -> Option<u8> {
    let named = PROTOCOLS.iter().find(|(name, _)| *name == protocol).map(|(_, number)| *number);
    named.or_else(|| protocol.parse().ok())
}

fn port(given: &Value, name: &str) -> Result<Option<i64>, Answer> {
    let (text, value) = match given.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => (text.clone(), text.parse::<i64>().ok()),
        Some(other) => (other.to_string(), other.as_i64()),
    };
    match value.filter(|value| (0..=65535).contains(value)) {
        Some(value) => Ok(Some(value)),
        None => Err(error(400, "SecurityGroupInvalidPortValue", &format!("Invalid value for port {text}"))),
    }
}

fn check_ports(rule: &Rule) -> Result<(), Answer> {
    let (low, high) = (rule.port_min, rule.port_max);
    if low.is_none() && high.is_none() {
        return Ok(());
    }
    let Some(protocol) = rule.protocol.as_deref().and_then(number) else {
        let message = "Must also specify protocol if port range is given.";
        return Err(error(400, "SecurityGroupProtocolRequiredWithPorts", message));
    };
    if WITH_PORTS.contains(&protocol) {
        return match (low, high) {
            (Some(0), _) | (_, Some(0)) => {
                Err(error(400, "SecurityGroupInvalidPortValue", "Invalid value for port 0"))
            }
            (Some(low), Some(high)) if low <= high => Ok(()),
            _ => {
                let message = "For TCP/UDP protocols, port_range_min must be <= port_range_max";
                Err(error(400, "SecurityGroupInvalidPortRange", message))
            }
        };
    }
    if protocol != 1 && protocol != 58 {
        let message = format!(
            "Ports cannot be specified for protocol {protocol}. Ports are only supported for DCCP, SCTP, TCP, UDP, \
             UDPLITE."
        );
        return Err(error(400, "SecurityGroupInvalidProtocolForPort", &message));
    }
    for (value, field) in [(low, "type (port_range_min)"), (high, "code (port_range_max)")] {
        if let Some(value) = value.filter(|value| *value > 255) {
            let message = format!("Invalid value for ICMP {field} {value}. It must be 0 to 255.");
            return Err(error(400, "SecurityGroupInvalidIcmpValue", &message));
        }
    }
    match (low, high) {
        (None, Some(code)) => {
            let message = format!(
                "ICMP code (port-range-max) {code} is provided but ICMP type (port-range-min) is missing."
            );
            Err(error(400, "SecurityGroupMissingIcmpType", &message))
        }
        _ => Ok(()),
    }
}

fn check_family(rule: &Rule, given: &Value) -> Result<(), Answer> {
    let v4 = rule.ethertype == "IPv4";
    if rule.remote_ip_prefix.as_deref().and_then(cidr::parse).is_some_and(|prefix| prefix.v4 != v4) {
        let sent = given["remote_ip_prefix"].as_str().unwrap_or_default();
        let message = format!("Conflicting value ethertype {} for CIDR {sent}", rule.ethertype);
        return Err(error(400, "SecurityGroupRuleParameterConflict", &message));
    }
    match &rule.protocol {
        Some(protocol) if v4 && number(protocol).is_some_and(|number| IPV6_ONLY.contains(&number)) => {
            let message = format!("Invalid ethertype {} for protocol {protocol}.", rule.ethertype);
            Err(error(400, "SecurityGroupEthertypeConflictWithProtocol", &message))
        }
        _ => Ok(()),
    }
}

/// The form in the database: ICMP for IPv6 by its one name, and all ports as none.
fn store(rule: Rule) -> Rule {
    let protocol = match rule.protocol.as_deref() {
        Some("icmp" | "icmpv6") if rule.ethertype == "IPv6" => Some("ipv6-icmp".to_owned()),
        _ => rule.protocol.clone(),
    };
    let ported = protocol.as_deref().and_then(number).is_some_and(|number| WITH_PORTS.contains(&number));
    let all = ported && (rule.port_min, rule.port_max) == (Some(1), Some(65535));
    let (port_min, port_max) = if all { (None, None) } else { (rule.port_min, rule.port_max) };
    Rule { protocol, port_min, port_max, ..rule }
}

/// Whether Neutron takes two rules for one: by the protocol's number, and "from anywhere" however it is said. Host bits
/// and descriptions are another matter: bits count, descriptions do not.
fn same(one: &Rule, other: &Rule) -> bool {
    let key = |rule: &Rule| {
        let prefix = rule.remote_ip_prefix.clone().filter(|prefix| prefix != "0.0.0.0/0" && prefix != "::/0");
        let protocol = rule.protocol.as_deref().and_then(number);
        let remote = (prefix, rule.remote_group.clone(), rule.remote_address_group.clone());
        (rule.direction.clone(), rule.ethertype.clone(), protocol, rule.port_min, rule.port_max, remote)
    };
    key(one) == key(other)
}

pub(super) fn show(id: &str, rule: &Rule, group_id: &str, group: &SecurityGroup) -> Value {
    let normalized = rule.remote_ip_prefix.as_deref().and_then(cidr::parse).map(|cidr| cidr.network);
    json!({
        "id": id, "project_id": rule.project, "tenant_id": rule.project, "security_group_id": group_id,
        "ethertype": rule.ethertype, "direction": rule.direction, "protocol": rule.protocol,
        "port_range_min": rule.port_min, "port_range_max": rule.port_max,
        "remote_ip_prefix": rule.remote_ip_prefix, "normalized_cidr": normalized,
        "remote_group_id": rule.remote_group, "remote_address_group_id": rule.remote_address_group,
        "belongs_to_default_sg": group.name == "default", "description": rule.description,
        "created_at": rule.created, "updated_at": rule.created, "revision_number": 0,
    })
}
