//! One certificate in DER → its facts, and whether its chain leads to an authority.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use cloudspec_crds::certificate::KeyAlgorithm;
use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use sha2::{Digest, Sha256};
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::time::ASN1Time;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::certificates::Obstacle;
use crate::model::Unknown;
use crate::model::certificate::{Anchored, CertificateFacts, KeySeen, San};

const ED25519: &str = "1.3.101.112";
/// Curves whose size is not that of a coordinate in whole bytes, or that are met most.
const CURVES: [(&str, u32); 3] = [("1.2.840.10045.3.1.7", 256), ("1.3.132.0.34", 384), ("1.3.132.0.35", 521)];

/// The facts of one certificate.
pub(super) fn facts(der: &CertificateDer<'_>) -> Result<CertificateFacts, Unknown> {
    let wrong =
        |what: &str| Obstacle::NotACertificate.because(format!("what was shown is not understood: {what}"));
    let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| wrong("it is no X.509 certificate"))?;
    if !rest.is_empty() {
        return Err(wrong("more bytes follow the certificate"));
    }
    Ok(CertificateFacts {
        subject: parsed.subject().to_string(),
        issuer: parsed.issuer().to_string(),
        serial: hex::encode(parsed.raw_serial()),
        fingerprint: hex::encode(Sha256::digest(der)),
        not_before: time(&parsed.validity().not_before),
        not_after: time(&parsed.validity().not_after),
        sans: sans(&parsed).ok_or_else(|| wrong("its names"))?,
        key: key(parsed.public_key()).ok_or_else(|| wrong("its key"))?,
    })
}

/// A time beyond what can be told is the last or first that can be.
fn time(time: &ASN1Time) -> Timestamp {
    let seconds = time.timestamp();
    let bound = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(seconds).unwrap_or(bound)
}

fn sans(parsed: &X509Certificate<'_>) -> Option<BTreeSet<San>> {
    let Some(extension) = parsed.subject_alternative_name().ok()? else { return Some(BTreeSet::new()) };
    let mut sans = BTreeSet::new();
    for name in &extension.value.general_names {
        match name {
            GeneralName::DNSName(name) => drop(sans.insert(San::dns(name))),
            GeneralName::IPAddress(bytes) => drop(sans.insert(San::Ip(address(bytes)?))),
            // Names of other kinds are not compared.
            _ => {}
        }
    }
    Some(sans)
}

fn address(bytes: &[u8]) -> Option<std::net::IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(|bytes| Ipv4Addr::from(bytes).into());
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(|bytes| Ipv6Addr::from(bytes).into())).ok()
}

fn key(key: &SubjectPublicKeyInfo<'_>) -> Option<KeySeen> {
    let identifier = key.algorithm.algorithm.to_id_string();
    if identifier == ED25519 {
        return Some(KeySeen::Known { algorithm: KeyAlgorithm::Ed25519, bits: 256 });
    }
    Some(match key.parsed().ok()? {
        PublicKey::RSA(rsa) => KeySeen::Known { algorithm: KeyAlgorithm::RSA, bits: bits(rsa.modulus)? },
        PublicKey::EC(point) => {
            let curve = key.algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok());
            let curve = curve.map(|curve| curve.to_id_string());
            let known = CURVES.iter().find(|(name, _)| Some(*name) == curve.as_deref());
            let bits = known.map_or_else(|| u32::try_from(point.key_size()).ok(), |(_, bits)| Some(*bits))?;
            KeySeen::Known { algorithm: KeyAlgorithm::ECDSA, bits }
        }
        _ => KeySeen::Other(identifier),
    })
}

/// The bits of a number in big-endian bytes.
fn bits(number: &[u8]) -> Option<u32> {
    let first = number.iter().position(|byte| *byte != 0)?;
    let digits = number.get(first..)?;
    let whole = u32::try_from(digits.len()).ok()?.checked_mul(8)?;
    whole.checked_sub(digits.first()?.leading_zeros())
}

/// Any purpose: what a certificate is used for is seen by where it is.
struct AnyPurpose;

impl ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

/// Whether it leads to an authority at the time of the look; where it is not valid at that time itself, which is told apart, at
/// the time nearest to it at which it is.
pub(super) fn anchored(
    certificate: &CertificateDer<'_>,
    above: &[CertificateDer<'_>],
    authorities: &[Vec<u8>],
    facts: &CertificateFacts,
    now: Timestamp,
) -> Anchored {
    if authorities.iter().any(|authority| authority.as_slice() == certificate.as_ref()) {
        return Anchored::Yes;
    }
    let authorities: Vec<CertificateDer<'_>> =
        authorities.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let anchors: Vec<TrustAnchor<'_>> =
        authorities.iter().filter_map(|der| webpki::anchor_from_trusted_cert(der).ok()).collect();
    let at = now.min(facts.not_after).max(facts.not_before);
    let at =
        UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at.as_second()).unwrap_or_default()));
    let algorithms = webpki::ALL_VERIFICATION_ALGS;
    let verified = EndEntityCert::try_from(certificate).and_then(|end| {
        end.verify_for_usage(algorithms, &anchors, above, at, AnyPurpose, None, None).map(drop)
    });
    match verified {
        Ok(()) => Anchored::Yes,
        Err(why) => not_anchored(&why),
    }
}

fn not_anchored(why: &webpki::Error) -> Anchored {
    use webpki::Error as Why;
    match why {
        Why::UnknownIssuer => {
            Anchored::No("no given authority signed it, nor what was shown above it".to_owned())
        }
        Why::InvalidSignatureForPublicKey => {
            Anchored::No("a signature on the way is not by the key of the authority of that name".to_owned())
        }
        Why::CertExpired { .. } | Why::CertNotValidYet { .. } => {
            Anchored::No("a certificate on the way is not valid at the time of the look".to_owned())
        }
        Why::CaUsedAsEndEntity => {
            Anchored::No("it is an authority itself, and none of the given ones".to_owned())
        }
        Why::EndEntityUsedAsCa | Why::PathLenConstraintViolated | Why::NameConstraintViolation => {
            Anchored::No("a certificate on the way may not sign what it signed".to_owned())
        }
        other => Anchored::NotTold(
            Obstacle::SignatureNotUnderstood.because(format!("the chain could not be judged: {other:?}")),
        ),
    }
}
