//! What is found at real servers on loopback: each fault of a server is its own finding, and none is another.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cloudspec::model::FindingKind;
use cloudspec::observe::certificates;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::made::{Authority, Made, Says, usual};
use super::{desired, findings, found_at, now, world};

/// What servers were asked for by name, and how many bytes came after the handshake.
#[derive(Default)]
struct Heard {
    names: Mutex<Vec<Option<String>>>,
    asked: Mutex<Vec<usize>>,
}

#[derive(Debug)]
struct Shows(Arc<CertifiedKey>, Arc<Heard>);

impl std::fmt::Debug for Heard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Heard")
    }
}

impl ResolvesServerCert for Shows {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.1.names.lock().unwrap().push(hello.server_name().map(str::to_owned));
        Some(self.0.clone())
    }
}

async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

enum Clients {
    Any,
    WithCertificate(Box<Authority>),
}

async fn serve(
    made: &Made,
    above: &[&Authority],
    clients: Clients,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> (u16, Arc<Heard>) {
    let heard = Arc::new(Heard::default());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.key.serialize_der()));
    let key = provider.key_provider.load_private_key(key).unwrap();
    let chain = std::iter::once(&made.certificate).chain(above.iter().map(|one| &one.certificate));
    let certified = CertifiedKey::new(chain.map(|one| one.der().clone()).collect(), key);
    let builder =
        ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions).unwrap();
    let builder = match clients {
        Clients::Any => builder.with_no_client_auth(),
        Clients::WithCertificate(authority) => {
            let mut roots = rustls::RootCertStore::empty();
            roots.add(authority.certificate.der().clone()).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    let config = builder.with_cert_resolver(Arc::new(Shows(Arc::new(certified), heard.clone())));
    let (listener, port) = listen().await;
    tokio::spawn(accept(listener, TlsAcceptor::from(Arc::new(config)), heard.clone()));
    (port, heard)
}

async fn accept(listener: TcpListener, tls: TlsAcceptor, heard: Arc<Heard>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, heard) = (tls.clone(), heard.clone());
        tokio::spawn(async move {
            let Ok(mut stream) = tls.accept(stream).await else { return };
            let mut all = Vec::new();
            let _cut = stream.read_to_end(&mut all).await;
            heard.asked.lock().unwrap().push(all.len());
        });
    }
}

/// A server that does this with each connection.
async fn raw<F>(mut with: impl FnMut(TcpStream) -> F + Send + 'static) -> u16
where
    F: Future<Output = ()> + Send + 'static,
{
    let (listener, port) = listen().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(with(stream));
        }
    });
    port
}

const BOTH: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS12, &rustls::version::TLS13];

/// A server of one certificate, and the task that it is.
pub(crate) async fn one_server(made: &Made) -> (u16, tokio::task::JoinHandle<()>) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.key.serialize_der()));
    let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(BOTH).unwrap();
    let chain = vec![made.certificate.der().clone()];
    let config = builder.with_no_client_auth().with_single_cert(chain, key).unwrap();
    let (listener, port) = listen().await;
    (port, tokio::spawn(accept(listener, TlsAcceptor::from(Arc::new(config)), Arc::default())))
}

/// One endpoint on loopback, with what is declared of it.
fn at(port: u16, declared: &str) -> String {
    format!("- {{name: vip, from: {{endpoints: [{{host: 127.0.0.1, port: {port}}}]}}{declared}}}")
}

fn ca(authority: &Authority) -> String {
    let pem: String = authority.pem.lines().map(|line| format!("\\n{line}")).collect();
    format!(", ca: \"{}\"", pem.trim_start_matches("\\n"))
}

#[tokio::test]
async fn a_chain_that_nobody_trusts_is_read_and_judged() {
    let root = Authority::new("root");
    let below = root.below("issuing", 2040);
    let made = below.sign(usual());
    for versions in [BOTH, &BOTH[..1], &BOTH[1..]] {
        let (port, _) = serve(&made, &[&below], Clients::Any, versions).await;
        assert_eq!(findings(&at(port, ", sans: {exactly: [keystone.example.org]}"), &world(&[])).await, "");
        assert_eq!(findings(&at(port, &ca(&root)), &world(&[])).await, "");
    }
}

