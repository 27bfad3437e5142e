//! What every reconciliation shares.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cloudspec_crds::{CloudSpec, CloudSpecSpec, TenantOffboard};
use kube::runtime::events::Recorder;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::{Client, ResourceExt};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::cloud_spec::certificates::Looked;
use super::cloud_spec::claims::{Claim, Claims, contested};
use super::guard::{Seen, Watchman};
use super::lease::Mandate;
use super::offers::Era;
use super::owner::{Declared, Key, Owner};
use super::pool::Pool;
use super::turns::Turns;
use crate::model::cloud::CloudIdentity;
use crate::model::ids::ProjectId;
use crate::model::leaving::{Leaving, Protected, same_name};
use crate::model::{Desired, Subject, Unknown};
use crate::report::Metrics;

/// The parts that a reconciliation works with.
pub(super) struct Context {
    pub(super) client: Client,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) pool: Pool,
    pub(super) watchman: Watchman,
    /// What the last regular look at the guard gave.
    pub(super) guard: watch::Receiver<Seen>,
    /// Names this start of this process.
    pub(super) start: String,
    /// The replica, as the lease names it.
    pub(super) holder: String,
    pub(super) mandate: Mandate,
    pub(super) turns: Turns,
    pub(super) stop: CancellationToken,
    pub(super) specs: Store<CloudSpec>,
    pub(super) offboards: Store<TenantOffboard>,
    pub(super) recorder: Recorder,
    pub(super) metrics: Arc<Metrics>,
    /// Wakes CloudSpecs.
    pub(super) wake: mpsc::UnboundedSender<ObjectRef<CloudSpec>>,
    /// How long a call of a process that died may still be at work in a service.
    pub(super) settle: Duration,
    /// What never leaves.
    pub(super) protected: Protected,
    /// Start of the intervals that all CloudSpecs count from.
    pub(super) epoch: Instant,
    memory: Mutex<Memory>,
}

/// What this process remembers of each object.
#[derive(Default)]
struct Memory {
    /// The era in which the standing offer was made, by UID of the owner.
    eras: BTreeMap<String, Era>,
    claims: Claims,
    /// What was last seen of the certificates of a CloudSpec, by UID.
    certificates: BTreeMap<String, Looked>,
    /// The CloudSpecs that list what a CloudSpec lists too, by `namespace/name`.
    contested: BTreeMap<String, BTreeSet<String>>,
    /// Since when answers are good enough, where a plan was carried out.
    anew: BTreeMap<Key, Instant>,
    /// Each object that was looked after, by UID.
    known: BTreeMap<String, Key>,
    /// Failures in a row.
    failures: BTreeMap<Key, u32>,
}

/// So long it is waited for the first listing of all objects.
const LISTED_WITHIN: Duration = Duration::from_secs(10);

/// How a CloudSpec declares a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Declares {
    /// Not at all.
    No,
    /// By its name, or a security group of it: on another cloud that is another tenant.
    ByName,
    /// By its id, which no other cloud has.
    ById,
}

fn declares(spec: &CloudSpecSpec, leaving: &Leaving) -> Declares {
    let Leaving { id, name, domain, .. } = leaving;
    let is = |of: &str, within: &str| same_name(of, name) && same_name(within, domain);
    let tenants = || spec.tenants.iter().flatten();
    let mut groups = spec.security_groups.iter().flatten();
    match () {
        () if tenants().any(|one| one.id.as_ref() == Some(&id.0)) => Declares::ById,
        () if tenants().any(|one| is(&one.name, &one.domain)) => Declares::ByName,
        () if groups.any(|group| is(&group.project.name, &group.project.domain)) => Declares::ByName,
        () => Declares::No,
    }
}

/// All parts but the memory, which begins empty.
pub(super) struct Parts {
    pub(super) client: Client,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) pool: Pool,
    pub(super) watchman: Watchman,
    pub(super) guard: watch::Receiver<Seen>,
    pub(super) start: String,
    pub(super) holder: String,
    pub(super) mandate: Mandate,
    pub(super) turns: Turns,
    pub(super) stop: CancellationToken,
    pub(super) specs: Store<CloudSpec>,
    pub(super) offboards: Store<TenantOffboard>,
    pub(super) recorder: Recorder,
    pub(super) metrics: Arc<Metrics>,
    pub(super) wake: mpsc::UnboundedSender<ObjectRef<CloudSpec>>,
    pub(super) settle: Duration,
    pub(super) protected: Protected,
}

