//! `cargo rig`: the real components on this machine.
//!
//! What comes in: the recipes in `tests/rig/`. What goes out: a running OpenStack Caracal and a Kubernetes control plane, each
//! listening on loopback only, and the environment to reach them.
//!
//! # Guarantees
//! What is downloaded or built lies in one cache outside the checkout, keyed by the recipes' content; an install that was cut
//! off never counts as done. Only processes that the rig recorded (pid and start time) are ever ended.

mod cache;
mod control_plane;
mod demo;
mod environment;
mod home;
mod logs;
mod matrix;
mod openstack;
mod people;
mod ports;
mod process;
mod program;
mod stage;
mod suite;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand, ValueEnum};

pub use matrix::{SEED as MATRIX_SEED, WHOLE as MATRIX_WHOLE, cases};

use home::Home;
use people::May;
use stage::Stages;

/// Starts the real components on this machine, and runs the tests on them.
#[derive(Debug, Parser)]
#[command(name = "cargo rig", bin_name = "cargo rig")]
pub struct Rig {
    /// A cluster that you have: then none is built. (KUBEBUILDER_ASSETS: a kube-apiserver and an etcd that you have.)
    #[arg(long, global = true, value_name = "FILE", env = "CLOUDSPEC_RIG_KUBECONFIG")]
    kubeconfig: Option<PathBuf>,
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Installs what is missing, starts what is not running, and seeds the cloud.
    Up {
        /// What to start; everything where none is named.
        parts: Vec<Part>,
    },
    /// Does all the set-up, then runs every test.
    Test {
        /// Only the tests whose name holds one of these.
        filters: Vec<String>,
    },
    /// Does all the set-up, then tells the main job as a story, and leaves all running.
    Demo,
    /// Runs one of the long matrices whole.
    Matrix {
        /// The name of the matrix.
        name: String,
    },
    /// Says what runs.
    Status,
    /// Prints what a shell needs: eval "$(cargo rig env)".
    Env,
    /// Shows the log of a service, a component or a stage.
    Logs {
        /// What `status` names, or a stage.
        name: String,
        /// Goes on showing what comes.
        #[arg(short, long)]
        follow: bool,
    },
    /// Makes another person, and prints where their kubeconfig is.
    User {
        /// Their name.
        name: String,
        /// What they may do.
        #[arg(long)]
        may: May,
        /// Where they may do it.
        #[arg(long, default_value = control_plane::NAMESPACE)]
        namespace: String,
    },
    /// Takes the cloud back to the seeded state, and takes away what was declared.
    Reset {
        /// What to take back; everything where none is named.
        parts: Vec<Part>,
    },
    /// Ends what the rig started.
    Down {
        /// Removes its state too; the cache stays.
        #[arg(long)]
        wipe: bool,
    },
}

/// A component. Each has a recipe in `tests/rig/` and a room here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// OpenStack Caracal: keystone, neutron, nova, cinder, glance, octavia, barbican, magnum, placement.
    Openstack,
    /// kube-apiserver, etcd and the controllers.
    ControlPlane,
}

impl Rig {
    /// Carries the command out.
    ///
    /// # Errors
    /// What could not be installed, started or ended, with the way out where there is one.
    pub fn run(self) -> Result<()> {
        let home = Home::find(self.kubeconfig)?;
        match self.command {
            Verb::Up { parts } => up(&home, &all_if_none(parts)),
            Verb::Test { filters } => set_up(&home, 0).and_then(|_| suite::run(&home, &filters)),
            Verb::Demo => demo::tell(&home, &mut set_up(&home, demo::STAGES)?),
            Verb::Matrix { name } => set_up(&home, 0).and_then(|_| matrix::run(&home, &name)),
            Verb::Status => status(&home),
            Verb::Env => {
                print!("{}", home.environment().to_shell());
                Ok(())
            }
            Verb::Logs { name, follow } => logs::show(&home, &name, follow),
            Verb::User { name, may, namespace } => {
                println!("{}", people::provide(&home, &name, may, &namespace)?.display());
                Ok(())
            }
            Verb::Reset { parts } => reset(&home, &all_if_none(parts)),
            Verb::Down { wipe } => down(&home, wipe),
        }
    }
}

