//! Which cloud, with which credential; and a look at it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;

use super::output::say;
use crate::model::certificate::Certificates;
use crate::model::{Desired, Finding, Snapshot};
use crate::observe::{CloudRead, Needs, application_credentials, observe};
use crate::openstack::{CloudConfig, Environment, Limits, Reader, local};

/// The cloud, as OpenStack's own clients are told it.
#[derive(Clone, Debug, Args)]
pub(super) struct Cloud {
    /// Entry of clouds.yaml; by default OS_CLOUD, or the OS_* variables.
    #[arg(long, value_name = "NAME")]
    pub(super) os_cloud: Option<String>,
    /// Entry of clouds.yaml for Keystone, where it is another: one with system_scope: all.
    #[arg(long, value_name = "NAME")]
    pub(super) os_identity_cloud: Option<String>,
    /// The clouds.yaml; by default OS_CLIENT_CONFIG_FILE, ./, ~/.config/openstack, /etc/openstack.
    #[arg(long, value_name = "FILE")]
    os_client_config_file: Option<PathBuf>,
}

impl Cloud {
    /// A reader of the cloud.
    pub(super) fn reader(&self) -> Result<Reader> {
        let main = self.config(self.os_cloud.as_deref())?;
        let identity = self.os_identity_cloud.as_deref().map(|name| self.config(Some(name))).transpose()?;
        Ok(Reader::new(main, identity, Limits::default(), Arc::new(|_| {}))?)
    }

    /// The entry of clouds.yaml that is read, where it has a name.
    pub(super) fn name(&self) -> Option<String> {
        let chosen = self.os_cloud.clone().or_else(|| std::env::var("OS_CLOUD").ok());
        chosen.filter(|name| !name.is_empty())
    }

    fn config(&self, cloud: Option<&str>) -> Result<CloudConfig> {
        let mut environment: Environment = std::env::vars().collect();
        if let Some(file) = &self.os_client_config_file {
            environment.insert("OS_CLIENT_CONFIG_FILE".to_owned(), file.display().to_string());
        }
        let current = std::env::current_dir().context("failed to find the current directory")?;
        let config = local(cloud, &environment, &current)?;
        for warning in &config.warnings {
            say(format_args!("{}: {warning}", config.source_name));
        }
        Ok(config)
    }
}

/// What one look at a cloud gave.
pub(super) struct Looked {
    pub(super) snapshot: Snapshot,
    pub(super) findings: Vec<Finding>,
}

/// Observes and compares, with the certificates as they were seen.
pub(super) async fn look(read: &dyn CloudRead, desired: &Desired, certificates: Certificates) -> Looked {
    let mut snapshot = observe(read, &Needs::of(desired)).await;
    snapshot.certificates = certificates;
    let findings = crate::diff::diff(desired, &snapshot);
    let users = crate::plan::users_to_ask(desired, &findings);
    snapshot.application_credentials = application_credentials(read, &users).await;
    Looked { snapshot, findings }
}
