//! Processes that outlive the rig: recorded by pid and start time, so that no other process is ever taken for one.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// Starts a command that goes on after the rig has ended, and records it.
pub(super) fn start(record: &Path, log: &Path, command: &mut Command) -> Result<()> {
    let output = File::options()
        .create(true)
        .append(true)
        .open(log)
        .with_context(|| format!("failed to make {}", log.display()))?;
    let errors = output.try_clone().context("failed to share the log")?;
    command.stdin(Stdio::null()).stdout(output).stderr(errors).process_group(0);
    let child = command.spawn().with_context(|| format!("failed to start {command:?}"))?;
    let since = start_time(child.id()).context("it ended at once")?;
    fs::write(record, format!("{} {since}\n", child.id())).context("failed to record the process")
}

/// The pid of a recorded process that still runs.
pub(super) fn running(record: &Path) -> Option<u32> {
    let text = fs::read_to_string(record).ok()?;
    let (pid, since) = text.trim().split_once(' ')?;
    let pid = pid.parse().ok()?;
    (start_time(pid)? == since).then_some(pid)
}

/// Ends a recorded process and waits until it is gone.
pub(super) fn stop(record: &Path) -> Result<()> {
    let Some(pid) = running(record) else { return Ok(()) };
    let status = Command::new("kill").arg(pid.to_string()).status().context("failed to start kill")?;
    ensure!(status.success() || running(record).is_none(), "failed to end process {pid}");
    let deadline = Instant::now() + Duration::from_secs(40);
    while running(record).is_some() {
        ensure!(Instant::now() < deadline, "process {pid} did not end within 40 s");
        std::thread::sleep(Duration::from_millis(50));
    }
    fs::remove_file(record).context("failed to forget the process")
}

/// Field 22 of `/proc/PID/stat` (proc(5)); a zombie does not run.
fn start_time(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    if fields.next()? == "Z" {
        return None;
    }
    fields.nth(18).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_process_is_ended_and_a_stranger_with_its_pid_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let (record, log) = (dir.path().join("pid"), dir.path().join("log"));
        start(&record, &log, Command::new("sleep").arg("600")).unwrap();
        let pid = running(&record).unwrap();
        fs::write(dir.path().join("stranger"), format!("{pid} 1\n")).unwrap();
        assert_eq!(running(&dir.path().join("stranger")), None);
        stop(&record).unwrap();
        assert_eq!(running(&record), None);
    }
}
