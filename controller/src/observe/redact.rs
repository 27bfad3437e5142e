//! Which fields of a row are kept in a recording: those that the collectors read, and no others.

use serde_json::{Map, Value};

use super::port::Listing;

/// A field that is kept, with what is kept below it.
enum Keep {
    /// The value itself, which is text, a number, a truth value or a list of such.
    Plain(&'static str),
    /// These fields of the object, or of each object of the list.
    Below(&'static str, &'static [Keep]),
    /// All numbers of the row.
    Numbers,
}

use Keep::{Below, Numbers, Plain};

const NAMED: &[Keep] = &[Plain("id"), Plain("name"), Plain("domain_id")];
const PROJECT: &[Keep] = &[
    Plain("id"),
    Plain("name"),
    Plain("domain_id"),
    Plain("description"),
    Plain("enabled"),
    Plain("is_domain"),
    Plain("tags"),
    Below("options", &[Plain("immutable")]),
];
const ID: &[Keep] = &[Plain("id")];
const ASSIGNMENT: &[Keep] = &[
    Below("role", ID),
    Below("user", ID),
    Below("group", ID),
    Below(
        "scope",
        &[
            Below("project", ID),
            Below("domain", ID),
            Below("system", &[Plain("all")]),
            Plain("OS-INHERIT:inherited_to"),
        ],
    ),
];
const CREDENTIAL: &[Keep] = &[Plain("id"), Plain("name"), Plain("project_id")];
const RULE: &[Keep] = &[
    Plain("id"),
    Plain("revision_number"),
    Plain("description"),
    Plain("direction"),
    Plain("ethertype"),
    Plain("protocol"),
    Plain("port_range_min"),
    Plain("port_range_max"),
    Plain("remote_ip_prefix"),
    Plain("remote_group_id"),
    Plain("remote_address_group_id"),
    Plain("used_in_non_default_sg"),
];
const GROUP: &[Keep] = &[
    Plain("id"),
    Plain("name"),
    Plain("project_id"),
    Plain("description"),
    Plain("revision_number"),
    Below("security_group_rules", RULE),
];
const ADDRESS_GROUP: &[Keep] = &[Plain("id"), Plain("name"), Plain("project_id")];
const QUOTA: &[Keep] = &[Plain("project_id"), Numbers];
const NESTED_QUOTA: &[Keep] = &[Plain("project_id"), Below("project_quotas", &[Numbers])];

fn kept(listing: &Listing) -> &'static [Keep] {
    match listing {
        Listing::Domains | Listing::Users(_) | Listing::Groups(_) | Listing::Roles => NAMED,
        Listing::Projects => PROJECT,
        Listing::RoleAssignments => ASSIGNMENT,
        Listing::ApplicationCredentials(_) => CREDENTIAL,
        Listing::SecurityGroups => GROUP,
        Listing::AddressGroups => ADDRESS_GROUP,
        Listing::DefaultSecurityGroupRules => RULE,
        Listing::NetworkQuotas
        | Listing::NetworkQuotaDefaults
        | Listing::LoadBalancerQuotas
        | Listing::LoadBalancerQuotaDefaults
        | Listing::KeyManagerOwnQuota
        | Listing::ComputeQuota(_)
        | Listing::VolumeQuota(_) => QUOTA,
        Listing::KeyManagerQuotas => NESTED_QUOTA,
        // An inventory is not recorded: a row of nothing is not understood when it is read again.
        Listing::Compute(_)
        | Listing::Volume(_)
        | Listing::Image(_)
        | Listing::Network(_)
        | Listing::LoadBalancer(_)
        | Listing::KeyManager(_)
        | Listing::ContainerInfra(_)
        | Listing::Identity(_) => &[],
    }
}

/// The row with the fields that are kept.
pub(super) fn redacted(listing: &Listing, row: &Value) -> Value {
    keep(row, kept(listing))
}

fn keep(value: &Value, fields: &[Keep]) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| keep(item, fields)).collect(),
        Value::Object(object) => Value::Object(keep_fields(object, fields)),
        // Where an object is documented and something else came, it was not understood; what it was is not kept.
        _ => Value::Null,
    }
}

fn keep_fields(object: &Map<String, Value>, fields: &[Keep]) -> Map<String, Value> {
    let mut kept = Map::new();
    let field = |name: &str| object.get(name).map(|value| (name.to_owned(), value));
    for keep_one in fields {
        match keep_one {
            Plain(name) => kept.extend(field(name).map(|(name, value)| (name, plain(value)))),
            Below(name, below) => kept.extend(field(name).map(|(name, value)| (name, keep(value, below)))),
            Numbers => {
                let numbers = object.iter().filter(|(_, value)| value.is_number());
                kept.extend(numbers.map(|(name, value)| (name.clone(), value.clone())));
            }
        }
    }
    kept
}

fn plain(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            items.iter().filter(|item| !item.is_object() && !item.is_array()).cloned().collect()
        }
        Value::Object(_) => Value::Null,
        scalar => scalar.clone(),
    }
}
