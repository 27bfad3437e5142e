//! The Debian packages and the two Python environments.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::rig::cache;
use crate::rig::home::Home;
use crate::rig::stage::Stages;

const LOCKS: [&str; 3] = ["install.sh", "osc.lock.txt", "requirements.lock.txt"];
/// The locks were solved for this one.
const PYTHON: &str = "python3.11";

/// Installs what is missing, and says where the Python environments are.
pub(super) fn install(home: &Home, stages: &mut Stages) -> Result<PathBuf> {
    let place = place(home)?;
    super::copy_recipe(home)?;
    packages(home, stages)?;
    let what = "install OpenStack Caracal from its locks";
    if cache::finished(&place)? {
        stages.already(what);
        return Ok(place);
    }
    python()?;
    let mut install = super::script(home, &place, "install.sh");
    stages.run(what, Duration::from_secs(170), &home.log("openstack-install"), &mut install)?;
    cache::finish(&place)?;
    Ok(place)
}

/// The place of the Python environments: another lock, another place.
pub(super) fn place(home: &Home) -> Result<PathBuf> {
    let recipe = home.recipe("openstack");
    let mut files: Vec<PathBuf> = LOCKS.iter().map(|file| recipe.join(file)).collect();
    files.extend(plugins(&recipe)?);
    cache::place(home, "openstack", &files)
}

fn packages(home: &Home, stages: &mut Stages) -> Result<()> {
    let mut packages = Command::new("bash");
    packages.arg(home.openstack().join("packages.sh"));
    let what = "install MariaDB, RabbitMQ and memcached from Debian's packages";
    stages.run(what, Duration::from_secs(30), &home.log("openstack-packages"), &mut packages)
}

fn python() -> Result<()> {
    let there = Command::new(PYTHON).args(["-c", "import venv, ensurepip"]).output();
    match there {
        Ok(output) if output.status.success() => Ok(()),
        Ok(_) => bail!("{PYTHON} has no venv: apt-get install {PYTHON}-venv"),
        Err(_) => bail!(
            "{PYTHON} is missing, and OpenStack Caracal runs on no later one: apt-get install {PYTHON} {PYTHON}-venv (Debian 12 has \
             it), or `pyenv install 3.11 && pyenv global 3.11`"
        ),
    }
}

/// The plug-ins are installed into the Python environment, so a change of theirs asks for a new one.
fn plugins(recipe: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![recipe.join("plugins")];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).with_context(|| format!("failed to list {}", dir.display()))? {
            let path = entry.context("failed to list the plug-ins")?.path();
            match path.is_dir() {
                true => open.push(path),
                false if path.extension().is_some_and(|extension| extension == "py") => files.push(path),
                false => {}
            }
        }
    }
    files.sort();
    Ok(files)
}
