//! The normal form of a security-group rule: two rules are the same rule exactly when their normal forms are equal.
//!
//! What Neutron 2024.1 treats as one rule (409 `SecurityGroupRuleExists` against each other) is one here: `tcp`, `TCP` and
//! `6`; `icmp` and `icmpv6` on IPv6; no prefix and `0.0.0.0/0`; no ports and 1–65535. `icmp` type 8 and type 8 code 0 are two.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::ids::{AddressGroupId, SecurityGroupId};

pub use cloudspec_crds::security_group::Ethertype;

/// Which way the traffic of a rule goes, seen from the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// To the port.
    Ingress,
    /// From the port.
    Egress,
}

/// What a rule matches beside its other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Traffic {
    /// All protocols.
    Any,
    /// All of one protocol, by IANA number.
    Protocol(u8),
    /// The ports `min..=max` of a protocol that has ports.
    Ports {
        /// IANA protocol number.
        protocol: u8,
        /// Lowest port, at least 1.
        min: u16,
        /// Highest port.
        max: u16,
    },
    /// One ICMP type, with all its codes or one.
    Icmp {
        /// 1 for IPv4, 58 for IPv6.
        protocol: u8,
        /// ICMP type.
        kind: u8,
        /// ICMP code; `None` is every code.
        code: Option<u8>,
    },
}

/// The other side of a rule. `G` and `A` say how groups are referred to: by id where seen, by name where declared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Remote<G, A = AddressGroupId> {
    /// Anywhere; Neutron stores no prefix or `0.0.0.0/0` (`::/0`).
    Anywhere,
    /// A network, without host bits.
    Network(IpNet),
    /// The ports of a security group.
    Group(G),
    /// The networks of an address group.
    AddressGroup(A),
}

/// A rule in normal form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule<G = SecurityGroupId, A = AddressGroupId> {
    /// Which way.
    pub direction: Direction,
    /// IP version.
    pub ethertype: Ethertype,
    /// Protocol, ports, ICMP type.
    pub traffic: Traffic,
    /// The other side.
    pub remote: Remote<G, A>,
}

/// A rule as the service or a spec spells it, before it is understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spelling<'a> {
    /// Protocol name or number.
    pub protocol: Option<&'a str>,
    /// Neutron's `port_range_min`: lowest port, or the ICMP type.
    pub range_min: Option<i64>,
    /// Neutron's `port_range_max`: highest port, or the ICMP code.
    pub range_max: Option<i64>,
}

/// Why a spelling has no meaning.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Not a name that Neutron knows, nor a number.
    #[error("unknown protocol {0:?}: give a name that Neutron knows or a number from \"0\" to \"255\"")]
    UnknownProtocol(String),
    /// The protocol belongs to the other IP version.
    #[error("protocol {0} is of IPv6 only")]
    NotOnIpv4(String),
    /// Ports of a protocol without ports.
    #[error("protocol {0} has no ports: leave the ports out, or use tcp, udp, sctp, dccp or udplite")]
    NoPorts(String),
    /// A range that is none.
    #[error("ports {0}-{1} are not a range within 1-65535")]
    PortRange(i64, i64),
    /// An ICMP type or code out of range, or a code without a type.
    #[error("ICMP type and code must be 0 to 255, and a code needs a type")]
    Icmp,
}

const ICMP: u8 = 1;
const IPV6_ICMP: u8 = 58;
/// Protocols by the names that Neutron takes (neutron-lib, `IP_PROTOCOL_MAP`).
const PROTOCOLS: [(&str, u8); 26] = [
    ("ah", 51),
    ("dccp", 33),
    ("egp", 8),
    ("esp", 50),
    ("gre", 47),
    ("hopopt", 0),
    ("icmp", ICMP),
    ("icmpv6", IPV6_ICMP),
    ("igmp", 2),
    ("ip", 0),
    ("ipip", 4),
    ("ipv6-encap", 41),
    ("ipv6-frag", 44),
    ("ipv6-icmp", IPV6_ICMP),
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
    ("ipencap", 4),
];
const WITH_PORTS: [u8; 5] = [6, 17, 33, 132, 136];
const IPV6_ONLY: [u8; 6] = [41, 43, 44, IPV6_ICMP, 59, 60];

