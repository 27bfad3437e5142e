//! The clock, as a value: this floor makes it and hands it down.

use std::time::Instant;

use jiff::Timestamp;

/// Tells the time.
pub(super) trait Clock: Send + Sync {
    /// The time of day.
    fn now(&self) -> Timestamp;
    /// A time that never goes back, and goes on while the process is stopped.
    fn monotonic(&self) -> Instant;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct System;

impl Clock for System {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Instant {
        Instant::now()
    }
}

/// A clock that is moved by hand.
#[cfg(test)]
#[derive(Debug)]
pub(super) struct Fixed {
    start: Instant,
    passed: std::sync::Mutex<std::time::Duration>,
}

#[cfg(test)]
impl Default for Fixed {
    fn default() -> Self {
        Self { start: Instant::now(), passed: std::sync::Mutex::default() }
    }
}

#[cfg(test)]
impl Fixed {
    pub(super) fn advance(&self, by: std::time::Duration) {
        *self.passed.lock().unwrap() += by;
    }
}

#[cfg(test)]
impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + *self.passed.lock().unwrap()
    }

    fn monotonic(&self) -> Instant {
        self.start + *self.passed.lock().unwrap()
    }
}
