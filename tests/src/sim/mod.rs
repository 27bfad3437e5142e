//! A simulated OpenStack at HTTP level: Keystone, Neutron, Glance, Nova, Cinder, Octavia, Barbican and Magnum as far as the controller uses them.
//!
//! What comes in: a [`World`]. What goes out: one listener on loopback that answers as Caracal does, and the world, to look at
//! and to change.
//!
//! # Guarantees
//! Ids are the same in each run; each call is answered from one state, and calls are ordered.
//!
//! # Assumptions
//! Believed only as far as `tests/conformance.rs` goes: the same calls to the real services, answers compared.

mod access;
mod build;
mod catalog;
mod compute;
mod container_infra;
mod course;
mod held;
mod holder;
mod http;
mod identity;
mod image;
mod key_manager;
mod load_balancer;
mod network;
mod pages;
mod tenant;
mod volume;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use self::http::{Answer, Call};
pub use build::Builder;
pub use held::{
    Backup, Cluster, ClusterTemplate, Course, GroupSnapshot, Held, LoadBalancer, Offer, Secret,
    SecretContainer, SecretOrder, Server, ServerGroup, Snapshot, Volume, VolumeGroup, VolumeTransfer,
};
pub use holder::Holder;
pub use tenant::Lost;
pub use world::{
    Actor, AddressGroup, ApplicationCredential, Credential, Domain, Grant, Group, Networking, Project,
    Quotas, Role, Rule, Scope, SecurityGroup, Trust, User, World,
};

/// A running simulated cloud. Dropped, it accepts no more connections.
#[derive(Debug)]
pub struct Sim {
    origin: String,
    world: Arc<Mutex<World>>,
    task: JoinHandle<()>,
}

#[derive(Clone, Debug)]
struct Shared {
    origin: String,
    world: Arc<Mutex<World>>,
}

impl Sim {
    /// Serves a world on a free port of 127.0.0.1.
    pub async fn start(world: World) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("failed to listen")?;
        let origin = format!("http://{}", listener.local_addr().context("failed to learn the port")?);
        let world = Arc::new(Mutex::new(world));
        let shared = Shared { origin: origin.clone(), world: Arc::clone(&world) };
        let service = Router::new().fallback(serve).with_state(shared);
        let task = tokio::spawn(async move {
            // It is ended by abort; an error has nobody to tell.
            let _ = axum::serve(listener, service).await;
        });
        Ok(Self { origin, world, task })
    }

    /// Keystone's address, as in `auth_url`.
    pub fn url(&self) -> String {
        format!("{}/identity/v3", self.origin)
    }

    /// The world, to look at and to change. Calls wait while it is held.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The world, for a hook that changes it.
    pub fn handle(&self) -> Arc<Mutex<World>> {
        Arc::clone(&self.world)
    }

    /// A clouds.yaml with the clouds `admin`, `admin-system`, `reader`, `reader-system`, `observer` and `observer-system`.
    pub fn clouds_yaml(&self) -> String {
        build::clouds_yaml(&self.url())
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, 16 << 20).await else {
        return Answer::empty(413).respond(false);
    };
    let mut call = Call::new(parts.method, parts.uri.path(), parts.uri.query(), parts.headers, &body);
    call.origin = shared.origin;
    let (answer, latency) = {
        let mut world = shared.world.lock().unwrap_or_else(PoisonError::into_inner);
        call.request_id = format!("req-{}", world.uuid());
        (answer(&mut world, &mut call), world.latency)
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    answer.respond(call.method == ::http::Method::HEAD)
}

fn answer(world: &mut World, call: &mut Call) -> Answer {
    world.settle();
    match call.enter().as_str() {
        "identity" => identity::answer(world, call),
        "network" => network::answer(world, call),
        "image" => image::answer(world, call),
        "compute" => compute::answer(world, call),
        "volume" => volume::answer(world, call),
        "load-balancer" => load_balancer::answer(world, call),
        "key-manager" => key_manager::answer(world, call),
        "container-infra" => container_infra::answer(world, call),
        _ => Answer::empty(404),
    }
}
