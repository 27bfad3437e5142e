//! Clients of the API server.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use cloudspec_crds::{CloudSpec, TenantOffboard};
use k8s_openapi::NamespaceResourceScope;
use kube::api::Api;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config, Resource};
use serde::de::DeserializeOwned;

/// Which API server, and as whom.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Cluster {
    /// Kubeconfig file; by default KUBECONFIG, ~/.kube/config, or the Pod's service account.
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig; by default its current one.
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
}

impl Cluster {
    /// The configuration of a client.
    pub(super) async fn config(&self) -> Result<Config> {
        let options = KubeConfigOptions { context: self.context.clone(), ..KubeConfigOptions::default() };
        let mut config = match (&self.kubeconfig, &self.context) {
            (Some(file), _) => {
                let kubeconfig = Kubeconfig::read_from(file)
                    .with_context(|| format!("failed to read {}", file.display()))?;
                Config::from_custom_kubeconfig(kubeconfig, &options).await?
            }
            (None, Some(_)) => Config::from_kubeconfig(&options).await?,
            (None, None) => {
                Config::infer().await.context("found no API server: give --kubeconfig, or set KUBECONFIG")?
            }
        };
        // A watch is silent for less than five minutes; any other answer comes within seconds.
        config.read_timeout = Some(Duration::from_secs(295));
        config.connect_timeout = Some(Duration::from_secs(5));
        Ok(config)
    }
}

/// A CloudSpec in a cluster.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Object {
    /// Name of the CloudSpec. `approve` and `reject` also take tenantoffboard/NAME.
    #[arg(value_name = "NAME")]
    name: String,
    /// Its namespace; by default that of the context.
    #[arg(long, short, value_name = "NAMESPACE")]
    namespace: Option<String>,
    #[command(flatten)]
    cluster: Cluster,
}

/// What plans are offered for.
pub(super) enum Owner {
    /// A cloud.
    CloudSpec(CloudSpec),
    /// A tenant that leaves.
    TenantOffboard(TenantOffboard),
}

impl Object {
    /// The CloudSpec, and a client to go on with.
    pub(super) async fn get(&self) -> Result<(Client, CloudSpec)> {
        let (client, namespace) = self.client().await?;
        let object = read(&client, &namespace, "CloudSpec", &self.name).await?;
        Ok((client, object))
    }

    /// The object of whatever kind, and a client to go on with.
    pub(super) async fn owner(&self) -> Result<(Client, Owner)> {
        let (client, namespace) = self.client().await?;
        let owner = match self.name.split_once('/') {
            None | Some(("cloudspec" | "cloudspecs" | "cspec", _)) => {
                let name = self.name.split_once('/').map_or(self.name.as_str(), |(_, name)| name);
                Owner::CloudSpec(read(&client, &namespace, "CloudSpec", name).await?)
            }
            Some(("tenantoffboard" | "tenantoffboards" | "toff", name)) => {
                Owner::TenantOffboard(read(&client, &namespace, "TenantOffboard", name).await?)
            }
            Some((kind, _)) => bail!("{kind} has no plans: give cloudspec/NAME or tenantoffboard/NAME"),
        };
        Ok((client, owner))
    }

    async fn client(&self) -> Result<(Client, String)> {
        let config = self.cluster.config().await?;
        let namespace = self.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
        Ok((client(config)?, namespace))
    }
}

async fn read<K>(client: &Client, namespace: &str, kind: &str, name: &str) -> Result<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + std::fmt::Debug
        + DeserializeOwned,
{
    let api: Api<K> = Api::namespaced(client.clone(), namespace);
    let object = match api.get_opt(name).await {
        // An object that is not there is none; this is a kind that is not there.
        Err(kube::Error::Api(status)) if status.code == 404 => {
            bail!("the cluster does not know the kind {kind}: kubectl apply -f crds/yaml")
        }
        answer => answer.context("failed to ask the API server")?,
    };
    object.with_context(|| format!("there is no {kind} {name} in namespace {namespace}"))
}

/// A client for everything but the lease.
pub(super) fn client(config: Config) -> Result<Client> {
    Client::try_from(config).context("failed to make a client of the API server")
}

/// A client for the lease: a repetition that comes too late is worse than a failure.
pub(super) fn lease_client(mut config: Config) -> Result<Client> {
    config.default_retry = false;
    config.read_timeout = Some(Duration::from_secs(3));
    config.write_timeout = Some(Duration::from_secs(3));
    client(config)
}
