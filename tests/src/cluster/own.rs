//! An API server of one test program alone: for tests that change what all others share.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

const READY_WITHIN: Duration = Duration::from_secs(90);

struct Own {
    kubeconfig: PathBuf,
    dir: PathBuf,
    _dir: tempfile::TempDir,
    _process: Child,
}

static OWN: OnceLock<Own> = OnceLock::new();

/// From here on, this test program has an API server of its own, which ends with it.
///
/// # Errors
/// When it does not start.
pub fn own() -> Result<()> {
    static ONCE: OnceLock<Result<(), String>> = OnceLock::new();
    let outcome = ONCE.get_or_init(|| start().map_err(|why| format!("{why:#}")));
    outcome.clone().map_err(anyhow::Error::msg)
}

/// Its kubeconfig, where there is one.
pub(super) fn kubeconfig() -> Option<PathBuf> {
    OWN.get().map(|own| own.kubeconfig.clone())
}

/// Where it keeps its data and its logs.
///
/// # Errors
/// When this test program has none of its own.
pub(super) fn dir() -> Result<&'static Path> {
    OWN.get().map(|own| own.dir.as_path()).context("this test has no API server of its own")
}

/// Ends its etcd at once, as a crash would; it is started again by itself.
///
/// # Errors
/// When this test program has no API server of its own, or its etcd does not run.
pub fn kill_etcd() -> Result<()> {
    let file = dir()?.join("etcd.pid");
    let pid = std::fs::read_to_string(&file).with_context(|| {
        format!("{} is missing: is control-plane of this checkout? `cargo rig up` builds it", file.display())
    })?;
    let killed =
        Command::new("kill").args(["-s", "KILL", pid.trim()]).status().context("failed to run kill")?;
    ensure!(killed.success(), "failed to kill etcd, process {}", pid.trim());
    let deadline = Instant::now() + READY_WITHIN;
    while std::fs::read_to_string(&file).is_ok_and(|now| now == pid) {
        ensure!(Instant::now() < deadline, "etcd was not started again");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn start() -> Result<()> {
    let dir = tempfile::tempdir().context("failed to make a directory")?;
    let path = dir.path().display().to_string();
    // A pipe that this process holds: it breaks however the process ends, and then the server ends and is cleaned up.
    let script = "control-plane --audit-log --dir \"$0\" >\"$0/log\" 2>&1 & server=$!; cat >/dev/null; \
                  kill \"$server\"; wait \"$server\"; rm -rf \"$0\"";
    let process = Command::new("sh")
        .args(["-c", script, &path])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("failed to run sh")?;
    let kubeconfig = dir.path().join("kubeconfig");
    let deadline = Instant::now() + READY_WITHIN;
    while !ready(&kubeconfig) {
        if Instant::now() > deadline {
            let log = std::fs::read_to_string(dir.path().join("log")).unwrap_or_default();
            bail!("the API server did not start (is control-plane on the PATH?):\n{log}");
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    // Only one thread comes here.
    let _ = OWN.set(Own { kubeconfig, dir: dir.path().to_owned(), _dir: dir, _process: process });
    Ok(())
}

fn ready(kubeconfig: &Path) -> bool {
    let mut ask = Command::new("kubectl");
    ask.arg("--kubeconfig").arg(kubeconfig).args(["get", "--raw", "/readyz"]);
    kubeconfig.exists() && ask.output().is_ok_and(|answer| answer.status.success())
}
