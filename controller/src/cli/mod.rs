//! Floor 9: the command line. The environment and the terminal are read here, and handed down as values.

mod certificate;
mod cloud;
mod compare;
mod decide;
mod endpoints;
mod exit;
mod file;
mod import;
mod kube_clients;
mod logs;
mod look;
mod memory;
mod offboard;
mod output;
mod run;

use std::future::Future;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{CommandFactory, Parser, Subcommand};

use exit::Exit;

/// Says what is not as declared in an OpenStack cloud, and corrects it once a person has approved exactly that correction.
#[derive(Debug, Parser)]
#[command(name = "cloudspec", version, max_term_width = 110, after_help = exit::codes(), after_long_help = exit::codes_and_environment())]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the controller.
    Run(Box<run::Run>),
    Import(import::Import),
    Diff(compare::Diff),
    Plan(compare::Plan),
    Replay(compare::Replayed),
    Offboard(offboard::Offboard),
    Show(look::Show),
    Approve(decide::Approve),
    Reject(decide::Reject),
    History(look::History),
    Certificate(certificate::Certificate),
    Explain(look::Explain),
    /// Prints the CustomResourceDefinitions.
    Crds,
    /// Prints the completion script of a shell.
    Completion {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// The program, whichever doorway it was entered by.
pub fn main() -> ExitCode {
    if let Err(why) = memory::keep() {
        return exit::code(Err(why));
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(why) => return exit::usage(&why),
    };
    exit::code(run(cli.command))
}

fn run(command: Command) -> Result<Exit> {
    match command {
        Command::Run(run) => run.start(),
        Command::Import(import) => wait(import.run()),
        Command::Diff(diff) => wait(diff.run()),
        Command::Plan(plan) => wait(plan.run()),
        Command::Replay(replay) => wait(replay.run()),
        Command::Offboard(offboard) => wait(offboard.run()),
        Command::Show(show) => wait(show.run()),
        Command::Approve(approve) => wait(approve.run()),
        Command::Reject(reject) => wait(reject.run()),
        Command::History(history) => wait(history.run()),
        Command::Certificate(certificate) => wait(certificate.run()),
        Command::Explain(explain) => explain.run(),
        Command::Crds => crds(),
        Command::Completion { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "cloudspec", &mut script);
            output::print(&String::from_utf8_lossy(&script))?;
            Ok(Exit::Done)
        }
    }
}

fn wait(work: impl Future<Output = Result<Exit>>) -> Result<Exit> {
    logs::of_commands()?;
    // All clients use one provider; a second installation changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    tokio::runtime::Runtime::new().context("failed to start the runtime")?.block_on(work)
}

fn crds() -> Result<Exit> {
    let all: Result<Vec<String>, _> =
        cloudspec_crds::yaml::all().iter().map(cloudspec_crds::yaml::to_yaml).collect();
    output::print(&all.context("failed to write the definitions")?.join("---\n"))?;
    Ok(Exit::Done)
}
