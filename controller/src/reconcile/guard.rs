//! Whether the API server guards approvals: tested by asking for what must be refused, as this controller itself.
//!
//! # Guarantees
//! Only a refusal that names the policy counts: a write that goes through, goes through with a warning, or is refused by
//! something else is no proof. A policy that was deleted and put back, or changed and changed back, shows in [`Seen::policies`].

use std::collections::BTreeMap;

use cloudspec_crds::{ChangePlan, CloudSpec, TenantOffboard, annotation};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Client, ResourceExt};
use serde_json::json;

use super::owner::{Owner, api_of};
use crate::gate::approval::Guard;

/// The policy that refuses approvals.
pub(super) const GATE: &str = "cloudspec-approval-gate";
/// The policy that keeps status and ChangePlans to the controller.
pub(super) const WRITES: &str = "cloudspec-controller-writes";
const LABEL: &str = "cloudspec.dev/gate=approval";
const CONTROLLERS: &str = "cloudspec-controllers";
const SELF_TEST: &str = "cloudspec.dev/self-test";
/// Each kind that guards, and the oldest release that has it.
const KINDS: [&str; 4] = [
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
];

/// What the guard was when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// Whether it is enforced.
    pub guard: Guard,
    /// Kind, name, UID and generation of everything that guards.
    pub policies: String,
}

/// Looks at the guard of one API server.
#[derive(Clone)]
pub(super) struct Watchman {
    client: Client,
    namespace: String,
    advisory: bool,
}

impl Watchman {
    /// `namespace` is the controller's own: the dry runs are made there.
    pub(super) fn new(client: Client, namespace: &str, advisory: bool) -> Self {
        Self { client, namespace: namespace.to_owned(), advisory }
    }

    /// Looks at the policies, and tests them.
    pub(super) async fn look(&self) -> Seen {
        if self.advisory {
            return Seen { guard: Guard::Advisory, policies: "advisory".to_owned() };
        }
        let before = self.policies().await;
        let tested = self.test().await;
        let after = self.policies().await;
        match (tested, before, after) {
            (Err(why), _, Ok(policies)) => Seen { guard: Guard::NotEnforced(why), policies },
            (Ok(()), Ok(before), Ok(policies)) if before == policies => {
                Seen { guard: Guard::Enforced, policies }
            }
            (Ok(()), Ok(_), Ok(policies)) => {
                Seen { guard: Guard::NotEnforced("the policies change just now".to_owned()), policies }
            }
            (_, Err(why), _) | (_, _, Err(why)) => {
                Seen { guard: Guard::NotEnforced(why), policies: String::new() }
            }
        }
    }

    /// Tests the guard of one object: to approve it as the controller must be refused.
    pub(super) async fn test_on<O: Owner>(&self, object: &O) -> Guard {
        if self.advisory {
            return Guard::Advisory;
        }
        let api = api_of(&self.client, object);
        // `true` may stand there already; the digest is another value, and so another approval.
        let digest = object.offer().map(|offer| &offer.digest);
        let standing = object.annotations().get(annotation::APPROVED);
        let value = if standing.map(String::as_str) == Some("true") {
            digest.map_or("sha256:", String::as_str)
        } else {
            "true"
        };
        let patch = json!({"metadata": {"annotations": {annotation::APPROVED: value}}});
        let params = PatchParams { dry_run: true, ..PatchParams::default() };
        let answer = api.patch(&object.name_any(), &params, &Patch::Merge(&patch)).await;
        match refused_by(GATE, "may not approve", answer.map(drop)) {
            Ok(()) => Guard::Enforced,
            Err(why) => Guard::NotEnforced(format!("an approval by the controller itself {why}")),
        }
    }

    async fn test(&self) -> Result<(), String> {
        self.approval_at_creation_is_refused::<CloudSpec>().await?;
        self.approval_at_creation_is_refused::<TenantOffboard>().await?;
        let answer = self.plan_that_is_refused_to_everybody().await;
        refused_by(WRITES, "refused to everybody", answer)
            .map_err(|why| format!("a ChangePlan that is refused to everybody {why}"))
    }

    async fn approval_at_creation_is_refused<O: Owner>(&self) -> Result<(), String> {
        let api: Api<O> = Api::namespaced(self.client.clone(), &self.namespace);
        let mut object = O::self_test();
        object.meta_mut().annotations =
            Some(BTreeMap::from([(annotation::APPROVED.to_owned(), "true".to_owned())]));
        let answer = api.create(&dry_run(), &object).await.map(drop);
        refused_by(GATE, "approved cannot be set at creation", answer)
            .map_err(|why| format!("an approval of a {} at creation {why}", O::KIND))
    }

