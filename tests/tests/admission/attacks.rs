//! What is refused to whom, with which words.

use cloudspec_tests::cluster::{Answer, Namespace};

use crate::stage::{CHANGE_PLAN, Stage, cloud_spec};

/// Who tries.
#[derive(Clone, Copy)]
enum Who {
    Admin,
    Alice,
    Bob,
    Carol,
    Dave,
    Controller,
}

/// What stands on `x` before.
#[derive(Clone, Copy)]
enum Before {
    Nothing,
    /// An approval by Alice.
    Approved,
}

struct Attack {
    name: &'static str,
    who: Who,
    before: Before,
    arguments: &'static [&'static str],
    input: Input,
    refusal: &'static str,
}

enum Input {
    None,
    /// Name, annotations, interval of a CloudSpec.
    CloudSpec(&'static str, &'static str, &'static str),
    Text(&'static str),
}

const MAY_NOT: &str =
    "may not approve cloudspecs.cloudspec.dev/x in namespace {ns}: ask for the verb approve on it";
const STATUS: &str = "cloudspecs/status is written by the cloudspec controller alone, not by";
const PLANS: &str = "is written by the cloudspec controller alone, not by";
const FORGED_PLAN: &str = r#"{"status": {"plan": {"digest": "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"}}}"#;

const fn annotating(
    name: &'static str,
    who: Who,
    arguments: &'static [&'static str],
    refusal: &'static str,
) -> Attack {
    Attack { name, who, before: Before::Nothing, arguments, input: Input::None, refusal }
}

const fn standing(
    name: &'static str,
    who: Who,
    arguments: &'static [&'static str],
    refusal: &'static str,
) -> Attack {
    Attack { name, who, before: Before::Approved, arguments, input: Input::None, refusal }
}

const fn sending(
    name: &'static str,
    who: Who,
    arguments: &'static [&'static str],
    input: Input,
    refusal: &'static str,
) -> Attack {
    Attack { name, who, before: Before::Nothing, arguments, input, refusal }
}

const CREATE: &[&str] = &["create", "-f", "-"];
const AT_CREATION: &str = "approved cannot be set at creation, for there is no plan yet";
const MANIFEST: &str = "approved stands in a manifest (last-applied-configuration)";

