//! Plans, ChangePlans and their history as texts.

use cloudspec::model::action::ProjectRef;
use cloudspec::model::cloud::CloudIdentity;
use cloudspec::model::desired::{GroupName, TenantName};
use cloudspec::model::plan::LeftAlone;
use cloudspec::model::{Action, Class, Plan, PlanDigest, Step};
use cloudspec::plan::to_spec;
use cloudspec::report::render::{self, Format, Screen, Style};
use cloudspec_crds::ChangePlan;
use cloudspec_crds::change_plan::{ChangePlanStatus, Decision, JournalEntry, OwnerRef};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::Value;

use crate::cases::*;

const TABLE: Format = Format::Table(Screen { style: Style::Plain, width: None });

fn step(number: u32, action: Action, summary: &str) -> Step {
    Step {
        number,
        wave: number,
        action,
        summary: summary.into(),
        findings: vec![],
        class: Class::Reversible,
        before: None,
        after: None,
        side_effects: vec![],
        revert: String::new(),
    }
}

fn plan() -> Plan {
    let team = TenantName { domain: "customers".into(), name: "team-a".into() };
    let name = GroupName { project: team, name: "db".into() };
    let create = Action::CreateSecurityGroup {
        project: ProjectRef::Id("p-a".into()),
        name,
        description: "data".into(),
    };
    let describe =
        Action::DescribeSecurityGroup { group: "sg-web".into(), from: "back".into(), to: "front".into() };
    let made = Step {
        after: Some("description \"data\"".into()),
        revert: "openstack security group delete '<created id of step 1>'".into(),
        findings: vec!["00000000000000aa".into()],
        ..step(1, create, "create security group customers/team-a/db")
    };
    let changed = Step {
        before: Some("back".into()),
        after: Some("front".into()),
        class: Class::Destructive,
        side_effects: vec!["tenant customers/team-b loses the old text".into()],
        revert: "openstack security group set --description=back sg-web".into(),
        findings: vec![described("web", "back").fingerprint()],
        ..step(2, describe, "set the description of security group customers/team-a/web")
    };
    Plan {
        cloud: CloudIdentity {
            auth_url: "https://keystone:5000".into(),
            region: "RegionOne".into(),
            endpoints: [].into(),
        },
        owner: "0d1c".into(),
        steps: vec![made, changed],
        left_alone: vec![LeftAlone {
            finding: "00000000000000cc".into(),
            resource: "tenant customers/stray".into(),
            reason: "a project is removed only by a TenantOffboard".into(),
        }],
        digest: PlanDigest("sha256:c0ffee00".into()),
    }
}

fn record(name: &str, made: i64, status: ChangePlanStatus) -> ChangePlan {
    let owner = OwnerRef {
        kind: "CloudSpec".into(),
        name: "lab".into(),
        uid: "0d1c".into(),
        generation: 3,
        spec_digest: String::new(),
    };
    let mut record = ChangePlan::new(name, to_spec(&plan(), owner));
    record.metadata.namespace = Some("clouds".into());
    record.metadata.creation_timestamp = Some(Time(at(made)));
    record.status = Some(status);
    record
}

fn entry(number: i64, state: &str, created: Option<&str>, message: Option<&str>) -> JournalEntry {
    JournalEntry {
        number,
        state: state.into(),
        request_id: Some(format!("req-{number}")),
        service_request_id: Some(format!("req-s{number}")),
        created_id: created.map(str::to_owned),
        started_at: Some(Time(at(60))),
        finished_at: Some(Time(at(61))),
        message: message.map(str::to_owned),
    }
}

fn decided(phase: &str, journal: Vec<JournalEntry>) -> ChangePlanStatus {
    ChangePlanStatus {
        phase: Some(phase.into()),
        decision: Some(Decision {
            verdict: "Approved".into(),
            by: "alice".into(),
            groups: vec!["ops".into()],
            value: "true".into(),
            offer: 4,
            digest: "sha256:c0ffee00".into(),
            at: Time(at(59)),
            gate: "Enforced".into(),
        }),
        journal,
        finished_at: Some(Time(at(62))),
        ..ChangePlanStatus::default()
    }
}

