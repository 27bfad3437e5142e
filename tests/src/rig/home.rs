//! Where the rig keeps things.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::environment::Environment;

/// The directories of the rig, and whose cluster it works on.
#[derive(Clone, Debug)]
pub(super) struct Home {
    cache: PathBuf,
    state: PathBuf,
    cluster: Cluster,
}

/// Whose Kubernetes is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cluster {
    /// The rig's own, built from Go modules.
    Own,
    /// The rig's own, of kube-apiserver and etcd in the directory that `KUBEBUILDER_ASSETS` names.
    Assets(PathBuf),
    /// One that the user has: nothing is built, started or ended.
    Given(PathBuf),
}

impl Home {
    /// `CLOUDSPEC_RIG_CACHE` and `CLOUDSPEC_RIG_STATE`, else `/var/cache/cloudspec-rig` where we may write there, else the user's
    /// cache. (MariaDB runs as a user of its own, which cannot reach root's home.)
    pub(super) fn find(kubeconfig: Option<PathBuf>) -> Result<Self> {
        let given = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let shared = Path::new("/var/cache/cloudspec-rig");
        let cache = match given("CLOUDSPEC_RIG_CACHE") {
            Some(cache) => cache,
            None if writable(shared) => shared.to_owned(),
            None => {
                let home = given("HOME").context("neither CLOUDSPEC_RIG_CACHE nor HOME is set")?;
                given("XDG_CACHE_HOME").unwrap_or_else(|| home.join(".cache")).join("cloudspec-rig")
            }
        };
        let state = given("CLOUDSPEC_RIG_STATE").unwrap_or_else(|| cache.join("run"));
        let cluster = match (kubeconfig, given("KUBEBUILDER_ASSETS")) {
            (Some(file), _) => Cluster::Given(
                file.canonicalize().with_context(|| format!("failed to find {}", file.display()))?,
            ),
            (None, Some(assets)) => Cluster::Assets(assets),
            (None, None) => Cluster::Own,
        };
        Self::at(cache, state, cluster)
    }

    /// At these places, made where they are missing.
    pub(super) fn at(cache: PathBuf, state: PathBuf, cluster: Cluster) -> Result<Self> {
        std::fs::create_dir_all(&cache).with_context(|| format!("failed to make {}", cache.display()))?;
        for dir in ["bin", "log", "users"] {
            let dir = state.join(dir);
            std::fs::create_dir_all(&dir).with_context(|| format!("failed to make {}", dir.display()))?;
        }
        Ok(Self { cache, state, cluster })
    }

    pub(super) fn cache(&self) -> &Path {
        &self.cache
    }

    pub(super) fn state(&self) -> &Path {
        &self.state
    }

    pub(super) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The directory of commands that `PATH` begins with.
    pub(super) fn bin(&self) -> PathBuf {
        self.state.join("bin")
    }

    /// The log of one of the rig's own stages or programs.
    pub(super) fn log(&self, name: &str) -> PathBuf {
        self.state.join("log").join(format!("{name}.log"))
    }

    pub(super) fn openstack(&self) -> PathBuf {
        self.state.join("openstack")
    }

    /// The directory of the cluster that the rig runs.
    pub(super) fn control_plane(&self) -> PathBuf {
        self.state.join(match self.cluster {
            Cluster::Own | Cluster::Given(_) => "control-plane",
            Cluster::Assets(_) => "kubebuilder",
        })
    }

    /// Of the cluster's administrator.
    pub(super) fn kubeconfig(&self) -> PathBuf {
        match &self.cluster {
            Cluster::Own | Cluster::Assets(_) => self.control_plane().join("kubeconfig"),
            Cluster::Given(file) => file.clone(),
        }
    }

    /// What kubectl remembers of the cluster's kinds.
    pub(super) fn kube_cache(&self) -> PathBuf {
        self.state.join("kube-cache")
    }

    /// Of a person that `cargo rig user` made, or of the controller's account.
    pub(super) fn kubeconfig_of(&self, name: &str) -> PathBuf {
        self.state.join("users").join(format!("{name}.kubeconfig"))
    }

    /// The recipes of a component, in the checkout.
    pub(super) fn recipe(&self, component: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("rig").join(component)
    }

    /// The root of the checkout.
    pub(super) fn checkout(&self) -> PathBuf {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        tests.parent().unwrap_or(tests).to_owned()
    }

    pub(super) fn environment(&self) -> Environment {
        Environment::of(self)
    }
}

fn writable(dir: &Path) -> bool {
    let probe = dir.join(format!(".writable-{}", std::process::id()));
    std::fs::create_dir_all(dir).is_ok()
        && std::fs::write(&probe, "").is_ok()
        && std::fs::remove_file(&probe).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_cluster_is_reached_by_its_own_kubeconfig_and_the_rigs_by_the_one_in_its_state() {
        let dir = tempfile::tempdir().unwrap();
        let at =
            |cluster| Home::at(dir.path().join("c"), dir.path().join("s"), cluster).unwrap().kubeconfig();
        assert_eq!(at(Cluster::Own), dir.path().join("s/control-plane/kubeconfig"));
        assert_eq!(at(Cluster::Assets("/opt".into())), dir.path().join("s/kubebuilder/kubeconfig"));
        assert_eq!(at(Cluster::Given("/home/ann/.kube/config".into())), Path::new("/home/ann/.kube/config"));
    }

    #[test]
    fn a_place_below_a_file_is_not_writable() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(!writable(&file.path().join("cache")));
    }
}
