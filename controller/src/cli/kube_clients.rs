//! Clients of the API server.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use cloudspec_crds::{CloudSpec, TenantOffboard};
use k8s_openapi::NamespaceResourceScope;
use kube::api::{Api, ObjectMeta};
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

/// Where an object is.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Place {
    /// Its namespace; by default that of the context.
    #[arg(long, short, value_name = "NAMESPACE")]
    namespace: Option<String>,
    #[command(flatten)]
    cluster: Cluster,
}

/// A CloudSpec or a TenantOffboard in a cluster.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Object {
    /// NAME of a CloudSpec; or KIND NAME, or KIND/NAME: the kind is cloudspec (cspec) or tenantoffboard (toff).
    #[arg(value_name = "OBJECT", required = true, num_args = 1..=2)]
    object: Vec<String>,
    #[command(flatten)]
    place: Place,
}

/// What plans are offered for.
pub(super) enum Owner {
    /// A cloud.
    CloudSpec(CloudSpec),
    /// A tenant that leaves.
    TenantOffboard(TenantOffboard),
}

impl Object {
    /// The object of whatever kind, and a client to go on with.
    pub(super) async fn owner(&self) -> Result<(Client, Owner)> {
        let (client, namespace) = self.place.client().await?;
        let (kind, name) = self.kind_and_name()?;
        let owner = match kind {
            "cloudspec" | "cloudspecs" | "cspec" => {
                Owner::CloudSpec(read(&client, &namespace, "CloudSpec", name).await?)
            }
            "tenantoffboard" | "tenantoffboards" | "toff" => {
                Owner::TenantOffboard(read(&client, &namespace, "TenantOffboard", name).await?)
            }
            _ => bail!("{kind} has no plans: give cloudspec/NAME or tenantoffboard/NAME"),
        };
        Ok((client, owner))
    }

    fn kind_and_name(&self) -> Result<(&str, &str)> {
        match self.object.as_slice() {
            [one] => Ok(one.split_once('/').unwrap_or(("cloudspec", one))),
            [kind, name] if !kind.contains('/') && !name.contains('/') => Ok((kind, name)),
            _ => bail!("give NAME, KIND NAME or KIND/NAME"),
        }
    }
}

impl Place {
    /// A client, and the namespace.
    pub(super) async fn client(&self) -> Result<(Client, String)> {
        let config = self.cluster.config().await?;
        let namespace = self.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
        Ok((client(config)?, namespace))
    }
}

impl Owner {
    /// Its namespace and its UID.
    pub(super) fn place(&self) -> (String, String) {
        let of = |metadata: &ObjectMeta| {
            (metadata.namespace.clone().unwrap_or_default(), metadata.uid.clone().unwrap_or_default())
        };
        match self {
            Self::CloudSpec(object) => of(&object.metadata),
            Self::TenantOffboard(object) => of(&object.metadata),
        }
    }
}

async fn read<K>(client: &Client, namespace: &str, kind: &str, name: &str) -> Result<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + std::fmt::Debug
        + DeserializeOwned,
{
    let object = find(client, namespace, kind, name).await?;
    object.with_context(|| format!("there is no {kind} {name} in namespace {namespace}"))
}

/// An object, where it is there.
pub(super) async fn find<K>(client: &Client, namespace: &str, kind: &str, name: &str) -> Result<Option<K>>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + std::fmt::Debug
        + DeserializeOwned,
{
    let api: Api<K> = Api::namespaced(client.clone(), namespace);
    match api.get_opt(name).await {
        // An object that is not there is none; this is a kind that is not there.
        Err(kube::Error::Api(status)) if status.code == 404 => {
            bail!("the cluster does not know the kind {kind}: kubectl apply -f crds/yaml")
        }
        answer => answer.context("failed to ask the API server"),
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
