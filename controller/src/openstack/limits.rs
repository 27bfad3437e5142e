//! How much is waited for, read and repeated.

use std::time::Duration;

/// Bounds of one reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// To make a connection.
    pub connect: Duration,
    /// For one attempt, to the end of the body.
    pub attempt: Duration,
    /// For one listing, all pages and repetitions.
    pub listing: Duration,
    /// Of one listing.
    pub bytes: usize,
    /// Of one listing.
    pub pages: usize,
    /// Rows of a page, where the service takes a limit.
    pub page: usize,
    /// Repetitions of one request.
    pub repetitions: usize,
    /// Before the first repetition; it doubles.
    pub pause: Duration,
    /// Before any repetition; where a service asks for more, the listing fails.
    pub longest_pause: Duration,
    /// After a refused login, until the next is tried: accounts are locked after a few.
    pub after_refusal: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            attempt: Duration::from_secs(60),
            listing: Duration::from_secs(180),
            bytes: 48 << 20,
            pages: 1000,
            page: 1000,
            repetitions: 3,
            pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(30),
            after_refusal: Duration::from_secs(60),
        }
    }
}
