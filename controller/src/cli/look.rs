//! `show`, `history` and `explain`: what is told of a CloudSpec.

use anyhow::{Context, Result, bail};
use clap::Args;
use cloudspec_crds::ChangePlan;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt;
use kube::api::{Api, ListParams};

use super::exit::Exit;
use super::kube_clients::Object;
use super::output::{Output, print, say};
use crate::report::render;

/// Shows what is not as declared, and the plan on offer with its side effects and the way back.
#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    object: Object,
    /// Shows this ChangePlan instead of the one on offer.
    #[arg(long, value_name = "NAME")]
    plan: Option<String>,
    #[command(flatten)]
    output: Output,
}

impl Show {
    pub(super) async fn run(self) -> Result<Exit> {
        let (client, object) = self.object.get().await?;
        let status = object.status.clone().unwrap_or_default();
        let plans: Api<ChangePlan> =
            Api::namespaced(client, object.namespace().as_deref().unwrap_or_default());
        let on_offer = self.plan.is_none();
        match self.plan.or(status.plan.map(|offer| offer.name)) {
            None => print(&render::cloud_spec(&object, self.output.format())?)?,
            Some(name) => {
                let plan =
                    plans.get(&name).await.with_context(|| format!("failed to read ChangePlan {name}"))?;
                print(&render::change_plan(&plan, &status.findings, self.output.format())?)?;
                if on_offer {
                    status.conditions.iter().filter(|one| hinders(one)).for_each(|one| {
                        say(format_args!("{}: {}: {}", one.type_, one.reason, one.message));
                    });
                }
            }
        }
        Ok(Exit::Done)
    }
}

/// Whether it says why the plan on offer is not carried out, though somebody may have approved it.
fn hinders(condition: &Condition) -> bool {
    condition.status == "False"
        && ["Approved", "ApprovalGateEnforced"].contains(&condition.type_.as_str())
        && condition.reason != "AwaitingApproval"
}

/// Lists the plans of a CloudSpec: when, who decided, what came of them.
#[derive(Debug, Args)]
pub(super) struct History {
    #[command(flatten)]
    object: Object,
    #[command(flatten)]
    output: Output,
}

impl History {
    pub(super) async fn run(self) -> Result<Exit> {
        let (client, object) = self.object.get().await?;
        let api: Api<ChangePlan> = Api::namespaced(client, object.namespace().as_deref().unwrap_or_default());
        let mut plans = api.list(&ListParams::default()).await.context("failed to list the plans")?.items;
        plans.retain(|plan| Some(&plan.spec.owner.uid) == object.uid().as_ref());
        print(&render::history(&plans, self.output.format())?)?;
        Ok(Exit::Done)
    }
}

/// Says what a reason of a condition or an Event means, and what to do.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The reason, such as ReachNotProven; none: all of them.
    #[arg(value_name = "REASON")]
    reason: Option<String>,
}

impl Explain {
    pub(super) fn run(self) -> Result<Exit> {
        match self.reason {
            Some(reason) => match render::explain(&reason) {
                Ok(text) => print(&text)?,
                Err(why) => bail!("{why}"),
            },
            None => {
                let all = render::explained();
                let lines: Vec<String> =
                    all.iter().map(|one| format!("{:<24} {}\n", one.reason, one.met)).collect();
                print(&lines.concat())?;
            }
        }
        Ok(Exit::Done)
    }
}
