//! Authorities and certificates, made for a test.

use std::net::IpAddr;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType,
    SignatureAlgorithm, date_time_ymd,
};

/// One that signs.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
    pub(crate) certificate: Certificate,
}

/// A certificate with its key.
pub(crate) struct Made {
    pub(crate) pem: String,
    pub(crate) certificate: Certificate,
    pub(crate) key: KeyPair,
}

/// What a certificate says.
#[derive(Clone, Copy)]
pub(crate) struct Says<'a> {
    pub(crate) names: &'a [&'a str],
    pub(crate) from: i32,
    pub(crate) until: i32,
    pub(crate) key: &'static SignatureAlgorithm,
}

/// For keystone.example.org, from 2026 until 2028.
pub(crate) fn usual() -> Says<'static> {
    Says { names: &["keystone.example.org"], from: 2026, until: 2028, key: &rcgen::PKCS_ECDSA_P256_SHA256 }
}

fn params(name: &str, says: Says<'_>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(says.from, 1, 1);
    params.not_after = date_time_ymd(says.until, 1, 1);
    let san = |name: &&str| match name.parse::<IpAddr>() {
        Ok(address) => SanType::IpAddress(address),
        Err(_) => SanType::DnsName(name.trim_start_matches("DNS:").try_into().unwrap()),
    };
    params.subject_alt_names = says.names.iter().map(san).collect();
    params
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let params = Self::params(name, 2040);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { pem: certificate.pem(), issuer: Issuer::new(params, key), certificate }
    }

    fn params(name: &str, until: i32) -> CertificateParams {
        let mut params = params(name, Says { names: &[], from: 2020, until, ..usual() });
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
    }

    /// One below this one.
    pub(crate) fn below(&self, name: &str, until: i32) -> Self {
        let params = Self::params(name, until);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Self { pem: certificate.pem(), issuer: Issuer::new(params, key), certificate }
    }

    pub(crate) fn sign(&self, says: Says<'_>) -> Made {
        let key = KeyPair::generate_for(says.key).unwrap();
        let certificate = params("server", says).signed_by(&key, &self.issuer).unwrap();
        Made { pem: certificate.pem(), certificate, key }
    }
}
