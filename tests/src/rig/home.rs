//! Where the rig keeps things, and the environment to reach what runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The directories of the rig.
#[derive(Clone, Debug)]
pub(super) struct Home {
    cache: PathBuf,
    state: PathBuf,
}

/// Variables for a shell or a test run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Environment(BTreeMap<&'static str, String>);

impl Home {
    /// `CLOUDSPEC_RIG_CACHE` and `CLOUDSPEC_RIG_STATE`, else `/var/cache/cloudspec-rig` where it can be made, else the user's
    /// cache. (MariaDB runs as a user of its own, which cannot reach root's home.)
    pub(super) fn find() -> Result<Self> {
        let given = |name| std::env::var_os(name).map(PathBuf::from);
        let cache = match given("CLOUDSPEC_RIG_CACHE") {
            Some(cache) => cache,
            None if std::fs::create_dir_all("/var/cache/cloudspec-rig").is_ok() => {
                "/var/cache/cloudspec-rig".into()
            }
            None => {
                let home = given("HOME").context("neither CLOUDSPEC_RIG_CACHE nor HOME is set")?;
                given("XDG_CACHE_HOME").unwrap_or_else(|| home.join(".cache")).join("cloudspec-rig")
            }
        };
        let state = given("CLOUDSPEC_RIG_STATE").unwrap_or_else(|| cache.join("run"));
        std::fs::create_dir_all(&cache).with_context(|| format!("failed to make {}", cache.display()))?;
        std::fs::create_dir_all(state.join("bin"))
            .with_context(|| format!("failed to make {}", state.display()))?;
        Ok(Self { cache, state })
    }

    pub(super) fn cache(&self) -> &Path {
        &self.cache
    }

    pub(super) fn state(&self) -> &Path {
        &self.state
    }

    /// The directory of commands that `PATH` begins with.
    pub(super) fn bin(&self) -> PathBuf {
        self.state.join("bin")
    }

    pub(super) fn openstack(&self) -> PathBuf {
        self.state.join("openstack")
    }

    pub(super) fn control_plane(&self) -> PathBuf {
        self.state.join("control-plane")
    }

    /// The recipes of a component, in the checkout.
    pub(super) fn recipe(&self, component: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("rig").join(component)
    }

    /// The root of the checkout.
    pub(super) fn checkout(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    pub(super) fn environment(&self) -> Environment {
        let path = std::env::var("PATH").unwrap_or_default();
        Environment(BTreeMap::from([
            ("KUBECONFIG", self.control_plane().join("kubeconfig").display().to_string()),
            ("OS_CLIENT_CONFIG_FILE", self.openstack().join("clouds.yaml").display().to_string()),
            ("PATH", format!("{}:{path}", self.bin().display())),
        ]))
    }
}

impl Environment {
    pub(super) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// As lines that a POSIX shell evaluates.
    pub(super) fn to_shell(&self) -> String {
        self.variables()
            .map(|(name, value)| format!("export {name}='{}'\n", value.replace('\'', r"'\''")))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_what_was_meant_even_with_a_quote_in_a_path() {
        let environment = Environment(BTreeMap::from([("KUBECONFIG", "/tmp/it's here".to_owned())]));
        assert_eq!(environment.to_shell(), "export KUBECONFIG='/tmp/it'\\''s here'\n");
    }
}
