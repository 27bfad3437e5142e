//! What a run asks of the process that it runs in.

use std::future::Future;

use jiff::Timestamp;

/// What a run asks of the process that it runs in.
pub trait Env: Send + Sync {
    /// The time of day.
    fn now(&self) -> Timestamp;

    /// A fresh `X-OpenStack-Request-ID`.
    fn request_id(&self) -> String;

    /// Whether the run may go on: this process is still the leader, nobody suspended the object, the process does not end.
    ///
    /// # Errors
    /// Why not.
    fn go_on(&self) -> Result<(), String>;

    /// Waits a while for what a service works on; the waiting began at `since`.
    ///
    /// # Errors
    /// When it was waited for long enough, in words.
    fn wait(&self, since: Timestamp, why: &str) -> impl Future<Output = Result<(), String>> + Send;

    /// Waits until a call that was sent and not answered can no longer be at work in the service.
    fn settle(&self) -> impl Future<Output = ()> + Send;
}