impl Context {
    pub(super) fn new(parts: Parts) -> Self {
        let Parts {
            client,
            clock,
            pool,
            watchman,
            guard,
            start,
            holder,
            mandate,
            turns,
            stop,
            specs,
            offboards,
            recorder,
            metrics,
            wake,
            settle,
            protected,
        } = parts;
        let epoch = clock.monotonic();
        let memory = Mutex::default();
        Self {
            client,
            clock,
            pool,
            watchman,
            guard,
            start,
            holder,
            mandate,
            turns,
            stop,
            specs,
            offboards,
            recorder,
            metrics,
            wake,
            settle,
            protected,
            epoch,
            memory,
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The era that the policies as seen make.
    pub(super) fn era(&self, seen: &Seen) -> Era {
        Era { start: self.start.clone(), policies: seen.policies.clone() }
    }

    /// The era in which this process made the standing offer of an owner.
    pub(super) fn offered_in(&self, uid: &str) -> Option<Era> {
        self.memory().eras.get(uid).cloned()
    }

    /// Remembers the era of an offer.
    pub(super) fn offers_in(&self, uid: &str, era: Era) {
        self.memory().eras.insert(uid.to_owned(), era);
    }

    /// What was last seen of the certificates of a CloudSpec.
    pub(super) fn certificates_of(&self, uid: &str) -> Option<Looked> {
        self.memory().certificates.get(uid).cloned()
    }

    /// Remembers what was seen of the certificates of a CloudSpec.
    pub(super) fn remember_certificates(&self, uid: &str, looked: Looked) {
        self.memory().certificates.insert(uid.to_owned(), looked);
    }

    /// Start of the interval that now is in: whoever looks at the same cloud within it shares one audit.
    pub(super) fn interval_start(&self, interval: Duration) -> Instant {
        let passed = self.clock.monotonic().duration_since(self.epoch).as_nanos();
        let into = passed.checked_rem(interval.as_nanos()).unwrap_or_default();
        let into = Duration::from_nanos(u64::try_from(into).unwrap_or_default());
        self.clock.monotonic().checked_sub(into).unwrap_or(self.epoch)
    }

    /// From now on only what is asked now says how things are.
    pub(super) fn look_anew(&self, key: &Key) {
        self.memory().anew.insert(key.clone(), self.clock.monotonic());
    }

    /// The age of an answer that is good enough for a regular look.
    pub(super) fn not_before(&self, key: &Key, interval: Duration) -> Instant {
        let start = self.interval_start(interval);
        self.memory().anew.get(key).map_or(start, |anew| start.max(*anew))
    }

    /// Time until the next interval begins.
    pub(super) fn until_next(&self, interval: Duration) -> Duration {
        let start = self.interval_start(interval);
        interval.saturating_sub(self.clock.monotonic().duration_since(start))
    }

    /// What other CloudSpecs of the same cloud list too. Those whose standing changed by it are woken.
    pub(super) async fn contested(
        &self,
        declared: &Declared<CloudSpec>,
        cloud: &CloudIdentity,
    ) -> BTreeMap<Subject, BTreeSet<String>> {
        let path = declared.key.path();
        let mine = Claim::of(&declared.what, cloud.clone());
        let generation = declared.object.metadata.generation.unwrap_or_default();
        self.memory().claims.remember(&declared.uid, generation, mine.clone());
        let mut claims = self.claims().await;
        claims.remove(&path);
        let found = contested(&mine, claims.iter().map(|(name, claim)| (name.as_str(), claim)));
        self.wake_others(&path, found.values().flatten().cloned().collect());
        found
    }

    /// What each CloudSpec lists, by `namespace/name`.
    async fn claims(&self) -> BTreeMap<String, Claim> {
        let mut claims = BTreeMap::new();
        let all = self.specs.state();
        for spec in all.iter().filter(|spec| spec.metadata.deletion_timestamp.is_none()) {
            if let Some(claim) = self.claim_of(spec).await {
                claims.insert(Key::of(spec.as_ref()).path(), claim);
            }
        }
        claims
    }

    /// The CloudSpecs that declare something of a tenant: `namespace/name`. One that cannot tell its cloud may be about this one.
    pub(super) async fn listing(&self, leaving: &Leaving, cloud: &CloudIdentity) -> Vec<String> {
        let mut listing = Vec::new();
        for spec in self.specs.state() {
            let is_here = match declares(&spec.spec, leaving) {
                _ if spec.metadata.deletion_timestamp.is_some() => false,
                Declares::No => false,
                Declares::ById => true,
                Declares::ByName => self.claim_of(&spec).await.is_none_or(|claim| claim.cloud == *cloud),
            };
            if is_here {
                listing.push(format!("CloudSpec {}", Key::of(spec.as_ref()).path()));
            }
        }
        listing.sort();
        listing
    }

    /// The same, as far as it is known without asking anyone: what may declare the tenant is in here too.
    pub(super) fn may_list(&self, leaving: &Leaving, cloud: &CloudIdentity) -> Vec<String> {
        let all = self.specs.state();
        let memory = self.memory();
        let elsewhere = |spec: &CloudSpec| {
            let generation = spec.metadata.generation.unwrap_or_default();
            let claim = memory.claims.of(spec.metadata.uid.as_deref().unwrap_or_default(), generation);
            claim.is_some_and(|claim| claim.cloud != *cloud)
        };
        let is_here = |spec: &&Arc<CloudSpec>| match declares(&spec.spec, leaving) {
            _ if spec.metadata.deletion_timestamp.is_some() => false,
            Declares::No => false,
            Declares::ById => true,
            Declares::ByName => !elsewhere(spec.as_ref()),
        };
        let mut listing: Vec<String> = all
            .iter()
            .filter(is_here)
            .map(|spec| format!("CloudSpec {}", Key::of(spec.as_ref()).path()))
            .collect();
        listing.sort();
        listing
    }

    /// Waits until all CloudSpecs and TenantOffboards are known: a process that has just started knows none.
    pub(super) async fn knows_all(&self) -> Result<(), Unknown> {
        let both = async { self.specs.wait_until_ready().await.and(self.offboards.wait_until_ready().await) };
        match tokio::time::timeout(LISTED_WITHIN, both).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Unknown {
                service: "cloudspec".to_owned(),
                reason: "CloudSpecNotRead".to_owned(),
                message: "the CloudSpecs and TenantOffboards of the cluster are not all known yet".to_owned(),
            }),
        }
    }

