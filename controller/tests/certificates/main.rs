//! Certificates, from what is declared and shown to what is found: authorities made for the test, at fixed times; and real servers.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

mod judged;
mod made;
mod recorded;
mod served;

use std::collections::BTreeMap;

use cloudspec::diff::diff;
use cloudspec::model::certificate::{Certificates, Endpoint, KeyOf};
use cloudspec::model::cloud::CloudIdentity;
use cloudspec::model::{Desired, Finding, Snapshot, Unknown};
use cloudspec::observe::{CertificateRead, Chain, Obstacle, certificates};
use cloudspec::tls::Prober;
use futures::future::{BoxFuture, FutureExt};
use jiff::Timestamp;

/// The time of every look in here.
const NOW: &str = "2027-01-01T00:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn desired(certificate: &str) -> Desired {
    let text = format!("cloud: {{observe: {{secretName: a, cloudName: b}}}}\ncertificates:\n{certificate}");
    Desired::from_spec(&serde_saphyr::from_str(&text).unwrap()).unwrap()
}

/// Keys of ConfigMaps and Secrets, and the real network.
struct World {
    keys: BTreeMap<String, String>,
    prober: Prober,
}

fn world(keys: &[(&str, &str)]) -> World {
    let keys = keys.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
    World { keys, prober: Prober::within(std::time::Duration::from_millis(1_500)) }
}

impl CertificateRead for World {
    fn served<'a>(&'a self, endpoint: &'a Endpoint) -> BoxFuture<'a, Result<Chain, Unknown>> {
        self.prober.chain(endpoint)
    }

    fn secret<'a>(&'a self, key: &'a KeyOf) -> BoxFuture<'a, Result<Vec<u8>, Unknown>> {
        self.config_map(key)
    }

    fn config_map<'a>(&'a self, key: &'a KeyOf) -> BoxFuture<'a, Result<Vec<u8>, Unknown>> {
        let found = self.keys.get(&key.key).map(|text| text.clone().into_bytes());
        async move { found.ok_or_else(|| Obstacle::KeyNotFound.because("no such key")) }.boxed()
    }
}

/// A snapshot of these certificates alone.
fn snapshot(certificates: Certificates) -> Snapshot {
    fn nothing<T>() -> Result<T, Unknown> {
        Err(Unknown::not_asked("cloud", "all things"))
    }
    Snapshot {
        cloud: CloudIdentity { auth_url: "http://lab".into(), region: String::new(), endpoints: [].into() },
        domains: nothing(),
        projects: nothing(),
        users: [].into(),
        groups: [].into(),
        roles: nothing(),
        assignments: nothing(),
        application_credentials: [].into(),
        security_groups: nothing(),
        initial_rules: nothing(),
        address_groups: nothing(),
        quotas: [].into(),
        certificates,
    }
}

async fn found_at(desired: &Desired, world: &World, now: Timestamp) -> Vec<Finding> {
    diff(desired, &snapshot(certificates(world, &desired.certificates, now).await))
}

/// What is found, a line each: severity, kind, what it is about, what was declared, what was seen, more.
async fn findings(certificate: &str, world: &World) -> String {
    let found = found_at(&desired(certificate), world, now()).await;
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn line(finding: &Finding) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let field = finding.field().map(|field| format!(", {field}")).unwrap_or_default();
    let reason = finding.unseen.as_ref().map(|reason| format!(" [{reason}]")).unwrap_or_default();
    format!(
        "{:?} {:?} {}{field}: {} | {} | {}{reason}",
        finding.severity,
        finding.kind,
        finding.subject,
        text(&finding.expected),
        text(&finding.actual),
        text(&finding.message)
    )
}
