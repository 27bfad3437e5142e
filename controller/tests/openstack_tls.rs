//! Whose certificates are believed.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::sync::Arc;

use cloudspec::observe::{CloudRead, Listing, Reason};
use cloudspec::openstack::{CloudConfig, ConfigError, Limits, Reader, from_secret};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// An authority, and a server of the name `localhost` whose certificate it signed: it answers every login with 401.
async fn server() -> (String, u16) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(answer_401(listener, TlsAcceptor::from(Arc::new(config))));
    (authority.pem(), port)
}

async fn answer_401(listener: TcpListener, tls: TlsAcceptor) {
    while let Ok((stream, _)) = listener.accept().await {
        let Ok(mut stream) = tls.accept(stream).await else { continue };
        let mut heard = Vec::new();
        while !heard.ends_with(b"}}") && stream.read_buf(&mut heard).await.is_ok_and(|count| count > 0) {}
        let answer = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let _gone = stream.write_all(answer).await;
        let _gone = stream.shutdown().await;
    }
}

fn config(port: u16, cacert: Option<&str>, more: &str) -> CloudConfig {
    let auth = format!(
        "auth_url: 'https://localhost:{port}', username: u, user_domain_id: d, password: p, system_scope: all"
    );
    let text = format!("clouds: {{c: {{auth: {{{auth}}}{more}}}}}");
    from_secret("lab", &text, cacert.map(str::as_bytes), "c").unwrap()
}

async fn reason(config: CloudConfig) -> Reason {
    let reader =
        Reader::new(config, None, Limits { repetitions: 0, ..Limits::default() }, Arc::new(|_| {})).unwrap();
    reader.rows(&Listing::Projects).await.unwrap_err().reason
}

#[tokio::test]
async fn the_given_authority_is_believed() {
    let (authority, port) = server().await;
    assert_eq!(reason(config(port, Some(&authority), "")).await, Reason::CredentialRefused);
}

#[tokio::test]
async fn an_unknown_authority_is_not() {
    let (_, port) = server().await;
    assert_eq!(reason(config(port, None, "")).await, Reason::TlsFailed);
    let (other, _) = server().await;
    assert_eq!(reason(config(port, Some(&other), "")).await, Reason::TlsFailed);
}

#[tokio::test]
async fn verify_false_believes_anyone() {
    let (_, port) = server().await;
    assert_eq!(reason(config(port, None, ", verify: false")).await, Reason::CredentialRefused);
}

#[test]
fn a_bundle_that_is_none_is_said() {
    for bundle in ["", "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n"] {
        let result = Reader::new(config(1, Some(bundle), ""), None, Limits::default(), Arc::new(|_| {}));
        assert!(matches!(result.err().unwrap(), ConfigError::Tls { .. }), "{bundle:?}");
    }
}

#[test]
fn two_entries_of_two_clouds_are_refused() {
    let result =
        Reader::new(config(1, None, ""), Some(config(2, None, "")), Limits::default(), Arc::new(|_| {}));
    assert!(matches!(result.err().unwrap(), ConfigError::Pair { .. }));
}
