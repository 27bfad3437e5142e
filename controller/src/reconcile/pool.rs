//! Credentials from Secrets, and one reader for all who use the same one.
//!
//! # Guarantees
//! A Secret is read by its name at each use: a new password counts at once, without a restart. Readers are told apart by the
//! content of the credential, so that CloudSpecs with the same one share its token and its audit; the content itself is
//! kept nowhere but in the reader.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cloudspec_crds::cloud_spec::CredentialRef;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::GetParams;
use kube::core::Request;
use kube::{Client, Resource};
use sha2::{Digest, Sha256};

use super::clock::Clock;
use crate::model::Unknown;
use crate::model::certificate::KeyOf;
use crate::observe::{Obstacle, Shared};
use crate::openstack::{CloudConfig, ConfigError, Limits, Meter, Reader, from_secret};

/// How long a reader that nobody uses is kept.
const UNUSED: Duration = Duration::from_secs(3_600);

/// A credential as it was read.
pub(super) struct Credentials {
    /// For all services.
    pub main: CloudConfig,
    /// For Keystone, where it is another.
    pub identity: Option<CloudConfig>,
    /// Tells contents apart; says nothing of them.
    key: String,
}

/// A reader that is shared by all who use its credential.
pub(super) type SharedReader = Arc<Shared<Reader>>;

struct Kept {
    reader: SharedReader,
    used: Instant,
}

/// The readers of one process.
pub(super) struct Pool {
    client: Client,
    clock: Arc<dyn Clock>,
    limits: Limits,
    meter: Meter,
    readers: Mutex<BTreeMap<String, Kept>>,
}

impl Pool {
    /// An empty pool.
    pub(super) fn new(client: Client, clock: Arc<dyn Clock>, limits: Limits, meter: Meter) -> Self {
        Self { client, clock, limits, meter, readers: Mutex::default() }
    }

    /// What counts each exchange.
    pub(super) fn meter(&self) -> Meter {
        self.meter.clone()
    }

    /// Reads a credential from its Secret.
    ///
    /// # Errors
    /// What is missing or wrong, with the remedy; never the content.
    pub(super) async fn credentials(
        &self,
        namespace: &str,
        reference: &CredentialRef,
    ) -> Result<Credentials, Unknown> {
        let CredentialRef { secret_name, cloud_name, identity_cloud_name } = reference;
        let data = self.data(namespace, secret_name).await?;
        let text = data.get("clouds.yaml").map(|bytes| std::str::from_utf8(&bytes.0));
        let Some(Ok(text)) = text else {
            let message = format!("Secret {namespace}/{secret_name} has no text under the key clouds.yaml");
            return Err(unknown("CredentialInvalid", message));
        };
        let cacert = data.get("cacert").map(|bytes| bytes.0.as_slice());
        let read =
            |cloud: &String| from_secret(secret_name, text, cacert, cloud).map_err(|why| invalid(&why));
        let main = read(cloud_name)?;
        let identity = identity_cloud_name.as_ref().map(read).transpose()?;
        let names = [Some(cloud_name), identity_cloud_name.as_ref()];
        Ok(Credentials { main, identity, key: key_of(text, cacert, &names) })
    }

    /// What is under one key of a Secret; what is under the others is let go of.
    ///
    /// # Errors
    /// What is missing, with the remedy; never the content.
    pub(super) async fn of_secret(&self, namespace: &str, of: &KeyOf) -> Result<Vec<u8>, Unknown> {
        let KeyOf { name, key } = of;
        let found = self.data(namespace, name).await?.remove(key);
        let missing = || Obstacle::KeyNotFound.because(format!("Secret {namespace}/{name} has no key {key}"));
        found.map(|bytes| bytes.0).ok_or_else(missing)
    }

