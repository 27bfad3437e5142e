//! A proxy in front of a cloud, real or simulated, that records every call and makes faults.
//!
//! What comes in: the address of a Keystone. What goes out: an address to use instead; all services are reached through it,
//! for the catalogue, links and documents of versions are rewritten.
//!
//! # Guarantees
//! Calls are recorded in the order of their arrival, without tokens and bodies; the tokens are kept apart, and printed nowhere. A call that was begun is carried through
//! even when its client is gone, so that "before" and "after" a call are two places and no race.

mod connection;
mod fault;
mod forward;
mod record;
mod rewrite;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result};
use axum::Router;
use futures::FutureExt;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

use connection::{Cut, Door};
use fault::{Counted, Hook};
pub use fault::{Fault, Hold, Matcher, Place, Then};
pub use record::Call;

/// A running proxy. Dropped, it accepts no more connections.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
    keystone: String,
}

#[derive(Debug)]
struct Shared {
    /// `http://127.0.0.1:PORT`
    origin: String,
    client: reqwest::Client,
    start: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Origins, by the number in `/up/NUMBER`.
    upstreams: Vec<String>,
    /// Type of the service by its address.
    services: BTreeMap<String, String>,
    calls: Vec<Call>,
    /// Given out by Keystone, in that order.
    tokens: Vec<String>,
    /// How many calls there were, cleared ones too.
    number: u64,
    faults: Vec<(Counted, Fault)>,
    hooks: Vec<(Counted, Place, Arc<Hook>)>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("upstreams", &self.upstreams).field("calls", &self.calls.len()).finish()
    }
}

impl Proxy {
    /// Stands before the cloud whose Keystone is at this address (with or without `/v3`).
    pub async fn start(keystone: &str) -> Result<Self> {
        // An error means that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let keystone =
            keystone.trim_end_matches('/').trim_end_matches("/v3").trim_end_matches('/').to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.context("failed to listen")?;
        let origin = format!("http://{}", listener.local_addr().context("failed to learn the port")?);
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let client = client.build().context("failed to make a client")?;
        let state = State {
            upstreams: vec![origin_of(&keystone)?],
            services: BTreeMap::from([(keystone.clone(), "identity".to_owned())]),
            ..State::default()
        };
        let shared = Shared { origin, client, start: Instant::now(), state: Mutex::new(state) };
        let shared = Arc::new(shared);
        let service = Router::new().fallback(forward::handle).with_state(Arc::clone(&shared));
        let service = service.into_make_service_with_connect_info::<Cut>();
        let task = tokio::spawn(async move {
            // It is ended by abort; an error has nobody to tell.
            let _ = axum::serve(Door(listener), service).await;
        });
        Ok(Self { shared, task, keystone })
    }

    /// Keystone's address through the proxy, as in `auth_url`.
    pub fn url(&self) -> String {
        format!("{}/v3", self.shared.state().through(&self.keystone, &self.shared.origin))
    }

    /// The same clouds.yaml, with this proxy's address in the place of the Keystone behind it.
    pub fn clouds_yaml(&self, base: &str) -> String {
        self.shared.state().through(base, &self.shared.origin)
    }

    /// All calls in the order of their arrival.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.state().calls.clone()
    }

    /// The calls that change something: all but reads and requests for tokens.
    pub fn writes(&self) -> Vec<Call> {
        self.shared.state().calls.iter().filter(|call| call.is_write()).cloned().collect()
    }

    /// The tokens that Keystone has given out, in that order: to revoke them.
    pub fn tokens(&self) -> Vec<String> {
        self.shared.state().tokens.clone()
    }

    /// Forgets the calls. Faults and hooks stay, and so does the counting.
    pub fn clear(&self) {
        self.shared.state().calls.clear();
    }

    /// From now on, these calls meet this fault. Where several match, the first that was set is met.
    pub fn fault(&self, matcher: Matcher, fault: Fault) {
        self.shared.state().faults.push((Counted::new(matcher), fault));
    }

    /// Takes all faults and hooks away.
    pub fn heal(&self) {
        let mut state = self.shared.state();
        state.faults.clear();
        state.hooks.clear();
    }

    /// Does something at these calls, and waits for it.
    pub fn hook<F, R>(&self, matcher: Matcher, place: Place, hook: F)
    where
        F: Fn(Call) -> R + Send + Sync + 'static,
        R: Future<Output = Then> + Send + 'static,
    {
        let hook: Hook = Box::new(move |call| hook(call).boxed());
        self.shared.state().hooks.push((Counted::new(matcher), place, Arc::new(hook)));
    }

    /// Stops these calls until they are released.
    pub fn hold(&self, matcher: Matcher, place: Place) -> Hold {
        let (arrive, arrived) = watch::channel(0);
        let (released, release) = watch::channel(false);
        let arrive = Arc::new(arrive);
        self.hook(matcher, place, move |_| {
            let (arrive, mut release) = (Arc::clone(&arrive), release.clone());
            async move {
                arrive.send_modify(|count| *count += 1);
                // An error means that the test let it go.
                let _ = release.wait_for(|released| *released).await;
                Then::Forward
            }
        });
        Hold { arrived, released }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn through(&self, text: &str, proxy: &str) -> String {
        rewrite::through(text, &self.upstreams, proxy)
    }

    /// Learns the services of a catalogue.
    fn learn(&mut self, endpoints: Vec<(String, String)>) {
        for (kind, url) in endpoints {
            let Ok(origin) = origin_of(&url) else { continue };
            if !self.upstreams.contains(&origin) {
                self.upstreams.push(origin);
            }
            // Cinder is there twice, and the project in its address is another for each token.
            let url = url.split("/v3/").next().unwrap_or_default().to_owned();
            self.services.entry(url).or_insert(kind);
        }
    }

    /// The type of the service that has the longest address that this one begins with.
    fn service(&self, url: &str) -> Option<(&str, &str)> {
        let mut known = self.services.iter().filter(|(base, _)| url.starts_with(base.as_str()));
        let first = known.next()?;
        let longest = known.fold(first, |one, other| if other.0.len() > one.0.len() { other } else { one });
        Some((longest.0, longest.1))
    }
}

fn origin_of(url: &str) -> Result<String> {
    let parsed = Url::parse(url).with_context(|| format!("failed to read the address {url}"))?;
    Ok(parsed.origin().ascii_serialization())
}
