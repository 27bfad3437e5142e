//! A cloud, a journal and processes that stop where a test says.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard};
use std::task::{Poll, Waker};

use cloudspec::apply::port::{
    CloudWrite, Entry, Journal, JournalLost, Look, Progress, StepState, WriteError, Written,
};
use cloudspec::apply::{Env, Outcome, apply};
use cloudspec::gate::ApprovedPlan;
use cloudspec::model::Action;
use futures::FutureExt;
use jiff::Timestamp;

/// What a call is answered with, where not as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Odd {
    /// The service refuses.
    Refused,
    /// No clear answer, and it is carried out.
    UnclearAndDone,
    /// No clear answer, and it is carried out some time later.
    UnclearAndLate,
    /// No clear answer, and it is not carried out.
    UnclearAndNot,
    /// It cannot be sent.
    NotSent,
    /// The service refuses, for the object was changed after the look.
    Outdated,
}

/// What a journal says of each step: the state, and the id of what was made.
pub(crate) type Told = BTreeMap<u32, (StepState, Option<String>)>;

/// The cloud and the journal: what outlives a process.
#[derive(Default)]
pub(crate) struct World {
    /// What is done, with the id of each.
    pub(crate) done: BTreeMap<Action, String>,
    /// Objects that are not as planned.
    pub(crate) changed: BTreeSet<Action>,
    /// Calls that were sent and have not been carried out.
    pub(crate) under_way: Vec<Action>,
    /// Calls that were sent, in their order, each with the process that sent it.
    pub(crate) calls: Vec<(Action, usize)>,
    /// Odd answers, by the number of the call or the look, from 1.
    pub(crate) odd_calls: BTreeMap<usize, Odd>,
    pub(crate) odd_looks: BTreeMap<usize, Odd>,
    pub(crate) looks: usize,
    /// Lost writes, by number from 1, and whether they were kept all the same.
    pub(crate) lost_writes: BTreeMap<usize, bool>,
    pub(crate) writes: usize,
    /// Questions whether to go on that are answered with no, by number from 1.
    pub(crate) no: BTreeSet<usize>,
    pub(crate) asked: usize,
    pub(crate) settled: usize,
    /// Calls that the service refuses.
    pub(crate) refused: BTreeSet<Action>,
    /// A call is answered later than it is made.
    pub(crate) slow_calls: bool,
    /// So many calls were at work at the same time.
    pub(crate) most_at_once: usize,
    pub(crate) at_work: usize,
    /// So much time passes with each call.
    pub(crate) seconds_a_call: i64,
    pub(crate) seconds: i64,
    /// Calls that began after a write was lost.
    pub(crate) begun_after_loss: usize,
    pub(crate) lost: bool,
    /// The service takes calls up, and carries them out after some waiting.
    pub(crate) slow: bool,
    /// So often is waited, and then no more.
    pub(crate) patience: Option<usize>,
    pub(crate) waited: usize,
    pub(crate) journal: BTreeMap<u32, Entry>,
    /// The process that took the journal over last.
    pub(crate) holder: usize,
    pub(crate) ids: usize,
    /// What must never be.
    pub(crate) wrong: Vec<String>,
}

impl World {
    fn carry_out_all(&mut self) {
        for action in std::mem::take(&mut self.under_way) {
            let id = format!("id-{}", self.done.len() + 1);
            if self.done.insert(action.clone(), id).is_some() {
                self.wrong.push(format!("carried out twice: {action:?}"));
            }
        }
    }

    /// What stands in the journal: the state and the id of each step.
    pub(crate) fn told(&self) -> Told {
        self.journal
            .iter()
            .map(|(number, entry)| (*number, (entry.state, entry.created_id.clone())))
            .collect()
    }

    fn write(&mut self, entry: Entry) {
        let ended = |entry: &Entry| entry.state != StepState::Intended;
        if self.journal.get(&entry.number).is_some_and(ended) {
            self.wrong.push(format!("written after its end: {entry:?}"));
        }
        if entry.finished_at.is_some() != ended(&entry) {
            self.wrong.push(format!("its end is not told: {entry:?}"));
        }
        self.journal.insert(entry.number, entry);
    }
}

