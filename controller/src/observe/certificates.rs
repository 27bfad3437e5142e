//! Certificates: what servers, Secrets and ConfigMaps show → facts.
//!
//! What comes in: certificates as declared, the port [`CertificateRead`], and the time. What goes out: for each place the facts of what was
//! shown there, or why nothing can be said.
//!
//! # Guarantees
//! Nothing is trusted and nothing refused: an untrusted or expired chain is read and judged. What failed to be read is Unknown, never
//! expired. The whole look ends within a minute, whatever the servers do.

use std::fmt;
use std::time::Duration;

use futures::StreamExt;
use futures::future::{BoxFuture, FutureExt};
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::time::{Instant, timeout_at};

use super::x509::{anchored, facts};
use crate::model::certificate::{
    CertificateSeen, Certificates, DesiredCertificate, Endpoint, KeyOf, Place, Source,
};
use crate::model::{Sighting, Unknown};

/// Places that are looked at at a time.
const AT_ONCE: usize = 16;
/// The longest that one look at all certificates of a spec takes.
const LONGEST: Duration = Duration::from_secs(60);
/// More certificates than this are no chain.
const MOST: usize = 16;

/// Certificates in DER, the one that is compared first.
pub type Chain = Vec<CertificateDer<'static>>;

/// Where certificates are read. Nothing is ever written, and nothing is asked of a server but its certificate.
pub trait CertificateRead: Send + Sync {
    /// What a server shows.
    fn served<'a>(&'a self, endpoint: &'a Endpoint) -> BoxFuture<'a, Result<Chain, Unknown>>;

    /// The bytes of a key of a Secret.
    fn secret<'a>(&'a self, key: &'a KeyOf) -> BoxFuture<'a, Result<Vec<u8>, Unknown>>;

    /// The bytes of a key of a ConfigMap.
    fn config_map<'a>(&'a self, key: &'a KeyOf) -> BoxFuture<'a, Result<Vec<u8>, Unknown>>;
}

/// Why a certificate could not be seen or judged; the name is the reason that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// No connection.
    Unreachable,
    /// No answer in time.
    Timeout,
    /// There was a connection, and no handshake of TLS.
    HandshakeFailed,
    /// What is there is no certificate.
    NotACertificate,
    /// More came than is read.
    TooLarge,
    /// The Secret or ConfigMap has no such key.
    KeyNotFound,
    /// There is no such ConfigMap.
    ConfigMapNotFound,
    /// The ConfigMap may not be read.
    ConfigMapForbidden,
    /// The ConfigMap could not be read.
    ConfigMapNotRead,
    /// It is read in a cluster only.
    NeedsCluster,
    /// A signature on the way to the authority is not understood.
    SignatureNotUnderstood,
}

impl Obstacle {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Unreachable,
        Self::Timeout,
        Self::HandshakeFailed,
        Self::NotACertificate,
        Self::TooLarge,
        Self::KeyNotFound,
        Self::ConfigMapNotFound,
        Self::ConfigMapForbidden,
        Self::ConfigMapNotRead,
        Self::NeedsCluster,
        Self::SignatureNotUnderstood,
    ];

    /// With words; never what was read.
    pub fn because(self, message: impl fmt::Display) -> Unknown {
        Unknown {
            service: "certificate".to_owned(),
            reason: format!("{self:?}"),
            message: message.to_string(),
        }
    }
}

/// Looks at all of them; `now` is the time that they are judged at.
pub async fn certificates(
    read: &dyn CertificateRead,
    wanted: &[DesiredCertificate],
    now: Timestamp,
) -> Certificates {
    let until = Instant::now() + LONGEST;
    let mut looks = Vec::new();
    for certificate in wanted {
        for (place, look) in places(certificate) {
            looks.push(seen_at(read, certificate, place, look, now, until).boxed());
        }
    }
    let mut all = Certificates::new();
    let mut seen = futures::stream::iter(looks).buffer_unordered(AT_ONCE);
    while let Some((name, place, sighting)) = seen.next().await {
        all.entry(name).or_default().insert(place, sighting);
    }
    all
}

async fn seen_at(
    read: &dyn CertificateRead,
    certificate: &DesiredCertificate,
    place: Place,
    look: Look<'_>,
    now: Timestamp,
    until: Instant,
) -> (String, Place, Sighting<CertificateSeen>) {
    let seen = match timeout_at(until, look.chain(read)).await {
        Ok(chain) => chain.and_then(|chain| judged(&chain, &certificate.authorities, now)),
        Err(_elapsed) => Err(Obstacle::Timeout.because(format!("not looked at within {LONGEST:?}"))),
    };
    (certificate.name.clone(), place, seen)
}

/// One place that is looked at.
enum Look<'a> {
    Endpoint(&'a Endpoint),
    Secret(&'a KeyOf),
    ConfigMap(&'a KeyOf),
}

fn places(certificate: &DesiredCertificate) -> Vec<(Place, Look<'_>)> {
    let looks: Vec<Look<'_>> = match &certificate.from {
        Source::Endpoints(endpoints) => endpoints.iter().map(Look::Endpoint).collect(),
        Source::Secret(key) => vec![Look::Secret(key)],
        Source::ConfigMap(key) => vec![Look::ConfigMap(key)],
    };
    certificate.from.places().into_iter().zip(looks).collect()
}

impl Look<'_> {
    async fn chain(&self, read: &dyn CertificateRead) -> Result<Chain, Unknown> {
        match self {
            Self::Endpoint(endpoint) => read.served(endpoint).await,
            Self::Secret(key) => pem(&read.secret(key).await?, key),
            Self::ConfigMap(key) => pem(&read.config_map(key).await?, key),
        }
    }
}

/// The certificates of a text in PEM. Of what else is in it, a private key say, nothing is kept and nothing is said.
fn pem(text: &[u8], key: &KeyOf) -> Result<Chain, Unknown> {
    let read: Result<Chain, _> = CertificateDer::pem_slice_iter(text).take(MOST + 1).collect();
    match read {
        Ok(chain) if chain.is_empty() => Err(Obstacle::NotACertificate
            .because(format!("there is no certificate in PEM under key {}", key.key))),
        Ok(chain) => Ok(chain),
        Err(_not_shown) => {
            Err(Obstacle::NotACertificate.because(format!("what is under key {} is not PEM", key.key)))
        }
    }
}

fn judged(
    chain: &[CertificateDer<'static>],
    authorities: &[Vec<u8>],
    now: Timestamp,
) -> Sighting<CertificateSeen> {
    let Some((first, above)) = chain.split_first() else {
        return Err(Obstacle::NotACertificate.because("no certificate was shown"));
    };
    if chain.len() > MOST {
        return Err(Obstacle::TooLarge.because(format!("more than {MOST} certificates came")));
    }
    let certificate = facts(first)?;
    let judged = (!authorities.is_empty()).then(|| anchored(first, above, authorities, &certificate, now));
    Ok(CertificateSeen {
        seen_at: now,
        above: above.iter().map(|one| facts(one)).collect::<Result<_, _>>()?,
        anchored: judged,
        certificate,
    })
}
