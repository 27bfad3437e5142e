//! Leader election on a `coordination.k8s.io/v1` Lease: one replica works, the others wait.
//!
//! # Guarantees
//! A lease is taken or renewed only by a replacement that carries the resourceVersion that was read, so that of two who try at
//! once one gets 409. Whether another's lease has run out is told by this replica's own monotonic clock since it last saw the
//! lease change, never by comparing two machines' clocks. A leader that could not renew in [`Timing::give_up`] ends its
//! work, which is before anybody else may begin. That two replicas never write at once rests on the journal's compare-and-set all the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::api::{Api, PostParams};
use tokio_util::sync::CancellationToken;

use super::clock::Clock;

/// How long a lease is good, and how often it is looked after.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    /// How long a lease that nobody renews keeps others out.
    pub duration: Duration,
    /// How long after its last renewal a leader ends its work.
    pub give_up: Duration,
    /// Time between two looks.
    pub every: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            duration: Duration::from_secs(15),
            give_up: Duration::from_secs(10),
            every: Duration::from_secs(2),
        }
    }
}

/// Who holds the lease, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// The holder; none where it was given back.
    pub by: Option<String>,
    /// How long it is good.
    pub duration: Duration,
}

/// What to do about the lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It is free, or has run out.
    Take,
    /// It is mine.
    Renew,
    /// It is another's.
    Wait,
}

/// Decides by what was read, and for how long it has not changed by one's own clock.
pub(super) fn decide(held: Option<&Held>, me: &str, unchanged_for: Duration) -> Step {
    match held {
        None | Some(Held { by: None, .. }) => Step::Take,
        Some(Held { by: Some(holder), .. }) if holder == me => Step::Renew,
        Some(Held { duration, .. }) if unchanged_for >= *duration => Step::Take,
        Some(_) => Step::Wait,
    }
}

/// Until when this replica may act as the leader; asked before each call that changes something.
#[derive(Clone, Debug)]
pub(super) struct Mandate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    start: Instant,
    /// Milliseconds after `start`; 0 for nobody.
    until: AtomicU64,
}

impl Mandate {
    fn new(clock: &dyn Clock) -> Self {
        Self(Arc::new(Inner { start: clock.monotonic(), until: AtomicU64::new(0) }))
    }

    /// A mandate that does not end: a single replica without leader election.
    pub(super) fn for_ever(clock: &dyn Clock) -> Self {
        let mandate = Self::new(clock);
        mandate.0.until.store(u64::MAX, Ordering::SeqCst);
        mandate
    }

    /// Whether this replica is the leader now. Holds for a process that was stopped and goes on, too: the clock went on.
    pub(super) fn holds(&self, clock: &dyn Clock) -> bool {
        let now = clock.monotonic().duration_since(self.0.start).as_millis();
        now < u128::from(self.0.until.load(Ordering::SeqCst))
    }

