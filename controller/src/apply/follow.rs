//! Calls that were made, and of which the answer does not tell the end.

use super::env::Env;
use super::item::ended;
use super::port::{CloudWrite, Entry, Journal, Look, StepState};
use super::run::{Interrupted, Run};
use super::wave::words;
use crate::model::Action;

/// A call that was made.
pub(super) struct UnderWay {
    pub(super) action: Action,
    pub(super) intent: Entry,
    pub(super) how: How,
}

/// What is known of it.
pub(super) enum How {
    /// The service took it up: it is done when a look says so.
    Begun,
    /// No clear answer, in the client's words: what is there now tells.
    Unclear(String),
}

/// What a look tells of one.
enum Now {
    Over(Entry),
    /// It is to be looked at again, and why.
    Still(String),
    /// The look was not answered.
    Untold(String),
}

impl<C: CloudWrite, J: Journal, E: Env> Run<'_, C, J, E> {
    /// Looks until all are over, or were waited for long enough.
    pub(super) async fn follow(&mut self, mut under_way: Vec<UnderWay>) -> Result<(), Interrupted> {
        if under_way.iter().any(|one| matches!(one.how, How::Unclear(_))) {
            self.env.settle().await;
        }
        let since = self.env.now();
        while !under_way.is_empty() {
            let still = self.still(under_way).await?;
            let Some(why) = words(still.iter().map(|(_, why)| why.as_str())) else { break };
            self.write_if_due().await?;
            if let Err(over) = self.env.wait(since, &why).await {
                for (one, why) in still {
                    let why = one.how.now(&format!("{why}; {over}"));
                    self.told.note(ended(one.intent, StepState::Failed, Some(why), self.env.now()));
                }
                break;
            }
            self.go_on()?;
            under_way = still.into_iter().map(|(one, _)| one).collect();
        }
        Ok(())
    }

    /// Looks at all of them; what is over is noted.
    async fn still(&mut self, under_way: Vec<UnderWay>) -> Result<Vec<(UnderWay, String)>, Interrupted> {
        let actions: Vec<&Action> = under_way.iter().map(|one| &one.action).collect();
        let looks = self.look(&actions).await;
        let (mut still, mut untold) = (Vec::new(), None);
        for (one, look) in under_way.into_iter().zip(looks) {
            match self.now(&one, look) {
                Now::Over(entry) => self.told.note(entry),
                Now::Still(why) => still.push((one, why)),
                Now::Untold(why) => drop(untold.get_or_insert(why)),
            }
        }
        untold.map_or(Ok(still), |why| Err(Interrupted(why)))
    }

    fn now(&self, one: &UnderWay, look: Result<Look, String>) -> Now {
        let at = self.env.now();
        let failed = |why: String| ended(one.intent.clone(), StepState::Failed, Some(why), at);
        match (look, &one.how) {
            (Err(why), _) => Now::Untold(why),
            (Ok(Look::AlreadyDone { id }), _) => {
                let intent = Entry { created_id: id, ..one.intent.clone() };
                Now::Over(ended(intent, StepState::Done, None, at))
            }
            (Ok(Look::Refused { why }), How::Begun) => {
                Now::Over(failed(format!("the service took the call up, and now {why}")))
            }
            (Ok(Look::Refused { why }), How::Unclear(_)) => Now::Over(failed(one.how.now(&why))),
            (Ok(Look::Waiting { why }), _) => Now::Still(why),
            // The service has not begun with what it took up.
            (Ok(Look::Ready { revision: _ }), How::Begun) => {
                Now::Still("the service has not begun".to_owned())
            }
            (Ok(Look::Ready { revision: _ }), How::Unclear(message)) => {
                Now::Over(failed(format!("no clear answer ({message}), and it is not done")))
            }
        }
    }
}

impl How {
    /// It is not as wanted, and is not looked at any more.
    fn now(&self, why: &str) -> String {
        match self {
            Self::Begun => why.to_owned(),
            Self::Unclear(message) => format!("no clear answer ({message}), and now {why}"),
        }
    }
}
