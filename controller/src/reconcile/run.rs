//! The process: waits to lead, leads, and stops in good order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cloudspec_crds::{CloudSpec, TenantOffboard};
use futures::{Stream, StreamExt, TryStreamExt};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Client;
use kube::api::Api;
use kube::core::DeserializeGuard;
use kube::core::error_boundary::InvalidObject;
use kube::runtime::controller::{Action, Config, Controller};
use kube::runtime::events::{Recorder, Reporter};
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::utils::{WatchStreamExt, predicates};
use kube::runtime::{Predicate, watcher};
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::{UnboundedReceiverStream, WatchStream};
use tokio_util::sync::CancellationToken;

use super::clock::{Clock, System};
use super::context::{Context, Parts};
use super::guard::{Seen, Watchman};
use super::lease::{Candidate, Mandate, Timing};
use super::owner::{Key, Owner};
use super::pipeline::{Error, reconcile};
use super::plans::Plans;
use super::pool::Pool;
use super::server::{Readiness, serve};
use super::turns::Turns;
use crate::model::leaving::Protected;
use crate::openstack::{Exchange, Limits, Meter};
use crate::report::{Metrics, Of};

/// How often the guard is looked at while nobody approves.
const GUARD_EVERY: Duration = Duration::from_secs(15);
/// How long work that was told to stop may go on: one call and its journal.
const GRACE: Duration = Duration::from_secs(8);
/// Pauses after a failed reconciliation: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));

/// What the process is started with.
pub struct RunConfig {
    /// For the work.
    pub client: Client,
    /// For the lease: without repetitions, with short time-outs.
    pub lease_client: Client,
    /// The namespace whose CloudSpecs are looked after; all where none is given.
    pub namespace: Option<String>,
    /// The controller's own namespace: lease, self-test.
    pub own_namespace: String,
    /// Name of the lease; none: no other replica is minded.
    pub lease: Option<String>,
    /// Name of this replica.
    pub identity: String,
    /// Goes without the admission policies.
    pub advisory: bool,
    /// Where `/metrics`, `/healthz` and `/readyz` are served.
    pub listen: SocketAddr,
    /// How many objects of one kind in one namespace are looked after at a time.
    pub concurrency: u16,
    /// How long a call of a process that died may still be at work in a service.
    pub settle: Duration,
    /// Bounds of the requests to OpenStack.
    pub limits: Limits,
    /// Domains and projects that never leave.
    pub protected: Protected,
}

/// Why the process ended.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The address is taken, or may not be listened on.
    #[error("failed to serve on {address}: give another --metrics-addr")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The metrics could not be made.
    #[error("failed to make the metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// Runs until it is told to stop.
///
/// # Errors
/// What keeps it from running at all.
pub async fn run(config: RunConfig, stop: CancellationToken) -> Result<(), RunError> {
    let metrics = Arc::new(Metrics::new()?);
    let ready = Readiness::default();
    let render = metrics.clone();
    let server = serve(config.listen, Arc::new(move || render.render()), ready.clone(), stop.clone());
    let work = lead(&config, metrics, &ready, &stop);
    let listen = |source| RunError::Listen { address: config.listen, source };
    tokio::select! {
        served = server => served.map_err(listen),
        () = work => Ok(()),
    }
}

async fn lead(config: &RunConfig, metrics: Arc<Metrics>, ready: &Readiness, stop: &CancellationToken) {
    until_answered(&config.client, stop).await;
    ready.set(true);
    let clock: Arc<dyn Clock> = Arc::new(System);
    let Some(lease) = &config.lease else {
        let mandate = Mandate::for_ever(clock.as_ref());
        metrics.leader(true);
        return work(config, clock, mandate, metrics, stop.clone()).await;
    };
    let api = Api::namespaced(config.lease_client.clone(), &config.own_namespace);
    let candidate = Candidate::new(api, lease, &config.identity, Timing::default(), clock.clone());
    while !stop.is_cancelled() {
        metrics.leader(false);
        if !candidate.acquire(stop).await {
            return;
        }
        tracing::info!(lease, identity = config.identity, "this replica leads");
        metrics.leader(true);
        let term = stop.child_token();
        let worked = work(config, clock.clone(), candidate.mandate(), metrics.clone(), term.clone());
        let kept = async {
            candidate.keep(stop).await;
            term.cancel();
            tokio::time::sleep(GRACE).await;
        };
        // Whatever does not end in time is dropped where it stands; the journal says where that was.
        tokio::select! {
            () = worked => {}
            () = kept => tracing::warn!("work was dropped: it did not end in time"),
        }
    }
    candidate.release().await;
}