    fn extend(&self, until: Instant) {
        let millis = until.duration_since(self.0.start).as_millis();
        self.0.until.store(u64::try_from(millis).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    fn end(&self) {
        self.0.until.store(0, Ordering::SeqCst);
    }
}

/// A candidate for the lease.
#[derive(Clone)]
pub(super) struct Candidate {
    api: Api<Lease>,
    name: String,
    me: String,
    timing: Timing,
    clock: Arc<dyn Clock>,
    mandate: Mandate,
}

/// What was read, and since when it is so by one's own clock.
struct Seen {
    lease: Option<Lease>,
    since: Instant,
}

impl Candidate {
    /// A candidate of this identity.
    pub(super) fn new(api: Api<Lease>, name: &str, me: &str, timing: Timing, clock: Arc<dyn Clock>) -> Self {
        let mandate = Mandate::new(clock.as_ref());
        Self { api, name: name.to_owned(), me: me.to_owned(), timing, clock, mandate }
    }

    /// The mandate that this candidate's leadership extends.
    pub(super) fn mandate(&self) -> Mandate {
        self.mandate.clone()
    }

    /// Waits until this replica leads; false where it was told to stop before.
    pub(super) async fn acquire(&self, stop: &CancellationToken) -> bool {
        let mut seen = Seen { lease: None, since: self.clock.monotonic() };
        loop {
            match self.attempt(&mut seen).await {
                Ok(true) => return true,
                Ok(false) => {}
                Err(why) => tracing::warn!(lease = self.name, error = %why, "failed to look after the lease"),
            }
            tokio::select! {
                () = stop.cancelled() => return false,
                () = tokio::time::sleep(self.timing.every) => {}
            }
        }
    }

    /// Renews until it fails for too long, the lease is another's, or it is told to stop. Then the mandate has ended.
    pub(super) async fn keep(&self, stop: &CancellationToken) {
        let mut seen = Seen { lease: None, since: self.clock.monotonic() };
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(self.timing.every) => {}
            }
            match self.attempt(&mut seen).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(why) => tracing::warn!(lease = self.name, error = %why, "failed to renew the lease"),
            }
            if !self.mandate.holds(self.clock.as_ref()) {
                tracing::error!(lease = self.name, "the lease was not renewed in time: ending the work");
                break;
            }
        }
        self.mandate.end();
    }

    /// Gives the lease back, so that another need not wait.
    pub(super) async fn release(&self) {
        self.mandate.end();
        let Ok(Some(mut lease)) = self.api.get_opt(&self.name).await else { return };
        let spec = lease.spec.get_or_insert_default();
        if spec.holder_identity.as_deref() != Some(&self.me) {
            return;
        }
        spec.holder_identity = None;
        if let Err(why) = self.api.replace(&self.name, &PostParams::default(), &lease).await {
            tracing::warn!(lease = self.name, error = %why, "failed to give the lease back");
        }
    }

    /// One look at the lease; true where this replica leads after it.
    async fn attempt(&self, seen: &mut Seen) -> Result<bool, kube::Error> {
        let begun = self.clock.monotonic();
        let lease = self.api.get_opt(&self.name).await?;
        if version(&lease) != version(&seen.lease) {
            *seen = Seen { lease, since: begun };
        }
        let held = seen.lease.as_ref().map(held);
        let unchanged_for = begun.duration_since(seen.since);
        match decide(held.as_ref(), &self.me, unchanged_for) {
            Step::Wait => return Ok(false),
            Step::Take | Step::Renew => {}
        }
        match self.write(seen.lease.clone()).await {
            Ok(lease) => {
                *seen = Seen { lease: Some(lease), since: begun };
                self.mandate.extend(begun + self.timing.give_up);
                Ok(true)
            }
            // Another was quicker: whoever it is, it is not this replica.
            Err(kube::Error::Api(status)) if status.code == 409 => Ok(false),
            Err(why) => Err(why),
        }
    }

    async fn write(&self, before: Option<Lease>) -> Result<Lease, kube::Error> {
        let now = MicroTime(self.clock.now());
        let lease = renewed(before, &self.name, &self.me, &self.timing, &now);
        match lease.metadata.resource_version {
            None => self.api.create(&PostParams::default(), &lease).await,
            Some(_) => self.api.replace(&self.name, &PostParams::default(), &lease).await,
        }
    }
}

fn version(lease: &Option<Lease>) -> Option<&str> {
    lease.as_ref().and_then(|lease| lease.metadata.resource_version.as_deref())
}

fn held(lease: &Lease) -> Held {
    let spec = lease.spec.clone().unwrap_or_default();
    Held {
        by: spec.holder_identity.filter(|holder| !holder.is_empty()),
        duration: Duration::from_secs(spec.lease_duration_seconds.unwrap_or(15).max(1).unsigned_abs().into()),
    }
}

fn renewed(before: Option<Lease>, name: &str, me: &str, timing: &Timing, now: &MicroTime) -> Lease {
    let fresh = || Lease {
        metadata: ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() },
        spec: None,
    };
    let mut lease = before.unwrap_or_else(fresh);
    let old = lease.spec.take().unwrap_or_default();
    let mine = old.holder_identity.as_deref() == Some(me);
    lease.spec = Some(LeaseSpec {
        holder_identity: Some(me.to_owned()),
        lease_duration_seconds: i32::try_from(timing.duration.as_secs()).ok(),
        renew_time: Some(now.clone()),
        acquire_time: if mine { old.acquire_time } else { Some(now.clone()) },
        lease_transitions: Some(old.lease_transitions.unwrap_or(0) + i32::from(!mine)),
        ..old
    });
    lease
}