    /// The TenantOffboards that are about the same project, and not at their end: `namespace/name`.
    pub(super) fn rivals(&self, mine: &Key, project: &ProjectId) -> Vec<String> {
        let all = self.offboards.state();
        let rivals = all.iter().filter(|other| {
            other.spec.tenant.id == project.0
                && other.metadata.deletion_timestamp.is_none()
                && Key::of(other.as_ref()) != *mine
                && !other.rests()
        });
        let mut names: Vec<String> = rivals.map(|other| Key::of(other.as_ref()).path()).collect();
        names.sort();
        names
    }

    /// What another CloudSpec lists; none where it is not valid, or has not seen the cloud: then it corrects nothing either.
    async fn claim_of(&self, other: &CloudSpec) -> Option<Claim> {
        let generation = other.metadata.generation.unwrap_or_default();
        let uid = other.uid().unwrap_or_default();
        let known = self.memory().claims.of(&uid, generation).cloned();
        if known.is_some() {
            return known;
        }
        // This process has not looked for it yet; what an earlier one saw stands in its status.
        if !has_seen(other) {
            return None;
        }
        let desired = Desired::from_spec(&other.spec).ok()?;
        let namespace = other.namespace().unwrap_or_default();
        let credentials = self.pool.credentials(&namespace, &other.spec.cloud.observe).await.ok()?;
        let claim = Claim::of(&desired, credentials.main.identity());
        self.memory().claims.remember(&uid, generation, claim.clone());
        Some(claim)
    }

    fn wake_others(&self, path: &str, now: BTreeSet<String>) {
        let before = self.memory().contested.insert(path.to_owned(), now.clone()).unwrap_or_default();
        self.wake_all(before.symmetric_difference(&now));
    }

    fn wake_all<'a>(&self, paths: impl Iterator<Item = &'a String>) {
        for (namespace, name) in paths.filter_map(|path| path.split_once('/')) {
            // Nobody listens any more only when the controller ends.
            let _ = self.wake.send(ObjectRef::new(name).within(namespace));
        }
    }

    /// Remembers that an object is looked after.
    pub(super) fn looks_after<O: Owner>(&self, object: &O) {
        self.memory().known.insert(object.uid().unwrap_or_default(), Key::of(object));
    }

    /// The objects of a kind that were looked after and are gone, by UID; nothing is remembered of these UIDs any more.
    pub(super) fn gone<O: Owner>(&self) -> BTreeMap<String, Key> {
        let here: BTreeSet<String> =
            O::watched(self).state().iter().filter_map(|object| object.uid()).collect();
        let mut memory = self.memory();
        let (known, gone) = std::mem::take(&mut memory.known)
            .into_iter()
            .partition(|(uid, key)| key.kind != O::KIND || here.contains(uid));
        memory.known = known;
        for uid in gone.keys() {
            memory.eras.remove(uid);
            memory.claims.forget(uid);
            memory.certificates.remove(uid);
        }
        gone
    }

    /// Counts a failure; the pause before the next try.
    pub(super) fn failed(&self, key: &Key) -> Duration {
        let mut memory = self.memory();
        let failures = memory.failures.entry(key.clone()).or_default();
        *failures = failures.saturating_add(1);
        super::run::pause(*failures)
    }

    /// A reconciliation that went well ends the row of failures.
    pub(super) fn succeeded(&self, key: &Key) {
        self.memory().failures.remove(key);
    }

    /// Forgets an object that is gone, and wakes the CloudSpecs that it contested.
    pub(super) fn forget(&self, gone: &Key) {
        let mut memory = self.memory();
        memory.anew.remove(gone);
        memory.failures.remove(gone);
        if gone.kind != CloudSpec::KIND {
            return;
        }
        let contested = memory.contested.remove(&gone.path()).unwrap_or_default();
        drop(memory);
        self.wake_all(contested.iter());
    }
}

/// Whether a CloudSpec could see its tenants when it was last looked at; a certificate that could not be seen is no matter here.
fn has_seen(object: &CloudSpec) -> bool {
    let conditions = object.status.iter().flat_map(|status| &status.conditions);
    conditions.into_iter().any(|condition| {
        let (kind, status) = (condition.type_.as_str(), condition.status.as_str());
        matches!(
            (kind, status),
            ("Observed", "True") | ("TenantsInSync" | "SecurityGroupsInSync", "True" | "False")
        )
    })
}
