//! A running API server for the tests: people with their own kubeconfigs, namespaces of their own, the kinds and policies.
//!
//! What comes in: `KUBECONFIG`, and `control-plane` and `kubectl` on the `PATH`, as `cargo rig env` says them. What goes
//! out: answers of kubectl as a person gets them.
//!
//! # Guarantees
//! Two tests that run at the same time share the kinds and the policies, and nothing else.

mod install;
mod namespace;
mod own;
mod written;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

pub use install::{again, install};
pub use namespace::Namespace;
pub use own::{kill_etcd, own};
pub use written::{Written, written};

/// A person, or the controller, by the kubeconfig of theirs.
#[derive(Clone, Debug)]
pub struct Person {
    /// The name by which the API server knows them.
    pub name: String,
    kubeconfig: PathBuf,
}

/// What kubectl answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Whether the exit code was 0.
    pub succeeded: bool,
    /// What was printed on standard output.
    pub output: String,
    /// What was printed on standard error.
    pub error: String,
}

impl Person {
    /// The administrator, whose kubeconfig `KUBECONFIG` is.
    ///
    /// # Errors
    /// When `KUBECONFIG` is not set.
    pub fn admin() -> Result<Self> {
        if let Some(kubeconfig) = own::kubeconfig() {
            return Ok(Self { name: "admin".to_owned(), kubeconfig });
        }
        let kubeconfig = std::env::var_os("KUBECONFIG").context(
            "KUBECONFIG is not set: start the rig by `cargo rig up`, then `eval \"$(cargo rig env)\"`",
        )?;
        Ok(Self { name: "admin".to_owned(), kubeconfig: kubeconfig.into() })
    }

    /// A person with a client certificate, made by the rig's `control-plane`.
    ///
    /// # Errors
    /// When `control-plane` is missing or refuses.
    pub fn named(name: &str, groups: &[&str]) -> Result<Self> {
        let admin = Self::admin()?;
        let dir = admin.kubeconfig.parent().context("KUBECONFIG has no directory")?;
        let kubeconfig = dir.join("users").join(format!("{name}.kubeconfig"));
        let mut command = Command::new("control-plane");
        command.args(["user", name]).args(groups.iter().flat_map(|group| ["--group", group]));
        // Tests that run at the same time make the same people: a file is never seen half written.
        let made = dir.join("users").join(format!("{name}.{}", uuid::Uuid::new_v4().simple()));
        command.arg("--dir").arg(dir).arg("--out").arg(&made);
        let output =
            command.output().context("control-plane is not on the PATH: `eval \"$(cargo rig env)\"`")?;
        ensure!(
            output.status.success(),
            "control-plane made no user: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        std::fs::rename(&made, &kubeconfig).context("failed to put the kubeconfig in its place")?;
        Ok(Self { name: name.to_owned(), kubeconfig })
    }

    /// The controller by a token of its service account; `file` tells the tests' copies apart.
    ///
    /// # Errors
    /// When the service account is not installed.
    pub fn controller(file: &str) -> Result<Self> {
        let admin = Self::admin()?;
        let token = admin
            .kubectl(&["create", "token", "cloudspec-controller", "-n", "cloudspec-system"], "")?
            .or_fail()?
            .output;
        let dir = admin.kubeconfig.parent().context("KUBECONFIG has no directory")?.join("users");
        std::fs::create_dir_all(&dir).context("failed to make the users' directory")?;
        let kubeconfig = dir.join(format!("{file}.kubeconfig"));
        std::fs::copy(&admin.kubeconfig, &kubeconfig).context("failed to copy the kubeconfig")?;
        let name = "system:serviceaccount:cloudspec-system:cloudspec-controller".to_owned();
        let controller = Self { name, kubeconfig };
        let token = format!("--token={}", token.trim());
        controller.kubectl(&["config", "set-credentials", "controller", &token], "")?.or_fail()?;
        controller.kubectl(&["config", "set-context", "--current", "--user=controller"], "")?.or_fail()?;
        Ok(controller)
    }

    /// Where their kubeconfig is.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Runs kubectl as them.
    ///
    /// # Errors
    /// When kubectl cannot be run; a refusal is an answer.
    pub fn kubectl<A: AsRef<str>>(&self, arguments: &[A], input: &str) -> Result<Answer> {
        let mut command = Command::new("kubectl");
        command.arg("--kubeconfig").arg(&self.kubeconfig);
        command.args(arguments.iter().map(AsRef::as_ref));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("kubectl is not on the PATH")?;
        if let Some(mut stdin) = child.stdin.take() {
            // A kubectl that refuses its arguments reads nothing: its answer says more than the broken pipe.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().context("failed to wait for kubectl")?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Answer {
            succeeded: output.status.success(),
            output: text(&output.stdout),
            error: text(&output.stderr),
        })
    }
}

impl Answer {
    /// The answer, where it was a success.
    ///
    /// # Errors
    /// With what kubectl said, where it was none.
    pub fn or_fail(self) -> Result<Self> {
        ensure!(self.succeeded, "kubectl failed: {}", self.error);
        Ok(self)
    }
}
