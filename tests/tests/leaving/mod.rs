//! A small tenant with something of everything, that leaves a simulated cloud; and how to tell whether each thing went once, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cloudspec_crds::TenantOffboard;
use cloudspec_tests::cluster;
use cloudspec_tests::proxy::{Call, Matcher, Place, Then};
use cloudspec_tests::scene::Stage;
use cloudspec_tests::sim::{Actor, Builder, Grant, Scope, Sim, World};
use kube::api::Api;
use tokio::sync::watch;

/// Far more than it takes.
const WITHIN: Duration = Duration::from_secs(180);
const LEAVING: &str = "approval: {minPlanAge: 0s}\nverifyAfter: 1s\ndeleteProject: true\n";

/// The tenant that leaves and the neighbour that stays, by ids.
struct People {
    tenant: String,
    user: String,
    neighbour: String,
}

/// A plan that waits for an approval.
pub(crate) struct Leaving {
    pub(crate) stage: Stage,
    people: People,
    /// What the neighbour has before.
    before: BTreeSet<String>,
}

fn world() -> (World, People) {
    let mut world = Builder::default().tenants(2).build();
    let of = |world: &World, name: &str| {
        (world.project_id("tenants", name).unwrap(), world.user_id("tenants", name).unwrap())
    };
    let ((tenant, user), (neighbour, other)) = (of(&world, "t0001"), of(&world, "t0002"));
    world.fill(&tenant, &neighbour).unwrap();
    world.add_flavor("private", &[&tenant, &neighbour]);
    world.add_volume_type("private", &[&tenant, &neighbour]);
    world.holder(&tenant, &user).everything();
    world.holder(&neighbour, &other).everything();
    let limits = BTreeMap::from([("secrets".to_owned(), 50)]);
    world.key_manager_quotas.insert(tenant.clone(), limits);
    world.held.pace = Duration::from_millis(200);
    let domain = world.domain_id("tenants").unwrap();
    for (name, role) in [
        ("observer", "observer"),
        ("observer", "key-manager:service-admin"),
        ("admin", "admin"),
        ("admin", "key-manager:service-admin"),
    ] {
        let to = Actor::User(world.user_id("Default", name).unwrap());
        let (scope, role) = (Scope::Domain(domain.clone()), world.role_id(role).unwrap());
        world.grants.insert(Grant { scope, to, role, inherited: true });
    }
    (world, People { tenant, user, neighbour })
}

impl Leaving {
    pub(crate) async fn new(test: &str, arguments: &[&str]) -> Self {
        cluster::own().unwrap();
        let (world, people) = world();
        let sim = Sim::start(world).await.unwrap();
        let mut stage = Stage::of(test, sim).await.unwrap();
        stage.scene = stage.scene.with_arguments(arguments);
        // Its own audits are none of the calls that count.
        stage.scene.apply("lab", "interval: 1h\n").unwrap();
        stage.scene.start().await.unwrap();
        stage.scene.until_state("lab", "InSync").await.unwrap();
        let before = of(&stage.sim.world(), &people.neighbour);
        let leaving = Self { stage, people, before };
        leaving.leave();
        leaving.until("it is on offer", |state, _| state == "AwaitingApproval").await;
        assert_eq!(leaving.stage.proxy.writes(), vec![]);
        leaving
    }

    fn leave(&self) {
        let spec: String = LEAVING.lines().map(|line| format!("  {line}\n")).collect();
        let manifest = format!(
            "apiVersion: cloudspec.dev/v1alpha1\nkind: TenantOffboard\nmetadata: {{name: x}}\nspec:\n  \
             cloudRef: {{name: lab}}\n  tenant: {{id: \"{}\", name: t0001, domain: tenants}}\n{spec}",
            self.people.tenant
        );
        self.stage
            .kubectl(&self.stage.scene.bob, &["apply", "-f", "-"], &manifest)
            .unwrap()
            .or_fail()
            .unwrap();
    }

    pub(crate) fn approve(&self) {
        let arguments = ["annotate", "--overwrite", "tenantoffboard", "x", "approved=true"];
        self.stage.kubectl(&self.stage.scene.alice, &arguments, "").unwrap().or_fail().unwrap();
    }

