//! What must hold of the definitions as a whole, beside that they are those of the types.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use cloudspec_crds::yaml;
use serde_json::Value;

/// Calls `look` for each schema below one, with its path.
fn each(at: &str, schema: &Value, look: &mut impl FnMut(&str, &Value)) {
    look(at, schema);
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        each(&format!("{at}.{name}"), property, look);
    }
    if schema["items"].is_object() {
        each(&format!("{at}[]"), &schema["items"], look);
    }
}

fn violations(mut is_wrong: impl FnMut(&Value) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for definition in yaml::all() {
        let whole = serde_json::to_value(&definition.spec.versions[0].schema).unwrap();
        each(&definition.spec.names.kind, &whole["openAPIV3Schema"], &mut |at, schema| {
            if is_wrong(schema) {
                found.push(at.to_owned());
            }
        });
    }
    found
}

#[test]
fn every_rule_says_the_remedy_in_words() {
    let silent = |schema: &Value| {
        let rules = schema["x-kubernetes-validations"].as_array().cloned().unwrap_or_default();
        rules.iter().any(|rule| rule["message"].as_str().is_none_or(|message| message.len() < 20))
    };
    assert_eq!(violations(silent), Vec::<String>::new());
}

#[test]
fn a_null_is_no_value_anywhere() {
    assert_eq!(violations(|schema| schema["nullable"] == true), Vec::<String>::new());
}

/// Server-side apply fails on a set of objects: "associative list without keys has an element that's a map type".
#[test]
fn only_lists_of_texts_are_sets() {
    let wrong =
        |schema: &Value| schema["x-kubernetes-list-type"] == "set" && schema["items"]["type"] != "string";
    assert_eq!(violations(wrong), Vec::<String>::new());
}

/// The API server bounds the cost of the rules by the longest lists and texts.
#[test]
fn every_list_of_the_spec_is_bounded() {
    let mut unbounded = Vec::new();
    for definition in yaml::all().iter().filter(|one| one.spec.names.kind != "ChangePlan") {
        let whole = serde_json::to_value(&definition.spec.versions[0].schema).unwrap();
        each("spec", &whole["openAPIV3Schema"]["properties"]["spec"], &mut |at, schema| {
            if schema["type"] == "array" && !schema["maxItems"].is_number() {
                unbounded.push(at.to_owned());
            }
        });
    }
    assert_eq!(unbounded, Vec::<String>::new());
}

/// kubectl takes a category before a kind: `kubectl annotate cloudspec x` would ask for x of every kind of the category.
#[test]
fn no_category_is_the_name_of_a_kind() {
    let definitions = yaml::all();
    let names: Vec<String> = definitions
        .iter()
        .map(|definition| definition.spec.names.clone())
        .flat_map(|names| {
            [Some(names.plural), names.singular]
                .into_iter()
                .flatten()
                .chain(names.short_names.unwrap_or_default())
        })
        .collect();
    for definition in &definitions {
        let categories = definition.spec.names.categories.clone().unwrap_or_default();
        assert_eq!(categories, ["cloudspec-all"]);
        assert!(categories.iter().all(|category| !names.contains(category)), "{categories:?} and {names:?}");
    }
}

#[test]
fn status_is_written_apart_from_spec() {
    for definition in yaml::all() {
        let subresources = definition.spec.versions[0].subresources.clone().unwrap();
        assert!(subresources.status.is_some(), "{}", definition.spec.names.kind);
    }
}