async fn until_answered(client: &Client, stop: &CancellationToken) {
    while let Err(why) = client.apiserver_version().await {
        tracing::warn!(error = %why, "the API server does not answer yet");
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PAUSES.0) => {}
        }
    }
}

/// The work of one term as the leader.
async fn work(
    config: &RunConfig,
    clock: Arc<dyn Clock>,
    mandate: Mandate,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
) {
    let client = &config.client;
    let watchman = Watchman::new(client.clone(), &config.own_namespace, config.advisory);
    let (seen, guard) = watch::channel(watchman.look().await);
    let (wake, woken) = mpsc::unbounded_channel();
    let changed = watch::Sender::new(());
    let (specs, spec_store) = objects::<CloudSpec>(config, &changed);
    let (offboards, offboard_store) = objects::<TenantOffboard>(config, &changed);
    let context = Arc::new(Context::new(Parts {
        client: client.clone(),
        pool: Pool::new(client.clone(), clock.clone(), config.limits, meter(metrics.clone())),
        clock,
        watchman: watchman.clone(),
        guard: guard.clone(),
        start: uuid::Uuid::new_v4().to_string(),
        holder: config.identity.clone(),
        mandate,
        turns: Turns::new(config.concurrency),
        stop: stop.clone(),
        specs: spec_store.clone(),
        offboards: offboard_store.clone(),
        recorder: recorder(client, &config.identity),
        metrics,
        wake,
        settle: config.settle,
        protected: config.protected.clone(),
    }));
    let of_specs = Controller::for_stream(specs, spec_store)
        // Unbounded, for each waits for its turn among those of its own kind and namespace.
        .with_config(Config::default().concurrency(0))
        .reconcile_on(UnboundedReceiverStream::new(woken))
        .reconcile_all_on(WatchStream::from_changes(guard.clone()).map(drop));
    // What a CloudSpec lists, and what another TenantOffboard is about, does not leave.
    let of_offboards = Controller::for_stream(offboards, offboard_store)
        .with_config(Config::default().concurrency(0))
        .reconcile_all_on(WatchStream::from_changes(guard).map(drop))
        .reconcile_all_on(WatchStream::from_changes(changed.subscribe()));
    let controllers = async {
        tokio::join!(control(of_specs, &context, &stop), control(of_offboards, &context, &stop));
    };
    tokio::select! {
        () = controllers => {}
        () = watch_guard(&watchman, &seen) => {}
        () = sweep(&context) => {}
        // A controller whose API server is away does not end by itself.
        () = async { stop.cancelled().await; tokio::time::sleep(GRACE).await } => {}
    }
}

/// The objects of a kind that are to be looked after, as they change, and what is known of all of them. `changed` is told of each change.
fn objects<O: Owner>(
    config: &RunConfig,
    changed: &watch::Sender<()>,
) -> (impl Stream<Item = watcher::Result<O>> + Send + 'static, Store<O>) {
    let api: Api<DeserializeGuard<O>> = match &config.namespace {
        Some(namespace) => Api::namespaced(config.client.clone(), namespace),
        None => Api::all(config.client.clone()),
    };
    let (store, writer) = reflector::store();
    let (gone, other) = (changed.clone(), changed.clone());
    // A status that this process wrote is no reason to look again.
    let counts = predicates::generation.combine(predicates::annotations);
    let objects = watcher(api, watcher::Config::default())
        .default_backoff()
        .try_filter_map(|event| std::future::ready(Ok(readable(event))))
        .reflect(writer)
        .inspect_ok(move |event| {
            if matches!(event, watcher::Event::Delete(_)) {
                gone.send_replace(());
            }
        })
        .applied_objects()
        .predicate_filter(counts, kube::runtime::PredicateConfig::default())
        .inspect_ok(move |_| other.send_replace(()));
    (objects, store)
}

