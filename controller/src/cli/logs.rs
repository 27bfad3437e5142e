//! The log: to standard error, never among the results.

use std::io::IsTerminal;

use anyhow::{Context, Result};
use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

/// Format of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// Lines for people.
    Text,
    /// An object a line.
    Json,
}

/// The log of the controller.
pub(super) fn of_the_controller(filter: &str, format: LogFormat) -> Result<()> {
    start(filter, format).with_context(|| format!("--log {filter:?} is not a filter"))
}

/// The log of the other commands: none, where none is asked for.
pub(super) fn of_commands() -> Result<()> {
    match std::env::var("CLOUDSPEC_LOG") {
        Ok(filter) => start(&filter, LogFormat::Text)
            .with_context(|| format!("CLOUDSPEC_LOG={filter:?} is not a filter")),
        Err(_) => Ok(()),
    }
}

fn start(filter: &str, format: LogFormat) -> Result<()> {
    let filter = EnvFilter::try_new(filter)?;
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colour).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}
