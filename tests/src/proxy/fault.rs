//! Which calls, and what happens to them.

use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::watch;

use super::record::Call;

/// Picks calls. Counting begins when it is handed to the proxy.
#[derive(Clone, Debug)]
pub struct Matcher {
    method: Option<String>,
    service: Option<String>,
    path: Option<String>,
    target: Option<String>,
    writes: bool,
    nth: u64,
    times: u64,
}

/// What a picked call meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is cut without an answer; the service is not asked.
    Refuse,
    /// 400, with the token of the call in the service's own words, as Keystone once said which token it did not find.
    Echo,
    /// The service is asked; the connection is cut in the middle of its answer.
    Reset,
    /// The service is asked later.
    Delay(Duration),
    /// This answer, and the service is not asked.
    Answer {
        /// The status.
        status: u16,
        /// Headers.
        headers: Vec<(String, String)>,
        /// The body.
        body: String,
    },
    /// The answer's body ends in its middle, and its length says that it is whole.
    Truncate,
    /// 200 and a page for people.
    Html,
    /// 200 and JSON with a comma too many.
    InvalidJson,
    /// The second half of the rows is left out; the links stay.
    HalfPage,
    /// The second half of the rows is left out, and the service says so, as Keystone does beyond its `list_limit`.
    Shortened,
    /// A page is only half as long as it was asked for, and its link leads to the rest.
    ShortPage,
    /// The link to the next page leads to this one.
    RepeatPage,
    /// There is a next page, and it is at this origin.
    ForeignNext(String),
    /// 200 and a body that never ends.
    Oversized,
    /// No answer ever.
    Hang,
}

impl Matcher {
    /// All calls.
    pub fn any() -> Self {
        Self { method: None, service: None, path: None, target: None, writes: false, nth: 1, times: u64::MAX }
    }

    /// Calls that change something.
    pub fn writes() -> Self {
        Self { writes: true, ..Self::any() }
    }

    /// Of this method.
    #[must_use]
    pub fn method(self, method: &str) -> Self {
        Self { method: Some(method.to_owned()), ..self }
    }

    /// To this service, by its type in the catalogue.
    #[must_use]
    pub fn service(self, service: &str) -> Self {
        Self { service: Some(service.to_owned()), ..self }
    }

    /// With this in its path or query.
    #[must_use]
    pub fn path(self, part: &str) -> Self {
        Self { path: Some(part.to_owned()), ..self }
    }

    /// This very call: its method, service, path and query.
    #[must_use]
    pub fn like(self, call: &Call) -> Self {
        let target = Some(format!("{}?{}", call.path, call.query));
        Self { target, ..self.method(&call.method).service(&call.service) }
    }

    /// Only from the Nth of these calls on, counted from 1.
    #[must_use]
    pub fn from_nth(self, nth: u64) -> Self {
        Self { nth, ..self }
    }

    /// Only this often.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self { times, ..self }
    }

    /// Only the Nth of these calls, counted from 1.
    #[must_use]
    pub fn nth(self, nth: u64) -> Self {
        self.from_nth(nth).times(1)
    }

    /// Only the first of these calls.
    #[must_use]
    pub fn once(self) -> Self {
        self.nth(1)
    }

    fn picks(&self, call: &Call) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
        let target = format!("{}?{}", call.path, call.query);
        is(&self.method, &call.method)
            && is(&self.service, &call.service)
            && self.path.as_ref().is_none_or(|part| target.contains(part))
            && is(&self.target, &target)
            && (!self.writes || call.is_write())
    }
}

impl Fault {
    /// An answer without headers.
    pub fn status(status: u16) -> Self {
        Self::Answer { status, headers: Vec::new(), body: format!("{{\"error\": {{\"code\": {status}}}}}") }
    }

    /// 429 with `Retry-After`.
    pub fn too_many(retry_after: u64) -> Self {
        let headers = vec![("Retry-After".to_owned(), retry_after.to_string())];
        Self::Answer { status: 429, headers, body: "{}".to_owned() }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Refuse => "refused",
            Self::Reset => "reset",
            Self::Delay(_) => "delayed",
            Self::Answer { .. } => "answered",
            Self::Truncate => "truncated",
            Self::Html => "html",
            Self::InvalidJson => "invalid json",
            Self::Echo => "echoed",
            Self::HalfPage => "half a page",
            Self::Shortened => "shortened",
            Self::ShortPage => "short page",
            Self::RepeatPage => "repeated page",
            Self::ForeignNext(_) => "foreign next",
            Self::Oversized => "oversized",
            Self::Hang => "hung",
        }
    }
}

/// What a hook wants done with the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Goes on.
    Forward,
    /// The connection is cut: before the service is asked, or after it has answered, by the hook's place.
    Drop,
}

/// Where a hook stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The service has not been asked.
    Before,
    /// The service has answered, and the client does not know yet.
    After,
}

pub(super) type Hook = Box<dyn Fn(Call) -> BoxFuture<'static, Then> + Send + Sync>;

/// A matcher that counts.
#[derive(Debug)]
pub(super) struct Counted {
    matcher: Matcher,
    seen: u64,
    done: u64,
}

impl Counted {
    pub(super) fn new(matcher: Matcher) -> Self {
        Self { matcher, seen: 0, done: 0 }
    }

    /// Counts a call, and says whether it is meant.
    pub(super) fn takes(&mut self, call: &Call) -> bool {
        if !self.matcher.picks(call) {
            return false;
        }
        self.seen += 1;
        let meant = self.seen >= self.matcher.nth && self.done < self.matcher.times;
        self.done += u64::from(meant);
        meant
    }
}

/// Calls that are stopped until they are released, or this value is dropped.
#[derive(Debug)]
pub struct Hold {
    pub(super) arrived: watch::Receiver<u64>,
    pub(super) released: watch::Sender<bool>,
}

impl Hold {
    /// Waits until a call stands here.
    pub async fn arrived(&mut self) {
        // An error means that the proxy is gone, and nothing will come.
        let _ = self.arrived.wait_for(|count| *count > 0).await;
    }

    /// Lets all go on, and stops none from now on.
    pub fn release(&self) {
        self.released.send_replace(true);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.release();
    }
}