/// The number of a protocol on an IP version. `icmp` and `1` on IPv6 are `ipv6-icmp`, as Neutron stores them.
///
/// # Errors
/// When the name is unknown or belongs to the other IP version.
pub fn protocol_number(spelled: &str, ethertype: Ethertype) -> Result<u8, RuleError> {
    let name = spelled.to_ascii_lowercase();
    let number = match PROTOCOLS.iter().find(|(known, _)| *known == name) {
        Some((_, number)) => *number,
        None => plain_number(spelled).ok_or_else(|| RuleError::UnknownProtocol(spelled.to_owned()))?,
    };
    match ethertype {
        Ethertype::IPv6 if number == ICMP => Ok(IPV6_ICMP),
        Ethertype::IPv4 if IPV6_ONLY.contains(&number) => Err(RuleError::NotOnIpv4(spelled.to_owned())),
        Ethertype::IPv4 | Ethertype::IPv6 => Ok(number),
    }
}

/// A number without leading zeros or sign: Neutron answers 500 to `"06"`.
fn plain_number(spelled: &str) -> Option<u8> {
    spelled.parse().ok().filter(|number: &u8| number.to_string() == spelled)
}

impl Traffic {
    /// What a spelling matches.
    ///
    /// # Errors
    /// When Neutron would refuse it, or it means nothing.
    pub fn from_spelling(spelling: &Spelling<'_>, ethertype: Ethertype) -> Result<Self, RuleError> {
        let Spelling { protocol, range_min, range_max } = *spelling;
        let Some(name) = protocol else {
            return match (range_min, range_max) {
                (None, None) => Ok(Self::Any),
                _ => Err(RuleError::NoPorts("any".to_owned())),
            };
        };
        let number = protocol_number(name, ethertype)?;
        match (range_min, range_max) {
            (None, None) => Ok(Self::Protocol(number)),
            (kind, code) if number == ICMP || number == IPV6_ICMP => icmp(number, kind, code),
            (Some(min), Some(max)) if WITH_PORTS.contains(&number) => ports(number, min, max),
            (min, max) if WITH_PORTS.contains(&number) => {
                Err(RuleError::PortRange(min.unwrap_or(0), max.unwrap_or(0)))
            }
            _ => Err(RuleError::NoPorts(name.to_owned())),
        }
    }
}

fn ports(protocol: u8, min: i64, max: i64) -> Result<Traffic, RuleError> {
    match (u16::try_from(min), u16::try_from(max)) {
        // Neutron stores the whole range as no range.
        (Ok(1), Ok(u16::MAX)) => Ok(Traffic::Protocol(protocol)),
        (Ok(min), Ok(max)) if 1 <= min && min <= max => Ok(Traffic::Ports { protocol, min, max }),
        _ => Err(RuleError::PortRange(min, max)),
    }
}

fn icmp(protocol: u8, kind: Option<i64>, code: Option<i64>) -> Result<Traffic, RuleError> {
    let byte = |number: i64| u8::try_from(number).map_err(|_| RuleError::Icmp);
    let kind = byte(kind.ok_or(RuleError::Icmp)?)?;
    Ok(Traffic::Icmp { protocol, kind, code: code.map(byte).transpose()? })
}

impl<G, A> Remote<G, A> {
    /// A network as the other side; host bits are cut, and the whole address space is anywhere.
    pub fn network(network: IpNet) -> Self {
        match network.prefix_len() {
            0 => Self::Anywhere,
            _ => Self::Network(network.trunc()),
        }
    }
}

/// Reads a prefix as Neutron stores it: an address alone is a host.
pub fn parse_prefix(prefix: &str) -> Option<IpNet> {
    prefix.parse().ok().or_else(|| prefix.parse::<IpAddr>().ok().map(IpNet::from))
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        })
    }
}

/// The name that is shown and sent for a protocol number: Neutron's own, else the number.
pub fn protocol_name(number: u8) -> String {
    let canonical = |(_, known): &&(&str, u8)| *known == number;
    match number {
        0 => "0".to_owned(),
        IPV6_ICMP => "ipv6-icmp".to_owned(),
        _ => PROTOCOLS
            .iter()
            .find(canonical)
            .map_or_else(|| number.to_string(), |(name, _)| (*name).to_owned()),
    }
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Any => f.write_str("any"),
            Self::Protocol(protocol) => f.write_str(&protocol_name(protocol)),
            Self::Ports { protocol, min, max } if min == max => {
                write!(f, "{} {min}", protocol_name(protocol))
            }
            Self::Ports { protocol, min, max } => write!(f, "{} {min}-{max}", protocol_name(protocol)),
            Self::Icmp { protocol, kind, code: None } => write!(f, "{} type {kind}", protocol_name(protocol)),
            Self::Icmp { protocol, kind, code: Some(code) } => {
                write!(f, "{} type {kind} code {code}", protocol_name(protocol))
            }
        }
    }
}

