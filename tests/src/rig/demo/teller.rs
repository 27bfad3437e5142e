//! Tells a story: text, the commands that somebody types, and what those truly print.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::rig::environment::Environment;

/// Who types a command, and with which environment.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) environment: Environment,
}

/// Prints the story on the standard output; the commands run in a directory of the demo's own.
#[derive(Debug)]
pub(super) struct Teller {
    dir: PathBuf,
    colours: bool,
}

impl Teller {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir, colours: std::io::stdout().is_terminal() }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// A paragraph.
    pub(super) fn tell(&self, text: &str) -> Result<()> {
        self.print(&format!("\n{}\n", styled(text, "1", self.colours)))
    }

    /// A command line that succeeds; its output is shown as it comes.
    pub(super) fn run(&self, person: &Person, line: &str) -> Result<()> {
        self.prompt(person, line)?;
        let status = self.command(person, line).status().context("failed to start a shell")?;
        ensure!(status.success(), "that command was to succeed, and did not ({status})");
        Ok(())
    }

    /// A command line that is refused, with words that say why.
    pub(super) fn refused(&self, person: &Person, line: &str, why: &str) -> Result<()> {
        self.prompt(person, line)?;
        let mut command = self.command(person, &format!("{{ {line}; }} 2>&1"));
        let output = command.output().context("failed to start a shell")?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        self.print(&said)?;
        ensure!(!output.status.success(), "that command was to be refused, and was not");
        ensure!(
            said.contains(why),
            "that command was refused, but not for the reason that was expected ({why})"
        );
        Ok(())
    }

    fn prompt(&self, person: &Person, line: &str) -> Result<()> {
        let shown = format!("{}$ {line}", person.name);
        self.print(&format!("\n{}\n", styled(&shown, "36", self.colours)))
    }

    fn command(&self, person: &Person, line: &str) -> Command {
        let mut command = Command::new("bash");
        command.args(["-o", "pipefail", "-c", line]).current_dir(&self.dir).stdin(Stdio::null());
        command.envs(person.environment.variables());
        command
    }

    fn print(&self, text: &str) -> Result<()> {
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("failed to print")
    }
}

fn styled(text: &str, code: &str, colours: bool) -> String {
    match colours {
        true => format!("\x1b[{code}m{text}\x1b[0m"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage() -> (tempfile::TempDir, Teller, Person) {
        let dir = tempfile::tempdir().unwrap();
        let home = crate::rig::home::Home::at(
            dir.path().join("c"),
            dir.path().join("s"),
            crate::rig::home::Cluster::Given("/nowhere/alice".into()),
        );
        let person = Person { name: "alice", environment: home.unwrap().environment() };
        let teller = Teller::new(dir.path().to_owned());
        (dir, teller, person)
    }

    #[test]
    fn a_command_runs_as_the_person_and_in_the_demos_directory() {
        let (dir, teller, alice) = stage();
        teller.run(&alice, "echo \"$KUBECONFIG\" | tee who").unwrap();
        assert_eq!(std::fs::read_to_string(dir.path().join("who")).unwrap(), "/nowhere/alice\n");
    }

    #[test]
    fn a_command_that_fails_ends_the_story_wherever_in_a_pipe_it_stands() {
        let (_dir, teller, alice) = stage();
        assert!(teller.run(&alice, "false | cat").is_err());
    }

    #[test]
    fn a_refusal_counts_only_for_the_reason_that_was_expected() {
        let (_dir, teller, alice) = stage();
        teller.refused(&alice, "echo may not approve >&2; false", "may not approve").unwrap();
        assert!(teller.refused(&alice, "echo no such host >&2; false", "may not approve").is_err());
        assert!(teller.refused(&alice, "echo may not approve", "may not approve").is_err());
    }

    #[test]
    fn colours_are_for_terminals() {
        assert_eq!(styled("alice$ ls", "36", false), "alice$ ls");
        assert_eq!(styled("alice$ ls", "36", true), "\x1b[36malice$ ls\x1b[0m");
    }
}
