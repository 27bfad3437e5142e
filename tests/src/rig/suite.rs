//! `cargo rig test`: every test, with the rig's environment, and a summary of them all.
//!
//! # Guarantees
//! What `cargo test` prints is printed as it comes, in order and unchanged; the summary only follows it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::environment::Environment;
use super::home::Home;
use super::{matrix, program};

/// What the lines of `cargo test` add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Summary {
    programs: usize,
    passed: u64,
    failed: u64,
    names: Vec<String>,
}

/// Runs the tests whose name holds one of the filters, or all.
pub(super) fn run(home: &Home, filters: &[String]) -> Result<()> {
    let seed = matrix::seed();
    eprintln!("samples of the matrices: {}={seed} picks these again", matrix::SEED);
    let mut tests = Command::new(env!("CARGO"));
    tests
        .args(["test", "--workspace", "--features", "cloudspec-tests/rig", "--no-fail-fast", "--"])
        .args(filters);
    let environment = environment(home)?.with(matrix::SEED, seed.to_string());
    counted(tests.current_dir(home.checkout()).envs(environment.variables()))
}

/// The rig's, with the programs of this very checkout.
pub(super) fn environment(home: &Home) -> Result<Environment> {
    let dir = program::directory()?;
    let program = dir.join("cloudspec").display().to_string();
    Ok(home.environment().with_programs(&dir).with("CLOUDSPEC_RIG_PROGRAM", program))
}

/// Runs a command that prints as `cargo test` does, and fails with it, or where it ran no test.
pub(super) fn counted(command: &mut Command) -> Result<()> {
    let start = Instant::now();
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("failed to start cargo")?;
    let output = child.stdout.take().context("cargo has no output")?;
    let mut summary = Summary::default();
    for line in BufReader::new(output).split(b'\n') {
        let line = line.context("failed to read what cargo prints")?;
        let mut out = std::io::stdout().lock();
        out.write_all(&line).and_then(|()| out.write_all(b"\n")).context("failed to print")?;
        summary.add(&String::from_utf8_lossy(&line));
    }
    let status = child.wait().context("failed to wait for cargo")?;
    ensure!(status.success() || summary.programs > 0, "the tests could not be built");
    print!("{}", summary.text(start.elapsed().as_secs()));
    ensure!(status.success(), "tests failed");
    ensure!(summary.passed > 0, "no test was run: no name holds what was asked for");
    Ok(())
}

impl Summary {
    /// Takes one line of the output in.
    fn add(&mut self, line: &str) {
        if let Some(counts) = line.strip_prefix("test result: ") {
            let of = |word: &str| {
                let mut parts = counts.split([';', '.']).map(str::trim);
                parts.find_map(|part| part.strip_suffix(word)?.trim().parse::<u64>().ok()).unwrap_or_default()
            };
            self.programs += 1;
            self.passed += of("passed");
            self.failed += of("failed");
        } else if let Some(name) =
            line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED"))
        {
            self.names.push(name.to_owned());
        }
    }

    /// The failed tests by name, and last a line with the counts alone.
    fn text(&self, seconds: u64) -> String {
        let Self { programs, passed, failed, names } = self;
        let failures: String = names.iter().map(|name| format!("failed: {name}\n")).collect();
        format!("\n{failures}{programs} test programs in {seconds} s\n{passed} passed, {failed} failed\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(output: &str) -> Summary {
        let mut summary = Summary::default();
        output.lines().for_each(|line| summary.add(line));
        summary
    }

    #[test]
    fn output_without_a_result_adds_up_to_nothing() {
        assert_eq!(summary("running 2 tests\ntest a ... ok\nhello\n"), Summary::default());
    }

    #[test]
    fn the_results_of_all_programs_are_added_and_the_failed_tests_named() {
        let output = "test diff::quiet ... ok\ntest diff::loud ... FAILED\n\
                      test result: FAILED. 12 passed; 1 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.31s\n\
                      test result: ok. 30 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.50s\n";
        let text = summary(output).text(9);
        assert_eq!(text, "\nfailed: diff::loud\n2 test programs in 9 s\n42 passed, 1 failed\n");
    }

    #[test]
    fn a_run_of_no_test_is_no_success() {
        let mut nothing = Command::new("true");
        assert!(counted(&mut nothing).unwrap_err().to_string().contains("no test was run"));
        let mut unbuilt = Command::new("false");
        assert!(counted(&mut unbuilt).unwrap_err().to_string().contains("could not be built"));
    }
}
