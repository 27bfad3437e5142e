//! The tenants that everyone finds, and the snapshot that `reset` goes back to.
//!
//! # Guarantees
//! The snapshot is only ever taken of a fresh cloud with the seed on it, never of one that somebody worked on.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::{run, script};
use crate::rig::cache;
use crate::rig::home::Home;
use crate::rig::stage::Stages;

/// Lays the seed where it is not there in this form, and keeps the cloud as it is then if it was never kept.
pub(super) fn lay(home: &Home, stages: &mut Stages) -> Result<()> {
    let version = version(home)?;
    let what = "seed three tenants";
    if read(laid(home)) == version {
        stages.already(what);
    } else {
        seed(home, stages, what)?;
        write(laid(home), &version)?;
    }
    match kept(home).exists() {
        true => Ok(()),
        false => keep(home, &version),
    }
}

/// The cloud as it was when it was fresh, with today's seed.
pub(super) fn back(home: &Home, stages: &mut Stages) -> Result<()> {
    ensure!(kept(home).exists(), "there is nothing to go back to: `cargo rig up openstack` first");
    let version = version(home)?;
    let mut restore = script(home, &super::install::place(home)?, "snapshot.sh");
    restore.args(["restore", "fresh"]);
    stages.run("take the cloud back", Duration::from_secs(20), &home.log("reset"), &mut restore)?;
    let what = "seed three tenants";
    let before = read(kept_version(home));
    write(laid(home), &before)?;
    if before == version {
        stages.already(what);
        return Ok(());
    }
    seed(home, stages, what)?;
    write(laid(home), &version)?;
    keep(home, &version)
}

/// The seed's own objects as the seed says, with no rule more.
pub(super) fn exact(home: &Home, stages: &mut Stages) -> Result<()> {
    let mut seed = script(home, &super::install::place(home)?, "seed.sh");
    seed.arg("--exact");
    stages.run("put the three tenants right", Duration::from_secs(3), &home.log("seed"), &mut seed)
}

fn seed(home: &Home, stages: &mut Stages, what: &str) -> Result<()> {
    let mut seed = script(home, &super::install::place(home)?, "seed.sh");
    stages.run(what, Duration::from_secs(5), &home.log("seed"), &mut seed)
}

fn keep(home: &Home, version: &str) -> Result<()> {
    let mut save = script(home, &super::install::place(home)?, "snapshot.sh");
    run(save.args(["save", "fresh"]), "keep the fresh cloud")?;
    write(kept_version(home), version)
}

fn version(home: &Home) -> Result<String> {
    let seed = home.recipe("openstack").join("seed.py");
    let text = std::fs::read(&seed).with_context(|| format!("failed to read {}", seed.display()))?;
    Ok(cache::key(&text))
}

fn laid(home: &Home) -> PathBuf {
    home.openstack().join("state/done/seed")
}

fn kept(home: &Home) -> PathBuf {
    home.openstack().join("state/snapshots/fresh.sql")
}

fn kept_version(home: &Home) -> PathBuf {
    home.openstack().join("state/snapshots/fresh.seed")
}

/// Empty where there is none: no version is.
fn read(file: PathBuf) -> String {
    std::fs::read_to_string(file).unwrap_or_default().trim().to_owned()
}

fn write(file: PathBuf, version: &str) -> Result<()> {
    std::fs::write(&file, format!("{version}\n"))
        .with_context(|| format!("failed to write {}", file.display()))
}
