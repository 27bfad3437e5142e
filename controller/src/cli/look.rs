//! `show`, `history` and `explain`: what is told of a CloudSpec, or of a TenantOffboard.

use anyhow::{Context, Result, bail};
use clap::Args;
use cloudspec_crds::{ChangePlan, CloudSpec, TenantOffboard};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::api::{Api, ListParams};

use super::exit::Exit;
use super::kube_clients::{Object, Owner};
use super::output::{Output, print, say};
use crate::report::render;

/// Shows what is not as declared, or what a tenant that leaves holds, and the plan on offer with its side effects and the way back.
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
        let (client, owner) = self.object.owner().await?;
        let plans: Api<ChangePlan> = Api::namespaced(client, &owner.place().0);
        match (owner, self.plan) {
            (Owner::CloudSpec(object), plan) => cloud_spec(&plans, &object, plan, self.output).await?,
            (Owner::TenantOffboard(object), None) => offboard(&plans, &object, self.output).await?,
            (Owner::TenantOffboard(_), Some(name)) => {
                print(&render::change_plan(&read(&plans, &name).await?, &[], self.output.format())?)?;
            }
        }
        Ok(Exit::Done)
    }
}

async fn read(plans: &Api<ChangePlan>, name: &str) -> Result<ChangePlan> {
    plans.get(name).await.with_context(|| format!("failed to read ChangePlan {name}"))
}

async fn cloud_spec(
    plans: &Api<ChangePlan>,
    object: &CloudSpec,
    plan: Option<String>,
    output: Output,
) -> Result<()> {
    let status = object.status.clone().unwrap_or_default();
    let on_offer = plan.is_none();
    let Some(name) = plan.or(status.plan.map(|offer| offer.name)) else {
        return print(&render::cloud_spec(object, output.format())?);
    };
    print(&render::change_plan(&read(plans, &name).await?, &status.findings, output.format())?)?;
    if on_offer {
        status.conditions.iter().filter(|one| hinders(one)).for_each(|one| {
            say(format_args!("{}: {}: {}", one.type_, one.reason, one.message));
        });
    }
    Ok(())
}

/// What it holds, what stands in the way, and the plan on offer.
async fn offboard(plans: &Api<ChangePlan>, object: &TenantOffboard, output: Output) -> Result<()> {
    let offer = object.status.as_ref().and_then(|status| status.plan.as_ref());
    let plan = match offer {
        Some(offer) => Some(read(plans, &offer.name).await?),
        None => None,
    };
    print(&render::offboard(object, plan.as_ref(), output.format())?)
}

/// Whether it says why the plan on offer is not carried out, though somebody may have approved it.
fn hinders(condition: &Condition) -> bool {
    condition.status == "False"
        && ["Approved", "ApprovalGateEnforced"].contains(&condition.type_.as_str())
        && condition.reason != "AwaitingApproval"
}

/// Lists the plans of an object: when, who decided, what came of them.
#[derive(Debug, Args)]
pub(super) struct History {
    #[command(flatten)]
    object: Object,
    #[command(flatten)]
    output: Output,
}

impl History {
    pub(super) async fn run(self) -> Result<Exit> {
        let (client, owner) = self.object.owner().await?;
        let (namespace, uid) = owner.place();
        let api: Api<ChangePlan> = Api::namespaced(client, &namespace);
        let mut plans = api.list(&ListParams::default()).await.context("failed to list the plans")?.items;
        plans.retain(|plan| plan.spec.owner.uid == uid);
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
