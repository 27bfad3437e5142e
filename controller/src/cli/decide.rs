//! `approve` and `reject`: an act of a person on the plan that is on offer.
//!
//! The stamps are sent along, so that it works where the API server does not write them by itself (Kubernetes before 1.36); where it
//! does, it writes the same.

use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal, Write};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use cloudspec_crds::status::Offer;
use cloudspec_crds::{ChangePlan, CloudSpec, annotation};
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use kube::api::{Api, Patch, PatchParams, PostParams};
use kube::{Client, ResourceExt};
use serde_json::json;

use super::exit::Exit;
use super::kube_clients::Object;
use super::output::{Output, print};
use crate::report::render;

/// Approves the plan that is on offer: shows it, and asks for the name of the CloudSpec.
#[derive(Debug, Args)]
pub(super) struct Approve {
    #[command(flatten)]
    object: Object,
    /// The name once more, for scripts: it is then not asked for.
    #[arg(long, value_name = "NAME")]
    confirm: Option<String>,
    #[command(flatten)]
    output: Output,
}

/// Rejects the plan that is on offer: it is not carried out, and not offered again until it or the spec changes.
#[derive(Debug, Args)]
pub(super) struct Reject {
    #[command(flatten)]
    object: Object,
}

impl Approve {
    pub(super) async fn run(self) -> Result<Exit> {
        let (client, object) = self.object.get().await?;
        let offer = offer(&object)?;
        let plans: Api<ChangePlan> =
            Api::namespaced(client.clone(), object.namespace().as_deref().unwrap_or_default());
        let plan = plans.get(&offer.name).await.context("failed to read the plan on offer")?;
        ensure!(plan.spec.digest == offer.digest, "the plan on offer has just changed: look again");
        let findings = object.status.as_ref().map(|status| status.findings.clone()).unwrap_or_default();
        print(&render::change_plan(&plan, &findings, self.output.format())?)?;
        self.confirm(&object.name_any())?;
        decide(&client, &object, &offer, &offer.digest).await?;
        print(&format!("approved: {} ({})\n", offer.name, offer.digest))?;
        Ok(Exit::Done)
    }

    fn confirm(&self, name: &str) -> Result<()> {
        let typed = match &self.confirm {
            Some(typed) => typed.clone(),
            None => {
                ensure!(
                    std::io::stdin().is_terminal(),
                    "there is no terminal to ask at: give --confirm {name}"
                );
                eprint!("type the name of the CloudSpec to approve exactly this plan: ");
                std::io::stderr().flush().context("failed to ask")?;
                let mut line = String::new();
                std::io::stdin().lock().read_line(&mut line).context("failed to read the answer")?;
                line.trim().to_owned()
            }
        };
        ensure!(typed == name, "{typed:?} is not {name}: nothing was approved");
        Ok(())
    }
}

impl Reject {
    pub(super) async fn run(self) -> Result<Exit> {
        let (client, object) = self.object.get().await?;
        let offer = offer(&object)?;
        decide(&client, &object, &offer, "false").await?;
        print(&format!("rejected: {} ({})\n", offer.name, offer.digest))?;
        Ok(Exit::Done)
    }
}

fn offer(object: &CloudSpec) -> Result<Offer> {
    match object.status.as_ref().and_then(|status| status.plan.clone()) {
        Some(offer) => Ok(offer),
        None => bail!("there is no plan on offer for {}", object.name_any()),
    }
}

/// One write upon the version that was shown.
async fn decide(client: &Client, object: &CloudSpec, offer: &Offer, value: &str) -> Result<()> {
    let reviews: Api<SelfSubjectReview> = Api::all(client.clone());
    let me = reviews.create(&PostParams::default(), &SelfSubjectReview::default()).await;
    let me = me.context("failed to ask the API server who you are")?;
    let user = me.status.and_then(|status| status.user_info).unwrap_or_default();
    let annotations = BTreeMap::from([
        (annotation::APPROVED, value.to_owned()),
        (annotation::APPROVED_BY, user.username.unwrap_or_default()),
        (annotation::APPROVED_GROUPS, user.groups.unwrap_or_default().join("\n")),
        (annotation::APPROVED_PLAN, offer.digest.clone()),
        (annotation::APPROVED_OFFER, offer.offer.to_string()),
    ]);
    let patch = json!({"metadata": {
        "resourceVersion": object.metadata.resource_version, "annotations": annotations,
    }});
    let api: Api<CloudSpec> =
        Api::namespaced(client.clone(), object.namespace().as_deref().unwrap_or_default());
    match api.patch(&object.name_any(), &PatchParams::default(), &Patch::Merge(&patch)).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.code == 409 => {
            bail!("{} has changed since the plan was shown: look again", object.name_any())
        }
        Err(kube::Error::Api(status)) => bail!("the API server refused it: {}", status.message),
        Err(why) => Err(why.into()),
    }
}
