//! A certificate of a spec → a [`DesiredCertificate`], or what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use cloudspec_crds::certificate::{
    Certificate, CertificateEndpoint, CertificateSource, DataKey, KeyAlgorithm, KeyRequirement, Sans,
};
use cloudspec_crds::rules::{MOST_ENDPOINTS, MOST_SANS};
use jiff::SignedDuration;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::certificate::{
    DesiredCertificate, DesiredKey, DesiredSans, Endpoint, KeyOf, Remaining, San, Source,
};
use super::desired::Invalid;
use super::duration;
use super::validate::{self, say};

const LONGEST_NAME: usize = 63;
const MOST_REMAINING: SignedDuration = SignedDuration::from_hours(87_600);
const NO_HOST: &str = "give a DNS name or an IP address; an IPv6 address without brackets";

/// Reads one; what is wrong is said, and what stands for it then is not used.
pub(super) fn certificate_from(
    certificate: &Certificate,
    at: &str,
    wrong: &mut Vec<Invalid>,
) -> Option<DesiredCertificate> {
    let Certificate { name, from, sans, min_remaining, ca, key, same_everywhere } = certificate;
    validate::name(name, LONGEST_NAME, format!("{at}.name"), wrong);
    let from = source_from(from, &format!("{at}.from"), wrong);
    let is_alone = !matches!(&from, Some(Source::Endpoints(endpoints)) if endpoints.len() > 1);
    if *same_everywhere && is_alone {
        let message = "give at least two endpoints in from, or leave sameEverywhere out";
        say(wrong, format!("{at}.sameEverywhere"), message);
    }
    Some(DesiredCertificate {
        name: name.clone(),
        sans: sans.as_ref().and_then(|sans| sans_from(sans, &format!("{at}.sans"), wrong)),
        min_remaining: min_remaining
            .as_ref()
            .and_then(|text| remaining_from(text, &format!("{at}.minRemaining"), wrong)),
        authorities: ca.as_ref().map(|pem| authorities(pem, &format!("{at}.ca"), wrong)).unwrap_or_default(),
        key: key.as_ref().map(|key| key_from(key, &format!("{at}.key"), wrong)),
        same_everywhere: *same_everywhere,
        from: from?,
    })
}

fn source_from(source: &CertificateSource, at: &str, wrong: &mut Vec<Invalid>) -> Option<Source> {
    let CertificateSource { endpoints, secret, config_map } = source;
    match (endpoints, secret, config_map) {
        (Some(listed), None, None) => Some(Source::Endpoints(endpoints_from(listed, at, wrong))),
        (None, Some(key), None) => Some(Source::Secret(key_of(key, &format!("{at}.secret"), wrong))),
        (None, None, Some(key)) => Some(Source::ConfigMap(key_of(key, &format!("{at}.configMap"), wrong))),
        _ => {
            say(wrong, at, "give exactly one of endpoints, secret and configMap");
            None
        }
    }
}

fn endpoints_from(listed: &Vec<CertificateEndpoint>, at: &str, wrong: &mut Vec<Invalid>) -> Vec<Endpoint> {
    let list = format!("{at}.endpoints");
    validate::size(Some(listed), MOST_ENDPOINTS, &list, wrong);
    if listed.is_empty() {
        say(wrong, &list, "give at least one endpoint");
    }
    let mut endpoints = Vec::new();
    for (index, endpoint) in listed.iter().enumerate() {
        let CertificateEndpoint { host, port, server_name } = endpoint;
        let at = format!("{list}[{index}]");
        if is_wild(host) || San::parse(host).is_none() {
            say(wrong, format!("{at}.host"), NO_HOST);
        }
        let is_name = |name: &String| !is_wild(name) && matches!(San::parse(name), Some(San::Dns(_)));
        if !server_name.as_ref().is_none_or(is_name) {
            say(wrong, format!("{at}.serverName"), "give a DNS name: no address is asked for in TLS");
        }
        let number = u16::try_from(*port).unwrap_or_default();
        if number == 0 {
            say(wrong, format!("{at}.port"), "give a port from 1 to 65535");
        }
        let server_name = server_name.as_deref().map(canonical).filter(|name| *name != canonical(host));
        endpoints.push(Endpoint { host: canonical(host), port: number, server_name });
    }
    validate::twins(&list, endpoints.iter(), wrong);
    endpoints
}

fn is_wild(name: &str) -> bool {
    name.starts_with('*')
}

fn canonical(text: &str) -> String {
    San::parse(text).map_or_else(|| text.to_owned(), |san| san.to_string())
}

