//! Clients of the API server.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use cloudspec_crds::CloudSpec;
use kube::api::Api;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

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
    /// Name of the CloudSpec.
    #[arg(value_name = "NAME")]
    name: String,
    /// Its namespace; by default that of the context.
    #[arg(long, short, value_name = "NAMESPACE")]
    namespace: Option<String>,
    #[command(flatten)]
    cluster: Cluster,
}

impl Object {
    /// The object, and a client to go on with.
    pub(super) async fn get(&self) -> Result<(Client, CloudSpec)> {
        let config = self.cluster.config().await?;
        let namespace = self.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
        let client = client(config)?;
        let api: Api<CloudSpec> = Api::namespaced(client.clone(), &namespace);
        let object = api.get_opt(&self.name).await.context("failed to ask the API server")?;
        let object = object
            .with_context(|| format!("there is no CloudSpec {} in namespace {namespace}", self.name))?;
        Ok((client, object))
    }
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
