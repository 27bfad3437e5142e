//! Doorway to the rig: `cargo rig …`.

use std::process::ExitCode;

use clap::Parser;
use cloudspec_tests::rig::Rig;

fn main() -> ExitCode {
    match Rig::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