    /// What is under one key of a ConfigMap.
    ///
    /// # Errors
    /// What is missing, with the remedy; never the content.
    pub(super) async fn of_config_map(&self, namespace: &str, of: &KeyOf) -> Result<Vec<u8>, Unknown> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Data {
            #[serde(default)]
            data: BTreeMap<String, String>,
            #[serde(default)]
            binary_data: BTreeMap<String, ByteString>,
        }
        let KeyOf { name, key } = of;
        let failed = |why: kube::Error| config_map_not_read(namespace, name, &why);
        let request =
            Request::new(ConfigMap::url_path(&(), Some(namespace))).get(name, &GetParams::default());
        let request = request.map_err(|why| failed(kube::Error::BuildRequest(why)))?;
        let text = self.client.request_text(request).await.map_err(failed)?;
        let mut read: Data = serde_json::from_str(&text).map_err(|_| {
            Obstacle::ConfigMapNotRead.because(format!("ConfigMap {namespace}/{name} is not understood"))
        })?;
        let found = read.data.remove(key).map(String::into_bytes);
        let found = found.or_else(|| read.binary_data.remove(key).map(|bytes| bytes.0));
        let missing =
            || Obstacle::KeyNotFound.because(format!("ConfigMap {namespace}/{name} has no key {key}"));
        found.ok_or_else(missing)
    }

    /// The data of a Secret, and nothing else of it: kube's client puts an object into the log that it cannot read, and whoever
    /// may change a Secret can put a time into its metadata that nobody can read.
    async fn data(&self, namespace: &str, name: &str) -> Result<BTreeMap<String, ByteString>, Unknown> {
        #[derive(serde::Deserialize)]
        struct Data {
            #[serde(default)]
            data: BTreeMap<String, ByteString>,
        }
        let failed = |why: kube::Error| not_read(namespace, name, &why);
        let request = Request::new(Secret::url_path(&(), Some(namespace))).get(name, &GetParams::default());
        let request = request.map_err(|why| failed(kube::Error::BuildRequest(why)))?;
        let text = self.client.request_text(request).await.map_err(failed)?;
        // What could not be read is not shown.
        let read: Data = serde_json::from_str(&text)
            .map_err(|_| unknown("SecretNotRead", format!("Secret {namespace}/{name} is not understood")))?;
        Ok(read.data)
    }

    /// The reader of a credential: the one that others use already, or a new one.
    ///
    /// # Errors
    /// When the credential's entries do not fit together.
    pub(super) fn reader(&self, credentials: Credentials) -> Result<SharedReader, Unknown> {
        let now = self.clock.monotonic();
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.retain(|_, kept| now.duration_since(kept.used) < UNUSED);
        let Credentials { main, identity, key } = credentials;
        if let Some(kept) = readers.get_mut(&key) {
            kept.used = now;
            return Ok(kept.reader.clone());
        }
        for warning in main.warnings.iter().chain(identity.iter().flat_map(|config| &config.warnings)) {
            tracing::warn!(source = main.source_name, "{warning}");
        }
        let reader =
            Reader::new(main, identity, self.limits, self.meter.clone()).map_err(|why| invalid(&why))?;
        let clock = self.clock.clone();
        let reader = Arc::new(Shared::new(reader, move || clock.monotonic()));
        readers.insert(key, Kept { reader: reader.clone(), used: now });
        Ok(reader)
    }
}

fn key_of(text: &str, cacert: Option<&[u8]>, names: &[Option<&String>]) -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update(bytes.len().to_be_bytes());
        hash.update(bytes);
    };
    part(text.as_bytes());
    part(cacert.unwrap_or_default());
    for name in names {
        part(name.map(String::as_bytes).unwrap_or_default());
    }
    hex::encode(hash.finalize())
}

fn not_read(namespace: &str, name: &str, why: &kube::Error) -> Unknown {
    match why {
        kube::Error::Api(status) if status.code == 404 => {
            unknown("SecretNotFound", format!("there is no Secret {namespace}/{name}: create it"))
        }
        kube::Error::Api(status) if status.code == 403 => {
            let remedy = "grant the controller get on it, by name, with a Role in its namespace";
            unknown("SecretForbidden", format!("Secret {namespace}/{name} may not be read: {remedy}"))
        }
        other => unknown("SecretNotRead", format!("failed to read Secret {namespace}/{name}: {other}")),
    }
}

fn config_map_not_read(namespace: &str, name: &str, why: &kube::Error) -> Unknown {
    match why {
        kube::Error::Api(status) if status.code == 404 => Obstacle::ConfigMapNotFound
            .because(format!("there is no ConfigMap {namespace}/{name}: create it")),
        kube::Error::Api(status) if status.code == 403 => {
            let remedy = "grant the controller get on it, by name, with a Role in its namespace";
            Obstacle::ConfigMapForbidden
                .because(format!("ConfigMap {namespace}/{name} may not be read: {remedy}"))
        }
        other => Obstacle::ConfigMapNotRead
            .because(format!("failed to read ConfigMap {namespace}/{name}: {other}")),
    }
}

fn invalid(why: &ConfigError) -> Unknown {
    unknown("CredentialInvalid", why.to_string())
}

fn unknown(reason: &str, message: String) -> Unknown {
    Unknown { service: "credential".to_owned(), reason: reason.to_owned(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_every_part_of_a_credential_apart_and_no_part_runs_into_the_next() {
        let (a, b) = ("a".to_owned(), "b".to_owned());
        let all = [
            key_of("text", None, &[Some(&a), None]),
            key_of("text", None, &[Some(&b), None]),
            key_of("text", None, &[Some(&a), Some(&b)]),
            key_of("text", Some(b"ca"), &[Some(&a), None]),
            key_of("textca", None, &[Some(&a), None]),
        ];
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
        assert_eq!(all[0], key_of("text", None, &[Some(&a), None]));
    }
}
