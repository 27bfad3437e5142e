//! Certificates of real servers and of Secrets, looked at by a running controller: each fault is told as what it is, nothing is ever
//! changed, and no correction of anything else waits for a certificate that cannot be seen.
//!
//! On an API server of its own, whose audit log tells what the controller wrote.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::sync::{Arc, Mutex};

use cloudspec_crds::CloudSpec;
use cloudspec_crds::status::FindingStatus;
use cloudspec_tests::cluster::{self, Person, written};
use cloudspec_tests::scene::{Stage, condition};
use rcgen::{CertificateParams, KeyPair, SanType, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// Waits for a later look than the one that the status speaks of.
const SOONER: [&str; 3] = ["31s", "32s", "33s"];

/// A certificate by its own hand, for these addresses, until a year.
fn signed(names: &[&str], until: i32) -> (String, CertifiedKey) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.subject_alt_names = names.iter().map(|name| SanType::IpAddress(name.parse().unwrap())).collect();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    let certificate = params.self_signed(&key).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let key = rustls::crypto::ring::default_provider().key_provider.load_private_key(key).unwrap();
    (certificate.pem(), CertifiedKey::new(vec![certificate.der().clone()], key))
}

#[derive(Debug)]
struct Shown(Mutex<Arc<CertifiedKey>>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.lock().unwrap().clone())
    }
}

/// A server whose certificate can be changed, as on a redeploy.
struct Server {
    port: u16,
    shown: Arc<Shown>,
    serving: JoinHandle<()>,
}

impl Server {
    async fn start(first: CertifiedKey) -> Self {
        let shown = Arc::new(Shown(Mutex::new(Arc::new(first))));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(shown.clone());
        let tls = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                drop(tokio::spawn(tls.accept(stream)));
            }
        });
        Self { port, shown, serving }
    }

    fn shows(&self, other: CertifiedKey) {
        *self.shown.0.lock().unwrap() = Arc::new(other);
    }

    /// Closes the port.
    async fn stop(self) -> u16 {
        self.serving.abort();
        let _aborted = self.serving.await;
        self.port
    }
}

fn spec(interval: &str, description: &str, certificates: &str) -> String {
    format!(
        "interval: {interval}\napproval: {{minPlanAge: 0s, requireDigest: Never}}\n\
         tenants:\n- {{name: t0001, domain: tenants, description: {description}}}\n\
         certificates:\n{certificates}"
    )
}

/// The findings about certificates, in words.
fn found(object: &CloudSpec) -> Vec<String> {
    let line = |one: &FindingStatus| {
        let FindingStatus { kind, severity, resource, field, expected, actual, message, .. } = one;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        format!(
            "{severity} {kind} {resource} {}: {} | {} | {}",
            text(field),
            text(expected),
            text(actual),
            text(message)
        )
    };
    let all = object.status.as_ref().map(|status| status.findings.clone()).unwrap_or_default();
    all.iter().filter(|one| one.resource.starts_with("certificate ")).map(line).collect()
}

async fn told(stage: &Stage, status: &str, reason: &str) -> CloudSpec {
    let holds = |object: &CloudSpec| {
        condition(object, "CertificatesInSync") == Some((status, reason))
            && object.status.as_ref().and_then(|status| status.observed_generation)
                == object.metadata.generation
    };
    stage.scene.until("lab", &format!("CertificatesInSync is {status} {reason}"), holds).await.unwrap()
}

fn kubectl(stage: &Stage, arguments: &[&str], input: &str) {
    let admin = Person::admin().unwrap();
    stage.scene.namespace.kubectl(&admin, arguments, input).unwrap().or_fail().unwrap();
}

