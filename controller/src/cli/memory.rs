//! The memory of this process, which holds passwords and tokens, is written nowhere and read by nobody.
//!
//! # Guarantees
//! A crash leaves no core file: its size is limited to nothing, and cannot be raised again by this user. The limit does not hold where
//! the kernel hands cores to a program (`core_pattern` with a pipe); there, and for debuggers of the same user, it is the process that is
//! not dumpable.

use anyhow::{Context, Result};
use rustix::process::{Resource, Rlimit, setrlimit};

/// Before anything is read that is secret.
pub(super) fn keep() -> Result<()> {
    let nothing = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, nothing).context("failed to forbid core files")?;
    shut().context("failed to shut this process's memory to others")
}

#[cfg(target_os = "linux")]
fn shut() -> rustix::io::Result<()> {
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
}

/// The other systems have no such switch.
#[cfg(not(target_os = "linux"))]
fn shut() -> rustix::io::Result<()> {
    Ok(())
}
