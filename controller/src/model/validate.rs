//! What admission refuses field by field, again: for a spec that never passed it (a local file, an older definition).
//!
//! What comes in: parts of a spec and their paths. What goes out: a complaint for each field that is wrong.

use std::collections::BTreeMap;
use std::fmt;

use cloudspec_crds::CloudSpecSpec;
use cloudspec_crds::cloud_spec::{ApprovalPolicy, Cloud, CredentialRef, Limits};
use cloudspec_crds::rules::MOST_LIMIT;
use cloudspec_crds::tenant::{UnlistedTenantPolicy, UnlistedTenants};

use jiff::SignedDuration;

use super::desired::Invalid;
use super::duration;

/// Keystone's limit on the names of domains, projects and groups.
pub(super) const KEYSTONE_NAME: usize = 64;
/// The limit on other names: those of Neutron, and of Keystone's users and roles.
pub(super) const LONG_NAME: usize = 255;
/// Neutron's limit on a description.
pub(super) const NEUTRON_DESCRIPTION: usize = 255;

/// The remedy for an id that Neutron did not give.
pub(super) const NEUTRON_ID: &str =
    "give the id as Neutron shows it, such as 1f1a2d64-5a5b-4f3e-9d0c-7b6f2f0f3c11";

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

pub(super) fn say(wrong: &mut Vec<Invalid>, field: impl fmt::Display, message: impl fmt::Display) {
    wrong.push(Invalid { field: field.to_string(), message: message.to_string() });
}

/// All of the spec but what is listed in it.
pub(super) fn head(spec: &CloudSpecSpec, wrong: &mut Vec<Invalid>) {
    let CloudSpecSpec {
        cloud,
        interval,
        suspend: _,
        approval,
        limits,
        tenants,
        unlisted_tenants,
        security_groups: _,
        certificates: _,
    } = spec;
    let Cloud { observe, apply } = cloud;
    credential(observe, "spec.cloud.observe", wrong);
    if let Some(apply) = apply {
        credential(apply, "spec.cloud.apply", wrong);
    }
    let interval_bounds = (SignedDuration::from_secs(30), SignedDuration::from_hours(24));
    bounded(interval, interval_bounds, "spec.interval", "from 30s to 24h, such as 5m", wrong);
    approval_policy(approval, wrong);
    let Limits { max_steps, max_deletes } = limits;
    for (field, limit) in [("maxSteps", *max_steps), ("maxDeletes", *max_deletes)] {
        if limit < 0 || limit.unsigned_abs() > MOST_LIMIT {
            say(wrong, format!("spec.limits.{field}"), format!("give a number from 0 to {MOST_LIMIT}"));
        }
    }
    let UnlistedTenants { policy, domains } = unlisted_tenants;
    for (index, domain) in domains.iter().enumerate() {
        name(domain, KEYSTONE_NAME, format!("spec.unlistedTenants.domains[{index}]"), wrong);
    }
    twins("spec.unlistedTenants.domains", domains.iter(), wrong);
    if *policy == UnlistedTenantPolicy::Report
        && domains.is_empty()
        && tenants.as_ref().is_none_or(Vec::is_empty)
    {
        let message = "list the domains to look at, or tenants whose domains are looked at";
        say(wrong, "spec.unlistedTenants", message);
    }
}

fn credential(credential: &CredentialRef, at: &str, wrong: &mut Vec<Invalid>) {
    let CredentialRef { secret_name, cloud_name, identity_cloud_name } = credential;
    object_name(secret_name, format!("{at}.secretName"), wrong);
    name(cloud_name, LONG_NAME, format!("{at}.cloudName"), wrong);
    if let Some(identity) = identity_cloud_name {
        name(identity, LONG_NAME, format!("{at}.identityCloudName"), wrong);
    }
}

/// The name of a Secret or ConfigMap.
pub(super) fn object_name(name: &str, field: String, wrong: &mut Vec<Invalid>) {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if name.len() > 253 || !name.split('.').all(label) {
        say(wrong, field, "give the name of an object: lower case, digits, - and .");
    }
}

