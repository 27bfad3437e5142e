//! kube-apiserver with etcd and the controllers that matter here, in one binary built from Go modules.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::Started;
use crate::rig::home::Home;
use crate::rig::stage::Stages;
use crate::rig::{cache, link, process};

const FILES: [&str; 7] = ["build.sh", "etcd.go", "go.mod", "go.sum", "main.go", "pki.go", "start.go"];

pub(super) fn up(home: &Home, stages: &mut Stages) -> Result<Started> {
    let binary = install(home, stages)?;
    link(&binary, &home.bin().join("control-plane"))?;
    if process::running(&record(home)).is_some() {
        if super::answers_within(home, Duration::from_secs(20)) {
            stages.already(super::START);
            return Ok(Started::Before);
        }
        eprintln!("the control plane runs and does not answer: starting it again");
        process::stop(&record(home))?;
    }
    let mut command = Command::new(&binary);
    command.arg("--dir").arg(home.control_plane()).arg("--audit-log");
    super::start(home, stages, &record(home), &home.log("control-plane"), &mut command)?;
    Ok(Started::Now)
}

/// The one process that holds the others.
pub(super) fn record(home: &Home) -> PathBuf {
    home.state().join("control-plane.pid")
}

/// The binary, built where it is not.
fn install(home: &Home, stages: &mut Stages) -> Result<PathBuf> {
    let place = place(home)?;
    let binary = place.join("control-plane");
    let what = "build kube-apiserver, etcd and the controllers";
    if cache::finished(&place)? {
        stages.already(what);
        return Ok(binary);
    }
    ensure!(
        Command::new("go").arg("version").output().is_ok_and(|output| output.status.success()),
        "Go is missing: install Go 1.26 or later (https://go.dev/doc/install) and put `go` on the PATH; or give a cluster that you \
         have (`cargo rig --kubeconfig FILE …`), or the directory of a kube-apiserver and an etcd (KUBEBUILDER_ASSETS)"
    );
    let mut build = Command::new("sh");
    build.arg(home.recipe("control-plane").join("build.sh")).arg(&binary);
    stages.run(what, Duration::from_secs(300), &home.log("control-plane-build"), &mut build)?;
    cache::finish(&place)?;
    Ok(binary)
}

fn place(home: &Home) -> Result<PathBuf> {
    let recipe = home.recipe("control-plane");
    let files: Vec<PathBuf> = FILES.iter().map(|file| recipe.join(file)).collect();
    cache::place(home, "control-plane", &files)
}
