//! `approve` and `reject`: an act of a person on the plan that is on offer.
//!
//! The stamps are sent along, so that it works where the API server does not write them by itself (Kubernetes before 1.36); where it
//! does, it writes the same.

use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal, Write};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use cloudspec_crds::status::{FindingStatus, Offer};
use cloudspec_crds::{ChangePlan, CloudSpec, TenantOffboard, annotation};
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use kube::api::{Api, ApiResource, DynamicObject, Patch, PatchParams, PostParams};
use kube::{Client, ResourceExt};
use serde_json::json;

use super::exit::Exit;
use super::kube_clients::{Object, Owner};
use super::output::{Output, print};
use crate::report::render;

/// Approves the plan that is on offer: shows it, and asks for the name of the object.
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
        let (client, owner) = self.object.owner().await?;
        let asked = Asked::of(owner);
        let offer = asked.offer()?;
        let plans: Api<ChangePlan> = Api::namespaced(client.clone(), &asked.namespace);
        let plan = plans.get(&offer.name).await.context("failed to read the plan on offer")?;
        ensure!(plan.spec.digest == offer.digest, "the plan on offer has just changed: look again");
        print(&render::change_plan(&plan, &asked.findings, self.output.format())?)?;
        self.confirm(&asked)?;
        decide(&client, &asked, &offer, &offer.digest).await?;
        print(&format!("approved: {} ({})\n", offer.name, offer.digest))?;
        Ok(Exit::Done)
    }

    fn confirm(&self, asked: &Asked) -> Result<()> {
        let Asked { name, kind, .. } = asked;
        let typed = match &self.confirm {
            Some(typed) => typed.clone(),
            None => {
                ensure!(
                    std::io::stdin().is_terminal(),
                    "there is no terminal to ask at: give --confirm {name}"
                );
                eprint!("type the name of the {kind} to approve exactly this plan: ");
                std::io::stderr().flush().context("failed to ask")?;
                let mut line = String::new();
                std::io::stdin().lock().read_line(&mut line).context("failed to read the answer")?;
                line.trim().to_owned()
            }
        };
        ensure!(typed == *name, "{typed:?} is not {name}: nothing was approved");
        Ok(())
    }
}

impl Reject {
    pub(super) async fn run(self) -> Result<Exit> {
        let (client, owner) = self.object.owner().await?;
        let asked = Asked::of(owner);
        let offer = asked.offer()?;
        decide(&client, &asked, &offer, "false").await?;
        print(&format!("rejected: {} ({})\n", offer.name, offer.digest))?;
        Ok(Exit::Done)
    }
}

/// The object whose plan is decided on.
struct Asked {
    kind: &'static str,
    resource: ApiResource,
    namespace: String,
    name: String,
    version: Option<String>,
    offer: Option<Offer>,
    findings: Vec<FindingStatus>,
}

impl Asked {
    fn of(owner: Owner) -> Self {
        match owner {
            Owner::CloudSpec(object) => {
                let status = object.status.clone().unwrap_or_default();
                let resource = ApiResource::erase::<CloudSpec>(&());
                Self::new("CloudSpec", resource, &object, status.plan, status.findings)
            }
            Owner::TenantOffboard(object) => {
                let plan = object.status.as_ref().and_then(|status| status.plan.clone());
                let resource = ApiResource::erase::<TenantOffboard>(&());
                Self::new("TenantOffboard", resource, &object, plan, Vec::new())
            }
        }
    }

    fn new(
        kind: &'static str,
        resource: ApiResource,
        object: &impl ResourceExt,
        offer: Option<Offer>,
        findings: Vec<FindingStatus>,
    ) -> Self {
        Self {
            kind,
            resource,
            namespace: object.namespace().unwrap_or_default(),
            name: object.name_any(),
            version: object.resource_version(),
            offer,
            findings,
        }
    }

    fn offer(&self) -> Result<Offer> {
        match &self.offer {
            Some(offer) => Ok(offer.clone()),
            None => bail!("there is no plan on offer for {}", self.name),
        }
    }
}

/// One write upon the version that was shown.
async fn decide(client: &Client, asked: &Asked, offer: &Offer, value: &str) -> Result<()> {
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
        "resourceVersion": asked.version, "annotations": annotations,
    }});
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), &asked.namespace, &asked.resource);
    match api.patch(&asked.name, &PatchParams::default(), &Patch::Merge(&patch)).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.code == 409 => {
            bail!("{} has changed since the plan was shown: look again", asked.name)
        }
        Err(kube::Error::Api(status)) => bail!("the API server refused it: {}", status.message),
        Err(why) => Err(why.into()),
    }
}
