//! The environment to reach what runs.

use std::collections::BTreeMap;
use std::path::Path;

use super::home::Home;

/// Variables for a shell or a test run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Environment(BTreeMap<&'static str, String>);

impl Environment {
    pub(super) fn of(home: &Home) -> Self {
        let path = std::env::var("PATH").unwrap_or_default();
        let controller = home.kubeconfig_of(super::people::CONTROLLER);
        Self(BTreeMap::from([
            ("CLOUDSPEC_RIG_CONTROLLER_KUBECONFIG", controller.display().to_string()),
            ("KUBECACHEDIR", home.kube_cache().display().to_string()),
            ("KUBECONFIG", home.kubeconfig().display().to_string()),
            ("OS_CLIENT_CONFIG_FILE", home.openstack().join("clouds.yaml").display().to_string()),
            ("PATH", before(&home.bin(), &path)),
        ]))
    }

    /// With one more variable, or another value of one.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.insert(name, value.into());
        self
    }

    /// With a directory in front of all others on the path.
    pub(super) fn with_programs(mut self, dir: &Path) -> Self {
        let path = self.0.remove("PATH").unwrap_or_default();
        self.0.insert("PATH", before(dir, &path));
        self
    }

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

/// Evaluated twice, it stands there once.
fn before(dir: &Path, path: &str) -> String {
    let dir = dir.display().to_string();
    let others = path.split(':').filter(|other| *other != dir);
    std::iter::once(dir.as_str()).chain(others).collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_what_was_meant_even_with_a_quote_in_a_path() {
        let environment = Environment(BTreeMap::from([("KUBECONFIG", "/tmp/it's here".to_owned())]));
        assert_eq!(environment.to_shell(), "export KUBECONFIG='/tmp/it'\\''s here'\n");
    }

    #[test]
    fn a_directory_stands_on_the_path_once_and_first_however_often_it_is_put_there() {
        assert_eq!(before(Path::new("/rig/bin"), "/usr/bin:/bin"), "/rig/bin:/usr/bin:/bin");
        assert_eq!(before(Path::new("/rig/bin"), "/usr/bin:/rig/bin:/bin"), "/rig/bin:/usr/bin:/bin");
    }

    #[test]
    fn the_programs_of_this_checkout_come_before_those_of_the_rig() {
        let environment = Environment(BTreeMap::from([("PATH", "/rig/bin:/bin".to_owned())]));
        let path = environment.with_programs(Path::new("/checkout/target/debug"));
        assert_eq!(path.variables().next(), Some(("PATH", "/checkout/target/debug:/rig/bin:/bin")));
    }
}
