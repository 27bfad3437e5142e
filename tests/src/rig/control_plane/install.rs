//! The kinds, roles and policies of this checkout, on the cluster.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::kubectl;
use crate::rig::home::Home;

/// Where CloudSpecs live in the demo, and where people get their rights if nothing else is said.
pub(in crate::rig) const NAMESPACE: &str = "clouds";

/// In this order: what the later ones lie in comes first.
const PARTS: [&str; 4] =
    ["crds/yaml", "manifests/rbac/namespace.yaml", "manifests/rbac", "manifests/admission"];

/// A server that has just started may not know its own roles yet.
const PATIENCE: Duration = Duration::from_secs(45);

/// Installs them all, and what this checkout does not have is passed over.
pub(super) fn install(home: &Home) -> Result<()> {
    let parts = present(&home.checkout());
    let deadline = Instant::now() + PATIENCE;
    loop {
        match outcome(&apply(home, &parts)?) {
            Outcome::Installed => break,
            Outcome::NoStamps => {
                eprintln!(
                    "this cluster knows no MutatingAdmissionPolicy (Kubernetes 1.36): approve with `kubectl cloudspec approve`"
                );
                break;
            }
            Outcome::Failed(_) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(500)),
            Outcome::Failed(why) => bail!("failed to install the kinds, roles and policies: {why}"),
        }
    }
    forget_old_kinds(home)?;
    kubectl::apply(home, &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}))
}

/// kubectl would go on for hours with the kinds' old names and categories.
fn forget_old_kinds(home: &Home) -> Result<()> {
    let cache = home.kube_cache();
    match cache.exists() {
        true => {
            std::fs::remove_dir_all(&cache).with_context(|| format!("failed to remove {}", cache.display()))
        }
        false => Ok(()),
    }
}

fn present(checkout: &Path) -> Vec<PathBuf> {
    PARTS.iter().map(|part| checkout.join(part)).filter(|part| has_yaml(part)).collect()
}

fn has_yaml(part: &Path) -> bool {
    let yaml = |path: &Path| path.extension().is_some_and(|extension| extension == "yaml");
    match std::fs::read_dir(part) {
        Ok(entries) => entries.flatten().any(|entry| yaml(&entry.path())),
        Err(_) => part.is_file(),
    }
}

/// What `kubectl apply` complains of; empty where all went well.
fn apply(home: &Home, parts: &[PathBuf]) -> Result<String> {
    let mut command: Command = kubectl::command(home);
    command.args(["apply", "--server-side", "--force-conflicts"]);
    for part in parts {
        command.arg("-f").arg(part);
    }
    let output = command.output().context("failed to start kubectl")?;
    match output.status.success() {
        true => Ok(String::new()),
        false => Ok(format!("kubectl apply failed\n{}", String::from_utf8_lossy(&output.stderr))),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Installed,
    /// All but the stamping policies, which this cluster is too old for.
    NoStamps,
    Failed(String),
}

fn outcome(complaint: &str) -> Outcome {
    let mut errors = complaint.lines().skip(1).filter(|line| {
        let line = line.trim();
        !line.is_empty() && line != "ensure CRDs are installed first" && !line.starts_with("Warning:")
    });
    let stamps = |line: &str| line.contains("no matches for kind \"MutatingAdmissionPolicy");
    match complaint {
        "" => Outcome::Installed,
        _ if complaint.contains("no matches") && errors.all(stamps) => Outcome::NoStamps,
        _ => Outcome::Failed(complaint.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_without_manifests_installs_the_kinds_alone() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("crds/yaml")).unwrap();
        std::fs::write(dir.path().join("crds/yaml/cloudspecs.yaml"), "").unwrap();
        std::fs::create_dir_all(dir.path().join("manifests/admission")).unwrap();
        assert_eq!(present(dir.path()), [dir.path().join("crds/yaml")]);
    }

    #[test]
    fn an_older_cluster_goes_without_the_stamps_and_nothing_else() {
        let stamps = "error: resource mapping not found for name: \"x\" from \"y\": no matches for kind \
                      \"MutatingAdmissionPolicy\" in version \"admissionregistration.k8s.io/v1\"";
        let old = format!("kubectl apply failed\n{stamps}\nensure CRDs are installed first\n");
        assert_eq!(outcome(""), Outcome::Installed);
        assert_eq!(outcome(&old), Outcome::NoStamps);
        assert!(matches!(outcome(&format!("{old}Error from server (Forbidden): no\n")), Outcome::Failed(_)));
        assert!(matches!(outcome("kubectl apply failed\n"), Outcome::Failed(_)));
    }
}