    /// Waits until something holds of the state in a word, and the object.
    async fn until(&self, what: &str, holds: impl Fn(&str, &TenantOffboard) -> bool) -> TenantOffboard {
        let api: Api<TenantOffboard> =
            Api::namespaced(self.stage.scene.client(), &self.stage.scene.namespace.name);
        let deadline = Instant::now() + WITHIN;
        loop {
            let object = api.get("x").await.unwrap();
            let status = object.status.clone().unwrap_or_default();
            let state = status.state.as_deref().unwrap_or_default();
            if status.observed_generation == object.metadata.generation && holds(state, &object) {
                return object;
            }
            if Instant::now() > deadline || state == "Refused" {
                panic!("waited in vain until {what}\n{}", self.seen(&object));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// How an object is, what the controller warned of, and the last writes and refusals.
    fn seen(&self, object: &TenantOffboard) -> String {
        let log = self.stage.scene.controller.as_ref().map(|one| one.log()).unwrap_or_default();
        let warned = log.lines().filter(|line| line.contains(" WARN ") || line.contains(" ERROR "));
        let calls = self.stage.proxy.calls();
        let calls = calls.iter().filter(|call| call.is_write() || call.status.is_none_or(|code| code >= 400));
        let calls: Vec<String> = calls.map(ToString::to_string).collect();
        let last = calls.iter().rev().take(20).rev().cloned().collect::<Vec<_>>().join("\n");
        format!(
            "{}\n{:?}\n{}\n{last}",
            serde_saphyr::to_string(&object.status).unwrap(),
            object.metadata.annotations,
            warned.collect::<Vec<_>>().join("\n")
        )
    }

    /// Waits until it is over, and approves each plan that is asked for. How many approvals that took.
    pub(crate) async fn until_completed(&self) -> usize {
        for approvals in 0..8 {
            let over = |state: &str, object: &TenantOffboard| {
                let annotations = object.metadata.annotations.clone().unwrap_or_default();
                let asked = state == "AwaitingApproval" && !annotations.contains_key("approved");
                asked || matches!(state, "Completed" | "Incomplete")
            };
            let object = self.until("it is over, or asks again", over).await;
            let state = object.status.unwrap_or_default().state.unwrap_or_default();
            if state != "AwaitingApproval" {
                assert_eq!(state, "Completed");
                return approvals;
            }
            self.approve();
        }
        panic!("it asks again and again");
    }

    /// Stops a call until it is said what becomes of it.
    pub(crate) fn trap(&self, spot: Spot, place: Place) -> Trap {
        let (arrive, arrived) = watch::channel(false);
        let (then, wait) = watch::channel(None);
        let passed = spot.after.as_ref().is_none_or(|after| self.has_passed(after));
        let watched = Arc::new(Mutex::new(Watched { spot, passed, seen: 0 }));
        let arrive = Arc::new(arrive);
        self.stage.proxy.hook(Matcher::any(), place, move |call| {
            let meant = watched.lock().unwrap_or_else(PoisonError::into_inner).takes(&call);
            let (arrive, mut wait) = (Arc::clone(&arrive), wait.clone());
            async move {
                if !meant || wait.borrow().is_some() {
                    return Then::Forward;
                }
                arrive.send_replace(true);
                wait.wait_for(Option::is_some).await.unwrap().unwrap()
            }
        });
        Trap { arrived, then }
    }

    fn has_passed(&self, write: &str) -> bool {
        self.stage.proxy.calls().iter().any(|call| call.forwarded && name(call) == write)
    }

    /// Waits until a call stands in the trap, and approves what is asked for meanwhile; false where it is over and none came.
    pub(crate) async fn sprung(&self, trap: &mut Trap) -> bool {
        let api: Api<TenantOffboard> =
            Api::namespaced(self.stage.scene.client(), &self.stage.scene.namespace.name);
        let deadline = Instant::now() + WITHIN;
        loop {
            let arrived = trap.arrived.wait_for(|arrived| *arrived);
            if tokio::time::timeout(Duration::from_millis(200), arrived).await.is_ok() {
                return true;
            }
            let object = api.get("x").await.unwrap();
            let annotations = object.metadata.annotations.clone().unwrap_or_default();
            match object.status.clone().unwrap_or_default().state.as_deref() {
                Some("AwaitingApproval") if !annotations.contains_key("approved") => {
                    self.approve();
                }
                Some("Completed" | "Incomplete") => return false,
                _ => assert!(Instant::now() < deadline, "it neither comes nor ends\n{}", self.seen(&object)),
            }
        }
    }

    /// Ends the controller as a crash does, while a call is stopped, and starts another.
    pub(crate) async fn crash(&mut self, trap: &Trap) {
        self.stage.scene.controller.take().unwrap().kill().unwrap();
        trap.then.send_replace(Some(Then::Drop));
        self.stage.scene.start().await.unwrap();
    }

    /// What the plans told before they were approved.
    pub(crate) async fn told(&self) -> String {
        let plans = self.stage.scene.plans().await.unwrap();
        plans.iter().map(|plan| serde_json::to_string(&plan.spec.steps).unwrap()).collect()
    }

    /// What became of it all.
    pub(crate) async fn outcome(&self) -> Outcome {
        let plans = self.stage.scene.plans().await.unwrap();
        let plans = plans.iter().filter_map(|plan| {
            let status = plan.status.clone().filter(|status| !status.journal.is_empty())?;
            let done = |state: &str| matches!(state, "Done" | "AlreadyDone");
            Some(Carried {
                steps: plan.spec.steps.len(),
                done: status.journal.iter().filter(|entry| done(&entry.state)).count(),
                ended: status.phase.as_deref() == Some("Succeeded"),
            })
        });
        let plans = plans.collect();
        let world = self.stage.sim.world();
        let People { tenant, user, neighbour } = &self.people;
        let left = of(&world, tenant).into_iter().chain(world.held.of(user)).collect();
        let after = of(&world, neighbour);
        // Without what tells the time.
        let id = |line: &String| line.split(':').next().unwrap_or_default().to_owned();
        let (gone, new) = (self.before.difference(&after), after.difference(&self.before));
        let neighbour =
            gone.map(|line| format!("-{}", id(line))).chain(new.map(|line| format!("+{}", id(line))));
        Outcome { left, neighbour: neighbour.collect(), effects: effects(&self.stage.proxy.calls()), plans }
    }
}

/// All that a project has.
fn of(world: &World, project: &str) -> BTreeSet<String> {
    world.holdings(project).into_iter().chain(world.held.of(project)).collect()
}

/// A call that is stopped.
pub(crate) struct Trap {
    arrived: watch::Receiver<bool>,
    then: watch::Sender<Option<Then>>,
}

impl Trap {
    /// Stops nothing from now on.
    pub(crate) fn release(&self) {
        self.then.send_if_modified(|then| then.replace(Then::Forward).is_none());
    }
}

/// A call of a run: the Nth of its name after a write.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    pub(crate) after: Option<String>,
    pub(crate) call: String,
    pub(crate) nth: usize,
    pub(crate) is_write: bool,
}

impl std::fmt::Display for Spot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { after, call, nth, is_write: _ } = self;
        write!(f, "{call} ({nth}. after {})", after.as_deref().unwrap_or("the approval"))
    }
}

