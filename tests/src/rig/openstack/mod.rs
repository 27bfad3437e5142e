//! A real OpenStack Caracal: the scripts in `tests/rig/openstack`, run with their state and their Python in the rig's places.

mod install;
mod ports;
mod seed;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::home::Home;
use super::ports::free;
use super::stage::Stages;
use super::{link, process};

/// How many stages [`up`] shows.
pub(super) const STAGES: usize = 4;
/// How many stages [`reset`] shows.
pub(super) const RESET_STAGES: usize = 2;

pub(super) fn up(home: &Home, stages: &mut Stages) -> Result<()> {
    let place = install::install(home, stages)?;
    link(&place.join("osc/bin/openstack"), &home.bin().join("openstack"))?;
    let mut start = script(home, &place, "up.sh");
    start.env("DC_PORT_OFFSET", port_offset(home)?.to_string());
    let what = "start OpenStack, nine services";
    stages.run(what, usual_start(home)?, &home.log("openstack"), &mut start)?;
    seed::lay(home, stages)
}

pub(super) fn reset(home: &Home, stages: &mut Stages) -> Result<()> {
    copy_recipe(home)?;
    seed::back(home, stages)
}

/// Puts the seed's own tenants back to what the seed says; whatever else there is stays.
pub(super) fn tidy(home: &Home, stages: &mut Stages) -> Result<()> {
    copy_recipe(home)?;
    seed::exact(home, stages)
}

pub(super) fn down(home: &Home, stages: &mut Stages) -> Result<()> {
    let what = "end OpenStack";
    if !home.openstack().join("down.sh").exists() {
        stages.already(what);
        return Ok(());
    }
    let mut end = script(home, &install::place(home)?, "down.sh");
    stages.run(what, Duration::from_secs(20), &home.log("openstack-down"), &mut end)
}

/// One line for each service that was ever started.
pub(super) fn status(home: &Home) -> Result<String> {
    let services = services(home)?;
    if services.is_empty() {
        return Ok("openstack           stopped\n".to_owned());
    }
    let line = |(name, pid): (String, Option<u32>)| match pid {
        Some(pid) => format!("{name:<20}running, pid {pid}\n"),
        None => format!("{name:<20}stopped\n"),
    };
    Ok(services.into_iter().map(line).collect())
}

/// The log files by name: of each service what it logs and what it prints, and of a project (`nova`) what its services share.
pub(super) fn logs(home: &Home) -> Result<BTreeMap<String, Vec<PathBuf>>> {
    let dir = home.openstack().join("state/log");
    let mut logs = BTreeMap::new();
    for (name, _) in services(home)? {
        let project = name.split('-').next().unwrap_or(&name).to_owned();
        let shared = vec![dir.join(format!("{project}.log"))];
        let mut own = vec![dir.join(format!("{name}.log")), dir.join(format!("{name}.out"))];
        own.retain(|file| file.metadata().is_ok_and(|meta| meta.len() > 0));
        logs.entry(project).or_insert_with(|| shared.clone());
        logs.insert(name, if own.is_empty() { shared } else { own });
    }
    Ok(logs)
}

/// The services that were ever started, by name, with their pid where they run.
fn services(home: &Home) -> Result<Vec<(String, Option<u32>)>> {
    let Ok(entries) = std::fs::read_dir(home.openstack().join("state/run")) else { return Ok(Vec::new()) };
    let mut services = Vec::new();
    for entry in entries {
        let path = entry.context("failed to list the services")?.path();
        if path.extension().is_some_and(|extension| extension == "pid") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            services.push((name, process::running(&path)));
        }
    }
    services.sort();
    Ok(services)
}

/// From nothing, from what a `down` left, or with all of them running.
fn usual_start(home: &Home) -> Result<Duration> {
    let services = services(home)?;
    let all_run = !services.is_empty() && services.iter().all(|(_, pid)| pid.is_some());
    let initialised = home.openstack().join("state/done/magnum-db").exists();
    Ok(Duration::from_secs(match (initialised, all_run) {
        (true, true) => 3,
        (true, false) => 25,
        (false, _) => 70,
    }))
}

/// The scripts write beside themselves (`clouds.yaml`), so they run as a copy: the checkout stays clean.
fn copy_recipe(home: &Home) -> Result<()> {
    let to = home.openstack();
    std::fs::create_dir_all(&to).with_context(|| format!("failed to make {}", to.display()))?;
    let from = home.recipe("openstack").join(".");
    run(Command::new("cp").arg("-R").arg(from).arg(&to), "copy the recipe")
}

fn script(home: &Home, place: &Path, name: &str) -> Command {
    let mut command = Command::new("bash");
    command.arg(home.openstack().join(name));
    // What another cloud's shell may have exported must not aim these scripts at it.
    for name in ["DC_ROOT", "DC_STATE", "DC_ETC", "DC_PW", "DC_PORT_OFFSET", "SERVICES"] {
        command.env_remove(name);
    }
    command.env("DC_VENV", place.join("venv")).env("DC_OSC", place.join("osc")).env("DC_GLOBAL_READER", "1");
    command
}

/// The offset that all ports are moved by: the one of the last start, which the catalog in Keystone names, else the first at
/// which all are free.
fn port_offset(home: &Home) -> Result<u16> {
    let kept = std::fs::read_to_string(home.openstack().join("state/port-offset"));
    if let Some(offset) = kept.ok().and_then(|text| text.trim().parse().ok()) {
        return Ok(offset);
    }
    let script = home.recipe("openstack").join("env.sh");
    let script =
        std::fs::read_to_string(&script).with_context(|| format!("failed to read {}", script.display()))?;
    ports::offset(&ports::declared(&script), free)
}

fn run(command: &mut Command, what: &str) -> Result<()> {
    let output = command.output().with_context(|| format!("failed to {what}"))?;
    let said =
        || format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "failed to {what}: {}", said());
    Ok(())
}
