//! The API server is gone for the controller for 30 s, which is longer than its lease is good, in the middle of an apply and while it
//! has nothing to do: it goes on where it was.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail by panic")]

mod applying;

use std::path::Path;
use std::time::{Duration, Instant};

use applying::{Stage, undisturbed};
use cloudspec_tests::cluster::Person;
use cloudspec_tests::proxy::{Matcher, Place, Then};
use cloudspec_tests::scene::Controller;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Longer than a lease is good.
const GONE: Duration = Duration::from_secs(30);

/// The way to the API server, which can be closed: connections are cut, and new ones are ended at once.
struct Way {
    open: watch::Sender<bool>,
    port: u16,
}

impl Way {
    async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (open, is_open) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (server, mut is_open) = (server.clone(), is_open.clone());
                tokio::spawn(async move {
                    if !*is_open.borrow() {
                        return;
                    }
                    let Ok(mut server) = TcpStream::connect(server).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut client, &mut server) => {}
                        _ = is_open.wait_for(|open| !open) => {}
                    }
                });
            }
        });
        Self { open, port }
    }
}

/// A controller that reaches the API server by a way that can be closed.
async fn controller(stage: &Stage, dir: &Path) -> (Controller, Way) {
    let name = &stage.scene.namespace.name;
    let own =
        Person::admin().unwrap().kubeconfig().with_file_name("users").join(format!("{name}.kubeconfig"));
    let text = std::fs::read_to_string(own).unwrap();
    let server = text.lines().find_map(|line| line.trim().strip_prefix("server: https://")).unwrap();
    let way = Way::to(server.to_owned()).await;
    let kubeconfig = dir.join("kubeconfig");
    std::fs::write(&kubeconfig, text.replace(server, &format!("127.0.0.1:{}", way.port))).unwrap();
    let arguments = ["--namespace", name, "--lease", name];
    (Controller::start(&kubeconfig, &arguments).await.unwrap(), way)
}

async fn until_leads(controller: &Controller, leads: bool) {
    let (deadline, line) = (Instant::now() + 3 * GONE, format!("cloudspec_leader {}", i32::from(leads)));
    while !controller.page("/metrics").await.unwrap().lines().any(|found| found == line) {
        assert!(Instant::now() < deadline, "not {line}:\n{}", controller.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A plan that waits for an approval, and a controller whose way to the API server can be closed.
async fn scene(test: &str) -> (Stage, Way, tempfile::TempDir) {
    let mut stage = Stage::without_controller(test, &[]).await;
    let dir = tempfile::tempdir().unwrap();
    let (running, way) = controller(&stage, dir.path()).await;
    stage.scene.controller = Some(running);
    stage.scene.until_state("lab", "AwaitingApproval").await.unwrap();
    (stage, way, dir)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_server_that_is_gone_while_nothing_is_to_be_done_costs_nothing() {
    let (whole, _) = undisturbed().await;
    let (stage, way, _dir) = scene("gone-idle").await;
    stage.approve();
    assert_eq!(stage.until_in_sync().await, 0);
    way.open.send_replace(false);
    tokio::time::sleep(GONE).await;
    way.open.send_replace(true);
    until_leads(stage.scene.controller.as_ref().unwrap(), true).await;
    assert_eq!(stage.outcome().await.differs(&whole), None);
    let id = stage.sim.world().project_id("tenants", "t0001").unwrap();
    stage.sim.world().projects.get_mut(&id).unwrap().description = "drifted".to_owned();
    let change = ["patch", "cloudspec", "lab", "--type=merge", "-p", "{\"spec\":{\"interval\":\"11m\"}}"];
    stage.scene.namespace.kubectl(&stage.scene.bob, &change, "").unwrap().or_fail().unwrap();
    stage.scene.until_state("lab", "AwaitingApproval").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_server_that_is_gone_in_the_middle_of_an_apply_costs_nothing() {
    let (whole, _) = undisturbed().await;
    let (stage, way, _dir) = scene("gone").await;
    // The third write is done, and nothing of it can be written down.
    let mut trap = stage.trap(Matcher::writes().nth(3), Place::After);
    stage.approve();
    trap.sprung().await;
    let gone = tokio::time::Instant::now();
    way.open.send_replace(false);
    trap.release(Then::Forward);
    until_leads(stage.scene.controller.as_ref().unwrap(), false).await;
    assert_eq!(stage.proxy.writes().len(), 3, "nothing is done that cannot be written down");
    tokio::time::sleep_until(gone + GONE).await;
    assert_eq!(stage.proxy.writes().len(), 3, "nor later");
    way.open.send_replace(true);
    assert_eq!(stage.until_in_sync().await, 0);
    assert_eq!(stage.outcome().await.differs(&whole), None);
}
