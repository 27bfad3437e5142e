//! Certificates: as declared, and as seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use cloudspec_crds::certificate::KeyAlgorithm;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::snapshot::{Sighting, Unknown};

/// A certificate as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredCertificate {
    /// What findings call it.
    pub name: String,
    /// Where it is looked at.
    pub from: Source,
    /// Its names, where compared.
    pub sans: Option<DesiredSans>,
    /// How long it must be good for, where compared.
    pub min_remaining: Option<Remaining>,
    /// The authorities that its chain must lead to one of, in DER; empty: not compared.
    pub authorities: Vec<Vec<u8>>,
    /// What its key must be, where compared.
    pub key: Option<DesiredKey>,
    /// Whether all places must show the same.
    pub same_everywhere: bool,
}

/// Where a certificate is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Servers, at least one, none twice.
    Endpoints(Vec<Endpoint>),
    /// A key of a Secret.
    Secret(KeyOf),
    /// A key of a ConfigMap.
    ConfigMap(KeyOf),
}

/// A server that speaks TLS.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The DNS name that is asked for, where it is not the host.
    pub server_name: Option<String>,
}

/// A key of a Secret or ConfigMap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyOf {
    /// The Secret or ConfigMap.
    pub name: String,
    /// The key in its data.
    pub key: String,
}

/// One place of a certificate in words, such as `keystone.example.org:5000`; a certificate has no two places of one name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Place(pub String);

/// A time that a certificate must be good for, with its spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// As it is declared.
    pub text: String,
    /// How long.
    pub least: SignedDuration,
}

/// Names that a certificate must or must not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DesiredSans {
    /// These and no others.
    Exactly(BTreeSet<San>),
    /// Some, and none of others.
    Some {
        /// These must be there.
        contains: BTreeSet<San>,
        /// None of these may be there.
        not_contains: BTreeSet<San>,
    },
}

/// What a key must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredKey {
    /// One of these; empty: any.
    pub algorithms: BTreeSet<KeyAlgorithm>,
    /// The least bits, by algorithm.
    pub least: BTreeMap<KeyAlgorithm, u32>,
}

/// A name in a certificate, in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum San {
    /// A DNS name in lower case, without a dot at the end.
    Dns(String),
    /// An IP address.
    Ip(IpAddr),
}

/// Certificates as seen: by name, and by place.
pub type Certificates = BTreeMap<String, BTreeMap<Place, Sighting<CertificateSeen>>>;

/// What was seen at one place, in facts; no key, no signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateSeen {
    /// When it was looked at.
    pub seen_at: Timestamp,
    /// The certificate.
    pub certificate: CertificateFacts,
    /// What came with it, in the order in which it came.
    pub above: Vec<CertificateFacts>,
    /// Whether it leads to a given authority, where one is given.
    pub anchored: Option<Anchored>,
}

/// The facts of one certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateFacts {
    /// Whom it names.
    pub subject: String,
    /// Who signed it, by its own word.
    pub issuer: String,
    /// Serial number in hex.
    pub serial: String,
    /// SHA-256 of the whole certificate in hex.
    pub fingerprint: String,
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// Its DNS names and IP addresses.
    pub sans: BTreeSet<San>,
    /// Its key.
    pub key: KeySeen,
}

/// A key as seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KeySeen {
    /// One of the algorithms that can be declared.
    Known {
        /// Which.
        algorithm: KeyAlgorithm,
        /// Its size.
        bits: u32,
    },
    /// Another, by its object identifier.
    Other(String),
}

/// Whether a chain leads to a given authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Anchored {
    /// It does.
    Yes,
    /// It does not, and why.
    No(String),
    /// A signature on the way is of a kind that is not understood here.
    NotTold(Unknown),
}

impl Source {
    /// Its places, none twice.
    pub fn places(&self) -> Vec<Place> {
        match self {
            Self::Endpoints(endpoints) => endpoints.iter().map(Endpoint::place).collect(),
            Self::Secret(key) => vec![Place(format!("Secret {key}"))],
            Self::ConfigMap(key) => vec![Place(format!("ConfigMap {key}"))],
        }
    }
}

