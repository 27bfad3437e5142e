//! What the API server refuses, with its words. `{digest}` and the like stand for what is so on the stage.

/// Who tries.
#[derive(Clone, Copy)]
pub(crate) enum Who {
    /// The administrator: holds every verb, and is held to the rules all the same.
    Admin,
    /// May edit and approve.
    Alice,
    /// May edit.
    Bob,
}

/// One attack on the CloudSpec `lab`.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) who: Who,
    pub(crate) arguments: &'static [&'static str],
    pub(crate) input: &'static str,
    pub(crate) refusal: &'static str,
}

const fn row(
    name: &'static str,
    who: Who,
    arguments: &'static [&'static str],
    input: &'static str,
    refusal: &'static str,
) -> Row {
    Row { name, who, arguments, input, refusal }
}

const MAY_NOT: &str = "may not approve cloudspecs.cloudspec.dev/lab";
const MANIFEST: &str = "approved stands in a manifest";
const TOGETHER: &str = "one server-side apply owns approved together with spec";
const AT_CREATION: &str = "approved cannot be set at creation";
const STATUS: &str = "cloudspecs/status is written by the cloudspec controller alone";
const PLANS: &str = "is written by the cloudspec controller alone, not by";
const SAME_WRITE: &str = "approved cannot be set in the same write as a change of spec";
const VALUE: &str = "approved must be true, false (to reject) or the digest of the plan on offer";
const FORBIDDEN: &str = "is forbidden";
const APPLY: &[&str] = &["apply", "-f", "-"];
const SERVER_SIDE: &[&str] = &["apply", "--server-side", "--force-conflicts", "-f", "-"];
const CREATE: &[&str] = &["create", "-f", "-"];
const APPROVED: &[&str] = &["annotate", "--overwrite", "cloudspec", "lab", "approved=true"];
const FORGED_STATUS: &str = r#"{"status": {"plan": {"digest": "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"}}}"#;
const FORGED_DECISION: &str = r#"{"status": {"phase": "Applying", "decision": {"verdict": "Approved", "by": "alice", "value": "true", "offer": 1, "digest": "{digest}", "at": "2026-01-01T00:00:00Z", "gate": "Enforced"}}}"#;
const FORGED_PLAN: &str = r#"
apiVersion: cloudspec.dev/v1alpha1
kind: ChangePlan
metadata: {name: forged, labels: {cloudspec.dev/owner-uid: "{uid}"}}
spec:
  owner: {kind: CloudSpec, name: lab, uid: "{uid}", generation: 1, specDigest: ''}
  cloud: {authUrl: "http://127.0.0.1", region: ""}
  digest: sha256:0000000000000000000000000000000000000000000000000000000000000000
  classes: {reversible: 0, rebuildable: 0, destructive: 0}
  steps: []
"#;