const ALL: [Part; 2] = [Part::Openstack, Part::ControlPlane];

fn all_if_none(parts: Vec<Part>) -> Vec<Part> {
    if parts.is_empty() { ALL.to_vec() } else { parts }
}

fn up(home: &Home, parts: &[Part]) -> Result<()> {
    let mut stages = Stages::new(parts.iter().map(stages_of).sum::<usize>() + program::STAGES);
    start(home, parts, &mut stages)?;
    eprintln!("ready; in a shell: eval \"$(cargo rig env)\"");
    Ok(())
}

/// Everything, for a command that shows so many stages more.
fn set_up(home: &Home, more: usize) -> Result<Stages> {
    let mut stages = Stages::new(ALL.iter().map(stages_of).sum::<usize>() + program::STAGES + more);
    start(home, &ALL, &mut stages)?;
    Ok(stages)
}

fn start(home: &Home, parts: &[Part], stages: &mut Stages) -> Result<()> {
    let _only_one = cache::lock(home)?;
    for part in parts {
        match part {
            Part::Openstack => openstack::up(home, stages)?,
            Part::ControlPlane => control_plane::up(home, stages)?,
        }
    }
    program::build(home, stages)
}

fn stages_of(part: &Part) -> usize {
    match part {
        Part::Openstack => openstack::STAGES,
        Part::ControlPlane => control_plane::STAGES,
    }
}

fn status(home: &Home) -> Result<()> {
    print!("{}{}", openstack::status(home)?, control_plane::status(home));
    if let Some(pid) = process::running(&program::controller_record(home)) {
        println!("{:<20}running, pid {pid}", "cloudspec");
    }
    Ok(())
}

fn reset(home: &Home, parts: &[Part]) -> Result<()> {
    let _only_one = cache::lock(home)?;
    process::stop(&program::controller_record(home))?;
    let mut stages = Stages::new(parts.iter().map(reset_stages_of).sum());
    for part in parts {
        match part {
            Part::Openstack => openstack::reset(home, &mut stages)?,
            Part::ControlPlane => control_plane::reset(home, &mut stages)?,
        }
    }
    Ok(())
}

fn reset_stages_of(part: &Part) -> usize {
    match part {
        Part::Openstack => openstack::RESET_STAGES,
        Part::ControlPlane => control_plane::RESET_STAGES,
    }
}

fn down(home: &Home, wipe: bool) -> Result<()> {
    let _only_one = cache::lock(home)?;
    process::stop(&program::controller_record(home))?;
    control_plane::down(home)?;
    openstack::down(home, &mut Stages::new(1))?;
    if wipe && home.state().exists() {
        std::fs::remove_dir_all(home.state()).context("failed to remove the state")?;
    }
    Ok(())
}

/// A name for another file, whatever stood there before.
fn link(target: &Path, name: &Path) -> Result<()> {
    if name.symlink_metadata().is_ok() {
        std::fs::remove_file(name).with_context(|| format!("failed to replace {}", name.display()))?;
    }
    std::os::unix::fs::symlink(target, name).with_context(|| format!("failed to make {}", name.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_the_rig_is_well_formed() {
        use clap::CommandFactory;
        Rig::command().debug_assert();
    }

    #[test]
    fn up_without_a_name_is_everything_and_with_one_is_that() {
        assert_eq!(all_if_none(Vec::new()), ALL);
        assert_eq!(all_if_none(vec![Part::ControlPlane]), [Part::ControlPlane]);
    }

    #[test]
    fn the_flag_for_a_given_cluster_stands_before_or_after_the_command() {
        for line in [["rig", "--kubeconfig", "f", "up"], ["rig", "up", "--kubeconfig", "f"]] {
            assert_eq!(Rig::try_parse_from(line).unwrap().kubeconfig, Some(PathBuf::from("f")));
        }
    }

    #[test]
    fn a_link_takes_the_place_of_an_older_one_even_of_one_that_leads_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let name = dir.path().join("kubectl");
        link(Path::new("/nowhere"), &name).unwrap();
        link(Path::new("/bin/true"), &name).unwrap();
        assert_eq!(std::fs::read_link(&name).unwrap(), Path::new("/bin/true"));
    }
}
