//! Floor 9: the command line. The environment and the terminal are read here, and handed down as values.

mod exit;
mod kube_clients;
mod run;

use clap::{Parser, Subcommand};

pub use exit::Exit;

/// Says what is not as declared in an OpenStack cloud, and corrects it once a person has approved exactly that correction.
#[derive(Debug, Parser)]
#[command(name = "cloudspec", version, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the controller.
    Run(run::Run),
}

/// The program, whichever doorway it was entered by.
pub fn main() -> std::process::ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(why) => return exit::usage(&why),
    };
    let done = match cli.command {
        Command::Run(run) => run.start(),
    };
    exit::code(done)
}
