//! What `kubectl get` shows.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceColumnDefinition as Column;

/// Shown always, or by `-o wide` only.
#[derive(Clone, Copy)]
enum Shown {
    Always,
    Wide,
}

pub(crate) fn of_cloud_spec() -> Vec<Column> {
    use Shown::{Always, Wide};
    let states = "InSync, Drifted, AwaitingApproval, Applying, Blocked, Unknown, Suspended or Invalid";
    let condition = |kind: &str, field: &str| format!(".status.conditions[?(@.type==\"{kind}\")].{field}");
    vec![
        column("State", "string", ".status.state", states, Always),
        column("Drift", "string", ".status.summary.text", "findings in words", Always),
        column("Plan", "string", ".status.plan.name", "the ChangePlan on offer", Always),
        column(
            "Approved",
            "string",
            &condition("Approved", "status"),
            "is the plan on offer approved",
            Always,
        ),
        column(
            "Observed",
            "string",
            &condition("Observed", "status"),
            "is the observation fresh and complete",
            Always,
        ),
        column("Reason", "string", &condition("InSync", "reason"), "why it is or is not in sync", Wide),
        column("Offer", "integer", ".status.plan.offer", "number of the offer", Wide),
        column("Steps", "integer", ".status.plan.steps", "steps of the plan on offer", Wide),
        column("Age", "date", ".metadata.creationTimestamp", "time since it was made", Always),
    ]
}

pub(crate) fn of_change_plan() -> Vec<Column> {
    use Shown::{Always, Wide};
    let phases = "Offered, Superseded, Rejected, Applying, Succeeded or Stopped";
    vec![
        column("Owner", "string", ".spec.owner.name", "the object that the plan corrects", Always),
        // Steps are numbered from 1.
        column("Steps", "integer", ".spec.steps[-1:].number", "number of steps", Always),
        column("Phase", "string", ".status.phase", phases, Always),
        column("Approved-By", "string", ".status.decision.by", "who decided", Always),
        column("Digest", "string", ".spec.digest", "what approved=DIGEST approves", Wide),
        column("Age", "date", ".metadata.creationTimestamp", "time since it was made", Always),
    ]
}

pub(crate) fn of_tenant_offboard() -> Vec<Column> {
    use Shown::{Always, Wide};
    let states = "Unknown, Refused, AwaitingApproval, Removing, Incomplete, Verifying, Completed or Aborted, among others";
    let approved = ".status.conditions[?(@.type==\"Approved\")].status";
    vec![
        column("Tenant", "string", ".spec.tenant.name", "name of the project", Always),
        column("State", "string", ".status.state", states, Always),
        column("Holds", "string", ".status.inventory.text", "what the project holds", Always),
        column("Plan", "string", ".status.plan.name", "the ChangePlan on offer", Always),
        column("Approved", "string", approved, "is the plan on offer approved", Always),
        column("Progress", "string", ".status.progress.text", "how far the plan is", Wide),
        column("Id", "string", ".spec.tenant.id", "id of the project", Wide),
        column("Offer", "integer", ".status.plan.offer", "number of the offer", Wide),
        column("Age", "date", ".metadata.creationTimestamp", "time since it was made", Always),
    ]
}

fn column(name: &str, kind: &str, path: &str, description: &str, shown: Shown) -> Column {
    Column {
        name: name.to_owned(),
        type_: kind.to_owned(),
        json_path: path.to_owned(),
        description: Some(description.to_owned()),
        priority: match shown {
            Shown::Always => None,
            Shown::Wide => Some(1),
        },
        format: None,
    }
}
