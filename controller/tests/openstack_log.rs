//! What is logged at the finest level. Alone in its program: a log that other tests share is not heard whole.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

#[expect(dead_code, reason = "other tests use more of it")]
mod fake;

use std::sync::{Arc, Mutex};

use cloudspec::observe::{CloudRead, Listing};
use fake::{Fake, config, status};

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_that_is_printed_holds_the_password_or_a_token() {
    let log = Log::default();
    let writer = log.clone();
    let trace =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(trace.finish());
    let fake = Fake::start(|number, _, _| if number == 1 { status(401) } else { status(403) }).await;
    let config = config(&fake.url);
    let mut printed = format!("{config:?}");
    let error = fake.reader().rows(&Listing::Projects).await.unwrap_err();
    printed.push_str(&format!("{error} {error:?}"));
    printed.push_str(&String::from_utf8(log.0.lock().unwrap().clone()).unwrap());
    assert!(printed.contains("/v3/auth/tokens"), "the log was heard");
    assert_eq!(fake.count("POST"), 2);
    for secret in ["canary", "token-1", "token-2"] {
        assert!(!printed.contains(secret), "{secret}");
    }
}