/// Looks after the objects of a kind until it is told to stop.
async fn control<O: Owner>(controller: Controller<O>, context: &Arc<Context>, stop: &CancellationToken) {
    controller
        .graceful_shutdown_on(stop.clone().cancelled_owned())
        .run(reconcile, on_error, context.clone())
        .for_each(|result| async move {
            if let Err(why) = result {
                tracing::debug!(error = %why, "reconciliation ended with an error");
            }
        })
        .await;
}

/// An object that cannot be read is left out, and the others are looked after.
fn readable<O: Owner>(event: watcher::Event<DeserializeGuard<O>>) -> Option<watcher::Event<O>> {
    use watcher::Event::{Apply, Delete, Init, InitApply, InitDone};
    let of = |DeserializeGuard(object): DeserializeGuard<O>| {
        let warn = |why: &InvalidObject| {
            let ObjectMeta { name, namespace, .. } = &why.metadata;
            tracing::warn!(error = why.error, ?namespace, ?name, kind = O::KIND, "an object cannot be read");
        };
        object.inspect_err(warn).ok()
    };
    Some(match event {
        Init => Init,
        InitDone => InitDone,
        InitApply(object) => InitApply(of(object)?),
        Apply(object) => Apply(of(object)?),
        Delete(object) => Delete(of(object)?),
    })
}

fn on_error<O: Owner>(object: Arc<O>, why: &Error, context: Arc<Context>) -> Action {
    let key = Key::of(object.as_ref());
    let pause = context.failed(&key);
    tracing::warn!(object = %key, error = %why, retry_in = ?pause, "reconciliation failed");
    Action::requeue(pause)
}

/// The pause after so many failures in a row.
pub(super) fn pause(failures: u32) -> Duration {
    let (first, longest) = PAUSES;
    first.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(longest)
}

fn recorder(client: &Client, identity: &str) -> Recorder {
    let reporter = Reporter { controller: "cloudspec".to_owned(), instance: Some(identity.to_owned()) };
    Recorder::new(client.clone(), reporter)
}

fn meter(metrics: Arc<Metrics>) -> Meter {
    Arc::new(move |exchange: &Exchange| {
        let code = match &exchange.outcome {
            Ok(status) => status.as_u16().to_string(),
            Err(reason) => reason.to_string(),
        };
        metrics.request(exchange.service.name(), exchange.method.as_str(), &code, exchange.duration);
    })
}

/// Looks at the guard again and again; whoever listens hears of a change.
async fn watch_guard(watchman: &Watchman, seen: &watch::Sender<Seen>) {
    loop {
        tokio::time::sleep(GUARD_EVERY).await;
        let now = watchman.look().await;
        seen.send_if_modified(|before| {
            let changed = *before != now;
            if changed {
                tracing::info!(guard = ?now.guard, "the guard of approvals has changed");
                *before = now;
            }
            changed
        });
    }
}

/// Lets go of what is remembered, counted and offered of objects that are gone.
async fn sweep(context: &Context) {
    loop {
        tokio::time::sleep(PAUSES.0).await;
        sweep_up::<CloudSpec>(context).await;
        sweep_up::<TenantOffboard>(context).await;
    }
}

async fn sweep_up<O: Owner>(context: &Context) {
    for (uid, key) in context.gone::<O>() {
        // One that was made anew under the same name keeps what is remembered of that name.
        let anew = ObjectRef::new(&key.name).within(&key.namespace);
        if O::watched(context).get(&anew).is_none() {
            context.metrics.forget(Of { kind: O::KIND, namespace: &key.namespace, name: &key.name });
            context.forget(&key);
        }
        withdraw(context, &key, &uid).await;
    }
}

/// Nobody can decide on what is offered for an object that is gone; what was decided stays, as the record.
async fn withdraw(context: &Context, key: &Key, uid: &str) {
    let plans = Plans::of_gone(&context.client, &key.namespace, &key.name, uid);
    let withdrawn = async { plans.supersede(None, &plans.all().await?).await }.await;
    if let Err(why) = withdrawn {
        tracing::warn!(error = %why, "failed to withdraw the plans of {key}, which is gone");
    }
}
