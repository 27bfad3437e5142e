//! `kubectl`: the one on the path where it is new enough, else one from its lock.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::rig::home::Home;
use crate::rig::stage::Stages;
use crate::rig::{cache, link};

/// The first with what the rig types: `kubectl wait` for any condition or path, `apply --server-side`, `create token`.
const OLDEST: (u32, u32) = (1, 30);

/// Sees to it that the rig's environment finds a good enough `kubectl`.
pub(super) fn provide(home: &Home, stages: &mut Stages) -> Result<()> {
    let what = "install kubectl 1.36";
    if version("kubectl".as_ref()).is_some_and(|version| version >= OLDEST) {
        stages.already(what);
        return Ok(());
    }
    let lock = home.recipe("kubectl").join("requirements.lock.txt");
    let place = cache::place(home, "kubectl", std::slice::from_ref(&lock))?;
    let program = place.join("venv/bin/kubectl");
    if cache::finished(&place)? {
        stages.already(what);
    } else {
        let mut install = Command::new("sh");
        let recipe = "python3 -m venv \"$1\" && \"$1/bin/pip\" install --quiet --require-hashes --no-deps --only-binary :all: -r \"$2\"";
        install.args(["-c", recipe, "sh"]).arg(place.join("venv")).arg(&lock);
        let outcome = stages.run(what, Duration::from_secs(5), &home.log("kubectl-install"), &mut install);
        outcome.context(
            "kubectl 1.30 or later is missing, and could not be had from PyPI: put one on the PATH",
        )?;
        cache::finish(&place)?;
    }
    link(&program, &home.bin().join("kubectl"))
}

/// `kubectl` as the administrator of the cluster.
pub(in crate::rig) fn command(home: &Home) -> Command {
    let mut command = Command::new("kubectl");
    command.envs(home.environment().variables());
    command
}

/// Runs it, and gives what it prints.
pub(in crate::rig) fn run(command: &mut Command) -> Result<String> {
    let output = command.output().context("failed to start kubectl")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Applies an object that is given as JSON.
pub(in crate::rig) fn apply(home: &Home, object: &serde_json::Value) -> Result<()> {
    use std::io::Write;
    let mut command = command(home);
    command.args(["apply", "--server-side", "--force-conflicts", "-f", "-"]);
    command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped());
    let mut child = command.spawn().context("failed to start kubectl")?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(object.to_string().as_bytes()).context("failed to hand an object to kubectl")?;
    }
    let output = child.wait_with_output().context("failed to wait for kubectl")?;
    if !output.status.success() {
        bail!("failed to apply: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

fn version(program: &Path) -> Option<(u32, u32)> {
    let output = Command::new(program).args(["version", "--client", "-o", "json"]).output().ok()?;
    parse(&String::from_utf8_lossy(&output.stdout))
}

/// Major and minor of `clientVersion.gitVersion`, such as `v1.32.4-dispatcher`.
fn parse(json: &str) -> Option<(u32, u32)> {
    let value: serde_json::Value = serde_json::from_str(json).ok()?;
    let version = value.get("clientVersion")?.get("gitVersion")?.as_str()?.strip_prefix('v')?;
    let mut numbers = version.split('.').map(|part| part.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_what_distributions_make_of_it_too() {
        let json = |version: &str| format!(r#"{{"clientVersion": {{"gitVersion": "{version}"}}}}"#);
        assert_eq!(parse(&json("v1.36.4")), Some((1, 36)));
        assert_eq!(parse(&json("v1.32.4-dispatcher")), Some((1, 32)));
        assert_eq!(parse(&json("v1.30.0+k3s1")), Some((1, 30)));
    }

    #[test]
    fn what_is_no_version_is_none_and_none_is_too_old() {
        for nothing in ["", "{}", "error: unknown flag", r#"{"clientVersion": {"gitVersion": "master"}}"#] {
            assert_eq!(parse(nothing), None, "{nothing}");
        }
        assert_eq!(version(Path::new("/nonexistent/kubectl")), None);
    }
}