/// A name for this process that no other has: the host's name, and a part that is new at each start.
pub fn identity(host: &str, random: &str, started: Timestamp) -> String {
    format!("{host}_{}_{random}", started.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(holder: &str) -> Held {
        Held { by: Some(holder.to_owned()), duration: Duration::from_secs(15) }
    }

    #[test]
    fn a_lease_of_another_is_left_alone_until_it_has_not_changed_for_its_duration() {
        let just_below = Duration::from_millis(14_999);
        assert_eq!(decide(Some(&by("other")), "me", just_below), Step::Wait);
        assert_eq!(decide(Some(&by("other")), "me", Duration::from_secs(15)), Step::Take);
    }

    #[test]
    fn a_free_lease_is_taken_and_ones_own_renewed() {
        let given_back = Held { by: None, duration: Duration::from_secs(15) };
        assert_eq!(decide(None, "me", Duration::ZERO), Step::Take);
        assert_eq!(decide(Some(&given_back), "me", Duration::ZERO), Step::Take);
        assert_eq!(decide(Some(&by("me")), "me", Duration::from_secs(60)), Step::Renew);
    }

    #[test]
    fn taking_over_counts_a_transition_and_renewing_does_not() {
        let now = MicroTime(Timestamp::UNIX_EPOCH);
        let first = renewed(None, "l", "a", &Timing::default(), &now);
        let renewed_once = renewed(Some(first.clone()), "l", "a", &Timing::default(), &now);
        assert_eq!(renewed_once, first);
        let taken = renewed(Some(first), "l", "b", &Timing::default(), &now).spec.unwrap();
        assert_eq!((taken.holder_identity.as_deref(), taken.lease_transitions), (Some("b"), Some(2)));
    }

    #[test]
    fn a_mandate_ends_by_the_clock_even_if_nothing_ran_in_between() {
        let clock = super::super::clock::Fixed::default();
        let mandate = Mandate::new(&clock);
        assert!(!mandate.holds(&clock));
        mandate.extend(clock.monotonic() + Duration::from_secs(10));
        assert!(mandate.holds(&clock));
        clock.advance(Duration::from_secs(10));
        assert!(!mandate.holds(&clock));
    }

    /// Two candidates, every interleaving of their looks and writes on one lease with compare-and-set, time running as it likes:
    /// never do two hold a mandate at once.
    #[test]
    fn no_two_replicas_hold_a_mandate_at_once() {
        let outcome = model::explore(7);
        assert!(outcome.states > 1_000, "{outcome:?}");
        assert!(outcome.led_by_both_in_turn && !outcome.two_at_once, "{outcome:?}");
    }

    /// A small exhaustive search over the steps that two candidates can take.
    mod model {
        use std::collections::BTreeSet;

        use super::*;

        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        struct World {
            now: u64,
            version: u64,
            holder: Option<usize>,
            replicas: [Replica; 2],
        }

        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
        struct Replica {
            /// The look that a write would be based on: version, holder, time of the look.
            looked: Option<(u64, Option<usize>, u64)>,
            /// The version last seen, and since when.
            seen: Option<(u64, u64)>,
            until: u64,
        }

        #[derive(Debug)]
        pub(super) struct Outcome {
            pub(super) states: usize,
            pub(super) two_at_once: bool,
            pub(super) led_by_both_in_turn: bool,
        }

        const NAMES: [&str; 2] = ["0", "1"];
        const TICK: u64 = 5;
        /// Without a bound on the writes the search would not end.
        const WRITES: u64 = 4;

        pub(super) fn explore(ticks: u64) -> Outcome {
            let start = World {
                now: 0,
                version: 0,
                holder: None,
                replicas: [Replica::default(), Replica::default()],
            };
            let (mut open, mut known) = (vec![start.clone()], BTreeSet::from([start]));
            let (mut two_at_once, mut leaders) = (false, BTreeSet::new());
            while let Some(world) = open.pop() {
                let leading: Vec<usize> = (0..2).filter(|me| world.replicas[*me].until > world.now).collect();
                two_at_once |= leading.len() > 1;
                leaders.extend(leading);
                for next in steps(&world, ticks * TICK) {
                    if known.insert(next.clone()) {
                        open.push(next);
                    }
                }
            }
            Outcome { states: known.len(), two_at_once, led_by_both_in_turn: leaders.len() == 2 }
        }

        fn steps(world: &World, end: u64) -> Vec<World> {
            let mut next = Vec::new();
            if world.now < end {
                next.push(World { now: world.now + TICK, ..world.clone() });
            }
            for me in 0..2 {
                next.push(look(world, me));
                next.extend(write(world, me));
            }
            next
        }

        fn look(world: &World, me: usize) -> World {
            let mut world = world.clone();
            let replica = &mut world.replicas[me];
            if replica.seen.is_none_or(|(version, _)| version != world.version) {
                replica.seen = Some((world.version, world.now));
            }
            replica.looked = Some((world.version, world.holder, world.now));
            world
        }

        fn write(world: &World, me: usize) -> Option<World> {
            let mut world = world.clone();
            let (version, holder, at) = world.replicas[me].looked.take()?;
            let timing = Timing::default();
            let held =
                holder.map(|holder| Held { by: Some(NAMES[holder].into()), duration: timing.duration });
            let unchanged_for = Duration::from_secs(at - world.replicas[me].seen?.1);
            let may = decide(held.as_ref(), NAMES[me], unchanged_for) != Step::Wait;
            if may && version == world.version && version < WRITES {
                world.version += 1;
                world.holder = Some(me);
                world.replicas[me].until = at + timing.give_up.as_secs();
                world.replicas[me].seen = Some((world.version, at));
            }
            Some(world)
        }
    }
}
