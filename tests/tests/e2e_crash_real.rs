//! The controller is killed in an apply on a real OpenStack: before a call went out, while the service has answered and nobody knows,
//! and after the last call. (Every call, on a simulated cloud: `e2e_crash`.)

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::sync::Arc;
use std::time::Duration;

use cloudspec_crds::ChangePlan;
use cloudspec_tests::proxy::{Call, Matcher, Place, Proxy, Then};
use cloudspec_tests::scene::Scene;
use cloudspec_tests::scene::real::{Tenant, auth_url, clouds_yaml};
use tokio::sync::watch;

/// Each round asks for something else in four steps: a description, limits, a rule, and another one less.
fn spec(tenant: &Tenant, round: u16) -> String {
    let Tenant { domain, shop } = tenant;
    let port = 9000 + round;
    format!(
        "interval: 10m
approval: {{minPlanAge: 0s, requireDigest: Never}}
tenants:
- name: shop
  domain: {domain}
  description: round {round}
  quotas: {{compute: {{cores: {}}}}}
securityGroups:
- name: web-{shop}
  project: {{name: shop, domain: {domain}}}
  evidence: NotRequired
  ingress:
  - {{protocol: tcp, ports: \"{port}\", from: {{cidr: 10.0.0.0/8}}}}
",
        32 + round
    )
}

struct Stage {
    tenant: Tenant,
    proxy: Proxy,
    scene: Scene,
}

impl Stage {
    /// Asks for something else, and waits until its plan is on offer.
    async fn offered(&self, round: u16) {
        self.scene.apply("shop", &spec(&self.tenant, round)).unwrap();
        self.scene.until_state("shop", "AwaitingApproval").await.unwrap();
        self.proxy.clear();
    }

    /// Kills the controller where the Nth write stands, and starts it again.
    async fn killed_at(&mut self, nth: u64, place: Place) {
        let (arrive, mut arrived) = watch::channel(false);
        let (then, wait) = watch::channel(None);
        let arrive = Arc::new(arrive);
        self.proxy.hook(Matcher::writes().nth(nth), place, move |_| {
            let (arrive, mut wait) = (Arc::clone(&arrive), wait.clone());
            async move {
                arrive.send_replace(true);
                wait.wait_for(Option::is_some).await.unwrap().unwrap()
            }
        });
        self.scene.annotate(&self.scene.alice, "shop", "true").unwrap().or_fail().unwrap();
        let arrived = arrived.wait_for(|arrived| *arrived);
        tokio::time::timeout(Duration::from_secs(60), arrived).await.unwrap().unwrap();
        self.scene.controller.take().unwrap().kill().unwrap();
        then.send_replace(Some(Then::Drop));
        self.scene.start().await.unwrap();
    }

    /// The plan that was carried out last: the only one that is neither older nor withdrawn.
    async fn carried_out(&self) -> ChangePlan {
        self.scene.until_state("shop", "InSync").await.unwrap();
        let plans = self.scene.plans().await.unwrap();
        plans.into_iter().rev().find(|plan| plan.status.as_ref().unwrap().decision.is_some()).unwrap()
    }
}

/// Whether the service took it: what was not refused, and what nobody heard the answer of.
fn taken(call: &&Call) -> bool {
    call.forwarded && call.status.is_none_or(|status| status < 300)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_killed_in_an_apply_on_a_real_cloud_does_nothing_twice_and_loses_nothing() {
    let (tenant, clouds) = (Tenant::new().unwrap(), clouds_yaml().unwrap());
    let proxy = Proxy::start(&auth_url(&clouds).unwrap()).await.unwrap();
    let scene = Scene::new("crash-real", &proxy.clouds_yaml(&clouds)).await.unwrap();
    // It has the same name after a restart, so that it need not wait for its own lease.
    let mut stage = Stage { tenant, proxy, scene: scene.with_arguments(&["--identity", "one"]) };
    stage.scene.apply("shop", &spec(&stage.tenant, 0)).unwrap();
    stage.scene.start().await.unwrap();
    let places = [(1, Place::Before), (2, Place::After), (3, Place::Before), (4, Place::After)];
    for (round, (nth, place)) in (0..).zip(places) {
        stage.offered(round).await;
        stage.killed_at(nth, place).await;
        let plan = stage.carried_out().await;
        let status = plan.status.unwrap();
        let writes = stage.proxy.writes();
        let taken: Vec<&Call> = writes.iter().filter(taken).collect();
        let case = format!("round {round}, {place:?} write {nth}: {writes:#?}\n{:#?}", status.journal);
        println!(
            "{place:?} write {nth}: {} steps, {} writes sent, {} taken",
            plan.spec.steps.len(),
            writes.len(),
            taken.len()
        );
        assert_eq!(status.phase.as_deref(), Some("Succeeded"), "{case}");
        assert_eq!(taken.len(), plan.spec.steps.len(), "each step is one call that a service took; {case}");
        assert_eq!(status.journal.len(), plan.spec.steps.len(), "{case}");
        assert!(
            status.journal.iter().all(|entry| ["Done", "AlreadyDone"].contains(&&*entry.state)),
            "{case}"
        );
        assert!(stage.scene.status("shop").await.unwrap().findings.is_empty(), "{case}");
    }
}
