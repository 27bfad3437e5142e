//! A real OpenStack Caracal: the scripts in `tests/rig/openstack`, run with their state and their Python in the rig's places.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::cache;
use super::control_plane::link;
use super::home::Home;
use super::stage::Stages;

const LOCKS: [&str; 3] = ["install.sh", "osc.lock.txt", "requirements.lock.txt"];

pub(super) fn up(home: &Home, stages: &mut Stages) -> Result<()> {
    let place = install(home, stages)?;
    copy_recipe(home)?;
    link(&place.join("osc/bin/openstack"), &home.bin().join("openstack"))?;
    let mut start = script(home, &place, "up.sh");
    start.env("DC_PORT_OFFSET", port_offset(home)?.to_string());
    stages.run(
        "start OpenStack",
        Duration::from_secs(80),
        &home.state().join("openstack.log"),
        &mut start,
    )?;
    if !snapshot(home).exists() {
        let mut save = script(home, &place, "snapshot.sh");
        run(save.args(["save", "fresh"]), "save the fresh cloud")?;
    }
    Ok(())
}

pub(super) fn reset(home: &Home, stages: &mut Stages) -> Result<()> {
    ensure!(snapshot(home).exists(), "there is nothing to go back to: `cargo rig up openstack` first");
    let mut restore = script(home, &place(home)?, "snapshot.sh");
    restore.args(["restore", "fresh"]);
    stages.run("take the cloud back", Duration::from_secs(20), &home.state().join("reset.log"), &mut restore)
}

pub(super) fn down(home: &Home) -> Result<()> {
    match home.openstack().join("down.sh").exists() {
        true => run(&mut script(home, &place(home)?, "down.sh"), "end OpenStack"),
        false => Ok(()),
    }
}

/// One line for each service that was ever started.
pub(super) fn status(home: &Home) -> Result<String> {
    let records = home.openstack().join("state/run");
    let Ok(entries) = std::fs::read_dir(&records) else {
        return Ok("openstack         stopped\n".to_owned());
    };
    let mut lines = Vec::new();
    for entry in entries {
        let path = entry.context("failed to list the services")?.path();
        if path.extension().is_some_and(|extension| extension == "pid") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let state = super::process::running(&path)
                .map_or("stopped".to_owned(), |pid| format!("running, pid {pid}"));
            lines.push(format!("{name:<18}{state}\n"));
        }
    }
    lines.sort();
    Ok(lines.concat())
}

fn place(home: &Home) -> Result<PathBuf> {
    let recipe = home.recipe("openstack");
    let mut files: Vec<PathBuf> = LOCKS.iter().map(|file| recipe.join(file)).collect();
    files.extend(plugins(&recipe)?);
    cache::place(home, "openstack", &files)
}

/// The plug-ins are installed into the Python environment, so a change of theirs asks for a new one.
fn plugins(recipe: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![recipe.join("plugins")];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).with_context(|| format!("failed to list {}", dir.display()))? {
            let path = entry.context("failed to list the plug-ins")?.path();
            match path.is_dir() {
                true => open.push(path),
                false if path.extension().is_some_and(|extension| extension == "py") => files.push(path),
                false => {}
            }
        }
    }
    files.sort();
    Ok(files)
}

fn install(home: &Home, stages: &mut Stages) -> Result<PathBuf> {
    let place = place(home)?;
    let what = "install OpenStack Caracal from its locks";
    if cache::finished(&place)? {
        stages.already(what);
        return Ok(place);
    }
    ensure!(
        Command::new("python3.11")
            .args(["-m", "venv", "--help"])
            .output()
            .is_ok_and(|output| output.status.success()),
        "Python 3.11 with venv is missing: apt-get install python3.11 python3.11-venv"
    );
    copy_recipe(home)?;
    let mut install = script(home, &place, "install.sh");
    stages.run(what, Duration::from_secs(200), &home.state().join("openstack-install.log"), &mut install)?;
    cache::finish(&place)?;
    Ok(place)
}

/// The scripts write beside themselves (`clouds.yaml`), so they run as a copy: the checkout stays clean.
fn copy_recipe(home: &Home) -> Result<()> {
    let to = home.openstack();
    std::fs::create_dir_all(&to).with_context(|| format!("failed to make {}", to.display()))?;
    let from = home.recipe("openstack").join(".");
    run(Command::new("cp").arg("-R").arg(from).arg(&to), "copy the recipe")
}

fn snapshot(home: &Home) -> PathBuf {
    home.openstack().join("state/snapshots/fresh.sql")
}

fn script(home: &Home, place: &Path, name: &str) -> Command {
    let mut command = Command::new("bash");
    command.arg(home.openstack().join(name));
    command.env("DC_VENV", place.join("venv")).env("DC_OSC", place.join("osc")).env("DC_GLOBAL_READER", "1");
    command
}

/// The offset that all ports are moved by: the one of the last start, else the first at which Keystone's, Nova's, the
/// database's and the queue's ports are free. `up.sh` looks at each port again and names the one that is taken.
fn port_offset(home: &Home) -> Result<u16> {
    let kept = std::fs::read_to_string(home.openstack().join("state/port-offset"));
    if let Some(offset) = kept.ok().and_then(|text| text.trim().parse().ok()) {
        return Ok(offset);
    }
    let free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    let all_free =
        |offset: &u16| [5000, 5672, 4369, 8774, 9696, 11211, 13306].iter().all(|port| free(port + offset));
    match (0..20).map(|step| step * 1000).find(all_free) {
        Some(offset) => Ok(offset),
        None => {
            bail!("no free ports: 5000, 5672, 8774, 9696, … are taken, and so are those 1000 to 19000 above")
        }
    }
}

fn run(command: &mut Command, what: &str) -> Result<()> {
    let output = command.output().with_context(|| format!("failed to {what}"))?;
    ensure!(output.status.success(), "failed to {what}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
