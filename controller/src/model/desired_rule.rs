//! One security-group rule of a spec, read into its normal form.
//!
//! What comes in: the rule as declared. What goes out: a [`DesiredRule`], or the one field that is wrong first.

use std::net::IpAddr;

use cloudspec_crds::security_group as declared;
use ipnet::IpNet;

use super::desired::{DesiredRule, GroupName, Invalid, PeerName, TenantName, tenant_name};
use super::rule::{Direction, Ethertype, Remote, Rule, Spelling, Traffic};
use super::validate::{self, KEYSTONE_NAME, LONG_NAME, NEUTRON_DESCRIPTION, NEUTRON_ID};

/// A field below the rule, with its leading dot, and what is wrong with it.
pub(super) type WrongRule = (String, String);

fn wrong_rule<T>(field: impl Into<String>, message: impl Into<String>) -> Result<T, WrongRule> {
    Err((field.into(), message.into()))
}

/// Reads one rule of a direction; `owner` is the project of its group.
pub(super) fn rule_from(
    rule: &declared::Rule,
    direction: Direction,
    owner: &TenantName,
) -> Result<DesiredRule, WrongRule> {
    let declared::Rule { ethertype, protocol: _, ports: _, icmp: _, from, to, description, evidence } = rule;
    let (side, peer) = match (direction, from, to) {
        (Direction::Ingress, peer, None) => (".from", peer),
        (Direction::Egress, None, peer) => (".to", peer),
        (Direction::Ingress, _, Some(_)) => {
            return wrong_rule(
                ".to",
                "an ingress rule has from, not to: name the source in from, or move the rule to egress",
            );
        }
        (Direction::Egress, Some(_), _) => {
            return wrong_rule(
                ".from",
                "an egress rule has to, not from: name the destination in to, or move the rule to ingress",
            );
        }
    };
    let (remote, of_prefix) =
        remote_from(peer.as_ref(), owner).map_err(|(field, message)| (format!("{side}{field}"), message))?;
    let ethertype = match (ethertype, of_prefix) {
        (Some(given), Some(prefix)) if *given != prefix => {
            let message = "is not the IP version of the cidr: leave ethertype out, it follows from the cidr";
            return wrong_rule(".ethertype", message);
        }
        (Some(one), _) => *one,
        (None, Some(one)) => one,
        (None, None) => Ethertype::IPv4,
    };
    let mut texts = Vec::new();
    validate::text(description.as_deref(), NEUTRON_DESCRIPTION, ".description".to_owned(), &mut texts);
    if let Some(declared::Evidence { measured_at, method, by }) = evidence {
        if measured_at.parse::<jiff::Timestamp>().is_err() {
            let message = "is not a time: write it like 2026-07-01T09:00:00Z";
            return wrong_rule(".evidence.measuredAt", message);
        }
        validate::name(method, LONG_NAME, ".evidence.method".to_owned(), &mut texts);
        validate::name(by, LONG_NAME, ".evidence.by".to_owned(), &mut texts);
    }
    if let Some(Invalid { field, message }) = texts.pop() {
        return wrong_rule(field, message);
    }
    Ok(DesiredRule {
        rule: Rule { direction, ethertype, traffic: traffic_from(rule, ethertype)?, remote },
        description: description.clone().unwrap_or_default(),
        measured: evidence.is_some(),
    })
}

fn traffic_from(rule: &declared::Rule, ethertype: Ethertype) -> Result<Traffic, WrongRule> {
    let (protocol, ports, icmp) = (rule.protocol.as_deref(), rule.ports.as_deref(), rule.icmp.as_ref());
    let (range_min, range_max) = range(ports, icmp)?;
    // Without the range: what is wrong then is wrong with the protocol.
    let bare = Spelling { protocol, range_min: None, range_max: None };
    let of_protocol =
        Traffic::from_spelling(&bare, ethertype).map_err(|why| (".protocol".to_owned(), why.to_string()))?;
    let is_icmp = matches!(of_protocol, Traffic::Protocol(ICMP | IPV6_ICMP));
    if icmp.is_some() && !is_icmp {
        let message = "only ICMP has a type: give icmp or ipv6-icmp as protocol, or leave icmp out";
        return wrong_rule(".icmp", message);
    }
    if ports.is_some() && is_icmp {
        return wrong_rule(".ports", "ICMP has no ports: give icmp.type, or leave ports out");
    }
    let field = if icmp.is_some() { ".icmp" } else { ".ports" };
    Traffic::from_spelling(&Spelling { protocol, range_min, range_max }, ethertype)
        .map_err(|why| (field.to_owned(), why.to_string()))
}

