//! The programs of this checkout: `cloudspec` and `kubectl-cloudspec`.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::control_plane::NAMESPACE;
use super::home::Home;
use super::people::CONTROLLER;
use super::stage::Stages;
use super::{link, ports, process};

/// How many stages [`build`] shows.
pub(super) const STAGES: usize = 1;

/// Builds them, and puts them on the path of the rig's environment.
pub(super) fn build(home: &Home, stages: &mut Stages) -> Result<()> {
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--package", "cloudspec", "--bins"]).current_dir(home.checkout());
    let what = "build cloudspec";
    stages.run(what, Duration::from_secs(20), &home.log("cloudspec-build"), &mut build)?;
    let dir = directory()?;
    ["cloudspec", "kubectl-cloudspec"]
        .iter()
        .try_for_each(|name| link(&dir.join(name), &home.bin().join(name)))
}

/// Where cargo puts them: beside this program.
pub(super) fn directory() -> Result<PathBuf> {
    let this = std::env::current_exe().context("failed to find this program")?;
    Ok(this.parent().context("this program lies nowhere")?.to_owned())
}

/// The controller that the demo leaves running.
pub(super) fn controller_record(home: &Home) -> PathBuf {
    home.state().join("cloudspec.pid")
}

/// Starts the controller with its own account's kubeconfig, and with no credential of the cloud at all. It looks after one namespace,
/// under a lease of its own: whatever else runs on this cluster is none of its business.
pub(super) fn start_controller(home: &Home) -> Result<()> {
    let kubeconfig = home.kubeconfig_of(CONTROLLER);
    ensure!(
        kubeconfig.exists(),
        "the controller's account is not installed: `cargo rig up control-plane` first"
    );
    let mut run = Command::new(directory()?.join("cloudspec"));
    run.args(["run", "--namespace", NAMESPACE, "--lease", "cloudspec-demo"]);
    run.arg("--metrics-addr").arg(format!("127.0.0.1:{}", ports::any()?));
    run.current_dir(home.state())
        .env("KUBECONFIG", kubeconfig)
        .env("NO_COLOR", "1")
        .env_remove("OS_CLIENT_CONFIG_FILE");
    process::start(&controller_record(home), &home.log("cloudspec"), &mut run)
}
