//! Cinder's backup service, which the rig does not run: one of its own while a test needs it.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cloudspec_tests::judge::state;

use crate::database::sql;

/// A running service under a host's name of its own; ended and forgotten by Cinder when it is dropped.
pub(crate) struct Backups {
    process: Child,
    host: String,
    _directory: tempfile::TempDir,
}

impl Backups {
    /// Starts it, and waits until Cinder knows it.
    pub(crate) async fn start(name: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let host = format!("{name}-backup");
        let at = |file: &str| directory.path().join(file).display().to_string();
        let mine = format!(
            "[DEFAULT]\nhost = {host}\nlog_file = {}\nbackup_driver = cinder.backup.drivers.posix.PosixBackupDriver\nbackup_posix_path = {}\n",
            at("log"),
            at("store"),
        );
        std::fs::write(at("mine.conf"), mine).unwrap();
        let config = state().unwrap().join("etc/cinder/cinder.conf");
        let bin = venv(&std::fs::read_to_string(&config).unwrap()).join("bin");
        let mut command = Command::new(bin.join("python"));
        command.arg(bin.join("cinder-backup")).arg("--config-file").arg(config);
        command.arg("--config-file").arg(at("mine.conf"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let service = Self { process: command.spawn().unwrap(), host, _directory: directory };
        service.is_up().await;
        service
    }

    async fn is_up(&self) {
        let known = format!("select id from cinder.services where host = '{}'", self.host);
        let begin = Instant::now();
        while sql(&known).is_empty() {
            assert!(begin.elapsed() < Duration::from_secs(60), "the backup service does not start");
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
}

impl Drop for Backups {
    fn drop(&mut self) {
        // It ends its worker too when it is asked to.
        let asked = Command::new("kill").arg(self.process.id().to_string()).status();
        let ended = asked.and_then(|_| self.process.wait());
        sql(&format!("delete from cinder.services where host = '{}'", self.host));
        assert!(ended.is_ok() || std::thread::panicking());
    }
}

/// The environment that Cinder is installed in.
fn venv(config: &str) -> PathBuf {
    let line = config.lines().find_map(|line| line.strip_prefix("api_paste_config = "));
    PathBuf::from(line.unwrap()).ancestors().nth(3).unwrap().to_owned()
}