#[tokio::test]
async fn each_fault_of_a_certificate_is_its_own_finding() {
    let (root, other) = (Authority::new("root"), Authority::new("other"));
    let declared = format!(
        ", sans: {{exactly: [keystone.example.org]}}, minRemaining: 720h, key: {{minEcdsaBits: 256}}{}",
        ca(&root)
    );
    for (name, made, expected) in [
        (
            "another name",
            root.sign(Says { names: &["old.example.org"], ..usual() }),
            vec!["Missing sans", "Extra sans"],
        ),
        ("expired", root.sign(Says { until: 2027, ..usual() }), vec!["Changed notAfter"]),
        ("not yet valid", root.sign(Says { from: 2028, until: 2029, ..usual() }), vec!["Changed notBefore"]),
        ("another issuer", other.sign(usual()), vec!["Changed ca"]),
    ] {
        let (port, _) = serve(&made, &[], Clients::Any, BOTH).await;
        let found = found_at(&desired(&at(port, &declared)), &world(&[]), now()).await;
        let mut said: Vec<String> =
            found.iter().map(|one| format!("{:?} {}", one.kind, one.field().unwrap_or_default())).collect();
        said.sort();
        let mut expected = expected;
        expected.sort_unstable();
        assert_eq!(said, expected, "{name}");
    }
    let small = root.sign(usual());
    let (port, _) = serve(&small, &[], Clients::Any, BOTH).await;
    let found = findings(&at(port, ", key: {algorithms: [ECDSA], minEcdsaBits: 384}"), &world(&[])).await;
    assert!(found.contains("key: ECDSA of 384 bits or more | ECDSA 256 bits"), "{found}");
}

#[tokio::test]
async fn two_servers_with_different_certificates_are_told_with_their_places() {
    let root = Authority::new("root");
    let (one, two) = (root.sign(usual()), root.sign(usual()));
    let (first, _) = serve(&one, &[], Clients::Any, BOTH).await;
    let (second, _) = serve(&two, &[], Clients::Any, BOTH).await;
    let (third, _) = serve(&one, &[], Clients::Any, BOTH).await;
    let all = |ports: &[u16]| {
        let places: Vec<String> =
            ports.iter().map(|port| format!("{{host: 127.0.0.1, port: {port}}}")).collect();
        format!("- {{name: vip, from: {{endpoints: [{}]}}, sameEverywhere: true}}", places.join(", "))
    };
    assert_eq!(findings(&all(&[first, third]), &world(&[])).await, "");
    let found = findings(&all(&[first, second, third]), &world(&[])).await;
    assert!(
        found
            .starts_with("Warning Changed certificate vip, sameEverywhere: one certificate at all places | "),
        "{found}"
    );
    for port in [first, second, third] {
        assert!(found.contains(&format!("127.0.0.1:{port}")), "{found}");
    }
    assert_eq!(found.lines().count(), 1, "{found}");
}

