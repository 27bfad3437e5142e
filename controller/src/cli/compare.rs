//! `diff`, `plan` and `replay`: the pipeline up to the plan, with no cluster and no write anywhere.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use kube::ResourceExt;

use super::cloud::{Cloud, Looked, look};
use super::endpoints::certificates;
use super::exit::Exit;
use super::file::{Declared, declared};
use super::output::{Output, exit_of, print};
use crate::observe::{Needs, Recorder, Replay};
use crate::report::render;

/// What is compared.
#[derive(Debug, Args)]
struct Spec {
    /// File with the CloudSpec; `-` reads standard input.
    #[arg(long, short, value_name = "FILE")]
    file: String,
    /// Which, where the file holds several.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

/// Says what is not as declared.
#[derive(Debug, Args)]
#[command(after_help = super::exit::codes())]
pub(super) struct Diff {
    #[command(flatten)]
    spec: Spec,
    #[command(flatten)]
    cloud: Cloud,
    #[command(flatten)]
    output: Output,
    /// Keeps what was seen in this directory, which is new or empty, without secrets, for `cloudspec replay`.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
}

impl Diff {
    pub(super) async fn run(self) -> Result<Exit> {
        let Declared { object: _, desired } = declared(&self.spec.file, self.spec.name.as_deref())?;
        if let Some(directory) = &self.record {
            holds_nothing(directory)?;
        }
        let recorder = Recorder::new(self.cloud.reader()?);
        let seen = certificates(&desired).await;
        let Looked { snapshot: _, findings } = look(&recorder, &desired, seen.clone()).await;
        if let Some(directory) = &self.record {
            recorder.write(directory, &Needs::of(&desired), &seen).await?;
        }
        print(&render::findings(&findings, self.output.format())?)?;
        Ok(exit_of(&findings))
    }
}

/// An older recording would be mixed with the new one.
fn holds_nothing(directory: &Path) -> Result<()> {
    match std::fs::read_dir(directory) {
        Ok(mut files) => {
            ensure!(
                files.next().is_none(),
                "{} is not empty: record into a new directory",
                directory.display()
            );
            Ok(())
        }
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(why) => Err(why).with_context(|| format!("failed to look into {}", directory.display())),
    }
}

/// Says exactly what would be done, what others would lose by it, and how to take it back. Writes nothing.
#[derive(Debug, Args)]
#[command(after_help = super::exit::codes())]
pub(super) struct Plan {
    #[command(flatten)]
    spec: Spec,
    #[command(flatten)]
    cloud: Cloud,
    #[command(flatten)]
    output: Output,
}

impl Plan {
    pub(super) async fn run(self) -> Result<Exit> {
        let declared = declared(&self.spec.file, self.spec.name.as_deref())?;
        let reader = self.cloud.reader()?;
        let seen = certificates(&declared.desired).await;
        let looked = look(&reader, &declared.desired, seen).await;
        show(&declared, &looked, self.output)
    }
}

fn show(declared: &Declared, looked: &Looked, output: Output) -> Result<Exit> {
    let Looked { snapshot, findings } = looked;
    // A file has no UID: the digest of the same plan in a cluster is another one.
    let owner = declared.object.uid().unwrap_or_default();
    let plan = crate::plan::plan(&declared.desired, snapshot, findings, &owner);
    let exceeded = crate::plan::exceeded(&plan, &declared.object.spec.limits);
    print(&render::plan(&plan, findings, &exceeded, output.format())?)?;
    Ok(exit_of(findings))
}

/// Compares and plans again from what `diff --record` kept; asks no cloud.
#[derive(Debug, Args)]
#[command(after_help = super::exit::codes())]
pub(super) struct Replayed {
    /// The recording.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    #[command(flatten)]
    spec: Spec,
    #[command(flatten)]
    output: Output,
    /// Shows the plan instead of the findings.
    #[arg(long)]
    plan: bool,
}

impl Replayed {
    pub(super) async fn run(self) -> Result<Exit> {
        let declared = declared(&self.spec.file, self.spec.name.as_deref())?;
        let replay = Replay::open(&self.directory)?;
        let looked = look(&replay, &declared.desired, replay.certificates().clone()).await;
        if self.plan {
            return show(&declared, &looked, self.output);
        }
        print(&render::findings(&looked.findings, self.output.format())?)?;
        Ok(exit_of(&looked.findings))
    }
}