/// Shared by all processes of a test.
#[derive(Default)]
pub(crate) struct Shared(Mutex<World>);

impl Shared {
    pub(crate) fn new(world: World) -> Self {
        Self(Mutex::new(world))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// How often was looked, called and written.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        let world = self.lock();
        (world.looks, world.calls.len(), world.writes)
    }

    /// A new process, which takes the journal over. It stops for good at that point, where one is given.
    pub(crate) fn process(&self, stop_at: Option<usize>) -> Process<'_> {
        let number = {
            let mut world = self.lock();
            world.holder += 1;
            world.holder
        };
        Process { shared: self, number, points: Mutex::default(), stop_at }
    }

    /// A run of a new process to its end.
    pub(crate) fn run(&self, plan: &ApprovedPlan) -> Outcome {
        self.run_until(plan, None).unwrap()
    }

    /// A run that is killed at a point; `None` where it was.
    pub(crate) fn run_until(&self, plan: &ApprovedPlan, stop_at: Option<usize>) -> Option<Outcome> {
        let process = self.process(stop_at);
        process.run(plan).now_or_never()
    }
}

#[derive(Default)]
struct Points {
    passed: Vec<&'static str>,
    released: bool,
    standing: Option<Waker>,
}

/// One process; it passes a point before and after everything that it asks of the world.
pub(crate) struct Process<'a> {
    shared: &'a Shared,
    number: usize,
    points: Mutex<Points>,
    stop_at: Option<usize>,
}

