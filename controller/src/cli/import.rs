//! `import`: a living cloud as a CloudSpec.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use cloudspec_crds::cloud_spec::{ApprovalPolicy, Cloud as CloudRef, CredentialRef, Limits};
use cloudspec_crds::tenant::UnlistedTenants;
use cloudspec_crds::{CloudSpec, CloudSpecSpec};

use super::cloud::Cloud;
use super::exit::Exit;
use super::output::{print, say};
use crate::model::Desired;
use crate::model::cloud::QuotaService;
use crate::model::desired::TenantName;
use crate::observe::{Needs, observe};
use crate::report::import::{ImportError, Imported, import};

/// Writes a CloudSpec of what is there: tenants with quotas and roles, and their security groups. `diff` of it finds nothing.
#[derive(Debug, Args)]
#[command(after_help = super::exit::codes())]
pub(super) struct Import {
    #[command(flatten)]
    cloud: Cloud,
    /// Takes this tenant; may be given several times. By default all.
    #[arg(long = "tenant", value_name = "DOMAIN/NAME", value_parser = tenant)]
    tenants: Vec<TenantName>,
    /// Services whose quotas are taken. Barbican shows its quotas only to its own administrators.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["compute", "volume", "network", "load-balancer"])]
    quotas: Vec<Service>,
    /// Name of the CloudSpec.
    #[arg(long, value_name = "NAME", default_value = "imported")]
    name: String,
    /// Its namespace.
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// The Secret that it names for observing; it is not made.
    #[arg(long, value_name = "NAME", default_value = "cloud-reader")]
    secret_name: String,
    /// Writes what could be seen and put into words, without the rest. What is left out is said on standard error.
    #[arg(long)]
    allow_partial: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Service {
    Compute,
    Volume,
    Network,
    LoadBalancer,
    KeyManager,
}

impl From<Service> for QuotaService {
    fn from(service: Service) -> Self {
        match service {
            Service::Compute => Self::Compute,
            Service::Volume => Self::Volume,
            Service::Network => Self::Network,
            Service::LoadBalancer => Self::LoadBalancer,
            Service::KeyManager => Self::KeyManager,
        }
    }
}

fn tenant(text: &str) -> Result<TenantName, String> {
    match text.split_once('/') {
        Some((domain, name)) if !domain.is_empty() && !name.is_empty() => {
            Ok(TenantName { domain: domain.to_owned(), name: name.to_owned() })
        }
        _ => Err("give the domain and the name, such as customers/team-a".to_owned()),
    }
}

impl Import {
    pub(super) async fn run(self) -> Result<Exit> {
        let services: BTreeSet<QuotaService> = self.quotas.iter().map(|one| (*one).into()).collect();
        let chosen: BTreeSet<TenantName> = self.tenants.iter().cloned().collect();
        let snapshot = observe(&self.cloud.reader()?, &self.needs(&services, &chosen)).await;
        let imported = match import(&snapshot, &chosen, &services) {
            Ok(imported) => imported,
            Err(why @ ImportError::NotSeen(_)) => {
                say(format_args!("nothing was written: {why}"));
                return Ok(Exit::NotTold);
            }
            Err(why @ ImportError::NoSuchTenant(_)) => return Err(why.into()),
        };
        imported.left_out.iter().for_each(|what| say(format_args!("left out: {what}")));
        if !imported.left_out.is_empty() && !self.allow_partial {
            say("nothing was written: --allow-partial writes a CloudSpec without what is left out");
            return Ok(Exit::NotTold);
        }
        imported.notes.iter().for_each(say);
        print(&self.text(imported)?)?;
        Ok(Exit::Done)
    }

    /// The limits of chosen tenants only: Nova and Cinder are asked for each project.
    fn needs(&self, services: &BTreeSet<QuotaService>, chosen: &BTreeSet<TenantName>) -> Needs {
        let mut needs = Needs::everything(services.iter().copied());
        if !chosen.is_empty() {
            needs.quotas.values_mut().for_each(|which| *which = crate::observe::Which::Named(chosen.clone()));
        }
        needs
    }

    fn text(&self, imported: Imported) -> Result<String> {
        let Imported { tenants, security_groups, notes: _, left_out: _ } = imported;
        let spec = CloudSpecSpec {
            cloud: CloudRef {
                observe: CredentialRef {
                    secret_name: self.secret_name.clone(),
                    cloud_name: self.cloud.name().unwrap_or_else(|| "openstack".to_owned()),
                    identity_cloud_name: self.cloud.os_identity_cloud.clone(),
                },
                apply: None,
            },
            interval: "5m".to_owned(),
            suspend: false,
            approval: ApprovalPolicy::default(),
            limits: Limits::default(),
            tenants: Some(tenants),
            unlisted_tenants: UnlistedTenants::default(),
            security_groups: Some(security_groups),
            certificates: None,
        };
        // What is written is valid, or it is not written.
        if let Err(wrong) = Desired::from_spec(&spec) {
            let lines: Vec<String> = wrong.iter().map(ToString::to_string).collect();
            anyhow::bail!(
                "this does not make one valid CloudSpec; --tenant imports a part:\n  {}",
                lines.join("\n  ")
            );
        }
        let mut object = CloudSpec::new(&self.name, spec);
        object.metadata.namespace = self.namespace.clone();
        serde_saphyr::to_string(&object).context("failed to write the CloudSpec")
    }
}
