//! From drift to an approved correction, beat by beat.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

use super::papers::{self, ADMIN, READER, SPEC};
use super::teller::{Person, Teller};
use crate::rig::control_plane::NAMESPACE;
use crate::rig::home::Home;
use crate::rig::{process, program};

/// A plan that nobody can have read cannot be approved: the default of `approval.minPlanAge`.
const READING: Duration = Duration::from_secs(10);

/// Who takes part.
#[derive(Debug)]
pub(super) struct Cast {
    /// Runs the cluster and the cloud.
    pub(super) admin: Person,
    /// May approve.
    pub(super) alice: Person,
    /// May edit, and not approve.
    pub(super) bob: Person,
}

/// All of it, to the end.
pub(super) fn tell(home: &Home, teller: &Teller, cast: &Cast) -> Result<()> {
    credentials(home, teller, cast)?;
    import(teller, cast)?;
    controller(home, teller)?;
    in_sync(teller, cast)?;
    drift(teller, cast)?;
    plan(teller, cast)?;
    refusal(teller, cast)?;
    approval(teller, cast)?;
    history(teller, cast)
}

fn credentials(home: &Home, teller: &Teller, cast: &Cast) -> Result<()> {
    let all = home.openstack().join("clouds.yaml");
    let all = fs::read_to_string(&all).with_context(|| format!("failed to read {}", all.display()))?;
    write(teller, "reader.yaml", &papers::clouds(&all, &["observer", "observer-system"])?)?;
    write(teller, "admin.yaml", &papers::clouds(&all, &["admin", "admin-system"])?)?;
    write(teller, "access.yaml", &papers::access(NAMESPACE)?)?;
    teller.tell(
        "Two credentials of the cloud: one that reads, one that corrects. The controller may read these two Secrets and no other, \
         and opens the second only while it applies a plan that was approved.",
    )?;
    for (secret, file) in [(READER, "reader.yaml"), (ADMIN, "admin.yaml")] {
        let line = format!("kubectl create secret generic {secret} --from-file=clouds.yaml={file}");
        teller.run(&cast.bob, &line)?;
    }
    teller.run(&cast.admin, "kubectl apply -f access.yaml")
}

fn import(teller: &Teller, cast: &Cast) -> Result<()> {
    teller.tell("A living cloud is the beginning: bob writes down what is true of tenant team-a today.")?;
    let line = "cloudspec import --os-cloud admin --tenant customers/team-a > imported.yaml";
    teller.run(&cast.bob, line)?;
    let file = teller.dir().join("imported.yaml");
    let imported = fs::read_to_string(&file).with_context(|| format!("failed to read {}", file.display()))?;
    write(teller, "customers.yaml", &papers::spec(&imported, NAMESPACE)?)?;
    teller.tell("He gives it a name, the two Secrets, and an interval.")?;
    teller.run(&cast.bob, "cat customers.yaml")?;
    teller.run(&cast.bob, "kubectl apply -f customers.yaml")
}

fn controller(home: &Home, teller: &Teller) -> Result<()> {
    teller.tell(&format!(
        "The controller starts; it may not approve, not even its own plans. (`cloudspec run`, in the background; its log: {})",
        home.log("cloudspec").display()
    ))?;
    program::start_controller(home)
}

fn in_sync(teller: &Teller, cast: &Cast) -> Result<()> {
    teller.tell("It looks at the cloud, and all is as declared.")?;
    teller.run(&cast.bob, &format!("kubectl wait --for=condition=InSync cloudspec/{SPEC} --timeout=3m"))?;
    teller.run(&cast.bob, &format!("kubectl get cloudspec {SPEC}"))
}

fn drift(teller: &Teller, cast: &Cast) -> Result<()> {
    teller.tell(
        "Behind its back, someone in team-a opens SSH to the whole world, and someone else doubles a quota.",
    )?;
    let open = "openstack --os-cloud team-a security group rule create web --protocol tcp --dst-port 22 --remote-ip 0.0.0.0/0";
    teller.run(&cast.admin, open)?;
    let id = "$(openstack --os-cloud admin project show team-a --domain customers -f value -c id)";
    teller.run(&cast.admin, &format!("openstack --os-cloud admin quota set --no-force --cores 128 {id}"))
}

fn plan(teller: &Teller, cast: &Cast) -> Result<()> {
    teller
        .tell("Within an interval the controller says what is not true any more. It has changed nothing.")?;
    let wait = format!(
        "kubectl wait --for=jsonpath='{{.status.state}}'=AwaitingApproval cloudspec/{SPEC} --timeout=3m"
    );
    teller.run(&cast.bob, &wait)?;
    teller.run(&cast.bob, &format!("kubectl get cloudspec {SPEC}"))?;
    teller.tell("The exact correction, step by step, with how to take it back:")?;
    teller.run(&cast.bob, &format!("kubectl cloudspec show {SPEC}"))
}

fn refusal(teller: &Teller, cast: &Cast) -> Result<()> {
    teller.tell(
        "bob may write CloudSpecs. To approve is another right, and the API server itself asks for it.",
    )?;
    let line = format!("kubectl annotate cloudspec {SPEC} approved=true");
    teller.refused(&cast.bob, &line, "cloudspec-approval-gate")
}

fn approval(teller: &Teller, cast: &Cast) -> Result<()> {
    teller.tell(
        "alice has that right. She reads the plan, for at least ten seconds, and approves exactly that plan.",
    )?;
    std::thread::sleep(READING);
    teller.run(&cast.alice, &format!("kubectl annotate cloudspec {SPEC} approved=true"))?;
    teller.run(&cast.alice, &format!("kubectl wait --for=condition=InSync cloudspec/{SPEC} --timeout=3m"))?;
    teller.tell("What the cloud says:")?;
    teller.run(&cast.admin, "openstack --os-cloud team-a security group rule list web --protocol tcp")?;
    let quota = "openstack --os-cloud team-a quota show -f value -c Resource -c Limit | grep cores";
    teller.run(&cast.admin, quota)
}

fn history(teller: &Teller, cast: &Cast) -> Result<()> {
    teller.tell("What was done, why, who approved it, when, and how to take it back:")?;
    teller.run(&cast.alice, &format!("kubectl cloudspec history {SPEC}"))?;
    teller.run(&cast.alice, "kubectl get changeplans")
}

fn write(teller: &Teller, name: &str, text: &str) -> Result<()> {
    crate::rig::control_plane::write_private(&teller.dir().join(name), text)
}

/// Takes away what an earlier telling left, in the cluster.
pub(super) fn clear(home: &Home) -> Result<()> {
    use crate::rig::control_plane::{forget_plans, kubectl};
    process::stop(&program::controller_record(home))?;
    let mut delete = kubectl::command(home);
    delete.args([
        "delete",
        &format!("cloudspec/{SPEC}"),
        &format!("secret/{READER}"),
        &format!("secret/{ADMIN}"),
    ]);
    delete.args(["--namespace", NAMESPACE, "--ignore-not-found", "--timeout=60s"]);
    let left = kubectl::run(&mut delete).map(drop);
    let ours = format!("{{range .items[?(@.spec.owner.name==\"{SPEC}\")]}}{{.metadata.name}} {{end}}");
    left.and_then(|()| forget_plans(home, &ours)).context("failed to take away what an earlier demo left")
}
