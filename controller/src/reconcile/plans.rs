//! ChangePlans as they are kept: made when a plan is offered, decided on once, never made again under the same name.

use std::collections::BTreeMap;

use cloudspec_crds::ChangePlan;
use cloudspec_crds::change_plan::{ChangePlanSpec, ChangePlanStatus, Decision};
use kube::api::{Api, DeleteParams, ListParams, PostParams};
use kube::{Client, ResourceExt};

use super::owner::Owner;

/// Label: UID of the owner.
pub(super) const OWNER: &str = "cloudspec.dev/owner-uid";
/// Undecided plans of one owner that are kept after a newer one took their place.
const KEPT: usize = 5;
/// Leaves room for the digest and the offer's number within the 253 characters of a name.
const LONGEST_STEM: usize = 200;

/// The plans of one owner.
pub(super) struct Plans {
    api: Api<ChangePlan>,
    owner: String,
    stem: String,
}

impl Plans {
    /// The plans of this object.
    pub(super) fn of<O: Owner>(client: &Client, owner: &O) -> Self {
        let api = Api::namespaced(client.clone(), owner.namespace().as_deref().unwrap_or_default());
        let mut stem = owner.name_any();
        stem.truncate(LONGEST_STEM);
        stem.truncate(stem.trim_end_matches(['.', '-']).len());
        Self { api, owner: owner.uid().unwrap_or_default(), stem }
    }

    /// The plans of an object that is gone.
    pub(super) fn of_gone(client: &Client, namespace: &str, name: &str, uid: &str) -> Self {
        let api = Api::namespaced(client.clone(), namespace);
        Self { api, owner: uid.to_owned(), stem: name.to_owned() }
    }

    /// The API of these plans.
    pub(super) fn api(&self) -> Api<ChangePlan> {
        self.api.clone()
    }

    /// All plans of the owner, the newest last.
    pub(super) async fn all(&self) -> Result<Vec<ChangePlan>, kube::Error> {
        let selected = ListParams::default().labels(&format!("{OWNER}={}", self.owner));
        let mut all = self.api.list(&selected).await?.items;
        // A label is anybody's to set; the spec is the controller's and immutable.
        all.retain(|plan| plan.spec.owner.uid == self.owner);
        all.sort_by_key(|plan| (plan.creation_timestamp().map(|time| time.0), plan.name_any()));
        Ok(all)
    }

    /// The plan of this content that can still be decided on, made where there is none.
    pub(super) async fn undecided(
        &self,
        spec: &ChangePlanSpec,
        offer: i64,
        all: &[ChangePlan],
    ) -> Result<ChangePlan, kube::Error> {
        if let Some(plan) = all.iter().find(|plan| is_open(plan) && plan.spec == *spec) {
            return Ok(plan.clone());
        }
        let name = self.name(spec, offer, all);
        let mut plan = ChangePlan::new(&name, spec.clone());
        plan.metadata.labels = Some(BTreeMap::from([(OWNER.to_owned(), self.owner.clone())]));
        let plan = self.api.create(&PostParams::default(), &plan).await?;
        self.in_phase(plan, "Offered").await
    }

    /// Marks every other undecided plan as superseded, and lets go of the oldest of them.
    pub(super) async fn supersede(
        &self,
        current: Option<&str>,
        all: &[ChangePlan],
    ) -> Result<(), kube::Error> {
        for plan in all.iter().filter(|plan| is_old(plan, current) && is_open(plan)) {
            self.in_phase(plan.clone(), "Superseded").await?;
        }
        for plan in pruned(current, all) {
            gone_is_fine(self.api.delete(&plan.name_any(), &DeleteParams::default()).await.map(drop))?;
        }
        Ok(())
    }

    /// Writes the one decision. A plan that has one already, or that another has written to since it was read, is refused by
    /// the API server: 422 and 409.
    pub(super) async fn decide(
        &self,
        mut plan: ChangePlan,
        decision: Decision,
        phase: &str,
    ) -> Result<ChangePlan, kube::Error> {
        let status = plan.status.get_or_insert_default();
        status.decision = Some(decision);
        status.phase = Some(phase.to_owned());
        self.api.replace_status(&plan.name_any(), &PostParams::default(), &plan).await
    }

    async fn in_phase(&self, mut plan: ChangePlan, phase: &str) -> Result<ChangePlan, kube::Error> {
        plan.status.get_or_insert_default().phase = Some(phase.to_owned());
        self.api.replace_status(&plan.name_any(), &PostParams::default(), &plan).await
    }