    async fn plan_that_is_refused_to_everybody(&self) -> Result<(), kube::Error> {
        let api: Api<DynamicObject> = Api::namespaced_with(
            self.client.clone(),
            &self.namespace,
            &ApiResource::erase::<ChangePlan>(&()),
        );
        let plan = json!({
            "apiVersion": "cloudspec.dev/v1alpha1", "kind": "ChangePlan",
            "metadata": {"name": "self-test", "labels": {SELF_TEST: "true"}},
            "spec": {
                "owner": {"kind": "CloudSpec", "name": "self-test", "uid": "self-test", "generation": 1, "specDigest": ""},
                "cloud": {"authUrl": "https://keystone.invalid", "region": ""},
                "digest": format!("sha256:{}", "0".repeat(64)),
                "classes": {"reversible": 0, "rebuildable": 0, "destructive": 0},
                "steps": [],
            },
        });
        let plan: DynamicObject = serde_json::from_value(plan).map_err(kube::Error::SerdeError)?;
        api.create(&dry_run(), &plan).await.map(drop)
    }

    async fn policies(&self) -> Result<String, String> {
        let mut all = Vec::new();
        for kind in KINDS {
            let group = GroupVersionKind::gvk("admissionregistration.k8s.io", "v1", kind);
            let api: Api<DynamicObject> = Api::all_with(self.client.clone(), &ApiResource::from_gvk(&group));
            match api.list_metadata(&ListParams::default().labels(LABEL)).await {
                Ok(list) => all.extend(list.items.iter().map(|item| {
                    let generation = item.metadata.generation.unwrap_or_default();
                    format!("{kind}/{}/{}/{generation}", item.name_any(), item.uid().unwrap_or_default())
                })),
                // Kubernetes before 1.36 has no mutating policies of v1.
                Err(kube::Error::Api(status)) if status.code == 404 => {}
                Err(why) => return Err(format!("failed to list {kind}: {why}")),
            }
        }
        let api: Api<ConfigMap> = Api::namespaced(self.client.clone(), &self.namespace);
        let controllers = api.get_metadata_opt(CONTROLLERS).await;
        let controllers = controllers.map_err(|why| format!("failed to read {CONTROLLERS}: {why}"))?;
        all.extend(controllers.map(|map| {
            let version = map.resource_version().unwrap_or_default();
            format!("ConfigMap/{CONTROLLERS}/{}/{version}", map.uid().unwrap_or_default())
        }));
        all.sort();
        Ok(all.join("\n"))
    }
}

/// A refusal by this policy for this reason, or what happened instead.
fn refused_by(policy: &str, reason: &str, answer: Result<(), kube::Error>) -> Result<(), String> {
    match answer {
        Ok(()) => Err(format!(
            "was not refused: install the admission policies of cloudspec ({policy} with its binding)"
        )),
        Err(kube::Error::Api(status))
            if status.message.contains(&format!("'{policy}'")) && status.message.contains(reason) =>
        {
            Ok(())
        }
        Err(kube::Error::Api(status)) => {
            // Most often what is installed is of an older version than this program.
            Err(format!(
                "was refused by something else than {policy}: {}; apply crds/yaml, manifests/rbac and manifests/admission of \
                 this version",
                status.message
            ))
        }
        Err(why) => Err(format!("could not be tested: {why}")),
    }
}

fn dry_run() -> PostParams {
    PostParams { dry_run: true, ..PostParams::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(message: &str) -> Result<(), kube::Error> {
        let status =
            kube::core::Status { code: 403, message: message.to_owned(), ..kube::core::Status::default() };
        Err(kube::Error::Api(Box::new(status)))
    }

    #[test]
    fn only_a_refusal_that_names_the_policy_and_the_reason_counts() {
        let named =
            "ValidatingAdmissionPolicy 'gate' with binding 'gate' denied request: x may not approve y";
        assert_eq!(refused_by("gate", "may not approve", refusal(named)), Ok(()));
        assert!(refused_by("gate", "may not approve", Ok(())).is_err());
        assert!(
            refused_by("gate", "may not approve", refusal("User \"x\" cannot patch: may not approve"))
                .is_err()
        );
        assert!(
            refused_by("gate", "may not approve", refusal("policy 'gate' denied: no params found")).is_err()
        );
    }
}
