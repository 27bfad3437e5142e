//! `offboard plan`: what a tenant holds, and the plan of its leaving. Nothing here can apply it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use clap::{Args, Subcommand};

use super::cloud::Cloud;
use super::exit::Exit;
use super::output::{Output, print, say};
use crate::model::Inventory;
use crate::model::ids::ProjectId;
use crate::model::leaving::{Kept, Leaving, Protected};
use crate::observe::inventory;
use crate::plan::offboard::{Stage, offboard, remains};
use crate::report::render;

/// Says what a tenant holds, and what its leaving would do. A TenantOffboard in a cluster is what carries it out.
#[derive(Debug, Args)]
pub(super) struct Offboard {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Plan(Plan),
}

/// Lists all that a tenant holds, what others lose when it goes, what stands in the way, and each step. Writes nothing.
#[derive(Debug, Args)]
#[command(after_help = super::exit::codes_of_offboard())]
struct Plan {
    #[command(flatten)]
    cloud: Cloud,
    /// The project's id: 32 digits of 0-9 and a-f.
    #[arg(long, value_name = "ID", value_parser = id)]
    tenant: ProjectId,
    /// The project's name; it must be what Keystone says.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The name of the project's domain; it must be what Keystone says.
    #[arg(long, value_name = "DOMAIN")]
    domain: String,
    /// The project itself goes too, by a plan of its own, which is shown when nothing else is left.
    #[arg(long)]
    delete_project: bool,
    /// A service type, or network:ALIAS of an extension, that nothing here sweeps and you have looked into yourself; may be given several times.
    #[arg(long, value_name = "WHAT")]
    accept_uncovered: Vec<String>,
    /// What stays, and why: every resource of a type, such as volume or floatingIp, or one by its id; may be given several times.
    #[arg(long, value_name = "TYPE|ID=REASON", value_parser = kept)]
    keep: Vec<(Kept, String)>,
    #[command(flatten)]
    output: Output,
}

/// It stands in addresses that are asked for: nothing but an id goes there.
fn id(text: &str) -> Result<ProjectId, String> {
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    match text.len() == 32 && text.bytes().all(digit) {
        true => Ok(ProjectId::from(text)),
        false => {
            Err("give the id, 32 digits of 0-9 and a-f: openstack project show -f value -c id NAME"
                .to_owned())
        }
    }
}

fn kept(text: &str) -> Result<(Kept, String), String> {
    match text.split_once('=') {
        Some((what, why)) if !what.trim().is_empty() && !why.trim().is_empty() => {
            Ok((Kept::from(what.trim()), why.trim().to_owned()))
        }
        _ => Err("give what stays and why, such as volume=\"owned by the archive\"".to_owned()),
    }
}

impl Offboard {
    pub(super) async fn run(self) -> Result<Exit> {
        match self.what {
            What::Plan(plan) => plan.run().await,
        }
    }
}

impl Plan {
    async fn run(self) -> Result<Exit> {
        let reader = self.cloud.reader()?;
        let (output, leaving) = (self.output, self.leaving());
        let seen = inventory(&reader, &leaving.id).await;
        let stage = stage(&seen, &leaving);
        // A command has no UID: the digest of the same plan in a cluster is another one.
        let plan = offboard(&seen, &leaving, &Protected::default(), &[], "", stage);
        let shown = plan.as_ref().map_err(Vec::as_slice);
        print(&render::leaving(&seen, &leaving, stage, shown, output.format())?)?;
        if let Err(refusals) = &plan {
            say(match refusals.len() {
                1 => "there is no plan: 1 reason stands in the way".to_owned(),
                several => format!("there is no plan: {several} reasons stand in the way"),
            });
            return Ok(Exit::NotTold);
        }
        Ok(exit_of(&seen, &leaving))
    }

    fn leaving(self) -> Leaving {
        let Self { cloud: _, tenant, name, domain, delete_project, accept_uncovered, keep, output: _ } = self;
        let accept_uncovered: BTreeSet<String> = accept_uncovered.into_iter().collect();
        let keep: BTreeMap<Kept, String> = keep.into_iter().collect();
        Leaving { id: tenant, name, domain, delete_project, accept_uncovered, keep }
    }
}

/// The project comes last, when it holds nothing more; what is kept in it holds it.
fn stage(seen: &Inventory, leaving: &Leaving) -> Stage {
    match remains(seen, leaving, Stage::Resources) {
        Ok(left) if left.is_empty() && leaving.delete_project => Stage::Project,
        Ok(_) | Err(_) => Stage::Resources,
    }
}

/// Of what is left until all that was asked for is done.
fn exit_of(seen: &Inventory, leaving: &Leaving) -> Exit {
    let last = if leaving.delete_project { Stage::Project } else { Stage::Resources };
    match remains(seen, leaving, last) {
        Ok(left) if left.is_empty() => Exit::Done,
        Ok(_) => Exit::Drift,
        Err(why) => {
            say(why);
            Exit::NotTold
        }
    }
}