impl Endpoint {
    /// Its name.
    pub fn place(&self) -> Place {
        let Self { host, port, server_name } = self;
        let host = match host.parse::<Ipv6Addr>() {
            Ok(address) => format!("[{address}]"),
            Err(_) => host.clone(),
        };
        let asked = server_name.as_ref().map(|name| format!(" as {name}")).unwrap_or_default();
        Place(format!("{host}:{port}{asked}"))
    }
}

impl San {
    /// The canonical form of a name or an address; none where it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse() {
            return Some(Self::Ip(address));
        }
        is_dns_name(text).then(|| Self::dns(text))
    }

    /// A DNS name, whatever it looks like.
    pub fn dns(text: &str) -> Self {
        Self::Dns(text.trim_end_matches('.').to_lowercase())
    }
}

/// Whether it is a name of DNS, perhaps with a star in front.
fn is_dns_name(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    let name = name.strip_prefix("*.").unwrap_or(name);
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    // A last label of digits alone is a part of an address that was mistyped.
    let digits = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    name.len() <= 253 && name.split('.').all(label) && !name.rsplit('.').next().is_none_or(digits)
}

impl fmt::Display for San {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // An address that was written down as a name is not that address.
            Self::Dns(name) if name.parse::<IpAddr>().is_ok() => write!(f, "DNS:{name}"),
            Self::Dns(name) => f.write_str(name),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

impl fmt::Display for KeySeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known { algorithm, bits } => write!(f, "{algorithm:?} {bits} bits"),
            Self::Other(identifier) => write!(f, "algorithm {identifier}"),
        }
    }
}

impl fmt::Display for DesiredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { algorithms, least } = self;
        let all = [KeyAlgorithm::RSA, KeyAlgorithm::ECDSA, KeyAlgorithm::Ed25519];
        let taken = all.into_iter().filter(|one| algorithms.is_empty() || algorithms.contains(one));
        let one = |algorithm: KeyAlgorithm| match least.get(&algorithm) {
            Some(bits) => format!("{algorithm:?} of {bits} bits or more"),
            None => format!("{algorithm:?}"),
        };
        f.write_str(&taken.map(one).collect::<Vec<_>>().join(", or "))
    }
}

impl fmt::Display for KeyOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, key {}", self.name, self.key)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Option<String> {
        San::parse(text).map(|san| san.to_string())
    }

    #[test]
    fn one_name_in_two_spellings_is_one() {
        for (one, other) in [
            ("Keystone.Example.org.", "keystone.example.org"),
            ("2001:DB8:0:0::1", "2001:db8::1"),
            ("*.Example.org", "*.example.org"),
        ] {
            assert_eq!(San::parse(one), San::parse(other), "{one}");
        }
    }

    #[test]
    fn what_is_neither_a_name_nor_an_address_is_neither() {
        for wrong in
            ["", ".", "a..b", "-a.org", "a-.org", "10.0.0.256", "10.0.0.0/24", "a.*.org", "a b", "::1::"]
        {
            assert_eq!(canonical(wrong), None, "{wrong:?}");
        }
        assert_eq!(canonical("_sip.example"), Some("_sip.example".to_owned()));
    }

    #[test]
    fn an_address_as_a_name_is_not_that_address() {
        assert_ne!(San::dns("10.0.0.1"), San::Ip([10, 0, 0, 1].into()));
        assert_eq!(San::dns("10.0.0.1").to_string(), "DNS:10.0.0.1");
    }

    #[test]
    fn places_are_told_apart_by_host_port_and_the_name_asked_for() {
        let place = |host: &str, server_name: Option<&str>| {
            let server_name = server_name.map(str::to_owned);
            Endpoint { host: host.to_owned(), port: 443, server_name }.place().0
        };
        assert_eq!(place("a.org", None), "a.org:443");
        assert_eq!(place("a.org", Some("b.org")), "a.org:443 as b.org");
        assert_eq!(place("2001:db8::1", None), "[2001:db8::1]:443");
    }
}
