//! A real kube-apiserver with etcd and the controllers that matter here, in one binary built from Go modules.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::home::Home;
use super::stage::Stages;
use super::{cache, process};

const FILES: [&str; 7] = ["build.sh", "etcd.go", "go.mod", "go.sum", "main.go", "pki.go", "start.go"];

pub(super) fn up(home: &Home, stages: &mut Stages) -> Result<()> {
    let binary = install(home, stages)?;
    link(&binary, &home.bin().join("control-plane"))?;
    let what = "start kube-apiserver, etcd and the controllers";
    let dir = home.control_plane();
    if process::running(&record(home)).is_some() {
        stages.already(what);
    } else {
        std::fs::create_dir_all(&dir).context("failed to make the control plane's directory")?;
        let mut command = Command::new(&binary);
        command.arg("--dir").arg(&dir).arg("--audit-log");
        process::start(&record(home), &home.state().join("control-plane.log"), &mut command)?;
        stages.run(what, Duration::from_secs(5), &home.state().join("ready.log"), &mut until_ready(home))?;
    }
    install_definitions(home)
}

pub(super) fn status(home: &Home) -> String {
    match process::running(&record(home)) {
        Some(pid) => format!("control-plane     running, pid {pid}, {}", home.control_plane().display()),
        None => "control-plane     stopped".to_owned(),
    }
}

pub(super) fn down(home: &Home) -> Result<()> {
    process::stop(&record(home))
}

fn record(home: &Home) -> PathBuf {
    home.state().join("control-plane.pid")
}

fn install(home: &Home, stages: &mut Stages) -> Result<PathBuf> {
    let recipe = home.recipe("control-plane");
    let files: Vec<PathBuf> = FILES.iter().map(|file| recipe.join(file)).collect();
    let place = cache::place(home, "control-plane", &files)?;
    let binary = place.join("control-plane");
    let what = "build kube-apiserver, etcd and the controllers";
    if cache::finished(&place)? {
        stages.already(what);
        return Ok(binary);
    }
    ensure!(
        Command::new("go").arg("version").output().is_ok_and(|output| output.status.success()),
        "Go is missing: install Go 1.26 or later (https://go.dev/doc/install) and put `go` on the PATH"
    );
    let mut build = Command::new("sh");
    build.arg(recipe.join("build.sh")).arg(&binary);
    stages.run(what, Duration::from_secs(300), &home.state().join("control-plane-build.log"), &mut build)?;
    cache::finish(&place)?;
    Ok(binary)
}

/// Asks for `/readyz` until it is answered; kubectl brings the credentials.
fn until_ready(home: &Home) -> Command {
    let mut command = Command::new("sh");
    let ask =
        "n=0; until kubectl get --raw /readyz; do n=$((n+1)); [ $n -lt 300 ] || exit 1; sleep 0.2; done";
    command.args(["-c", ask]).envs(home.environment().variables());
    command
}

/// The kinds, for the tests and for people to try.
fn install_definitions(home: &Home) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let mut apply = Command::new("kubectl");
        apply
            .args(["apply", "--server-side", "--force-conflicts", "-f"])
            .arg(home.checkout().join("crds/yaml"));
        let output = apply.envs(home.environment().variables()).output();
        let output =
            output.context("kubectl is missing: install kubectl 1.30 or later and put it on the PATH")?;
        match output.status.success() {
            true => return Ok(()),
            // A server that has just started may not know its own roles yet.
            false if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(500)),
            false => bail!("failed to install the kinds: {}", String::from_utf8_lossy(&output.stderr)),
        }
    }
}

pub(super) fn link(target: &Path, name: &Path) -> Result<()> {
    if name.symlink_metadata().is_ok() {
        std::fs::remove_file(name).with_context(|| format!("failed to replace {}", name.display()))?;
    }
    std::os::unix::fs::symlink(target, name).with_context(|| format!("failed to make {}", name.display()))
}