#[tokio::test]
async fn a_server_that_shows_nothing_is_unknown_with_the_reason() {
    let gone = listen().await.1;
    let hangs = raw(|stream| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let garbage = raw(|mut stream| async move {
        let _sent = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    })
    .await;
    let closes = raw(|stream| async move { drop(stream) }).await;
    let tls10 = raw(only_tls10).await;
    for (name, port, reason) in [
        ("down", gone, "Unreachable"),
        ("hangs", hangs, "Timeout"),
        ("garbage", garbage, "HandshakeFailed"),
        ("closes", closes, "HandshakeFailed"),
        ("TLS 1.0 only", tls10, "HandshakeFailed"),
    ] {
        let declared = at(port, ", minRemaining: 720h, sans: {exactly: [a.org]}");
        let begun = Instant::now();
        let found = found_at(&desired(&declared), &world(&[]), now()).await;
        assert!(begun.elapsed() < Duration::from_secs(10), "{name}");
        let [one] = found.as_slice() else { unreachable!("{name}: {found:?}") };
        assert_eq!(
            (one.kind, one.unseen.as_deref()),
            (FindingKind::Unknowable, Some(reason)),
            "{name}: {one:?}"
        );
        let again = found_at(&desired(&declared), &world(&[]), now()).await;
        assert_eq!(found, again, "{name}: said in the same words at the next look");
    }
}

/// Answers the first message with the hello of a server of TLS 1.0.
async fn only_tls10(mut stream: TcpStream) {
    let mut heard = [0_u8; 4096];
    let _hello = stream.read(&mut heard).await;
    let mut hello = vec![0x03, 0x01];
    hello.extend([7_u8; 32]);
    // No session, TLS_RSA_WITH_AES_128_CBC_SHA, no compression.
    hello.extend([0x00, 0x00, 0x2f, 0x00]);
    let length = u8::try_from(hello.len()).unwrap();
    let mut record = vec![0x16, 0x03, 0x01, 0x00, length + 4, 0x02, 0x00, 0x00, length];
    record.extend(hello);
    let _sent = stream.write_all(&record).await;
    let _rest = stream.read(&mut heard).await;
}

#[tokio::test]
async fn one_server_that_hangs_keeps_the_others_from_nothing() {
    let made = Authority::new("root").sign(usual());
    let hangs = raw(|stream| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let (well, _) = serve(&made, &[], Clients::Any, BOTH).await;
    let declared = format!(
        "- {{name: vip, from: {{endpoints: [{{host: 127.0.0.1, port: {hangs}}}, {{host: 127.0.0.1, port: {well}}}]}}}}"
    );
    let found = found_at(&desired(&declared), &world(&[]), now()).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].subject.to_string().ends_with(&hangs.to_string()), "{found:?}");
}

#[tokio::test]
async fn a_server_that_wants_a_certificate_of_ours_is_seen_all_the_same() {
    let root = Authority::new("root");
    let made = root.sign(usual());
    for versions in [&BOTH[..1], &BOTH[1..]] {
        let clients = Clients::WithCertificate(Box::new(Authority::new("clients")));
        let (port, _) = serve(&made, &[], clients, versions).await;
        assert_eq!(findings(&at(port, &ca(&root)), &world(&[])).await, "", "{versions:?}");
    }
}

#[tokio::test]
async fn names_are_asked_for_and_addresses_are_not_and_nothing_else_is_sent() {
    let made = Authority::new("root").sign(usual());
    let (port, heard) = serve(&made, &[], Clients::Any, BOTH).await;
    for endpoint in [
        format!("{{host: 127.0.0.1, port: {port}}}"),
        format!("{{host: 127.0.0.1, port: {port}, serverName: Keystone.Example.org}}"),
        format!("{{host: localhost, port: {port}}}"),
    ] {
        let declared = format!("- {{name: vip, from: {{endpoints: [{endpoint}]}}}}");
        assert_eq!(findings(&declared, &world(&[])).await, "");
    }
    let names = heard.names.lock().unwrap().clone();
    let expected = [None, Some("keystone.example.org".to_owned()), Some("localhost".to_owned())];
    assert_eq!(names, expected);
    while heard.asked.lock().unwrap().len() < 3 {
        tokio::task::yield_now().await;
    }
    assert_eq!(*heard.asked.lock().unwrap(), [0, 0, 0], "no byte of a request");
}

#[tokio::test]
async fn a_certificate_without_its_key_proves_nothing() {
    let root = Authority::new("root");
    let (shown, held) = (root.sign(usual()), root.sign(usual()));
    let stolen = Made { pem: shown.pem, certificate: shown.certificate, key: held.key };
    let (port, _) = serve(&stolen, &[], Clients::Any, BOTH).await;
    let found = found_at(&desired(&at(port, "")), &world(&[]), now()).await;
    assert_eq!(found[0].unseen.as_deref(), Some("HandshakeFailed"), "{found:?}");
}

#[tokio::test]
async fn what_is_shown_at_each_place_is_kept_apart() {
    let root = Authority::new("root");
    let (port, _) = serve(&root.sign(usual()), &[&root], Clients::Any, BOTH).await;
    let all = certificates(&world(&[]), &desired(&at(port, "")).certificates, now()).await;
    let places: Vec<String> = all["vip"].keys().map(ToString::to_string).collect();
    assert_eq!(places, [format!("127.0.0.1:{port}")]);
    let seen = all["vip"].values().next().unwrap().clone().unwrap();
    assert_eq!(seen.above.len(), 1);
}
