//! How far the leaving is: which stage is at hand, and which looks found nothing left.

use std::time::Duration;

use cloudspec_crds::ChangePlan;
use cloudspec_crds::offboard_status::Verified;
use jiff::Timestamp;
use kube::ResourceExt;
use serde_json::json;

use crate::model::cloud::CloudIdentity;
use crate::model::{Action, Inventory, Plan, ResourceType};
use crate::plan::offboard::{NotTold, Remaining, Stage};
use crate::plan::thaw::{self, Frozen};
use crate::plan::{from_spec, sha256};

/// What is left of a stage, or why nobody can say.
pub(super) type Left = Result<Vec<Remaining>, NotTold>;

/// The plans of an owner that were approved for one cloud.
pub(super) struct Past {
    plans: Vec<(Plan, ChangePlan)>,
    /// Those for another cloud, by name.
    pub(super) elsewhere: Vec<String>,
}

impl Past {
    /// Of all plans of the owner, the newest last. What was done in another cloud tells nothing of this one.
    pub(super) fn of(all: &[ChangePlan], cloud: &CloudIdentity) -> Self {
        let approved = all.iter().filter(|plan| {
            let decision = plan.status.as_ref().and_then(|status| status.decision.as_ref());
            decision.is_some_and(|decision| decision.verdict == "Approved")
        });
        let read = |kept: &ChangePlan| Some((from_spec(&kept.spec).ok()?, kept.clone()));
        let (plans, elsewhere): (Vec<_>, Vec<_>) =
            approved.filter_map(read).partition(|(plan, _)| plan.cloud == *cloud);
        Self { plans, elsewhere: elsewhere.iter().map(|(_, kept)| kept.name_any()).collect() }
    }

    /// The newest plan of a stage.
    pub(super) fn newest(&self, stage: Stage) -> Option<&Plan> {
        self.plans.iter().rev().map(|(plan, _)| plan).find(|plan| stage_of(plan) == stage)
    }

    /// The newest plan of a stage that came to its end.
    pub(super) fn tried(&self, stage: Stage) -> Option<&ChangePlan> {
        let ended =
            |kept: &ChangePlan| kept.status.as_ref().is_some_and(|status| status.finished_at.is_some());
        let mut newest = self.plans.iter().rev();
        newest.find(|(plan, kept)| stage_of(plan) == stage && ended(kept)).map(|(_, kept)| kept)
    }

    /// Whether the project was deleted by one of them.
    pub(super) fn deleted_the_project(&self) -> bool {
        self.done().any(deletes)
    }

    /// The limits as they were before they were frozen.
    pub(super) fn frozen(&self) -> Frozen {
        let mut frozen = Frozen::new();
        self.done().for_each(|action| thaw::note(&mut frozen, action));
        frozen
    }

    /// The calls that were made, or may have been; the oldest first.
    fn done(&self) -> impl Iterator<Item = &Action> {
        self.plans.iter().flat_map(|(plan, kept)| {
            let journal = kept.status.iter().flat_map(|status| &status.journal);
            let begun: Vec<i64> =
                journal.filter(|entry| entry.state != "Refused").map(|entry| entry.number).collect();
            let was = move |number: u32| begun.contains(&i64::from(number));
            plan.steps.iter().filter(move |step| was(step.number)).map(|step| &step.action)
        })
    }
}

fn deletes(action: &Action) -> bool {
    matches!(action, Action::Remove { what, project: _ } if what.kind == ResourceType::Project)
}

fn stage_of(plan: &Plan) -> Stage {
    match plan.steps.iter().any(|step| deletes(&step.action)) {
        true => Stage::Project,
        false => Stage::Resources,
    }
}

/// The stage at hand: the project goes after it was seen twice that it holds nothing more.
pub(super) fn stage(
    inventory: &Inventory,
    past: &Past,
    delete_project: bool,
    resources: &Left,
    verified: &[Verified],
) -> Stage {
    let gone = matches!(inventory.tenant, Ok(None)) && past.deleted_the_project();
    let empty = resources.as_ref().is_ok_and(Vec::is_empty);
    match gone || delete_project && empty && is_verified(verified, Stage::Resources) {
        true => Stage::Project,
        false => Stage::Resources,
    }
}

/// What a look was of: a look at another cloud, or for another question, is no first of two.
pub(super) fn question(cloud: &CloudIdentity, asked: &str) -> String {
    sha256(&json!({"cloud": cloud, "asked": asked}))
}

/// Whether two looks found nothing left of a stage.
pub(super) fn is_verified(verified: &[Verified], stage: Stage) -> bool {
    verified.iter().filter(|look| look.stage == name(stage)).count() >= 2
}

/// The looks that found nothing left, after one more, `seen`: what is found in between makes the earlier ones void, and what could not be told
/// makes nothing known.
pub(super) fn verified(
    before: &[Verified],
    stage: Stage,
    left: &Left,
    seen: Verified,
    after: Duration,
) -> Vec<Verified> {
    let now = seen.at.0;
    let mut looks = before.to_vec();
    let left = match left {
        Err(_) => return looks,
        Ok(left) => left,
    };
    if !left.is_empty() {
        looks.retain(|look| stage == Stage::Project && look.stage == name(Stage::Resources));
        return looks;
    }
    // Where the clock was set back, the time between two looks is not known.
    if !is_verified(&looks, stage) {
        looks.retain(|look| look.stage != name(stage) || look.at.0 <= now);
    }
    let first = looks.iter().find(|look| look.stage == name(stage)).map(|look| look.at.0);
    let counts = match first {
        None => true,
        Some(_) if is_verified(&looks, stage) => false,
        Some(first) => now.duration_since(first).unsigned_abs() >= after,
    };
    if counts {
        looks.push(seen);
    }
    looks
}

