//! Findings, and what is told of a CloudSpec, as texts.

use cloudspec::model::desired::TenantName;
use cloudspec::model::{Aspect, Finding, FindingKind, Severity, Subject};
use cloudspec::report::render::{self, Format, InSync, Screen, Style, in_sync};
use cloudspec_crds::{CloudSpec, CloudSpecSpec};
use serde_json::Value;

use crate::cases::*;

const TABLE: Format = Format::Table(Screen { style: Style::Plain, width: None });
const ALL: [Format; 4] = [TABLE, Format::Json, Format::Yaml, Format::Markdown];

fn some() -> Vec<Finding> {
    let open = Finding::of(FindingKind::Extra, Severity::Critical, &group("web"), Aspect::Tags);
    let open = open.expected("not listed").actual("ingress IPv4 tcp 22 from anywhere (rule r-22)");
    vec![open, missing("team-b"), not_told("db")]
}

/// Text that tries to be something else.
fn hostile() -> Finding {
    let name = "a|b\u{1b}[2J\u{202e}c`d\n# e\u{9b}31m\u{e0041}";
    let subject = Subject::Tenant(TenantName { domain: "customers".into(), name: name.into() });
    Finding::of(FindingKind::Missing, Severity::Warning, &subject, Aspect::Existence)
        .expected("<b>")
        .message(name)
}

#[test]
fn a_cloud_that_is_as_declared_is_one_sentence() {
    assert_eq!(render::findings(&[], TABLE).unwrap(), "In sync: all is as declared.\n");
    assert_eq!(render::findings(&[], Format::Markdown).unwrap(), "In sync: all is as declared.\n");
    let json: Value = serde_json::from_str(&render::findings(&[], Format::Json).unwrap()).unwrap();
    assert_eq!((&json["inSync"], &json["findings"]), (&Value::Bool(true), &serde_json::json!([])));
}

#[test]
fn findings_are_a_table() {
    insta::assert_snapshot!(render::findings(&some(), TABLE).unwrap(), @r#"
    SEVERITY  KIND        RESOURCE                             FIELD  EXPECTED    ACTUAL
    Critical  Extra       security group customers/team-a/web  tags   not listed  ingress IPv4 tcp 22 from anywhere (rule r-22)
    Warning   Missing     tenant customers/team-b              -      present     absent
    Warning   Unknowable  security group customers/team-a/db   -      -           -

      security group customers/team-a/db: network: no answer within 30 s

    Not in sync: 1 missing, 1 extra, 1 unknown.
    "#);
}

#[test]
fn a_narrow_screen_wraps_within_the_columns() {
    let screen = Screen { style: Style::Plain, width: Some(80) };
    let text = render::findings(&some()[..1], Format::Table(screen)).unwrap();
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text, @r#"
    SEVERITY  KIND   RESOURCE              FIELD  EXPECTED    ACTUAL
    Critical  Extra  security group        tags   not listed  ingress IPv4 tcp 22
                     customers/team-a/web                     from anywhere (rule
                                                              r-22)

    Not in sync: 1 extra.
    "#);
}

#[test]
fn findings_are_markdown() {
    insta::assert_snapshot!(render::findings(&some(), Format::Markdown).unwrap(), @r#"
    | SEVERITY | KIND | RESOURCE | FIELD | EXPECTED | ACTUAL |
    | --- | --- | --- | --- | --- | --- |
    | Critical | Extra | security group customers/team-a/web | tags | not listed | ingress IPv4 tcp 22 from anywhere (rule r-22) |
    | Warning | Missing | tenant customers/team-b | - | present | absent |
    | Warning | Unknowable | security group customers/team-a/db | - | - | - |

    - security group customers/team-a/db: network: no answer within 30 s

    Not in sync: 1 missing, 1 extra, 1 unknown.
    "#);
}

#[test]
fn findings_are_json_in_a_fixed_order() {
    insta::assert_snapshot!(render::findings(&some()[..1], Format::Json).unwrap(), @r#"
    {
      "inSync": false,
      "findings": [
        {
          "fingerprint": "a0888692579be708",
          "kind": "Extra",
          "severity": "Critical",
          "resource": "security group customers/team-a/web",
          "field": "tags",
          "expected": "not listed",
          "actual": "ingress IPv4 tcp 22 from anywhere (rule r-22)"
        }
      ],
      "summary": {
        "drift": 1,
        "missing": 0,
        "extra": 1,
        "changed": 0,
        "unknowable": 0,
        "text": "1 extra"
      }
    }
    "#);
}

#[test]
fn findings_are_yaml() {
    insta::assert_snapshot!(render::findings(&some()[2..], Format::Yaml).unwrap(), @r#"
    inSync: null
    findings:
    - fingerprint: 4cb2e4df02025fa5
      kind: Unknowable
      severity: Warning
      resource: security group customers/team-a/db
      message: "network: no answer within 30 s"
    summary:
      drift: 0
      missing: 0
      extra: 0
      changed: 0
      unknowable: 1
      text: 1 unknown
    "#);
}

#[test]
fn in_sync_is_true_false_or_not_told() {
    for (findings, meaning, json) in [
        (vec![], InSync::Yes, Value::Bool(true)),
        (vec![missing("a")], InSync::No, Value::Bool(false)),
        (vec![missing("a"), not_told("b")], InSync::No, Value::Bool(false)),
        (vec![not_told("b")], InSync::NotTold, Value::Null),
    ] {
        assert_eq!(in_sync(&findings), meaning);
        let text = render::findings(&findings, Format::Json).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value.as_object().unwrap().get("inSync"), Some(&json), "{text}");
    }
}

#[test]
fn every_text_ends_with_one_line_feed_and_is_the_same_twice() {
    for findings in [vec![], some(), vec![hostile()]] {
        for format in ALL {
            let text = render::findings(&findings, format).unwrap();
            assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{text:?}");
            assert_eq!(text, render::findings(&findings, format).unwrap());
        }
    }
}

#[test]
fn no_character_of_a_cloud_hides_or_moves_anything_on_the_screen() {
    let colour = Format::Table(Screen { style: Style::Plain, width: Some(60) });
    for format in ALL.into_iter().chain([colour]) {
        let text = render::findings(&[hostile()], format).unwrap();
        let hides = |character: &char| {
            (character.is_control() && *character != '\n')
                || ['\u{202e}', '\u{e0041}', '\u{9b}'].contains(character)
        };
        assert_eq!(text.chars().find(hides), None, "{text:?}");
        assert!(text.contains("202e") && text.contains("e0041") || text.contains("udc41"), "{text}");
    }
}

#[test]
fn json_and_yaml_read_back_what_was_there() {
    let finding = hostile();
    let json = render::findings(std::slice::from_ref(&finding), Format::Json).unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["findings"][0]["resource"], finding.subject.to_string());
    let yaml = render::findings(std::slice::from_ref(&finding), Format::Yaml).unwrap();
    let yaml: Value = serde_saphyr::from_str(&yaml).unwrap();
    assert_eq!(yaml, json);
}

#[test]
fn a_bar_in_a_name_opens_no_column_in_markdown() {
    let text = render::findings(&[hostile()], Format::Markdown).unwrap();
    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 3, "{text}");
    assert!(rows.iter().all(|row| bars(row) == bars(rows[0])), "{text}");
    assert!(!text.contains("<b>"), "{text}");
}

#[test]
fn colours_are_there_when_told_and_change_no_letter() {
    let screen = Screen { style: Style::Colour, width: None };
    let colour = render::findings(&some(), Format::Table(screen)).unwrap();
    let plain = render::findings(&some(), TABLE).unwrap();
    assert!(colour.contains("\u{1b}[1;31mNot in sync"), "{colour:?}");
    assert!(!plain.contains('\u{1b}'));
    let mut bare = String::new();
    let mut parts = colour.split('\u{1b}');
    bare.push_str(parts.next().unwrap());
    parts.for_each(|part| bare.push_str(part.split_once('m').unwrap().1));
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&bare), words(&plain));
}

