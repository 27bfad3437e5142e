//! The controller as a process of its own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

const STARTED_WITHIN: Duration = Duration::from_secs(30);

/// A running controller; it is killed when this value is dropped.
#[derive(Debug)]
pub struct Controller {
    child: Child,
    log: PathBuf,
    address: String,
    dir: tempfile::TempDir,
}

impl Controller {
    /// Starts one, and waits until it serves its metrics.
    ///
    /// # Errors
    /// When it is not built, or ends at once.
    pub async fn start(kubeconfig: &Path, arguments: &[&str]) -> Result<Self> {
        let dir = tempfile::tempdir().context("failed to make a directory for the log")?;
        let log = dir.path().join("log");
        let output = File::create(&log).context("failed to make the log")?;
        let child = Command::new(program()?)
            .args(["run", "--metrics-addr", "127.0.0.1:0", "--settle-seconds", "1"])
            .args(log_of(arguments))
            .arg("--kubeconfig")
            .arg(kubeconfig)
            .args(arguments)
            .env("NO_COLOR", "1")
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .context("failed to start the controller")?;
        let mut controller = Self { child, log, address: String::new(), dir };
        let deadline = Instant::now() + STARTED_WITHIN;
        while controller.address.is_empty() {
            controller.address = address(&controller.log()).unwrap_or_default();
            ensure!(Instant::now() < deadline, "the controller did not start:\n{}", controller.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(controller)
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The directory that it works in; the log is there.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A page of its HTTP server.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn page(&self, path: &str) -> Result<String> {
        Ok(reqwest::get(format!("http://{}{path}", self.address)).await?.text().await?)
    }

    /// Ends it at once, as a crash would.
    ///
    /// # Errors
    /// When it has ended already.
    pub fn kill(mut self) -> Result<String> {
        self.child.kill().context("failed to kill the controller")?;
        self.child.wait().context("failed to wait for the controller")?;
        Ok(self.log())
    }

    /// Sends a signal by name, such as `TERM`, `STOP`, `CONT`.
    ///
    /// # Errors
    /// When kill cannot be run.
    pub fn signal(&self, name: &str) -> Result<()> {
        let status = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status()?;
        ensure!(status.success(), "failed to send {name}");
        Ok(())
    }

    /// Waits until it has ended by itself; its exit code.
    ///
    /// # Errors
    /// When it does not end in time.
    pub async fn ended(&mut self, within: Duration) -> Result<Option<i32>> {
        Ok(self.status(within).await?.code())
    }

    /// Waits until it has ended by itself; how.
    ///
    /// # Errors
    /// When it does not end in time.
    pub async fn status(&mut self, within: Duration) -> Result<ExitStatus> {
        let deadline = Instant::now() + within;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > deadline {
                bail!("the controller did not end within {within:?}:\n{}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How much is logged, where the arguments do not say it.
fn log_of(arguments: &[&str]) -> &'static [&'static str] {
    match arguments.contains(&"--log") {
        true => &[],
        false => &["--log", "info,cloudspec=trace"],
    }
}

/// Where the log says that it serves.
fn address(log: &str) -> Option<String> {
    let line = log.lines().find(|line| line.contains("serving /metrics"))?;
    let (_, rest) = line.split_once("address=")?;
    rest.split_whitespace().next().map(str::to_owned)
}

/// `cloudspec` beside the test program: `target/debug/deps/test` → `target/debug/cloudspec`.
///
/// # Errors
/// When it is not built.
pub fn program() -> Result<PathBuf> {
    let test = std::env::current_exe().context("failed to find this program")?;
    let built = test.parent().and_then(Path::parent).context("this program lies in no target directory")?;
    let program = built.join("cloudspec");
    ensure!(program.exists(), "{} is missing: cargo build -p cloudspec", program.display());
    Ok(program)
}