impl Process<'_> {
    pub(crate) async fn run(&self, plan: &ApprovedPlan) -> Outcome {
        apply(plan, &Cloud(self), &mut Kept(self), &Here(self)).await
    }

    /// The points that it has passed or stands at.
    pub(crate) fn passed(&self) -> Vec<&'static str> {
        self.points.lock().unwrap().passed.clone()
    }

    /// It goes on from where it stands.
    pub(crate) fn release(&self) {
        let mut points = self.points.lock().unwrap();
        points.released = true;
        points.standing.take().into_iter().for_each(Waker::wake);
    }

    async fn point(&self, name: &'static str) {
        let number = {
            let mut points = self.points.lock().unwrap();
            points.passed.push(name);
            points.passed.len()
        };
        if Some(number) == self.stop_at {
            poll_fn(|context| {
                let mut points = self.points.lock().unwrap();
                points.standing = Some(context.waker().clone());
                if points.released { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
    }
}

/// Lets the others go first.
async fn yield_once() {
    let mut yielded = false;
    poll_fn(|context| {
        context.waker().wake_by_ref();
        if std::mem::replace(&mut yielded, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

struct Cloud<'a>(&'a Process<'a>);

fn failure(odd: Odd) -> WriteError {
    match odd {
        Odd::Refused => WriteError::Refused {
            status: 403,
            message: "not you".into(),
            request_id: Some("srv-refused".into()),
        },
        Odd::UnclearAndDone | Odd::UnclearAndLate | Odd::UnclearAndNot => {
            WriteError::Unclear { message: "reset".into() }
        }
        Odd::NotSent => WriteError::NotSent { message: "no connection".into() },
        Odd::Outdated => WriteError::Refused { status: 412, message: "changed".into(), request_id: None },
    }
}

impl CloudWrite for Cloud<'_> {
    async fn look(&self, action: &Action) -> Result<Look, WriteError> {
        self.0.point("look asked").await;
        let look = {
            let mut world = self.0.shared.lock();
            world.looks += 1;
            match world.odd_looks.get(&world.looks) {
                Some(odd) => Err(failure(*odd)),
                None if world.changed.contains(action) => Ok(Look::Refused { why: "it is another".into() }),
                None if world.slow && world.under_way.contains(action) => {
                    Ok(Look::Waiting { why: "it is on its way".into() })
                }
                None => Ok(match world.done.get(action) {
                    Some(id) => Look::AlreadyDone { id: Some(id.clone()) },
                    None => Look::Ready { revision: Some(7) },
                }),
            }
        };
        self.0.point("look answered").await;
        look
    }

    async fn make(
        &self,
        action: &Action,
        revision: Option<i64>,
        request_id: &str,
    ) -> Result<Written, WriteError> {
        assert_eq!(revision, Some(7), "what the look gave");
        self.0.point("call begun").await;
        let odd = {
            let mut world = self.0.shared.lock();
            let intended = |entry: &&Entry| {
                entry.state == StepState::Intended && entry.request_id.as_deref() == Some(request_id)
            };
            if world.journal.values().filter(intended).count() != 1 {
                world.wrong.push(format!("a call without its intent: {action:?}"));
            }
            world.calls.push((action.clone(), self.0.number));
            world.at_work += 1;
            world.most_at_once = world.most_at_once.max(world.at_work);
            world.begun_after_loss += usize::from(world.lost);
            world.seconds += world.seconds_a_call;
            let refused = world.refused.contains(action).then_some(Odd::Refused);
            let odd = world.odd_calls.get(&world.calls.len()).copied().or(refused);
            match odd {
                Some(Odd::Refused | Odd::UnclearAndNot | Odd::NotSent | Odd::Outdated) => {}
                Some(Odd::UnclearAndDone | Odd::UnclearAndLate) | None => {
                    world.under_way.push(action.clone())
                }
            }
            odd
        };
        self.0.point("call sent").await;
        let slow = self.0.shared.lock().slow;
        if odd != Some(Odd::UnclearAndLate) && !slow {
            self.0.shared.lock().carry_out_all();
        }
        if self.0.shared.lock().slow_calls {
            yield_once().await;
        }
        self.0.shared.lock().at_work -= 1;
        self.0.point("call carried out").await;
        match odd {
            Some(odd) => Err(failure(odd)),
            None if slow => Ok(Written {
                id: None,
                request_id: Some(format!("srv-{request_id}")),
                progress: Progress::Begun,
            }),
            None => {
                let id = self.0.shared.lock().done.get(action).cloned();
                Ok(Written { id, request_id: Some(format!("srv-{request_id}")), progress: Progress::Done })
            }
        }
    }
}

struct Kept<'a>(&'a Process<'a>);

impl Journal for Kept<'_> {
    fn entries(&self) -> Vec<Entry> {
        self.0.shared.lock().journal.values().cloned().collect()
    }

    async fn write_all(&mut self, entries: Vec<Entry>) -> Result<(), JournalLost> {
        self.0.point("journal asked").await;
        let lost = {
            let mut world = self.0.shared.lock();
            if world.holder != self.0.number {
                return Err(JournalLost("another took over".into()));
            }
            world.writes += 1;
            let lost = world.lost_writes.get(&world.writes).copied();
            world.lost |= lost.is_some();
            if lost != Some(false) {
                entries.into_iter().for_each(|entry| world.write(entry));
            }
            lost
        };
        self.0.point("journal written").await;
        lost.map_or(Ok(()), |_| Err(JournalLost("no answer".into())))
    }
}

struct Here<'a>(&'a Process<'a>);

impl Env for Here<'_> {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.shared.lock().seconds).unwrap()
    }

    fn request_id(&self) -> String {
        let mut world = self.0.shared.lock();
        world.ids += 1;
        format!("req-{}", world.ids)
    }

    fn go_on(&self) -> Result<(), String> {
        let mut world = self.0.shared.lock();
        world.asked += 1;
        // Whoever can take over knows that the holder before has let go.
        match world.holder == self.0.number && !world.no.contains(&world.asked) {
            true => Ok(()),
            false => Err("not the leader".into()),
        }
    }

    async fn wait(&self, _since: Timestamp, _why: &str) -> Result<(), String> {
        self.0.point("waiting").await;
        let mut world = self.0.shared.lock();
        world.waited += 1;
        if world.patience.is_some_and(|patience| world.waited > patience) {
            return Err("it was waited for long enough".into());
        }
        if world.waited.is_multiple_of(2) {
            world.carry_out_all();
        }
        Ok(())
    }

    async fn settle(&self) {
        self.0.point("settling").await;
        let mut world = self.0.shared.lock();
        world.settled += 1;
        if !world.slow {
            world.carry_out_all();
        }
    }
}