fn key_of(key: &DataKey, at: &str, wrong: &mut Vec<Invalid>) -> KeyOf {
    let DataKey { name, key } = key;
    validate::object_name(name, format!("{at}.name"), wrong);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if key.is_empty() || key.len() > 253 || !key.bytes().all(allowed) {
        say(wrong, format!("{at}.key"), "give a key of its data, such as tls.crt");
    }
    KeyOf { name: name.clone(), key: key.clone() }
}

fn sans_from(sans: &Sans, at: &str, wrong: &mut Vec<Invalid>) -> Option<DesiredSans> {
    let Sans { exactly, contains, not_contains } = sans;
    let mut set = |list: &Option<Vec<String>>, field: &str| {
        list.as_ref().map(|list| names_from(list, &format!("{at}.{field}"), wrong))
    };
    let (exactly, contains, not_contains) =
        (set(exactly, "exactly"), set(contains, "contains"), set(not_contains, "notContains"));
    match (exactly, contains, not_contains) {
        (None, None, None) => {
            say(wrong, at, "give exactly, contains or notContains, or leave sans out");
            None
        }
        (Some(names), None, None) => Some(DesiredSans::Exactly(names)),
        (Some(_), ..) => {
            let message = "give exactly alone: it says all that contains and notContains could add";
            say(wrong, format!("{at}.exactly"), message);
            None
        }
        (None, contains, not_contains) => {
            let (contains, not_contains) = (contains.unwrap_or_default(), not_contains.unwrap_or_default());
            for name in contains.intersection(&not_contains) {
                say(wrong, format!("{at}.notContains"), format!("{name} is in contains too: keep one"));
            }
            Some(DesiredSans::Some { contains, not_contains })
        }
    }
}

fn names_from(list: &Vec<String>, at: &str, wrong: &mut Vec<Invalid>) -> BTreeSet<San> {
    validate::size(Some(list), MOST_SANS, at, wrong);
    let mut names = BTreeSet::new();
    for (index, text) in list.iter().enumerate() {
        match San::parse(text) {
            Some(name) => drop(names.insert(name)),
            None => say(wrong, format!("{at}[{index}]"), "give a DNS name or an IP address"),
        }
    }
    names
}

fn remaining_from(text: &str, at: &str, wrong: &mut Vec<Invalid>) -> Option<Remaining> {
    match duration::parse(text, at) {
        Ok(least) if least <= MOST_REMAINING => Some(Remaining { text: text.to_owned(), least }),
        Ok(_) | Err(_) => {
            say(wrong, at, "give a Go duration from 0s to 87600h, such as 720h");
            None
        }
    }
}

/// The authorities of a bundle; each must be one that a chain can lead to.
fn authorities(pem: &str, at: &str, wrong: &mut Vec<Invalid>) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for found in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        match found {
            Ok(der) if webpki::anchor_from_trusted_cert(&der).is_ok() => all.push(der.to_vec()),
            Ok(_) | Err(_) => {
                say(wrong, at, format!("the certificate at [{}] of the bundle is not understood", all.len()));
                return Vec::new();
            }
        }
    }
    if all.is_empty() {
        say(wrong, at, "give at least one certificate in PEM");
    }
    all
}

fn key_from(key: &KeyRequirement, at: &str, wrong: &mut Vec<Invalid>) -> DesiredKey {
    let KeyRequirement { algorithms, min_rsa_bits, min_ecdsa_bits } = key;
    let listed = algorithms.clone().unwrap_or_default();
    if algorithms.as_ref().is_some_and(Vec::is_empty)
        || (algorithms.is_none() && min_rsa_bits.is_none() && min_ecdsa_bits.is_none())
    {
        say(wrong, at, "give algorithms, minRsaBits or minEcdsaBits, or leave key out");
    }
    validate::twins(&format!("{at}.algorithms"), listed.iter(), wrong);
    let algorithms: BTreeSet<KeyAlgorithm> = listed.into_iter().collect();
    let mut least = BTreeMap::new();
    for (algorithm, bits, field, (low, high)) in [
        (KeyAlgorithm::RSA, min_rsa_bits, "minRsaBits", (512, 16_384)),
        (KeyAlgorithm::ECDSA, min_ecdsa_bits, "minEcdsaBits", (160, 521)),
    ] {
        let Some(bits) = bits.map(|bits| u32::try_from(bits).unwrap_or_default()) else { continue };
        if bits < low || bits > high {
            say(wrong, format!("{at}.{field}"), format!("give {low} to {high} bits"));
        }
        if !algorithms.is_empty() && !algorithms.contains(&algorithm) {
            let message = format!("add {algorithm:?} to algorithms, or leave {field} out");
            say(wrong, format!("{at}.{field}"), message);
        }
        least.insert(algorithm, bits);
    }
    DesiredKey { algorithms, least }
}