const ICMP: u8 = 1;
const IPV6_ICMP: u8 = 58;

/// The range as Neutron has it: ports, or ICMP type and code.
fn range(
    ports: Option<&str>,
    icmp: Option<&declared::Icmp>,
) -> Result<(Option<i64>, Option<i64>), WrongRule> {
    match (ports, icmp) {
        (None, None) => Ok((None, None)),
        (None, Some(icmp)) => Ok((Some(icmp.kind.into()), icmp.code.map(i64::from))),
        (Some(_), Some(_)) => wrong_rule(".icmp", "give ports or icmp, not both: ICMP has no ports"),
        (Some(ports), None) => {
            let (min, max) = ports.split_once('-').unwrap_or((ports, ports));
            let number = |text: &str| text.parse::<u16>().ok().filter(|port| port.to_string() == text);
            match (number(min), number(max)) {
                (Some(min), Some(max)) if 1 <= min && min <= max => Ok((Some(min.into()), Some(max.into()))),
                _ => wrong_rule(
                    ".ports",
                    "give a port such as 443, or a range from low to high within 1-65535 such as 30000-32767",
                ),
            }
        }
    }
}

type DesiredRemote = (Remote<PeerName, PeerName>, Option<Ethertype>);

fn remote_from(peer: Option<&declared::Peer>, owner: &TenantName) -> Result<DesiredRemote, WrongRule> {
    let Some(declared::Peer { cidr, group, address_group }) = peer else {
        return Ok((Remote::Anywhere, None));
    };
    match (cidr, group, address_group) {
        (Some(cidr), None, None) => network_from(cidr),
        (None, Some(group), None) => Ok((Remote::Group(peer_name(group, owner, ".group")?), None)),
        (None, None, Some(group)) => {
            Ok((Remote::AddressGroup(peer_name(group, owner, ".addressGroup")?), None))
        }
        _ => wrong_rule(
            "",
            "give exactly one of cidr, group and addressGroup; for anywhere leave the whole field out",
        ),
    }
}

fn network_from(cidr: &str) -> Result<DesiredRemote, WrongRule> {
    let network = read_network(cidr).ok_or_else(|| {
        (".cidr".to_owned(), format!("{cidr:?} is not a network such as 203.0.113.0/24 or 2001:db8::/32"))
    })?;
    if network.trunc() != network {
        return wrong_rule(".cidr", format!("{cidr} has host bits: did you mean {}?", network.trunc()));
    }
    let ethertype = match network {
        IpNet::V4(_) => Ethertype::IPv4,
        IpNet::V6(_) => Ethertype::IPv6,
    };
    Ok((Remote::network(network), Some(ethertype)))
}

/// A network as it reads one way only: no leading zeros (octal to some), no IPv4 mapped into IPv6.
fn read_network(cidr: &str) -> Option<IpNet> {
    let (address, length) = cidr.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let is_mapped = match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(address) => address.to_ipv4_mapped().is_some(),
    };
    let length: u8 = length.parse().ok().filter(|number: &u8| number.to_string() == length)?;
    IpNet::new(address, length).ok().filter(|_| !is_mapped)
}

fn peer_name(peer: &declared::PeerRef, owner: &TenantName, at: &str) -> Result<PeerName, WrongRule> {
    let declared::PeerRef { name, id, project } = peer;
    match (name, id, project) {
        (Some(name), None, project) => {
            let project = project.as_ref().map_or_else(|| owner.clone(), tenant_name);
            let mut wrong = Vec::new();
            validate::name(name, LONG_NAME, format!("{at}.name"), &mut wrong);
            validate::name(&project.name, KEYSTONE_NAME, format!("{at}.project.name"), &mut wrong);
            validate::name(&project.domain, KEYSTONE_NAME, format!("{at}.project.domain"), &mut wrong);
            match wrong.pop() {
                Some(Invalid { field, message }) => wrong_rule(field, message),
                None => Ok(PeerName::Name(GroupName { project, name: name.clone() })),
            }
        }
        (None, Some(_), Some(_)) => {
            wrong_rule(format!("{at}.project"), "leave project out: an id needs none")
        }
        (None, Some(id), None) if validate::is_neutron_id(id) => Ok(PeerName::Id(id.clone())),
        (None, Some(_), None) => wrong_rule(format!("{at}.id"), NEUTRON_ID),
        _ => wrong_rule(at, "give exactly one of name and id"),
    }
}