async fn series(stage: &Stage) -> Vec<String> {
    let page = stage.scene.controller.as_ref().unwrap().page("/metrics").await.unwrap();
    let of = |line: &&str| line.starts_with("cloudspec_certificate_not_after_timestamp_seconds{");
    page.lines().filter(of).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_changes_is_told_by_itself_and_nothing_is_changed() {
    cluster::own().unwrap();
    let mut stage = Stage::empty("certs").await.unwrap();
    stage.drift("as declared");
    let server = Server::start(signed(&["10.12.4.50"], 2099).1).await;
    let vip = format!(
        "- {{name: vip, from: {{endpoints: [{{host: 127.0.0.1, port: {}}}]}}, sans: {{exactly: [10.12.4.50]}}, minRemaining: 720h}}\n",
        server.port
    );
    stage.scene.apply("lab", &spec("30s", "as declared", &vip)).unwrap();
    stage.scene.start().await.unwrap();
    stage.scene.until_state("lab", "InSync").await.unwrap();
    let object = told(&stage, "True", "InSync").await;
    assert_eq!(found(&object), Vec::<String>::new());
    let [one] = series(&stage).await.try_into().unwrap();
    assert!(one.contains("certificate=\"vip\",name=\"lab\"") && one.ends_with(" 4070908800"), "{one}");

    // The old address is served again: nobody touches the CloudSpec.
    server.shows(signed(&["10.12.4.49"], 2099).1);
    let object = told(&stage, "False", "Drifted").await;
    let place = format!("certificate vip at 127.0.0.1:{}", server.port);
    assert_eq!(
        found(&object),
        [
            format!("Warning Missing {place} sans: 10.12.4.50 | no such name | "),
            format!("Warning Extra {place} sans: not listed | 10.12.4.49 | "),
        ]
    );
    assert_eq!(condition(&object, "TenantsInSync"), Some(("True", "InSync")));
    assert_eq!(condition(&object, "Approved"), Some(("False", "NothingToApprove")));
    assert_eq!(object.status.as_ref().and_then(|status| status.state.as_deref()), Some("Drifted"));

    // An expired one is expired, and a server that is gone is not.
    server.shows(signed(&["10.12.4.50"], 2021).1);
    stage.scene.apply("lab", &spec(SOONER[0], "as declared", &vip)).unwrap();
    let expired = |object: &CloudSpec| found(object).iter().any(|line| line.contains("expired"));
    let object = stage.scene.until("lab", "it has expired", expired).await.unwrap();
    assert_eq!(
        found(&object),
        [format!("Critical Changed {place} notAfter: valid now | expired at 2021-01-01T00:00:00Z | ")]
    );
    server.stop().await;
    stage.scene.apply("lab", &spec(SOONER[1], "as declared", &vip)).unwrap();
    let object = told(&stage, "Unknown", "Unreachable").await;
    assert_eq!(
        found(&object),
        [format!("Warning Unknowable {place} :  |  | certificate: no connection: connection refused")]
    );
    assert_eq!(condition(&object, "InSync"), Some(("Unknown", "Unreachable")));
    assert_eq!(series(&stage).await, Vec::<String>::new(), "no time is told of what was not seen");

    assert_eq!(stage.scene.plans().await.unwrap().len(), 0);
    stage.untouched().await.unwrap();
    let writes = written("system:serviceaccount:cloudspec-system:cloudspec-controller").unwrap();
    let others = writes.iter().filter(|one| one.namespace == stage.scene.namespace.name);
    let others = others.filter(|one| !["cloudspecs/status", "events"].contains(&one.resource.as_str()));
    assert_eq!(others.collect::<Vec<_>>(), Vec::<&cluster::Written>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_a_secret_is_read_where_its_namespace_lets_the_controller() {
    cluster::own().unwrap();
    let mut stage = Stage::empty("certs-secret").await.unwrap();
    stage.drift("as declared");
    let of = |kind: &str, name: &str| {
        format!("- {{name: {name}, from: {{{kind}: {{name: pki, key: tls.crt}}}}}}\n")
    };
    let both = format!("{}{}", of("secret", "octavia"), of("configMap", "vault"));
    stage.scene.apply("lab", &spec("30s", "as declared", &both)).unwrap();
    let (pem, _) = signed(&["10.12.4.50"], 2021);
    let indented: String = pem.lines().map(|line| format!("    {line}\n")).collect();
    let canary = "canary-of-a-private-key";
    kubectl(
        &stage,
        &["apply", "-f", "-"],
        &format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: pki}}\nstringData:\n  tls.key: {canary}\n  tls.crt: |\n{indented}"
        ),
    );
    stage.scene.start().await.unwrap();
    let object = told(&stage, "Unknown", "SecretForbidden").await;
    assert!(
        found(&object).iter().any(|line| line.contains("ConfigMap") && line.contains("may not be read")),
        "{:?}",
        found(&object)
    );

    kubectl(
        &stage,
        &["create", "role", "pki", "--verb=get", "--resource=secrets,configmaps", "--resource-name=pki"],
        "",
    );
    let account = "--serviceaccount=cloudspec-system:cloudspec-controller";
    kubectl(&stage, &["create", "rolebinding", "pki", "--role=pki", account], "");
    let (fresh, _) = signed(&["10.12.4.50"], 2099);
    let indented: String = fresh.lines().map(|line| format!("    {line}\n")).collect();
    kubectl(
        &stage,
        &["apply", "-f", "-"],
        &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: pki}}\ndata:\n  tls.crt: |\n{indented}"),
    );
    stage.scene.apply("lab", &spec(SOONER[0], "as declared", &both)).unwrap();
    let object = told(&stage, "False", "Drifted").await;
    assert_eq!(
        found(&object),
        [
            "Critical Changed certificate octavia at Secret pki, key tls.crt notAfter: valid now | expired at 2021-01-01T00:00:00Z | "
        ]
    );
    let key = both.replace("{secret: {name: pki, key: tls.crt}}", "{secret: {name: pki, key: tls.key}}");
    stage.scene.apply("lab", &spec(SOONER[1], "as declared", &key)).unwrap();
    let object = told(&stage, "Unknown", "NotACertificate").await;
    let log = stage.scene.controller.as_ref().unwrap().log();
    for text in [serde_json::to_string(&object).unwrap(), log] {
        assert!(!text.contains(canary) && !text.contains("Y2FuYXJ5"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_waits_for_no_certificate_that_cannot_be_seen() {
    cluster::own().unwrap();
    let port = Server::start(signed(&["10.12.4.50"], 2099).1).await.stop().await;
    let gone = format!("- {{name: vip, from: {{endpoints: [{{host: 127.0.0.1, port: {port}}}]}}}}\n");
    let stage = Stage::offered("certs-plan", &spec("30s", "as declared", &gone)).await.unwrap();
    let [plan] = stage.scene.plans().await.unwrap().try_into().unwrap();
    assert_eq!(plan.spec.steps.len(), 1);
    assert!(!serde_json::to_string(&plan).unwrap().contains("vip"), "a certificate has no part in a plan");
    stage.approve("true").unwrap();
    stage.until_reason("lab", "Applied", "Succeeded").await.unwrap();
    assert_eq!(stage.description().as_deref(), Some("as declared"));
    let object = stage.scene.until_state("lab", "Unknown").await.unwrap();
    assert_eq!(condition(&object, "TenantsInSync"), Some(("True", "InSync")));
    assert_eq!(condition(&object, "CertificatesInSync"), Some(("Unknown", "Unreachable")));
}
