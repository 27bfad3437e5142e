//! A real Kubernetes API server: the rig's own, one of the user's binaries, or a cluster that the user has; with the kinds, roles and
//! policies of this checkout installed.

mod assets;
mod install;
pub(super) mod kubectl;
mod own;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

pub(super) use assets::write_private;
pub(super) use install::NAMESPACE;

use super::home::{Cluster, Home};
use super::stage::{Stages, last_lines};
use super::{people, process};

/// How many stages [`up`] shows.
pub(super) const STAGES: usize = 3;

/// How many stages [`reset`] shows.
pub(super) const RESET_STAGES: usize = 1;

const START: &str = "start kube-apiserver, etcd and the controllers";

/// Whether it runs since before this command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Started {
    Now,
    Before,
}

pub(super) fn up(home: &Home, stages: &mut Stages) -> Result<()> {
    kubectl::provide(home, stages)?;
    let started = match home.cluster() {
        Cluster::Own => own::up(home, stages)?,
        Cluster::Assets(assets) => assets::up(home, assets, stages)?,
        Cluster::Given(_) => given(home, stages)?,
    };
    install::install(home)?;
    if *home.cluster() == Cluster::Own && started == Started::Now {
        look_again(home);
    }
    people::controller(home)
}

pub(super) fn status(home: &Home) -> String {
    let running = |name: &str, record: &Path| match process::running(record) {
        Some(pid) => format!("{name:<20}running, pid {pid}\n"),
        None => format!("{name:<20}stopped\n"),
    };
    match home.cluster() {
        Cluster::Own => running("control-plane", &own::record(home)),
        Cluster::Assets(_) => {
            let [etcd, apiserver] = assets::records(home);
            running("etcd", &etcd) + &running("kube-apiserver", &apiserver)
        }
        Cluster::Given(file) => {
            let answer = if answers(home) { "answers" } else { "does not answer" };
            format!("{:<20}{answer} ({})\n", "given cluster", file.display())
        }
    }
}

/// Ends what the rig started. A cluster that the user has goes on.
pub(super) fn down(home: &Home) -> Result<()> {
    let [etcd, apiserver] = assets::records(home);
    [own::record(home), apiserver, etcd].iter().try_for_each(|record| process::stop(record))
}

/// Takes away what people declared: the cluster as it was after the first start, but for people and policies.
pub(super) fn reset(home: &Home, stages: &mut Stages) -> Result<()> {
    let what = "take CloudSpecs, ChangePlans and Secrets away";
    if !answers(home) {
        stages.already(what);
        return Ok(());
    }
    let mut delete = kubectl::command(home);
    delete.args(["delete", "cloudspecs,secrets", "--all", "--timeout=60s", "--namespace", NAMESPACE]);
    stages.run(what, Duration::from_secs(3), &home.log("reset-control-plane"), &mut delete)?;
    forget_plans(home, "{range .items[*]}{.metadata.name} {end}")
}

/// Takes ChangePlans away, those whose names a JSONPath gives. They are the audit record: of all accounts the controller's alone may.
pub(super) fn forget_plans(home: &Home, names: &str) -> Result<()> {
    let controller = home.kubeconfig_of(people::CONTROLLER);
    let mut list = kubectl::command(home);
    list.args(["get", "changeplans", "--namespace", NAMESPACE, "-o", &format!("jsonpath={names}")]);
    let names = kubectl::run(&mut list)?;
    if names.trim().is_empty() || !controller.exists() {
        return Ok(());
    }
    let mut delete = kubectl::command(home);
    delete.arg("--kubeconfig").arg(controller).args(["delete", "changeplans", "--namespace", NAMESPACE]);
    kubectl::run(delete.args(names.split_whitespace())).map(drop)
}

/// The log files by name.
pub(super) fn logs(home: &Home) -> Vec<(&'static str, PathBuf)> {
    let dir = home.control_plane().join("logs");
    match home.cluster() {
        Cluster::Own => vec![
            ("control-plane", home.log("control-plane")),
            ("apiserver", dir.join("apiserver.log")),
            ("controller-manager", dir.join("controller-manager.log")),
            ("audit", dir.join("audit.log")),
        ],
        Cluster::Assets(_) => {
            vec![("etcd", home.log("etcd")), ("kube-apiserver", home.log("kube-apiserver"))]
        }
        Cluster::Given(_) => Vec::new(),
    }
}

fn given(home: &Home, stages: &mut Stages) -> Result<Started> {
    stages.already("build kube-apiserver, etcd and the controllers");
    let limit = Duration::from_secs(20);
    let outcome = stages.until("ask the given cluster", Duration::from_secs(1), limit, || Ok(answers(home)));
    outcome.with_context(|| format!("{} leads to no cluster that answers", home.kubeconfig().display()))?;
    Ok(Started::Before)
}

/// Starts a server and waits until it says that it is ready.
fn start(home: &Home, stages: &mut Stages, record: &Path, log: &Path, command: &mut Command) -> Result<()> {
    std::fs::create_dir_all(home.control_plane()).context("failed to make the control plane's directory")?;
    process::start(record, log, command)?;
    stages.until(START, Duration::from_secs(4), Duration::from_secs(120), || {
        if process::running(record).is_none() {
            bail!("it ended\n{}\nthe whole log: {}", last_lines(log, 20), log.display());
        }
        Ok(answers(home))
    })
}

fn answers_within(home: &Home, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    while !answers(home) {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    true
}

fn answers(home: &Home) -> bool {
    home.kubeconfig().exists()
        && kubectl::run(kubectl::command(home).args(["get", "--raw", "/readyz", "--request-timeout=5s"]))
            .is_ok()
}

/// The garbage collector looks for new kinds each half minute; started again, it looks at once. Its parent starts it again.
fn look_again(home: &Home) {
    let file = home.control_plane().join("controller-manager.pid");
    let Some(pid) = std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse::<u32>().ok())
    else {
        return;
    };
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    if String::from_utf8_lossy(&line).split('\0').nth(1) == Some("controller-manager") {
        // Without it, new kinds are collected half a minute later: no reason to stop.
        let _ = Command::new("kill").arg(pid.to_string()).status();
    }
}
