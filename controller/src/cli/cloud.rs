//! Which cloud, with which credential; and what is to be compared with it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::Args;
use cloudspec_crds::CloudSpec;

use crate::model::desired::Invalid;
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

    fn config(&self, cloud: Option<&str>) -> Result<CloudConfig> {
        let mut environment: Environment = std::env::vars().collect();
        if let Some(file) = &self.os_client_config_file {
            environment.insert("OS_CLIENT_CONFIG_FILE".to_owned(), file.display().to_string());
        }
        let current = std::env::current_dir().context("failed to find the current directory")?;
        let config = local(cloud, &environment, &current)?;
        for warning in &config.warnings {
            eprintln!("cloudspec: {}: {warning}", config.source_name);
        }
        Ok(config)
    }
}

/// What a file declares.
pub(super) struct Declared {
    /// The object.
    pub(super) object: CloudSpec,
    /// Its spec after validation.
    pub(super) desired: Desired,
}

/// Reads the CloudSpec of a file, `-` for standard input.
pub(super) fn declared(file: &str, name: Option<&str>) -> Result<Declared> {
    let text = match file {
        "-" => std::io::read_to_string(std::io::stdin()).context("failed to read standard input")?,
        path => std::fs::read_to_string(path).with_context(|| format!("failed to read {path}"))?,
    };
    let object = only(&text, file, name)?;
    let desired = Desired::from_spec(&object.spec).map_err(|wrong| invalid(file, &wrong))?;
    Ok(Declared { object, desired })
}

/// The one CloudSpec among the documents of a file.
fn only(text: &str, file: &str, name: Option<&str>) -> Result<CloudSpec> {
    let documents: Vec<serde_json::Value> =
        serde_saphyr::from_multiple(text).with_context(|| format!("failed to understand {file}"))?;
    let items = documents.into_iter().flat_map(|document| match document.get("items") {
        Some(serde_json::Value::Array(items)) => items.clone(),
        _ => vec![document],
    });
    let is_spec = |object: &serde_json::Value| {
        let named = object.pointer("/metadata/name").and_then(|found| found.as_str());
        object.get("kind").and_then(|kind| kind.as_str()) == Some("CloudSpec")
            && name.is_none_or(|name| named == Some(name))
    };
    let mut found: Vec<serde_json::Value> = items.filter(is_spec).collect();
    match (found.pop(), found.len()) {
        (Some(object), 0) => serde_json::from_value(object)
            .with_context(|| format!("failed to understand the CloudSpec of {file}")),
        (None, _) => {
            bail!("{file} holds no CloudSpec{}", name.map(|name| format!(" {name}")).unwrap_or_default())
        }
        (Some(_), more) => bail!("{file} holds {} CloudSpecs: choose one with --name", more + 1),
    }
}

fn invalid(file: &str, wrong: &[Invalid]) -> anyhow::Error {
    let lines: Vec<String> = wrong.iter().map(|one| format!("  {one}")).collect();
    anyhow::anyhow!("{file} is not valid:\n{}", lines.join("\n"))
}

/// What one look at a cloud gave.
pub(super) struct Looked {
    pub(super) snapshot: Snapshot,
    pub(super) findings: Vec<Finding>,
}

/// Observes and compares.
pub(super) async fn look(read: &dyn CloudRead, desired: &Desired) -> Looked {
    let mut snapshot = observe(read, &Needs::of(desired)).await;
    let findings = crate::diff::diff(desired, &snapshot);
    let users = crate::plan::users_to_ask(desired, &findings);
    snapshot.application_credentials = application_credentials(read, &users).await;
    Looked { snapshot, findings }
}
