//! One controller for the namespaces of several teams: what one team's cloud does is felt by that team alone.

#![cfg(feature = "rig")]

use cloudspec_tests::cluster::{Person, own};
use cloudspec_tests::proxy::{Fault, Matcher, Proxy};
use cloudspec_tests::scene::{Controller, Scene};
use cloudspec_tests::sim::{Builder, Sim};

const SPEC: &str = "interval: 30s
approval: {minPlanAge: 0s, requireDigest: Never}
tenants:
- {name: t0001, domain: tenants, description: as declared}
";

#[tokio::test(flavor = "multi_thread")]
async fn clouds_that_never_answer_keep_nobody_else_waiting() {
    own().unwrap();
    let sim = Sim::start(Builder::default().tenants(2).build()).await.unwrap();
    let (dead, alive) = (Proxy::start(&sim.url()).await.unwrap(), Proxy::start(&sim.url()).await.unwrap());
    dead.fault(Matcher::any(), Fault::Hang);
    let stuck = Scene::new("stuck", &dead.clouds_yaml(&sim.clouds_yaml())).await.unwrap();
    let free = Scene::new("free", &alive.clouds_yaml(&sim.clouds_yaml())).await.unwrap();
    for number in 0..6 {
        stuck.apply(&format!("stuck-{number}"), SPEC).unwrap();
    }
    let account = Person::controller("of-all").unwrap();
    let _controller = Controller::start(account.kubeconfig(), &["--lease", "of-all"]).await.unwrap();
    let asked = |_: &cloudspec_crds::CloudSpec| !dead.calls().is_empty();
    stuck.until("stuck-0", "the dead cloud is asked", asked).await.unwrap();
    free.apply("lab", SPEC).unwrap();
    free.until_state("lab", "AwaitingApproval").await.unwrap();
}