impl<G: fmt::Display, A: fmt::Display> fmt::Display for Rule<G, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { direction, ethertype, traffic, remote } = self;
        let side = match direction {
            Direction::Ingress => "from",
            Direction::Egress => "to",
        };
        write!(f, "{direction} {ethertype:?} {traffic} {side} ")?;
        match remote {
            Remote::Anywhere => f.write_str("anywhere"),
            Remote::Network(network) => write!(f, "{network}"),
            Remote::Group(group) => write!(f, "group {group}"),
            Remote::AddressGroup(group) => write!(f, "address group {group}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic(
        protocol: &str,
        range: Option<(i64, i64)>,
        ethertype: Ethertype,
    ) -> Result<Traffic, RuleError> {
        let (range_min, range_max) = range.map_or((None, None), |(min, max)| (Some(min), Some(max)));
        Traffic::from_spelling(&Spelling { protocol: Some(protocol), range_min, range_max }, ethertype)
    }

    #[test]
    fn one_protocol_in_all_its_spellings_is_one() {
        use Ethertype::{IPv4, IPv6};
        for (one, other, ethertype) in [
            ("tcp", "6", IPv4),
            ("tcp", "TCP", IPv4),
            ("icmp", "1", IPv4),
            ("icmp", "ipv6-icmp", IPv6),
            ("icmpv6", "58", IPv6),
            ("1", "ipv6-icmp", IPv6),
            ("vrrp", "112", IPv4),
            ("esp", "50", IPv4),
            ("sctp", "132", IPv4),
            ("ipip", "4", IPv4),
        ] {
            assert_eq!(traffic(one, None, ethertype), traffic(other, None, ethertype), "{one} and {other}");
        }
    }

    #[test]
    fn what_neutron_keeps_apart_stays_apart() {
        let v4 = Ethertype::IPv4;
        assert_ne!(traffic("icmp", Some((8, 0)), v4).unwrap(), traffic("icmp", None, v4).unwrap());
        let all_codes = Spelling { protocol: Some("icmp"), range_min: Some(8), range_max: None };
        assert_ne!(Traffic::from_spelling(&all_codes, v4), traffic("icmp", Some((8, 0)), v4));
        assert_ne!(Traffic::from_spelling(&Spelling::default(), v4), traffic("0", None, v4));
    }

    #[test]
    fn the_whole_port_range_is_no_range() {
        assert_eq!(traffic("tcp", Some((1, 65535)), Ethertype::IPv4), traffic("tcp", None, Ethertype::IPv4));
    }

    #[test]
    fn the_whole_address_space_is_anywhere_and_host_bits_are_cut() {
        assert_eq!(Remote::<SecurityGroupId>::network("0.0.0.0/0".parse().unwrap()), Remote::Anywhere);
        assert_eq!(
            Remote::<SecurityGroupId>::network(parse_prefix("10.0.0.5/24").unwrap()),
            Remote::Network("10.0.0.0/24".parse().unwrap())
        );
        assert_eq!(parse_prefix("10.0.0.9"), parse_prefix("10.0.0.9/32"));
    }

    #[test]
    fn what_neutron_refuses_is_refused() {
        let v4 = Ethertype::IPv4;
        for refused in [
            traffic("any", None, v4),
            traffic("-1", None, v4),
            traffic("256", None, v4),
            traffic("06", None, v4),
            traffic("icmpv6", None, v4),
            traffic("vrrp", Some((1, 2)), v4),
            traffic("tcp", Some((0, 10)), v4),
            traffic("tcp", Some((10, 9)), v4),
            traffic("icmp", Some((256, 0)), v4),
        ] {
            assert!(refused.is_err(), "{refused:?}");
        }
    }

    #[test]
    fn every_number_has_a_name_that_reads_back_as_itself() {
        for number in 0..=255u8 {
            let name = protocol_name(number);
            assert_eq!(
                protocol_number(&name, Ethertype::IPv6),
                Ok(if number == 1 { IPV6_ICMP } else { number })
            );
        }
    }
}
