//! Long work, shown: what is done, how long it takes, and where its log lies.

use std::fs::{self, File};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Counts the stages of one command.
#[derive(Debug)]
pub(super) struct Stages {
    number: usize,
    of: usize,
}

impl Stages {
    pub(super) fn new(of: usize) -> Self {
        Self { number: 0, of }
    }

    /// Says that a stage has nothing to do.
    pub(super) fn already(&mut self, what: &str) {
        self.number += 1;
        eprintln!("[{}/{}] {what}: nothing to do", self.number, self.of);
    }

    /// Runs a command to its end, and shows how long it takes beside how long it usually takes.
    pub(super) fn run(
        &mut self,
        what: &str,
        usual: Duration,
        log: &Path,
        command: &mut Command,
    ) -> Result<()> {
        self.number += 1;
        let title = format!("[{}/{}] {what}", self.number, self.of);
        let output = File::create(log).with_context(|| format!("failed to make {}", log.display()))?;
        let errors = output.try_clone().context("failed to share the log")?;
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let mut child = command.spawn().with_context(|| format!("failed to start {command:?}"))?;
        let mut clock = Clock::start(title, usual);
        loop {
            if let Some(status) = child.try_wait().context("failed to wait")? {
                if !status.success() {
                    bail!("{what}: failed\n{}\nthe whole log: {}", last_lines(log, 20), log.display());
                }
                clock.done();
                return Ok(());
            }
            clock.tick();
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Asks again and again until the answer is yes, and shows how long that takes.
    pub(super) fn until(
        &mut self,
        what: &str,
        usual: Duration,
        limit: Duration,
        mut ready: impl FnMut() -> Result<bool>,
    ) -> Result<()> {
        self.number += 1;
        let mut clock = Clock::start(format!("[{}/{}] {what}", self.number, self.of), usual);
        while !ready()? {
            if clock.elapsed() > limit {
                bail!("{what}: not within {} s", limit.as_secs());
            }
            clock.tick();
            std::thread::sleep(Duration::from_millis(100));
        }
        clock.done();
        Ok(())
    }
}

/// Shows the time that goes by: each second on a terminal, else each quarter of a minute.
struct Clock {
    title: String,
    usual: Duration,
    start: Instant,
    shown: Option<u64>,
}

impl Clock {
    fn start(title: String, usual: Duration) -> Self {
        Self { title, usual, start: Instant::now(), shown: None }
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn tick(&mut self) {
        let every = if std::io::stderr().is_terminal() { 1 } else { 15 };
        let tick = self.elapsed().as_secs() / every;
        if self.shown != Some(tick) {
            show(&self.title, self.elapsed(), self.usual, false);
            self.shown = Some(tick);
        }
    }

    fn done(&self) {
        show(&self.title, self.elapsed(), self.usual, true);
    }
}

fn show(title: &str, elapsed: Duration, usual: Duration, done: bool) {
    let mut out = std::io::stderr().lock();
    let start = if out.is_terminal() { "\r\x1b[K" } else { "" };
    let end = if done || !out.is_terminal() { "\n" } else { "" };
    // Progress that cannot be shown is no reason to stop.
    let _ = write!(out, "{start}{}{end}", progress(title, elapsed, usual, done));
    let _ = out.flush();
}

fn progress(title: &str, elapsed: Duration, usual: Duration, done: bool) -> String {
    match done {
        true => format!("{title}: done in {} s", elapsed.as_secs()),
        false => format!("{title} … {} s of about {} s", elapsed.as_secs(), usual.as_secs()),
    }
}

pub(super) fn last_lines(log: &Path, count: usize) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(count)..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_says_how_long_it_usually_takes_and_at_the_end_how_long_it_took() {
        let (elapsed, usual) = (Duration::from_secs(41), Duration::from_secs(165));
        assert_eq!(progress("[1/4] install", elapsed, usual, false), "[1/4] install … 41 s of about 165 s");
        assert_eq!(progress("[1/4] install", elapsed, usual, true), "[1/4] install: done in 41 s");
    }

    #[test]
    fn a_failed_stage_shows_the_end_of_its_log_and_where_it_lies() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let mut command = Command::new("sh");
        command.args(["-c", "for i in $(seq 30); do echo line $i; done; exit 3"]);
        let error = Stages::new(1).run("count", Duration::ZERO, &log, &mut command).unwrap_err().to_string();
        assert!(error.contains("line 30") && !error.contains("line 10\n"), "{error}");
        assert!(error.contains(&log.display().to_string()), "{error}");
    }
}
