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

#[cfg(test)]
mod tests {
    use rustix::process::getrlimit;

    use super::*;

    #[test]
    fn no_core_is_written_and_nobody_else_of_this_user_reads_the_memory() {
        keep().unwrap();
        let Rlimit { current, maximum } = getrlimit(Resource::Core);
        assert_eq!((current, maximum), (Some(0), Some(0)));
        #[cfg(target_os = "linux")]
        assert_eq!(
            rustix::process::dumpable_behavior().unwrap(),
            rustix::process::DumpableBehavior::NotDumpable
        );
    }
}