/// Time until the second look, where one was taken.
pub(super) fn until_second(
    verified: &[Verified],
    stage: Stage,
    now: Timestamp,
    after: Duration,
) -> Option<Duration> {
    let first = verified.iter().find(|look| look.stage == name(stage))?;
    if is_verified(verified, stage) {
        return None;
    }
    let passed = now.duration_since(first.at.0).unsigned_abs();
    Some(after.saturating_sub(passed).max(Duration::from_secs(1)))
}

/// As the status spells it.
pub(super) fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Resources => "Resources",
        Stage::Project => "Project",
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    use super::*;
    use crate::model::{ResourceKey, Unknown};

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn something() -> Left {
        let what = ResourceKey { kind: ResourceType::Port, id: "p".to_owned(), of: None };
        Ok(vec![Remaining { what, name: String::new(), state: None, why: None }])
    }

    fn untold() -> Left {
        Err(NotTold(vec![("server".to_owned(), Unknown::not_asked("compute", "servers"))]))
    }

    fn seen(stage: Stage, second: i64) -> Verified {
        Verified {
            stage: name(stage).to_owned(),
            at: Time(at(second)),
            of: String::new(),
            tenant: None,
            types: Vec::new(),
            kept: Vec::new(),
            kept_omitted: 0,
            uncovered: Vec::new(),
            remaining: Vec::new(),
            remaining_omitted: 0,
        }
    }

    fn run(looks: &[(i64, Left)]) -> Vec<Verified> {
        looks.iter().fold(Vec::new(), |before, (second, left)| {
            let seen = seen(Stage::Resources, *second);
            verified(&before, Stage::Resources, left, seen, MINUTE)
        })
    }

    #[test]
    fn two_looks_a_minute_apart_that_found_nothing_verify_it() {
        let looks = run(&[(0, Ok(vec![])), (59, Ok(vec![]))]);
        assert!(!is_verified(&looks, Stage::Resources));
        assert_eq!(until_second(&looks, Stage::Resources, at(59), MINUTE), Some(Duration::from_secs(1)));
        let looks = run(&[(0, Ok(vec![])), (59, Ok(vec![])), (60, Ok(vec![])), (90, Ok(vec![]))]);
        assert!(is_verified(&looks, Stage::Resources));
        assert_eq!(looks.len(), 2);
        assert_eq!(until_second(&looks, Stage::Resources, at(90), MINUTE), None);
    }

    #[test]
    fn what_is_found_in_between_makes_the_first_look_void() {
        assert_eq!(run(&[(0, Ok(vec![])), (30, something())]), vec![]);
        let looks = run(&[(0, Ok(vec![])), (30, something()), (61, Ok(vec![]))]);
        assert!(!is_verified(&looks, Stage::Resources));
    }

    #[test]
    fn a_look_that_could_not_tell_is_no_look() {
        assert_eq!(run(&[(0, untold())]), vec![]);
        assert!(!is_verified(&run(&[(0, Ok(vec![])), (61, untold())]), Stage::Resources));
    }

    #[test]
    fn each_stage_is_verified_by_its_own_looks() {
        let looks = run(&[(0, Ok(vec![])), (60, Ok(vec![]))]);
        let look = |looks: &[Verified], left: &Left, second| {
            verified(looks, Stage::Project, left, seen(Stage::Project, second), MINUTE)
        };
        let looks = look(&looks, &something(), 61);
        assert!(is_verified(&looks, Stage::Resources) && !is_verified(&looks, Stage::Project));
        let looks = look(&looks, &Ok(vec![]), 62);
        let looks = look(&looks, &Ok(vec![]), 122);
        assert!(is_verified(&looks, Stage::Project));
    }

    fn approved(cloud: &CloudIdentity, name: &str) -> ChangePlan {
        let plan = Plan {
            cloud: cloud.clone(),
            owner: "uid".to_owned(),
            steps: Vec::new(),
            left_alone: Vec::new(),
            digest: crate::plan::digest(cloud, "uid", &[]),
        };
        let owner = cloudspec_crds::change_plan::OwnerRef {
            kind: "TenantOffboard".to_owned(),
            name: "x".to_owned(),
            uid: "uid".to_owned(),
            generation: 1,
            spec_digest: String::new(),
        };
        let mut kept = ChangePlan::new(name, crate::plan::to_spec(&plan, owner));
        let decision = serde_json::from_value(json!({
            "verdict": "Approved", "by": "bob", "value": "true", "offer": 1, "digest": plan.digest, "at": "2026-01-01T00:00:00Z",
            "gate": "Enforced",
        }));
        kept.status.get_or_insert_default().decision = Some(decision.unwrap());
        kept
    }

    #[test]
    fn what_was_done_in_another_cloud_tells_nothing_of_this_one() {
        let cloud = |region: &str| CloudIdentity {
            auth_url: "https://keystone".to_owned(),
            region: region.to_owned(),
            endpoints: [].into(),
        };
        let (here, there) = (cloud("here"), cloud("there"));
        let past = Past::of(&[approved(&here, "x-1"), approved(&there, "x-2")], &here);
        assert_eq!(past.elsewhere, ["x-2"]);
        assert_eq!(past.plans.iter().map(|(_, kept)| kept.name_any()).collect::<Vec<_>>(), ["x-1"]);
        assert_ne!(question(&here, "asked"), question(&there, "asked"));
        assert_ne!(question(&here, "asked"), question(&here, "otherwise"));
    }
}
