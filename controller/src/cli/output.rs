//! How results are written: to standard output, in the format that is asked for.

use std::io::{IsTerminal, Write};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use super::exit::Exit;
use crate::model::{Finding, FindingKind};
use crate::report::render::{Format, InSync, Screen, Style, in_sync};

/// The format.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Output {
    /// Format of the output.
    #[arg(long, short, value_enum, default_value = "table")]
    output: Chosen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Chosen {
    Table,
    Json,
    Yaml,
    Markdown,
}

impl Output {
    /// The format, for the terminal that there is.
    pub(super) fn format(self) -> Format {
        match self.output {
            Chosen::Table => Format::Table(screen()),
            Chosen::Json => Format::Json,
            Chosen::Yaml => Format::Yaml,
            Chosen::Markdown => Format::Markdown,
        }
    }
}

fn screen() -> Screen {
    let terminal = std::io::stdout().is_terminal();
    let colour = terminal && std::env::var_os("NO_COLOR").is_none();
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    Screen { style: if colour { Style::Colour } else { Style::Plain }, width: columns.filter(|_| terminal) }
}

/// Writes a whole text; a reader that has gone away is no error.
pub(super) fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(why) if why.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("failed to write the output"),
    }
}

/// Says something beside the output: to standard error, which may have gone away as well.
pub(super) fn say(what: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr().lock(), "cloudspec: {what}");
}

/// What the findings mean for the exit code. What could not be told is said, for the code of drift hides it.
pub(super) fn exit_of(findings: &[Finding]) -> Exit {
    let unknowable = findings.iter().filter(|finding| finding.kind == FindingKind::Unknowable).count();
    if unknowable > 0 {
        say(format_args!(
            "not all could be told: {unknowable} of {} findings are Unknowable",
            findings.len()
        ));
    }
    match in_sync(findings) {
        InSync::Yes => Exit::Done,
        InSync::No => Exit::Drift,
        InSync::NotTold => Exit::NotTold,
    }
}
