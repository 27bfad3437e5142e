//! A verifier that trusts nobody and refuses nobody, and keeps what it saw.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;

use crate::observe::Chain;

/// RSA keys below this are not verified by the provider.
const LEAST_RSA_BITS: usize = 2_048;

/// What one handshake showed.
#[derive(Debug)]
pub(super) struct Witness {
    algorithms: WebPkiSupportedAlgorithms,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    chain: Option<Chain>,
    proved: bool,
}

impl Default for Witness {
    fn default() -> Self {
        let algorithms = ring::default_provider().signature_verification_algorithms;
        Self { algorithms, seen: Mutex::default() }
    }
}

impl Witness {
    /// The chain, where the server has shown that it holds the key of the first.
    pub(super) fn proved(&self) -> Option<Chain> {
        let seen = self.seen();
        seen.chain.clone().filter(|_| seen.proved)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(
        &self,
        certificate: &CertificateDer<'_>,
        verified: Result<HandshakeSignatureValid, Error>,
    ) -> Result<HandshakeSignatureValid, Error> {
        let valid = match verified {
            Ok(valid) => valid,
            // A key that is too small to be verified with is what may have to be told.
            Err(_) if is_small(certificate) => HandshakeSignatureValid::assertion(),
            Err(why) => return Err(why),
        };
        self.seen().proved = true;
        Ok(valid)
    }
}

fn is_small(certificate: &CertificateDer<'_>) -> bool {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else { return false };
    matches!(parsed.public_key().parsed(), Ok(PublicKey::RSA(rsa)) if rsa.key_size() < LEAST_RSA_BITS)
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(end_entity).chain(intermediates);
        self.seen().chain = Some(chain.map(|one| one.clone().into_owned()).collect());
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.note(cert, verify_tls12_signature(message, cert, dss, &self.algorithms))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.note(cert, verify_tls13_signature(message, cert, dss, &self.algorithms))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
