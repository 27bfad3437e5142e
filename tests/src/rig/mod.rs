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
mod home;
mod openstack;
mod process;
mod stage;

use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand, ValueEnum};

use home::Home;
use stage::Stages;

/// Starts the real components on this machine, and runs the tests on them.
#[derive(Debug, Parser)]
#[command(name = "cargo rig", bin_name = "cargo rig")]
pub struct Rig {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Installs what is missing, and starts what is not running.
    Up {
        /// What to start; everything where none is named.
        parts: Vec<Part>,
    },
    /// Does all the set-up, then runs every test.
    Test,
    /// Says what runs.
    Status,
    /// Prints what a shell needs: eval "$(cargo rig env)".
    Env,
    /// Takes the cloud back to the state after the first start.
    Reset,
    /// Ends what the rig started.
    Down {
        /// Removes its state too; the cache stays.
        #[arg(long)]
        wipe: bool,
    },
}

/// A component.
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
        let home = Home::find()?;
        match self.command {
            Verb::Up { parts } if parts.is_empty() => up(&home, &[Part::Openstack, Part::ControlPlane]),
            Verb::Up { parts } => up(&home, &parts),
            Verb::Test => test(&home),
            Verb::Status => {
                print!("{}", openstack::status(&home)?);
                println!("{}", control_plane::status(&home));
                Ok(())
            }
            Verb::Env => {
                print!("{}", home.environment().to_shell());
                Ok(())
            }
            Verb::Reset => openstack::reset(&home, &mut Stages::new(1)),
            Verb::Down { wipe } => down(&home, wipe),
        }
    }
}

fn up(home: &Home, parts: &[Part]) -> Result<()> {
    let _only_one = cache::lock(home)?;
    let mut stages = Stages::new(parts.len() * 2);
    for part in parts {
        match part {
            Part::Openstack => openstack::up(home, &mut stages)?,
            Part::ControlPlane => control_plane::up(home, &mut stages)?,
        }
    }
    eprintln!("ready; in a shell: eval \"$(cargo rig env)\"");
    Ok(())
}

fn test(home: &Home) -> Result<()> {
    up(home, &[Part::Openstack, Part::ControlPlane])?;
    let mut tests = Command::new(env!("CARGO"));
    tests.args(["test", "--workspace", "--features", "cloudspec-tests/rig"]).current_dir(home.checkout());
    let status = tests.envs(home.environment().variables()).status().context("failed to start cargo")?;
    ensure!(status.success(), "tests failed");
    Ok(())
}

fn down(home: &Home, wipe: bool) -> Result<()> {
    control_plane::down(home)?;
    openstack::down(home)?;
    if wipe && home.state().exists() {
        std::fs::remove_dir_all(home.state()).context("failed to remove the state")?;
    }
    Ok(())
}
