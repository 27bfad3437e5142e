//! What the process says of itself over HTTP: `/metrics`, `/healthz`, `/readyz`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Whether the process can do its work: true once it has seen the API server, as a leader or waiting to be one.
#[derive(Clone, Debug, Default)]
pub(super) struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// Says so.
    pub(super) fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Relaxed);
    }

    fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Renders the metrics.
pub(super) type Render = Arc<dyn Fn() -> String + Send + Sync>;

/// Serves until it is told to stop.
///
/// # Errors
/// When the address cannot be listened on.
pub(super) async fn serve(
    address: SocketAddr,
    render: Render,
    ready: Readiness,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "serving /metrics, /healthz, /readyz");
    let routes = Router::new()
        .route("/metrics", get(metrics).with_state(render))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(readiness).with_state(ready));
    axum::serve(listener, routes).with_graceful_shutdown(stop.cancelled_owned()).await
}

async fn metrics(State(render): State<Render>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], render())
}

async fn readiness(State(ready): State<Readiness>) -> impl IntoResponse {
    match ready.get() {
        true => (StatusCode::OK, "ready\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "the API server has not answered yet\n"),
    }
}