fn object(case: &Case) -> CloudSpec {
    let spec: CloudSpecSpec =
        serde_saphyr::from_str("cloud: {observe: {secretName: reader, cloudName: lab}}").unwrap();
    let mut object = CloudSpec::new("lab", spec);
    object.metadata.namespace = Some("clouds".into());
    object.metadata.generation = Some(1);
    object.status = Some(case.status());
    object
}

#[test]
fn what_is_told_of_a_cloudspec_is_a_page() {
    insta::assert_snapshot!(render::cloud_spec(&object(&drifted()), TABLE).unwrap(), @r#"
    CloudSpec:  clouds/lab
    State:      AwaitingApproval
    Drift:      1 missing, 1 changed
    On offer:   lab-aa, 2 steps, offer 1 of 2025-06-15T15:06:40Z: sha256:aa

    SEVERITY  KIND     RESOURCE                             FIELD        EXPECTED  ACTUAL
    Warning   Missing  tenant customers/team-b              -            present   absent
    Warning   Changed  security group customers/team-a/web  description  "front"   "back"

    CONDITION             STATUS  REASON            SINCE                 MESSAGE
    Ready                 True    Working           2025-06-15T15:06:40Z  the cloud is looked at, and what is not true is told
    Observed              True    Observed          2025-06-15T15:06:40Z  all that is declared could be seen
    InSync                False   Drifted           2025-06-15T15:06:40Z  1 missing, 1 changed
    TenantsInSync         False   Drifted           2025-06-15T15:06:40Z  1 missing
    SecurityGroupsInSync  False   Drifted           2025-06-15T15:06:40Z  1 changed
    Approved              False   AwaitingApproval  2025-06-15T15:06:40Z  read ChangePlan lab-aa, then approve it: kubectl -n clouds annotate cloudspec lab approved=true, or kubectl cloudspec approve lab -n clouds
    ApprovalGateEnforced  True    Enforced          2025-06-15T15:06:40Z  the API server refuses approvals by those who may not
    "#);
}

#[test]
fn a_status_of_an_older_spec_says_so() {
    let mut object = object(&quiet());
    assert!(!render::cloud_spec(&object, TABLE).unwrap().contains("does not speak"));
    object.metadata.generation = Some(2);
    assert!(render::cloud_spec(&object, TABLE).unwrap().contains("does not speak of the spec as it is now"));
    object.status = None;
    let text = render::cloud_spec(&object, TABLE).unwrap();
    assert!(text.contains("State:      Unknown"), "{text}");
}