/// A spot, and how near the run has come to it.
struct Watched {
    spot: Spot,
    passed: bool,
    seen: usize,
}

impl Watched {
    fn takes(&mut self, call: &Call) -> bool {
        let name = name(call);
        if self.passed && name == self.spot.call {
            self.seen += 1;
            return self.seen == self.spot.nth;
        }
        self.passed |= self.spot.after.as_ref() == Some(&name);
        false
    }
}

/// How far a plan was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Carried {
    pub(crate) steps: usize,
    pub(crate) done: usize,
    pub(crate) ended: bool,
}

/// The cloud in words, what was done to it, and what the plans say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Of the tenant.
    pub(crate) left: BTreeSet<String>,
    /// What the neighbour has no more, and what it has not had.
    pub(crate) neighbour: BTreeSet<String>,
    /// How often the services took each call.
    pub(crate) effects: BTreeMap<String, usize>,
    /// Those that were begun.
    pub(crate) plans: Vec<Carried>,
}

impl Outcome {
    /// What is not as in another, in words.
    pub(crate) fn differs(&self, whole: &Self) -> Option<String> {
        let Self { left, neighbour, effects, plans } = self;
        let mut told = Vec::new();
        told.extend((left != &whole.left).then(|| format!("left: {left:#?}")));
        let lost: Vec<_> = whole.neighbour.symmetric_difference(neighbour).collect();
        told.extend((!lost.is_empty()).then(|| format!("the neighbour: {lost:#?}")));
        let names = effects.keys().chain(whole.effects.keys()).collect::<BTreeSet<_>>();
        let other = names.into_iter().filter(|name| effects.get(*name) != whole.effects.get(*name));
        told.extend(other.map(|name| format!("{name}: {:?} times", effects.get(name))));
        let ended = plans.iter().all(|plan| plan.ended && plan.steps == plan.done);
        told.extend((!ended || plans.len() != whole.plans.len()).then(|| format!("plans: {plans:?}")));
        (!told.is_empty()).then(|| told.join("\n"))
    }
}

/// Writes that reached a service and were not refused.
fn effects(calls: &[Call]) -> BTreeMap<String, usize> {
    let mut effects = BTreeMap::new();
    let taken = |call: &&Call| call.is_write() && call.forwarded && call.status.is_none_or(|code| code < 300);
    for call in calls.iter().filter(taken) {
        *effects.entry(name(call)).or_default() += 1;
    }
    effects
}

/// A call by its method, service, path and query.
pub(crate) fn name(call: &Call) -> String {
    let Call { method, service, path, query, .. } = call;
    format!("{service} {method} {path}{}{query}", if query.is_empty() { "" } else { "?" })
}