#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    row("no verb", Who::Bob, APPROVED, "", MAY_NOT),
    row("no verb, by digest", Who::Bob, &["annotate", "cloudspec", "lab", "approved={digest}"], "", MAY_NOT),
    row("no verb, a rejection", Who::Bob, &["annotate", "cloudspec", "lab", "approved=false"], "", MAY_NOT),
    row("no verb, as another's field manager", Who::Bob, &["annotate", "cloudspec", "lab", "approved=true", "--field-manager=alice"], "", MAY_NOT),
    row("no verb, by replace", Who::Bob, &["replace", "-f", "-"], "{manifest approved}", MAY_NOT),
    row("no verb, by a JSON patch", Who::Bob, &["patch", "cloudspec", "lab", "--type=json", "-p", r#"[{"op":"add","path":"/metadata/annotations/approved","value":"true"}]"#], "", MAY_NOT),
    row("forged stamps of an approval", Who::Bob, &["annotate", "cloudspec", "lab", "approved=true", "cloudspec.dev/approved-by=alice", "cloudspec.dev/approved-groups=people", "cloudspec.dev/approved-plan={digest}", "cloudspec.dev/approved-offer={offer}"], "", MAY_NOT),
    row("stamps without an approval", Who::Bob, &["annotate", "cloudspec", "lab", "cloudspec.dev/approved-by=alice"], "", "are stamps of an approval and cannot be set without one"),
    row("stamps without an approval, by an administrator", Who::Admin, &["annotate", "cloudspec", "lab", "cloudspec.dev/approved-offer={offer}"], "", "are stamps of an approval and cannot be set without one"),
    row("another author of the spec", Who::Alice, &["annotate", "--overwrite", "cloudspec", "lab", "cloudspec.dev/spec-author=carol"], "", "cloudspec.dev/spec-author is the stamp of the last change of spec"),
    row("at creation", Who::Alice, CREATE, "{manifest other approved}", AT_CREATION),
    row("at creation, by an administrator", Who::Admin, APPLY, "{manifest other approved}", AT_CREATION),
    row("at creation, by server-side apply", Who::Alice, SERVER_SIDE, "{manifest other approved}", AT_CREATION),
    row("from a manifest", Who::Alice, APPLY, "{manifest approved}", MANIFEST),
    row("from a manifest that is applied again", Who::Alice, APPLY, "{manifest approved}", MANIFEST),
    row("from an administrator's manifest", Who::Admin, APPLY, "{manifest approved}", MANIFEST),
    row("by server-side apply together with spec", Who::Alice, SERVER_SIDE, "{manifest approved}", MANIFEST),
    row("the same by an administrator", Who::Admin, SERVER_SIDE, "{manifest approved}", MANIFEST),
    row("the same under the name of kubectl annotate", Who::Alice, &["apply", "--server-side", "--force-conflicts", "--field-manager=kubectl-annotate", "-f", "-"], "{manifest approved}", TOGETHER),
    row("with a change of spec in the same write", Who::Alice, &["patch", "cloudspec", "lab", "--type=merge", "-p", r#"{"metadata":{"annotations":{"approved":"true"}},"spec":{"interval":"9m"}}"#], "", SAME_WRITE),
    row("a digest that is not on offer", Who::Alice, &["annotate", "cloudspec", "lab", "approved=sha256:00"], "", VALUE),
    row("the digest of another object's plan", Who::Alice, &["annotate", "cloudspec", "lab", "approved={other digest}"], "", VALUE),
    row("the digest of the plan before", Who::Alice, &["annotate", "cloudspec", "lab", "approved={old digest}"], "", VALUE),
    row("another object that has no plan", Who::Alice, &["annotate", "cloudspec", "planless", "approved=true"], "", "there is no plan to approve"),
    row("a value that is nearly one", Who::Alice, &["annotate", "cloudspec", "lab", "approved=True"], "", VALUE),
    row("impersonation without the verb", Who::Bob, &["annotate", "cloudspec", "lab", "approved=true", "--as=alice"], "", "cannot impersonate"),
    row("the controller impersonated", Who::Bob, &["annotate", "cloudspec", "lab", "approved=true", "--as=system:serviceaccount:cloudspec-system:cloudspec-controller"], "", "cannot impersonate"),
    row("an administrator in bob's name", Who::Admin, &["annotate", "cloudspec", "lab", "approved=true", "--as=bob"], "", MAY_NOT),
    row("the controller itself", Who::Admin, &["annotate", "cloudspec", "lab", "approved=true", "--as=system:serviceaccount:cloudspec-system:cloudspec-controller"], "", MAY_NOT),
    row("a forged status", Who::Bob, &["patch", "cloudspec", "lab", "--subresource=status", "--type=merge", "-p", FORGED_STATUS], "", FORBIDDEN),
    row("a forged status, by an administrator", Who::Admin, &["patch", "cloudspec", "lab", "--subresource=status", "--type=merge", "-p", FORGED_STATUS], "", STATUS),
    row("an approval by way of the status", Who::Admin, &["patch", "cloudspec", "lab", "--subresource=status", "--type=merge", "-p", r#"{"metadata":{"annotations":{"approved":"true"}}}"#], "", STATUS),
    row("a forged ChangePlan", Who::Alice, CREATE, FORGED_PLAN, FORBIDDEN),
    row("a forged ChangePlan, by an administrator", Who::Admin, CREATE, FORGED_PLAN, PLANS),
    row("a forged decision", Who::Alice, &["patch", "changeplan", "{plan}", "--subresource=status", "--type=merge", "-p", FORGED_DECISION], "", FORBIDDEN),
    row("a forged decision, by an administrator", Who::Admin, &["patch", "changeplan", "{plan}", "--subresource=status", "--type=merge", "-p", FORGED_DECISION], "", PLANS),
    row("a plan moved to another owner", Who::Admin, &["label", "--overwrite", "changeplan", "{plan}", "cloudspec.dev/owner-uid=other"], "", PLANS),
    row("the record removed", Who::Admin, &["delete", "changeplan", "{plan}"], "", PLANS),
    row("the verb given to oneself", Who::Bob, &["create", "rolebinding", "mine", "--clusterrole=cloudspec-approve", "--user=bob"], "", FORBIDDEN),
    row("a token of the controller", Who::Bob, &["create", "token", "cloudspec-controller", "-n", "cloudspec-system"], "", FORBIDDEN),
    row("the policy deleted", Who::Bob, &["delete", "validatingadmissionpolicy", "cloudspec-approval-gate"], "", FORBIDDEN),
    row("oneself among the controllers", Who::Bob, &["patch", "configmap", "cloudspec-controllers", "-n", "cloudspec-system", "--type=merge", "-p", r#"{"data":{"usernames":"bob"}}"#], "", FORBIDDEN),
    row("the credential read", Who::Bob, &["get", "secret", "cloud"], "", FORBIDDEN),
];
