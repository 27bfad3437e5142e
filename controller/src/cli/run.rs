//! `cloudspec run`: the controller.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::exit::Exit;
use super::kube_clients::{Cluster, client, lease_client};
use super::logs::{self, LogFormat};
use crate::model::leaving::Protected;
use crate::openstack::Limits;
use crate::reconcile::{self, RunConfig};

/// Settings of the controller. Flags come before `CLOUDSPEC_*` variables, those before the defaults.
#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    cluster: Cluster,
    /// Looks after the objects of this namespace only.
    #[arg(long, env = "CLOUDSPEC_NAMESPACE", value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// The controller's own namespace: its lease, and the dry runs by which it tests the admission policies.
    #[arg(
        long,
        env = "CLOUDSPEC_OWN_NAMESPACE",
        value_name = "NAMESPACE",
        default_value = "cloudspec-system"
    )]
    own_namespace: String,
    /// Whether the admission policies must guard approvals. `advisory`: whoever may edit an object may approve its plans.
    #[arg(long, env = "CLOUDSPEC_APPROVAL_ENFORCEMENT", value_enum, default_value = "enforced")]
    approval_enforcement: Enforcement,
    /// Address for /metrics, /healthz and /readyz.
    #[arg(long, env = "CLOUDSPEC_METRICS_ADDR", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    metrics_addr: SocketAddr,
    /// Name of the lease that one of several replicas holds.
    #[arg(long, env = "CLOUDSPEC_LEASE", value_name = "NAME", default_value = "cloudspec-controller")]
    lease: String,
    /// Does without a lease: no other replica may run.
    #[arg(long, env = "CLOUDSPEC_NO_LEADER_ELECTION")]
    no_leader_election: bool,
    /// Name of this replica; by default the host's name and the time of the start.
    #[arg(long, env = "CLOUDSPEC_IDENTITY", value_name = "NAME")]
    identity: Option<String>,
    /// How many objects of one kind in one namespace are looked after at a time.
    #[arg(long, env = "CLOUDSPEC_MAX_CONCURRENT", value_name = "NUMBER", default_value_t = 4)]
    max_concurrent: u16,
    /// How long, in seconds, a call that was sent and not answered may still be at work in a service.
    #[arg(long, env = "CLOUDSPEC_SETTLE_SECONDS", value_name = "SECONDS", default_value_t = 10)]
    settle_seconds: u64,
    /// A domain none of whose projects ever leaves, besides the built-in ones (admin_domain, service_domain); may be repeated.
    #[arg(
        long = "protected-domain",
        env = "CLOUDSPEC_PROTECTED_DOMAINS",
        value_name = "NAME",
        value_delimiter = ','
    )]
    protected_domains: Vec<String>,
    /// A project that never leaves, besides the built-in ones (admin, service and services of the domain default); may be repeated.
    #[arg(
        long = "protected-project",
        env = "CLOUDSPEC_PROTECTED_PROJECTS",
        value_name = "DOMAIN/NAME",
        value_delimiter = ',',
        value_parser = project
    )]
    protected_projects: Vec<(String, String)>,
    /// Format of the log on standard error.
    #[arg(long, env = "CLOUDSPEC_LOG_FORMAT", value_enum, default_value = "text")]
    log_format: LogFormat,
    /// What is logged, such as `info` or `cloudspec=debug,kube=warn`.
    #[arg(long, env = "CLOUDSPEC_LOG", value_name = "FILTER", default_value = "info")]
    log: String,
}

/// Whether the admission policies must guard approvals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Enforcement {
    /// Nothing is applied where they do not.
    Enforced,
    /// Goes without them.
    Advisory,
}

impl Run {
    /// Runs until SIGTERM or SIGINT.
    pub(super) fn start(self) -> Result<Exit> {
        logs::of_the_controller(&self.log, self.log_format)?;
        // Both clients and the probes use one provider; a second installation changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Runtime::new().context("failed to start the runtime")?;
        runtime.block_on(self.run())
    }

    async fn run(self) -> Result<Exit> {
        let config = self.cluster.config().await?;
        let stop = CancellationToken::new();
        tokio::spawn(stop_on_signal(stop.clone())?);
        let advisory = self.approval_enforcement == Enforcement::Advisory;
        if advisory {
            tracing::warn!("approvals are not enforced: whoever may edit a CloudSpec may approve its plans");
        }
        let mut protected = Protected::default();
        protected.domains.extend(self.protected_domains);
        protected.projects.extend(self.protected_projects);
        let config = RunConfig {
            client: client(config.clone())?,
            lease_client: lease_client(config)?,
            namespace: self.namespace,
            own_namespace: self.own_namespace,
            lease: (!self.no_leader_election).then_some(self.lease),
            identity: self.identity.unwrap_or_else(identity),
            advisory,
            listen: self.metrics_addr,
            concurrency: self.max_concurrent,
            settle: Duration::from_secs(self.settle_seconds),
            limits: Limits::default(),
            protected,
        };
        reconcile::run(config, stop).await?;
        Ok(Exit::Done)
    }
}

/// A project by its domain and name; a name may hold a slash, a domain's may not.
fn project(text: &str) -> Result<(String, String), String> {
    match text.split_once('/') {
        Some((domain, name)) if !domain.is_empty() && !name.is_empty() => {
            Ok((domain.to_owned(), name.to_owned()))
        }
        Some(_) | None => Err("give DOMAIN/NAME".to_owned()),
    }
}

fn identity() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let random = uuid::Uuid::new_v4().simple().to_string();
    reconcile::identity(host.trim(), random.get(..8).unwrap_or(&random), jiff::Timestamp::now())
}

fn stop_on_signal(stop: CancellationToken) -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("failed to listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("failed to listen for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: the call at work is finished, and no other is begun");
        stop.cancel();
    })
}
