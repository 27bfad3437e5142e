//! Wrong specs: each is refused by the API server, or answered by the controller, with the field and the remedy.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

mod bad_specs;

use bad_specs::{ALL, Bad, By, GOOD};
use cloudspec::model::Desired;
use cloudspec_crds::CloudSpecSpec;
use serde_json::Value;

fn good() -> Value {
    serde_saphyr::from_str(GOOD).unwrap()
}

/// The good spec with one place spoiled.
fn spoiled(bad: &Bad) -> Value {
    let mut spec = good();
    let value: Value = serde_saphyr::from_str(bad.yaml).unwrap();
    let (parent, last) = bad.pointer.rsplit_once('/').unwrap();
    match spec.pointer_mut(parent).unwrap() {
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => items[last.parse::<usize>().unwrap()] = value,
        Value::Object(fields) => drop(fields.insert(last.to_owned(), value)),
        other => unreachable!("{}: {other} holds nothing", bad.pointer),
    }
    spec
}

#[test]
fn the_good_spec_is_taken() {
    let spec: CloudSpecSpec = serde_json::from_value(good()).unwrap();
    assert!(Desired::from_spec(&spec).is_ok(), "{:?}", Desired::from_spec(&spec));
}

#[test]
fn every_bad_spec_is_refused_without_an_api_server_too() {
    let mut taken = Vec::new();
    for bad in ALL {
        // Where the types alone refuse it there is no spec to validate.
        let Ok(spec) = serde_json::from_value::<CloudSpecSpec>(spoiled(bad)) else { continue };
        let complaints = Desired::from_spec(&spec).err().unwrap_or_default();
        let fields: Vec<String> = complaints.iter().map(ToString::to_string).collect();
        let named = |field: &str| bad.field.starts_with(field);
        if !complaints.iter().any(|complaint| named(&complaint.field)) {
            taken.push(format!("{}: expected {}, got {fields:?}", bad.name, bad.field));
        }
        if complaints.iter().any(|complaint| complaint.message.is_empty()) {
            taken.push(format!("{}: without a word", bad.name));
        }
    }
    assert_eq!(taken, Vec::<String>::new());
    assert!(ALL.len() >= 90, "{}", ALL.len());
}

#[test]
fn a_report_of_unlisted_tenants_needs_a_domain_to_look_at() {
    let mut spec: CloudSpecSpec = serde_json::from_value(good()).unwrap();
    spec.tenants = None;
    spec.unlisted_tenants.domains.clear();
    assert_eq!(Desired::from_spec(&spec).unwrap_err()[0].field, "spec.unlistedTenants");
}

#[test]
fn the_sample_is_a_good_spec() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../manifests/samples/cloudspec.yaml");
    let sample: Value = serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let spec: CloudSpecSpec = serde_json::from_value(sample["spec"].clone()).unwrap();
    assert!(Desired::from_spec(&spec).is_ok(), "{:?}", Desired::from_spec(&spec));
}

#[cfg(feature = "rig")]
mod on_a_real_api_server {
    use cloudspec_tests::cluster::{Answer, Namespace, Person, install};
    use serde_json::json;

    use super::*;

    fn create(space: &Namespace, admin: &Person, spec: &Value) -> Answer {
        let metadata = json!({"generateName": "bad-"});
        let object = json!({
            "apiVersion": "cloudspec.dev/v1alpha1", "kind": "CloudSpec", "metadata": metadata, "spec": spec
        });
        space.kubectl(admin, &["create", "--dry-run=server", "-f", "-"], &object.to_string()).unwrap()
    }

    #[test]
    fn every_bad_spec_is_refused_with_the_field_and_the_remedy() {
        install().unwrap();
        let admin = Person::admin().unwrap();
        let space = Namespace::new("bad-input").unwrap();
        create(&space, &admin, &good()).or_fail().unwrap();
        let mut wrong = Vec::new();
        for bad in ALL {
            let answer = create(&space, &admin, &spoiled(bad));
            let says = answer.error.contains(&format!("{}:", bad.field)) && answer.error.contains(bad.remedy);
            let as_expected = match bad.by {
                By::Admission => !answer.succeeded && says,
                By::Condition => answer.succeeded,
            };
            if !as_expected {
                wrong.push(format!(
                    "{}: expected {}: {}, got {}",
                    bad.name, bad.field, bad.remedy, answer.error
                ));
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
    }

    #[test]
    fn a_report_of_unlisted_tenants_without_a_domain_is_refused() {
        install().unwrap();
        let admin = Person::admin().unwrap();
        let space = Namespace::new("bad-report").unwrap();
        let spec = json!({
            "cloud": {"observe": {"secretName": "a", "cloudName": "b"}}, "unlistedTenants": {"policy": "Report"}
        });
        let answer = create(&space, &admin, &spec);
        let refusal = "spec.unlistedTenants: Invalid value: list the domains to look at";
        assert!(!answer.succeeded && answer.error.contains(refusal), "{answer:?}");
    }
}