#[rustfmt::skip]
const ATTACKS: &[Attack] = &[
    annotating("no verb", Who::Bob, &["annotate", "cloudspec", "x", "approved=true"], MAY_NOT),
    annotating("no verb, by digest", Who::Bob, &["annotate", "cloudspec", "x", "approved={X}"], MAY_NOT),
    annotating("the verb in another namespace", Who::Carol, &["annotate", "cloudspec", "x", "approved=true"], MAY_NOT),
    annotating("the verb for another object", Who::Dave, &["annotate", "cloudspec", "x", "approved=true"], MAY_NOT),
    annotating("the controller itself", Who::Controller, &["annotate", "cloudspec", "x", "approved=true"], MAY_NOT),
    annotating("no verb, in another's field manager", Who::Bob, &["annotate", "cloudspec", "x", "approved=true", "--field-manager=alice"], MAY_NOT),
    annotating("no verb, with all of another's stamps", Who::Bob, &["annotate", "cloudspec", "x", "approved=true", "cloudspec.dev/approved-by={alice}", "cloudspec.dev/approved-plan={X}", "cloudspec.dev/approved-offer=7", "cloudspec.dev/approved-groups=operators"], MAY_NOT),
    annotating("no verb, by a merge patch", Who::Bob, &["patch", "cloudspec", "x", "--type=merge", "-p", r#"{"metadata":{"annotations":{"approved":"true"}}}"#], MAY_NOT),
    annotating("no verb, by a JSON patch", Who::Bob, &["patch", "cloudspec", "x", "--type=json", "-p", r#"[{"op":"add","path":"/metadata/annotations/approved","value":"true"}]"#], MAY_NOT),
    annotating("no verb, an empty value", Who::Bob, &["annotate", "cloudspec", "x", "approved="], MAY_NOT),
    annotating("no verb, a rejection", Who::Bob, &["annotate", "cloudspec", "x", "approved=false"], MAY_NOT),
    annotating("a rejection before there is a plan", Who::Alice, &["annotate", "cloudspec", "planless", "approved=false"], "there is no plan to approve"),
    annotating("impersonation without the right", Who::Bob, &["annotate", "cloudspec", "x", "approved=true", "--as={alice}"], "cannot impersonate"),
    annotating("a digest that is not on offer", Who::Alice, &["annotate", "cloudspec", "x", "approved=sha256:00"], "approved must be true, false (to reject) or the digest of the plan on offer, {X}"),
    annotating("the digest of another object's plan", Who::Alice, &["annotate", "cloudspec", "x", "approved={Y}"], "approved must be true, false (to reject) or the digest of the plan on offer, {X}"),
    annotating("true in capitals", Who::Alice, &["annotate", "cloudspec", "x", "approved=TRUE"], "read that plan, then kubectl cloudspec approve x -n {ns}"),
    annotating("an empty value", Who::Alice, &["annotate", "cloudspec", "x", "approved="], "approved must be true, false (to reject) or the digest"),
    annotating("before there is a plan", Who::Alice, &["annotate", "cloudspec", "planless", "approved=true"], "there is no plan to approve: wait until kubectl get cloudspecs planless -n {ns} shows a plan"),
    annotating("a digest before there is a plan", Who::Alice, &["annotate", "cloudspec", "planless", "approved={X}"], "there is no plan to approve"),
    annotating("with a change of spec in one write", Who::Alice, &["patch", "cloudspec", "x", "--type=merge", "-p", r#"{"metadata":{"annotations":{"approved":"true"}},"spec":{"interval":"9m"}}"#], "approved cannot be set in the same write as a change of spec"),
    sending("at creation", Who::Alice, CREATE, Input::CloudSpec("new", "approved: \"true\"", "5m"), AT_CREATION),
    sending("stamps at creation", Who::Alice, CREATE, Input::CloudSpec("new", "cloudspec.dev/approved-by: me", "5m"), AT_CREATION),
    sending("at creation, by apply", Who::Alice, &["apply", "-f", "-"], Input::CloudSpec("new", "approved: \"true\"", "5m"), AT_CREATION),
    sending("at creation, by server-side apply", Who::Alice, &["apply", "--server-side", "-f", "-"], Input::CloudSpec("new", "approved: \"true\"", "5m"), AT_CREATION),
    sending("from a manifest", Who::Alice, &["apply", "-f", "-"], Input::CloudSpec("x", "approved: \"true\"", "5m"), MANIFEST),
    sending("stamps from a manifest", Who::Alice, &["apply", "-f", "-"], Input::CloudSpec("x", "cloudspec.dev/approved-by: me", "5m"), MANIFEST),
    sending("by server-side apply together with spec", Who::Alice, &["apply", "--server-side", "--force-conflicts", "-f", "-"], Input::CloudSpec("x", "approved: \"true\"", "5m"), "one server-side apply owns approved together with spec"),
    sending("the same under kubectl annotate's name", Who::Alice, &["apply", "--server-side", "--force-conflicts", "--field-manager=kubectl-annotate", "-f", "-"], Input::CloudSpec("x", "approved: \"true\"", "5m"), "one server-side apply owns approved together with spec"),
    sending("no verb, by replace", Who::Bob, &["replace", "-f", "-"], Input::CloudSpec("x", "approved: \"true\"", "5m"), MAY_NOT),
    annotating("an approval and a forged last-applied", Who::Alice, &["annotate", "cloudspec", "x", "approved=true", r#"kubectl.kubernetes.io/last-applied-configuration={"metadata":{"annotations":{"approved": "true"}}}"#], MANIFEST),
    annotating("a stamp without an approval", Who::Bob, &["annotate", "cloudspec", "x", "cloudspec.dev/approved-by={alice}"], "cloudspec.dev/approved-* are stamps of an approval and cannot be set without one"),
    annotating("a stamp without an approval, by an approver", Who::Alice, &["annotate", "cloudspec", "x", "cloudspec.dev/approved-offer=7"], "cannot be set without one: kubectl cloudspec approve x -n {ns}"),
    annotating("another author of the spec", Who::Bob, &["annotate", "cloudspec", "x", "cloudspec.dev/spec-author={alice}", "--overwrite"], "cloudspec.dev/spec-author is the stamp of the last change of spec"),
    standing("a standing approval for a later offer", Who::Bob, &["annotate", "--overwrite", "cloudspec", "x", "cloudspec.dev/approved-offer=8"], MAY_NOT),
    standing("a standing approval for another plan", Who::Bob, &["annotate", "--overwrite", "cloudspec", "x", "cloudspec.dev/approved-plan={Y}"], MAY_NOT),
    standing("a standing approval in another's name", Who::Alice, &["annotate", "--overwrite", "cloudspec", "x", "cloudspec.dev/approved-by={bob}"], "cloudspec.dev/approved-by must be {alice}, who asks"),
    standing("a standing approval with other groups", Who::Alice, &["annotate", "--overwrite", "cloudspec", "x", "cloudspec.dev/approved-groups=system:masters"], "cloudspec.dev/approved-groups must be the groups of {alice}"),
    standing("a standing approval by a false plan", Who::Alice, &["annotate", "--overwrite", "cloudspec", "x", "cloudspec.dev/approved-plan={Y}"], "cloudspec.dev/approved-plan must be the digest of the plan on offer, {X}"),
    standing("a standing approval by a false offer", Who::Alice, &["annotate", "--overwrite", "cloudspec", "x", "cloudspec.dev/approved-offer=8"], "cloudspec.dev/approved-offer must be the number of the offer, 7"),
    standing("a stamp taken off a standing approval", Who::Bob, &["annotate", "cloudspec", "x", "cloudspec.dev/approved-by-"], MAY_NOT),
    standing("a standing approval made one by digest", Who::Bob, &["annotate", "--overwrite", "cloudspec", "x", "approved={X}"], MAY_NOT),
    annotating("a forged plan in the status", Who::Bob, &["patch", "cloudspec", "x", "--subresource=status", "--type=merge", "-p", FORGED_PLAN], STATUS),
    annotating("a forged plan in the status, by an approver", Who::Alice, &["patch", "cloudspec", "x", "--subresource=status", "--type=merge", "-p", FORGED_PLAN], STATUS),
    annotating("a forged plan in the status, by an administrator", Who::Admin, &["patch", "cloudspec", "x", "--subresource=status", "--type=merge", "-p", FORGED_PLAN], STATUS),
    sending("a forged status by server-side apply", Who::Bob, &["apply", "--server-side", "--force-conflicts", "--subresource=status", "-f", "-"], Input::Text("apiVersion: cloudspec.dev/v1alpha1\nkind: CloudSpec\nmetadata: {name: x}\nstatus: {conditions: [], lastOffer: 99}"), STATUS),
    sending("a forged ChangePlan", Who::Bob, CREATE, Input::Text(CHANGE_PLAN), PLANS),
    sending("a forged ChangePlan, by an administrator", Who::Admin, CREATE, Input::Text(CHANGE_PLAN), PLANS),
    annotating("a forged decision", Who::Alice, &["patch", "changeplan", "x-plan", "--subresource=status", "--type=merge", "-p", r#"{"status":{"phase":"Applying"}}"#], "changeplans/status is written by the cloudspec controller alone"),
    annotating("a label on a ChangePlan", Who::Bob, &["label", "changeplan", "x-plan", "a=b"], PLANS),
    annotating("a ChangePlan deleted", Who::Bob, &["delete", "changeplan", "x-plan"], PLANS),
    annotating("a ChangePlan deleted by an administrator", Who::Admin, &["delete", "changeplan", "x-plan"], "to decide on a plan use kubectl cloudspec approve or reject"),
    annotating("all ChangePlans deleted", Who::Bob, &["delete", "changeplan", "--all"], PLANS),
    annotating("a ChangePlan changed by the controller", Who::Controller, &["patch", "changeplan", "x-plan", "--type=merge", "-p", r#"{"spec":{"owner":{"name":"y"}}}"#], "a ChangePlan never changes: a changed plan is another ChangePlan"),
];

#[test]
fn every_attack_is_refused_with_the_remedy_and_leaves_no_approval() {
    let stage = Stage::new("attacks");
    // Carol may approve, elsewhere.
    let elsewhere = Namespace::new("elsewhere").unwrap();
    elsewhere.bind("cloudspec-approve", &stage.carol).unwrap();
    let mut wrong = Vec::new();
    for attack in ATTACKS {
        stage.annotate(&stage.admin, "x", &["approved-"]).or_fail().unwrap();
        let expected = match attack.before {
            Before::Nothing => "",
            Before::Approved => {
                stage.annotate(&stage.alice, "x", &["approved=true"]).or_fail().unwrap();
                "true"
            }
        };
        let before = stage.stamp("x", "approved-by");
        let answer = try_it(&stage, attack);
        let refusal = stage.fill(attack.refusal);
        if answer.succeeded || !answer.error.contains(&refusal) {
            wrong.push(format!(
                "{}: expected {refusal:?}, got {} {}",
                attack.name, answer.output, answer.error
            ));
        }
        if stage.annotation("x", "approved") != expected || stage.stamp("x", "approved-by") != before {
            wrong.push(format!("{}: left an approval", attack.name));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(ATTACKS.len() >= 50, "{}", ATTACKS.len());
}

fn try_it(stage: &Stage, attack: &Attack) -> Answer {
    let who = match attack.who {
        Who::Admin => &stage.admin,
        Who::Alice => &stage.alice,
        Who::Bob => &stage.bob,
        Who::Carol => &stage.carol,
        Who::Dave => &stage.dave,
        Who::Controller => &stage.controller,
    };
    let arguments: Vec<String> = attack.arguments.iter().map(|argument| stage.fill(argument)).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let input = match attack.input {
        Input::None => String::new(),
        Input::CloudSpec(name, annotations, interval) => cloud_spec(name, annotations, interval),
        Input::Text(text) => text.replace("x-plan", "forged"),
    };
    stage.run(who, &arguments, &input)
}
