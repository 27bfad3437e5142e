//! `cargo rig logs NAME`: the log files of what the rig runs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::home::Home;
use super::{control_plane, openstack};

/// Shows the last lines, and what comes where that is asked for.
pub(super) fn show(home: &Home, name: &str, follow: bool) -> Result<()> {
    let all = all(home)?;
    let files = found(&all, name)?;
    let mut tail = Command::new("tail");
    tail.args(["--lines", "100"]);
    if follow {
        tail.arg("--follow=name");
    }
    let status = tail.args(files).status().context("failed to start tail")?;
    ensure!(status.success() || follow, "failed to show the log");
    Ok(())
}

fn found<'a>(all: &'a BTreeMap<String, Vec<PathBuf>>, name: &str) -> Result<&'a [PathBuf]> {
    match all.get(name) {
        Some(files) => Ok(files),
        None => bail!("there is no log of {name}; there is one of: {}", names(all)),
    }
}

fn names(all: &BTreeMap<String, Vec<PathBuf>>) -> String {
    match all.is_empty() {
        true => "nothing, for nothing was started yet".to_owned(),
        false => all.keys().cloned().collect::<Vec<_>>().join(", "),
    }
}

/// What has a log, and its files: services, the control plane's parts, and the rig's own stages and programs.
fn all(home: &Home) -> Result<BTreeMap<String, Vec<PathBuf>>> {
    let mut all = BTreeMap::new();
    let stages = std::fs::read_dir(home.state().join("log")).context("failed to list the logs")?;
    for entry in stages {
        let path = entry.context("failed to list the logs")?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        all.insert(name, vec![path]);
    }
    all.extend(control_plane::logs(home).into_iter().map(|(name, file)| (name.to_owned(), vec![file])));
    all.extend(openstack::logs(home)?);
    all.retain(|_, files| files.iter().any(|file| file.exists()));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_has_no_log_is_answered_with_those_that_have_one() {
        let all = BTreeMap::from([
            ("neutron".to_owned(), vec![PathBuf::from("/x")]),
            ("nova-api".to_owned(), vec![]),
        ]);
        assert_eq!(found(&all, "neutron").unwrap(), [PathBuf::from("/x")]);
        let error = found(&all, "nova").unwrap_err().to_string();
        assert_eq!(error, "there is no log of nova; there is one of: neutron, nova-api");
        assert!(found(&BTreeMap::new(), "nova").unwrap_err().to_string().contains("nothing was started yet"));
    }
}
