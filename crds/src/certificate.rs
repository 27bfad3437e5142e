//! Certificates as declared: where each is looked at, and what must be true of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::{self, CA_BUNDLE, DATA_KEY, DNS_NAME, HOST, MOST_ENDPOINTS, MOST_SANS, VISIBLE};

/// A certificate that is looked at, never changed. Each must be valid at the time of the look; what else is given is
/// compared too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules::certificate()))]
pub struct Certificate {
    /// What findings and metrics call it.
    #[schemars(length(min = 1, max = 63), regex(pattern = VISIBLE))]
    pub name: String,
    /// Where it is looked at.
    pub from: CertificateSource,
    /// The names that it is good for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sans: Option<Sans>,
    /// How long it must be good for from the time of the look, as a Go duration up to 87600h, such as 720h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), extend("x-kubernetes-validations" = rules::min_remaining()))]
    pub min_remaining: Option<String>,
    /// One or more authorities in PEM: the chain that is served must lead to one of them at the time of the look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32768), regex(pattern = CA_BUNDLE))]
    pub ca: Option<String>,
    /// What its key must be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyRequirement>,
    /// True: all endpoints serve one and the same certificate.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub same_everywhere: bool,
}

/// Where a certificate is looked at; exactly one field is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules::certificate_source()))]
pub struct CertificateSource {
    /// Servers that speak TLS 1.2 or 1.3 from the first byte on. The handshake is made, and nothing is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MOST_ENDPOINTS))]
    pub endpoints: Option<Vec<CertificateEndpoint>>,
    /// A key of a Secret of the same namespace, in PEM: the certificate first, what signed it after it. Grant the controller
    /// `get` on this Secret by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<DataKey>,
    /// The same of a ConfigMap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map: Option<DataKey>,
}

/// A server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificateEndpoint {
    /// Name or address of the host; an IPv6 address without brackets.
    #[schemars(length(min = 1, max = 253), regex(pattern = HOST))]
    pub host: String,
    /// Its TCP port.
    #[schemars(range(min = 1, max = 65535))]
    pub port: i32,
    /// The DNS name that is asked for (SNI). Absent: `host`, and none where that is an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = HOST))]
    pub server_name: Option<String>,
}

/// A key of a Secret or ConfigMap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DataKey {
    /// Its name.
    #[schemars(length(min = 1, max = 253), regex(pattern = DNS_NAME))]
    pub name: String,
    /// The key in its data, such as `tls.crt`.
    #[schemars(length(min = 1, max = 253), regex(pattern = DATA_KEY))]
    pub key: String,
}

/// DNS names and IP addresses of a certificate, compared as sets: capitals, a dot at the end and the spelling of an IPv6
/// address make no difference. Names of other kinds (URI, e-mail) are not compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules::sans()))]
pub struct Sans {
    /// These and no others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MOST_SANS), inner(length(min = 1, max = 253), regex(pattern = HOST)))]
    pub exactly: Option<Vec<String>>,
    /// These, and perhaps others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MOST_SANS), inner(length(min = 1, max = 253), regex(pattern = HOST)))]
    pub contains: Option<Vec<String>>,
    /// None of these: an address that is no longer in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MOST_SANS), inner(length(min = 1, max = 253), regex(pattern = HOST)))]
    pub not_contains: Option<Vec<String>>,
}

/// What the key of a certificate must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules::key_requirement()))]
pub struct KeyRequirement {
    /// One of these. Absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 3), extend("x-kubernetes-list-type" = "set"))]
    pub algorithms: Option<Vec<KeyAlgorithm>>,
    /// The least bits of an RSA key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 512, max = 16384))]
    pub min_rsa_bits: Option<i32>,
    /// The least bits of an ECDSA key: 256, 384 or 521 for the usual curves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 160, max = 521))]
    pub min_ecdsa_bits: Option<i32>,
}

/// An algorithm of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum KeyAlgorithm {
    /// RSA.
    RSA,
    /// A curve of NIST's.
    ECDSA,
    /// Ed25519.
    Ed25519,
}