    fn name(&self, spec: &ChangePlanSpec, offer: i64, all: &[ChangePlan]) -> String {
        let digest = crate::model::PlanDigest(spec.digest.clone());
        let plain = format!("{}-{}", self.stem, digest.short());
        // Where an offer was made and could not be told, its number is given again.
        std::iter::once(plain.clone())
            .chain((offer..).map(|number| format!("{plain}-{number}")))
            .find(|name| all.iter().all(|plan| plan.name_any() != *name))
            .unwrap_or(plain)
    }
}

/// Whether another plan has taken its place; one that was decided on is the record for good.
fn is_old(plan: &ChangePlan, current: Option<&str>) -> bool {
    !is_decided(plan) && Some(plan.name_any().as_str()) != current
}

/// Those that are let go of: of plans that nobody decided on all but the newest.
fn pruned<'a>(current: Option<&'a str>, all: &'a [ChangePlan]) -> impl Iterator<Item = &'a ChangePlan> {
    all.iter().rev().filter(move |plan| is_old(plan, current)).skip(KEPT)
}

fn gone_is_fine(answer: Result<(), kube::Error>) -> Result<(), kube::Error> {
    match answer {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        other => other,
    }
}

fn status(plan: &ChangePlan) -> Option<&ChangePlanStatus> {
    plan.status.as_ref()
}

/// Whether a decision stands in it.
pub(super) fn is_decided(plan: &ChangePlan) -> bool {
    status(plan).is_some_and(|status| status.decision.is_some())
}

/// Whether it can still be decided on.
fn is_open(plan: &ChangePlan) -> bool {
    let phase = status(plan).and_then(|status| status.phase.as_deref());
    !is_decided(plan) && matches!(phase, None | Some("Offered"))
}

/// Whether it was approved and not carried out to its end.
pub(super) fn is_unfinished(plan: &ChangePlan) -> bool {
    status(plan).is_some_and(|status| {
        let approved = status.decision.as_ref().is_some_and(|decision| decision.verdict == "Approved");
        approved && status.finished_at.is_none()
    })
}

/// Whether this very plan was rejected, and the spec asks for the same still.
pub(super) fn was_rejected(all: &[ChangePlan], digest: &str, asked: &str) -> bool {
    all.iter().any(|plan| {
        let rejected = status(plan).and_then(|status| status.decision.as_ref());
        plan.spec.digest == digest
            && plan.spec.owner.spec_digest == asked
            && rejected.is_some_and(|decision| decision.verdict == "Rejected")
    })
}

#[cfg(test)]
mod tests {
    use cloudspec_crds::change_plan::{CloudIdentity, OwnerRef};
    use cloudspec_crds::status::Classes;
    use jiff::Timestamp;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    use super::*;

    fn plan(name: &str, verdict: Option<&str>) -> ChangePlan {
        let owner = OwnerRef {
            kind: String::new(),
            name: String::new(),
            uid: String::new(),
            generation: 0,
            spec_digest: String::new(),
        };
        let cloud =
            CloudIdentity { auth_url: String::new(), region: String::new(), endpoints: BTreeMap::new() };
        let spec = ChangePlanSpec {
            owner,
            cloud,
            digest: String::new(),
            classes: Classes::default(),
            steps: Vec::new(),
            left_alone: Vec::new(),
        };
        let mut plan = ChangePlan::new(name, spec);
        let decision = verdict.map(|verdict| Decision {
            verdict: verdict.to_owned(),
            by: String::new(),
            groups: Vec::new(),
            value: String::new(),
            offer: 1,
            digest: String::new(),
            at: Time(Timestamp::UNIX_EPOCH),
            gate: String::new(),
        });
        plan.status = Some(ChangePlanStatus { decision, ..ChangePlanStatus::default() });
        plan
    }

    #[test]
    fn what_was_decided_is_never_let_go_of_however_many_plans_follow() {
        let decided = ["Approved", "Rejected"].map(|verdict| plan(verdict, Some(verdict)));
        let followed = (0..8).map(|number| plan(&format!("later-{number}"), None));
        let all: Vec<ChangePlan> = decided.into_iter().chain(followed).collect();
        let gone: Vec<String> = pruned(Some("later-7"), &all).map(ResourceExt::name_any).collect();
        assert_eq!(gone, ["later-1", "later-0"]);
        assert_eq!(pruned(None, &all[..7]).count(), 0);
    }
}
