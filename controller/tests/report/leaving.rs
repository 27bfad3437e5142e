//! A tenant that leaves, as a text.

use cloudspec::model::leaving::Protected;
use cloudspec::model::{Inventory, Resource, ResourceType, Unknown};
use cloudspec::plan::offboard::{Stage, offboard};
use cloudspec::report::render::{self, Format, Screen, Style};
use serde_json::Value;

use crate::tenant::{ID, all, inventory, key, leaving};

const TABLE: Format = Format::Table(Screen { style: Style::Plain, width: None });

fn text(seen: &Inventory, format: Format) -> String {
    let plan = offboard(seen, &leaving(), &Protected::default(), &[], "", Stage::Resources);
    let plan = plan.as_ref().map_err(Vec::as_slice);
    render::leaving(seen, &leaving(), Stage::Resources, plan, format).unwrap()
}

/// A tenant with a few things.
fn small() -> Inventory {
    let mut small = inventory();
    let few = [ResourceType::Volume, ResourceType::Image, ResourceType::Network];
    ResourceType::ALL
        .iter()
        .filter(|kind| !few.contains(kind))
        .for_each(|kind| all(&mut small, *kind).clear());
    let volume = all(&mut small, ResourceType::Volume)[0].clone();
    let twins = (2..8).map(|number| Resource {
        key: key(ResourceType::Volume, &format!("volume-{number}"), None),
        name: if number == 3 { String::new() } else { format!("data {number}") },
        ..volume.clone()
    });
    all(&mut small, ResourceType::Volume).extend(twins);
    small.losses.retain(|loss| loss.by.kind == ResourceType::Network);
    small.quotas.retain(|service, _| service.service_type() == "compute");
    small
}

#[test]
fn a_tenant_that_holds_nothing_says_so() {
    let mut none = small();
    ResourceType::ALL.iter().for_each(|kind| all(&mut none, *kind).clear());
    none.losses.clear();
    insta::assert_snapshot!(text(&none, TABLE));
}

#[test]
fn what_a_tenant_holds_is_a_table_with_the_plan_below() {
    let mut seen = small();
    all(&mut seen, ResourceType::Volume)[2].hindrance = Some("it is attached to a server of p-9".to_owned());
    insta::assert_snapshot!(text(&seen, TABLE));
    insta::assert_snapshot!(text(&seen, Format::Markdown));
}

#[test]
fn what_stands_in_the_way_and_what_is_not_covered_is_named_and_there_is_no_plan() {
    let mut seen = small();
    let why = Unknown { service: "network".into(), reason: "Timeout".into(), message: "no answer".into() };
    seen.held.insert(ResourceType::Port, Err(why));
    seen.uncovered = Ok(["dns".to_owned()].into());
    insta::assert_snapshot!(text(&seen, TABLE));
    let json: Value = serde_json::from_str(&text(&seen, Format::Json)).unwrap();
    assert_eq!((&json["complete"], &json["plan"]), (&Value::Bool(false), &Value::Null));
    assert_eq!(json["refusals"][0]["reason"], "TypeNotTold");
    assert_eq!(json["uncovered"][0], serde_json::json!({"what": "dns", "accepted": false}));
}

#[test]
fn json_and_yaml_leave_nothing_out_and_say_the_same() {
    let json: Value = serde_json::from_str(&text(&small(), Format::Json)).unwrap();
    assert_eq!(json, serde_saphyr::from_str::<Value>(&text(&small(), Format::Yaml)).unwrap());
    let volumes = &json["inventory"][0];
    assert_eq!(
        (&volumes["type"], &volumes["count"], &volumes["gib"]),
        (&"volume".into(), &7.into(), &70.into())
    );
    assert_eq!(volumes["resources"].as_array().unwrap().len(), 7);
    assert_eq!((&json["tenant"]["id"], &json["complete"]), (&ID.into(), &Value::Bool(true)));
    assert_eq!(json["losses"][0]["by"], "network network-1");
    assert!(json["plan"]["digest"].as_str().unwrap().starts_with("sha256:"));
}

#[test]
fn a_name_that_would_be_something_else_is_shown_as_what_it_is() {
    let mut seen = small();
    all(&mut seen, ResourceType::Volume)[0].name = "a|b\u{1b}[2J\u{202e}".to_owned();
    for format in [TABLE, Format::Json, Format::Yaml, Format::Markdown] {
        let text = text(&seen, format);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    }
}

#[test]
fn what_stands_in_the_way_for_one_reason_stands_in_one_line() {
    let mut seen = small();
    let why = Unknown { service: "network".into(), reason: "Timeout".into(), message: "no answer".into() };
    for kind in [ResourceType::Port, ResourceType::Subnet, ResourceType::Router] {
        seen.held.insert(kind, Err(why.clone()));
    }
    let shown = text(&seen, TABLE);
    assert!(shown.contains("  TypeNotTold, 3 times: network: no answer (router, port, subnet)\n"), "{shown}");
    let json: Value = serde_json::from_str(&text(&seen, Format::Json)).unwrap();
    assert_eq!(json["refusals"].as_array().unwrap().len(), 3, "nothing is left out for programs");
    assert_eq!(
        (&json["refusals"][0]["what"], &json["refusals"][0]["why"]),
        (&"router".into(), &"network: no answer".into())
    );
}