fn approval_policy(policy: &ApprovalPolicy, wrong: &mut Vec<Invalid>) {
    let ApprovalPolicy { expires_after, separate_author: _, min_plan_age, require_digest: _ } = policy;
    let bounds = (MINUTE, SignedDuration::from_hours(168));
    bounded(expires_after, bounds, "spec.approval.expiresAfter", "from 1m to 168h, such as 1h", wrong);
    let at = "spec.approval.minPlanAge";
    bounded(
        min_plan_age,
        (SignedDuration::ZERO, SignedDuration::from_hours(24)),
        at,
        "from 0s to 24h, such as 10s",
        wrong,
    );
    let (least_age, expiry) = (duration::parse(min_plan_age, at), duration::parse(expires_after, at));
    if least_age.is_ok_and(|least_age| expiry.is_ok_and(|expiry| least_age >= expiry)) {
        say(wrong, at, "give less than expiresAfter: else an approval expires before it can be given");
    }
}

fn bounded(
    text: &str,
    (low, high): (SignedDuration, SignedDuration),
    at: &str,
    bounds: &str,
    wrong: &mut Vec<Invalid>,
) {
    if !duration::parse(text, at).is_ok_and(|given| low <= given && given <= high) {
        say(wrong, at, format!("give a Go duration {bounds}"));
    }
}

/// A name of 1 to `longest` characters that are not all blank.
pub(super) fn name(name: &str, longest: usize, field: String, wrong: &mut Vec<Invalid>) {
    let length = name.chars().count();
    if length == 0 || length > longest {
        say(wrong, field, format!("a name has 1 to {longest} characters, this one {length}"));
    } else if name.trim().is_empty() {
        say(wrong, field, "a name is not only blanks");
    }
}

/// A text of at most `longest` characters.
pub(super) fn text(text: Option<&str>, longest: usize, field: String, wrong: &mut Vec<Invalid>) {
    let length = text.map_or(0, |text| text.chars().count());
    if length > longest {
        say(wrong, field, format!("at most {longest} characters, this has {length}"));
    }
}

/// A list of at most `most` items.
pub(super) fn size<T>(list: Option<&Vec<T>>, most: u32, field: impl fmt::Display, wrong: &mut Vec<Invalid>) {
    let length = list.map_or(0, Vec::len);
    if u32::try_from(length).map_or(true, |length| length > most) {
        say(wrong, field, format!("at most {most} items, these are {length}"));
    }
}

/// Tags as Keystone takes them.
pub(super) fn tags(tags: &[String], at: &str, wrong: &mut Vec<Invalid>) {
    for (index, tag) in tags.iter().enumerate() {
        name(tag, LONG_NAME, format!("{at}[{index}]"), wrong);
        if tag.contains([',', '/']) {
            say(wrong, format!("{at}[{index}]"), "a tag has no comma and no slash");
        }
    }
    twins(at, tags.iter(), wrong);
}

/// An id of Keystone: 32 hex digits.
pub(super) fn keystone_id(id: Option<&str>, field: String, wrong: &mut Vec<Invalid>) {
    if id.is_some_and(|id| id.len() != 32 || !id.bytes().all(is_hex)) {
        say(wrong, field, "give the project's id as Keystone shows it, 32 hex digits in lower case");
    }
}

/// Whether it is an id of Neutron: a UUID in lower case with hyphens.
pub(crate) fn is_neutron_id(id: &str) -> bool {
    let groups: Vec<&str> = id.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(is_hex))
}

fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// Says each entry that has the key of an earlier one.
pub(super) fn twins<K: Ord>(list: &str, keys: impl Iterator<Item = K>, wrong: &mut Vec<Invalid>) {
    some_twins(list, keys.map(Some), wrong);
}

/// The same, for entries that may have no key.
pub(super) fn some_twins<K: Ord>(
    list: &str,
    keys: impl Iterator<Item = Option<K>>,
    wrong: &mut Vec<Invalid>,
) {
    let mut first = BTreeMap::new();
    for (index, key) in keys.enumerate() {
        let Some(key) = key else { continue };
        match first.get(&key) {
            Some(earlier) => {
                say(wrong, format!("{list}[{index}]"), format!("is listed before, at [{earlier}]: keep one"))
            }
            None => drop(first.insert(key, index)),
        }
    }
}
