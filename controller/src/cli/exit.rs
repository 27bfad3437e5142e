//! How the program ends.

use std::process::ExitCode;

use super::output::say;

/// How a command ended, where it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done; everything is as declared.
    Done,
    /// Something is not as declared.
    Drift,
    /// No drift was seen, and something could not be told.
    NotTold,
}

/// Each code with its meaning, for the help and the documentation.
pub(super) const CODES: [(u8, &str); 5] = [
    (0, "done; everything is as declared"),
    (1, "the command failed"),
    (2, "something is not as declared"),
    (3, "no drift was seen, and something could not be told"),
    (64, "the command line was not understood"),
];

/// What the same codes mean of a tenant that leaves.
const OF_OFFBOARD: [(u8, &str); 5] = [
    (0, "nothing remains but what is kept"),
    (1, "the command failed"),
    (2, "something is there to be removed"),
    (3, "there is no plan: something could not be told, or the tenant may not leave"),
    (64, "the command line was not understood"),
];

/// What the same codes mean of a certificate.
const OF_CERTIFICATE: [(u8, &str); 4] = [
    (0, "completed"),
    (1, "the command failed"),
    (2, "not completed"),
    (64, "the command line was not understood"),
];

/// The codes as the help of `certificate` shows them.
pub(super) fn codes_of_certificate() -> String {
    listed(&OF_CERTIFICATE)
}

/// The codes as the help shows them.
pub(super) fn codes() -> String {
    listed(&CODES)
}

/// The codes as the help of `offboard` shows them.
pub(super) fn codes_of_offboard() -> String {
    listed(&OF_OFFBOARD)
}

fn listed(codes: &[(u8, &str)]) -> String {
    let lines: Vec<String> = codes.iter().map(|(code, meaning)| format!("  {code:<3} {meaning}")).collect();
    format!("Exit codes:\n{}", lines.join("\n"))
}

/// The same, and what all commands read of the environment.
pub(super) fn codes_and_environment() -> String {
    let environment = "Environment of all commands:\n  \
        CLOUDSPEC_LOG   what is logged to standard error, such as debug; by default nothing, and info of `run`\n  \
        NO_COLOR        where it is set, there are no colours";
    format!("{}\n\n{environment}", codes())
}

/// The exit code of a command; why it failed goes to standard error.
pub(super) fn code(done: anyhow::Result<Exit>) -> ExitCode {
    match done {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::Drift) => ExitCode::from(2),
        Ok(Exit::NotTold) => ExitCode::from(3),
        Err(why) => {
            say(format_args!("{why:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Help and version are no errors; a command line that was not understood must not look like drift.
pub(super) fn usage(why: &clap::Error) -> ExitCode {
    // A closed pipe is nobody to tell.
    let _ = why.print();
    match why.use_stderr() {
        true => ExitCode::from(64),
        false => ExitCode::SUCCESS,
    }
}
