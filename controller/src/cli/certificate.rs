//! `certificate`: what is on record of a tenant that left.

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use cloudspec_crds::{ChangePlan, TenantOffboard};
use kube::ResourceExt;
use kube::api::{Api, ListParams};

use super::exit::Exit;
use super::kube_clients::{Place, find};
use super::output::print;
use crate::report::render::{self, Format, view};

/// Certifies that a tenant left, or says plainly that it is not completed.
///
/// It tells who asked and who approved, what was removed by which request, what was kept, what others lost, and the two looks that found nothing. It
/// is made of records that outlive the TenantOffboard, and go with their namespace.
#[derive(Debug, Args)]
#[command(after_help = super::exit::codes_of_certificate())]
pub(super) struct Certificate {
    /// Name of the TenantOffboard.
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    place: Place,
    /// UID of the TenantOffboard, where several had this name; by default of the one that is there, or was there last.
    #[arg(long, value_name = "UID")]
    uid: Option<String>,
    /// Format of the output.
    #[arg(long, short, value_enum, default_value = "markdown")]
    output: Written,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Written {
    Markdown,
    Json,
}

impl Certificate {
    pub(super) async fn run(self) -> Result<Exit> {
        let (client, namespace) = self.place.client().await?;
        let name = match self.name.split_once('/') {
            None => self.name.as_str(),
            Some(("tenantoffboard" | "tenantoffboards" | "toff", name)) => name,
            Some((kind, _)) => bail!("{kind} does not leave: give the name of a TenantOffboard"),
        };
        let object: Option<TenantOffboard> = find(&client, &namespace, "TenantOffboard", name).await?;
        let object = object.filter(|object| self.uid.is_none() || self.uid == object.uid());
        let api: Api<ChangePlan> = Api::namespaced(client, &namespace);
        let plans = api.list(&ListParams::default()).await.context("failed to list the plans")?.items;
        let uid = self.uid.or_else(|| object.as_ref().and_then(ResourceExt::uid));
        let plans = of_one(plans, name, uid);
        let Some(certificate) = view::Certificate::of(object.as_ref(), &plans) else {
            bail!(
                "there is no TenantOffboard {name} in namespace {namespace}, and no record of one that had an approved plan"
            );
        };
        let format = match self.output {
            Written::Markdown => Format::Markdown,
            Written::Json => Format::Json,
        };
        print(&render::certificate(&certificate, format)?)?;
        Ok(if certificate.complete { Exit::Done } else { Exit::Drift })
    }
}

/// The plans of one object: of this UID, or else of the newest that had this name.
fn of_one(plans: Vec<ChangePlan>, name: &str, uid: Option<String>) -> Vec<ChangePlan> {
    let owned = |plan: &ChangePlan| plan.spec.owner.kind == "TenantOffboard" && plan.spec.owner.name == name;
    let mut plans: Vec<ChangePlan> = plans.into_iter().filter(owned).collect();
    let made = |plan: &&ChangePlan| plan.creation_timestamp().map(|at| at.0);
    let uid = uid.or_else(|| plans.iter().max_by_key(made).map(|plan| plan.spec.owner.uid.clone()));
    plans.retain(|plan| Some(&plan.spec.owner.uid) == uid.as_ref());
    plans
}