fn stopped() -> ChangePlan {
    let journal = vec![
        entry(1, "Done", Some("7d0f-1"), None),
        entry(2, "Failed", None, Some("no clear answer: timeout")),
    ];
    let message = Some("step 2: no clear answer: timeout".to_owned());
    record("lab-c0ffee00", 0, ChangePlanStatus { message, ..decided("Stopped", journal) })
}

#[test]
fn a_plan_without_steps_says_so() {
    let empty = Plan { steps: vec![], left_alone: vec![], ..plan() };
    insta::assert_snapshot!(render::plan(&empty, &[], &[], TABLE).unwrap(), @r#"
    Plan:   sha256:c0ffee00
    Cloud:  https://keystone:5000, region RegionOne
    Steps:  0: 0 reversible, 0 rebuildable, 0 destructive

    There is nothing that could be corrected.
    "#);
}

#[test]
fn a_plan_says_what_why_what_others_lose_and_how_to_take_it_back() {
    let text = render::plan(&plan(), &[described("web", "back")], &[], TABLE).unwrap();
    insta::assert_snapshot!(text, @r#"
    Plan:   sha256:c0ffee00
    Cloud:  https://keystone:5000, region RegionOne
    Steps:  2: 1 reversible, 0 rebuildable, 1 destructive

    STEP  CLASS        WHAT                                                        BEFORE  AFTER
    1     Reversible   create security group customers/team-a/db                   -       description "data"
    2     Destructive  set the description of security group customers/team-a/web  back    front

    Why
      step 1: finding 00000000000000aa
      step 2: Warning, Changed: security group customers/team-a/web, description; expected: "front"; actual: "back" [46702d9b4c137d67]

    What others lose
      step 2: tenant customers/team-b loses the old text

    How to take each step back
      step 1: openstack security group delete '<created id of step 1>'
      step 2: openstack security group set --description=back sg-web

    No step for
      tenant customers/stray: a project is removed only by a TenantOffboard [00000000000000cc]
    "#);
}

#[test]
fn a_plan_beyond_its_limits_says_which() {
    let beyond = ["2 steps, limits.maxSteps is 1".to_owned()];
    let text = render::plan(&plan(), &[], &beyond, TABLE).unwrap();
    assert!(text.contains("Blocked:  2 steps, limits.maxSteps is 1\n"), "{text}");
    let json: Value =
        serde_json::from_str(&render::plan(&plan(), &[], &beyond, Format::Json).unwrap()).unwrap();
    assert_eq!(json["exceeded"][0], beyond[0].as_str());
}

#[test]
fn a_plan_is_markdown() {
    let text = render::plan(&plan(), &[], &[], Format::Markdown).unwrap();
    insta::assert_snapshot!(text, @r#"
    - **Plan:** sha256:c0ffee00
    - **Cloud:** https://keystone:5000, region RegionOne
    - **Steps:** 2: 1 reversible, 0 rebuildable, 1 destructive

    | STEP | CLASS | WHAT | BEFORE | AFTER |
    | --- | --- | --- | --- | --- |
    | 1 | Reversible | create security group customers/team-a/db | - | description "data" |
    | 2 | Destructive | set the description of security group customers/team-a/web | back | front |

    ## Why

    - step 1: finding 00000000000000aa
    - step 2: finding 46702d9b4c137d67

    ## What others lose

    - step 2: tenant customers/team-b loses the old text

    ## How to take each step back

    step 1:

    ```sh
    openstack security group delete '<created id of step 1>'
    ```

    step 2:

    ```sh
    openstack security group set --description=back sg-web
    ```

    ## No step for

    - tenant customers/stray: a project is removed only by a TenantOffboard \[00000000000000cc\]
    "#);
}

#[test]
fn a_plan_in_json_holds_the_calls_as_they_are_made() {
    let text = render::plan(&plan(), &[described("web", "back")], &[], Format::Json).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    for (step, shown) in plan().steps.iter().zip(json["steps"].as_array().unwrap()) {
        let action: Action = serde_json::from_value(shown["action"].clone()).unwrap();
        assert_eq!(action, step.action);
    }
    assert_eq!(json["steps"][1]["why"][0]["finding"]["expected"], "\"front\"");
    let yaml: Value = serde_saphyr::from_str(
        &render::plan(&plan(), &[described("web", "back")], &[], Format::Yaml).unwrap(),
    )
    .unwrap();
    assert_eq!(yaml, json);
}

#[test]
fn a_fingerprint_that_looks_like_a_number_stays_a_text_in_yaml() {
    let numbers =
        ["0000000000000123", "1234567890123456", "12345678901234e5", "1e10000000000000", "0x12345678901234"];
    let mut plan = plan();
    plan.steps[0].findings = numbers.map(str::to_owned).to_vec();
    let yaml = render::plan(&plan, &[], &[], Format::Yaml).unwrap();
    for number in numbers {
        assert!(yaml.contains(&format!("fingerprint: \"{number}\"")), "{yaml}");
    }
}

#[test]
fn a_plan_on_offer_has_no_journal_and_nothing_to_take_back() {
    let offered =
        record("lab-c0ffee00", 0, ChangePlanStatus { phase: Some("Offered".into()), ..Default::default() });
    let text = render::change_plan(&offered, &[], TABLE).unwrap();
    assert!(
        !text.contains("Journal") && !text.contains("To take back") && !text.contains("RESULT"),
        "{text}"
    );
    let json: Value =
        serde_json::from_str(&render::change_plan(&offered, &[], Format::Json).unwrap()).unwrap();
    assert_eq!((&json["revert"], json.get("decision")), (&serde_json::json!([]), None));
}

#[test]
fn a_plan_that_was_carried_out_tells_who_when_what_came_of_it_and_the_way_back() {
    insta::assert_snapshot!(render::change_plan(&stopped(), &drifted().status().findings, TABLE).unwrap(), @r#"
    ChangePlan:  clouds/lab-c0ffee00
    Corrects:    CloudSpec lab, generation 3
    Phase:       Stopped
    Plan:        sha256:c0ffee00
    Cloud:       https://keystone:5000, region RegionOne
    Steps:       2: 1 reversible, 0 rebuildable, 1 destructive
    Made:        2025-06-15T15:06:40Z
    Decision:    Approved by alice (ops) at 2025-06-15T15:07:39Z, with true on offer 4; gate Enforced
    Ended:       2025-06-15T15:07:42Z
    Message:     step 2: no clear answer: timeout

    STEP  CLASS        WHAT                                                        BEFORE  AFTER               RESULT
    1     Reversible   create security group customers/team-a/db                   -       description "data"  Done
    2     Destructive  set the description of security group customers/team-a/web  back    front               Failed

    Why
      step 1: finding 00000000000000aa
      step 2: Warning, Changed: security group customers/team-a/web, description; expected: "front"; actual: "back" [46702d9b4c137d67]

    What others lose
      step 2: tenant customers/team-b loses the old text

    How to take each step back
      step 1: openstack security group delete '<created id of step 1>'
      step 2: openstack security group set --description=back sg-web

    No step for
      tenant customers/stray: a project is removed only by a TenantOffboard [00000000000000cc]

    Journal
      step 1: Done from 2025-06-15T15:07:40Z to 2025-06-15T15:07:41Z, made 7d0f-1, request req-1, answered as req-s1
      step 2: Failed from 2025-06-15T15:07:40Z to 2025-06-15T15:07:41Z, request req-2, answered as req-s2: no clear answer: timeout

    To take back what was done, in this order
      step 2, if it was taken: look first: openstack security group set --description=back sg-web
      step 1: openstack security group delete 7d0f-1
    "#);
}

#[test]
fn a_plan_that_was_carried_out_is_markdown() {
    let text = render::change_plan(&stopped(), &[], Format::Markdown).unwrap();
    assert!(text.contains("```sh\nopenstack security group delete 7d0f-1\n```"), "{text}");
    assert!(text.contains("step 2, if it was taken: look first:"), "{text}");
}

#[test]
fn what_is_taken_back_is_what_was_done_the_last_step_first_with_the_ids_that_were_made() {
    let reverts = |journal: Vec<JournalEntry>| {
        let record = record("p", 0, decided("Succeeded", journal));
        let text = render::change_plan(&record, &[], Format::Json).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["revert"].clone()
    };
    let both = reverts(vec![entry(1, "Done", Some("7d0f-1"), None), entry(2, "Done", None, None)]);
    assert_eq!((&both[0]["step"], &both[1]["step"]), (&2.into(), &1.into()));
    assert_eq!(both[1]["command"], "openstack security group delete 7d0f-1");
    let there = reverts(vec![entry(1, "AlreadyDone", Some("7d0f-1"), None), entry(2, "Refused", None, None)]);
    assert_eq!(there, serde_json::json!([]), "what was not done here is not taken back");
    let unclear = reverts(vec![entry(1, "Intended", None, None)]);
    assert_eq!((&unclear[0]["certain"], unclear.as_array().unwrap().len()), (&Value::Bool(false), 1));
    for id in ["a'; rm -rf ~; '", "--help", "", "a b", "$(x)"] {
        let odd = reverts(vec![entry(1, "Done", Some(id), None)]);
        assert_eq!(odd[0]["command"], "openstack security group delete '<created id of step 1>'", "{id}");
    }
}

#[test]
fn a_command_with_characters_that_hide_says_that_it_is_not_as_shown() {
    let mut record = stopped();
    record.spec.steps[1].revert = "openstack security group set --description='a\nb' sg-web".into();
    record.spec.steps[0].revert = "echo '```'".into();
    for format in [TABLE, Format::Markdown] {
        let text = render::change_plan(&record, &[], format).unwrap();
        assert!(text.contains("--description='a\\nb' sg-web"), "{text}");
        assert!(text.contains("has characters that cannot be shown"), "{text}");
    }
    let text = render::change_plan(&record, &[], Format::Markdown).unwrap();
    assert!(text.contains("````sh\necho '```'\n````\n"), "{text}");
}

#[test]
fn a_history_without_plans_says_so() {
    assert_eq!(render::history(&[], TABLE).unwrap(), "There is no ChangePlan.\n");
}

#[test]
fn a_history_tells_when_who_and_what_came_of_it_the_newest_first() {
    let offered = ChangePlanStatus { phase: Some("Offered".into()), ..Default::default() };
    let done = decided("Succeeded", vec![entry(1, "Done", None, None), entry(2, "AlreadyDone", None, None)]);
    let plans = [stopped(), record("lab-2", 100, done), record("lab-3", 200, offered)];
    insta::assert_snapshot!(render::history(&plans, TABLE).unwrap(), @r#"
    NAME          OWNER  MADE                  RESULT     STEPS  DECIDED BY  DECIDED               ENDED
    lab-3         lab    2025-06-15T15:10:00Z  Offered    0/2    -           -                     -
    lab-2         lab    2025-06-15T15:08:20Z  Succeeded  2/2    alice       2025-06-15T15:07:39Z  2025-06-15T15:07:42Z
    lab-c0ffee00  lab    2025-06-15T15:06:40Z  Stopped    1/2    alice       2025-06-15T15:07:39Z  2025-06-15T15:07:42Z

      lab-c0ffee00: step 2: no clear answer: timeout
    "#);
    insta::assert_snapshot!(render::history(&plans, Format::Markdown).unwrap(), @r#"
    | NAME | OWNER | MADE | RESULT | STEPS | DECIDED BY | DECIDED | ENDED |
    | --- | --- | --- | --- | --- | --- | --- | --- |
    | lab-3 | lab | 2025-06-15T15:10:00Z | Offered | 0/2 | - | - | - |
    | lab-2 | lab | 2025-06-15T15:08:20Z | Succeeded | 2/2 | alice | 2025-06-15T15:07:39Z | 2025-06-15T15:07:42Z |
    | lab-c0ffee00 | lab | 2025-06-15T15:06:40Z | Stopped | 1/2 | alice | 2025-06-15T15:07:39Z | 2025-06-15T15:07:42Z |

    - lab-c0ffee00: step 2: no clear answer: timeout
    "#);
    let json: Value = serde_json::from_str(&render::history(&plans, Format::Json).unwrap()).unwrap();
    let names: Vec<&str> =
        json["plans"].as_array().unwrap().iter().map(|plan| plan["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["lab-3", "lab-2", "lab-c0ffee00"]);
}
