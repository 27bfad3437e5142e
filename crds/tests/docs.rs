//! docs/reference/crds.md is made from the definitions: `UPDATE_DOCS=1 cargo test -p cloudspec-crds --test docs` writes it anew.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use cloudspec_crds::yaml;
use serde_json::Value;

const HEAD: &str = "<!-- Made from the code: UPDATE_DOCS=1 cargo test -p cloudspec-crds --test docs -->\n\n# Kinds\n\n\
    Group `cloudspec.dev`, version `v1alpha1`, all namespaced. `kubectl explain cloudspec.spec` \
    says the same in a cluster.\nA field in **bold** is required where the one above it is given.\n";

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn kind_of(schema: &Value) -> String {
    let choices = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let choices: Vec<String> = choices.map(|one| format!("`{one}`")).collect();
    if !choices.is_empty() {
        return choices.join(" ");
    }
    match schema["type"].as_str().unwrap_or("any") {
        "array" => format!("list of {}", kind_of(&schema["items"])),
        "object" if schema["additionalProperties"].is_object() => {
            format!("map of {}", kind_of(&schema["additionalProperties"]))
        }
        other => other.to_owned(),
    }
}

fn default_of(schema: &Value) -> String {
    match &schema["default"] {
        Value::Null => String::new(),
        value => format!("`{value}`"),
    }
}

/// The rows of all fields below one, depth first.
fn rows(at: &str, schema: &Value, page: &mut String) {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{at}.{name}");
        let shown = match required.contains(&name.as_str()) {
            true => format!("**`{path}`**"),
            false => format!("`{path}`"),
        };
        let doc = cell(field["description"].as_str().unwrap_or_default());
        writeln!(page, "| {shown} | {} | {} | {doc} |", kind_of(field), default_of(field)).unwrap();
        rows(&path, field, page);
        rows(&format!("{path}[]"), &field["items"], page);
    }
}

/// What the API server refuses by the rules of the schema, in its own words.
fn rules(schema: &Value, found: &mut Vec<String>) {
    let own = schema["x-kubernetes-validations"].as_array().into_iter().flatten();
    found.extend(own.filter_map(|rule| rule["message"].as_str()).map(str::to_owned));
    for field in schema["properties"].as_object().into_iter().flat_map(|fields| fields.values()) {
        rules(field, found);
    }
    if schema["items"].is_object() {
        rules(&schema["items"], found);
    }
}

#[test]
fn the_page_of_the_kinds_is_that_of_the_types() {
    let mut page = HEAD.to_owned();
    for definition in yaml::all() {
        let whole = serde_json::to_value(&definition.spec.versions[0].schema).unwrap();
        let schema = &whole["openAPIV3Schema"];
        let short = definition.spec.names.short_names.clone().unwrap_or_default().join(", ");
        let about = schema["description"].as_str().unwrap_or_default();
        write!(page, "\n## {}\n\nShort name `{short}`. {about}\n", definition.spec.names.kind).unwrap();
        for part in ["spec", "status"] {
            write!(page, "\n### {} {part}\n\n", definition.spec.names.kind).unwrap();
            page.push_str("| field | type | default | what it is |\n| --- | --- | --- | --- |\n");
            rows(part, &schema["properties"][part], &mut page);
        }
        let mut said = Vec::new();
        rules(schema, &mut said);
        said.sort();
        said.dedup();
        write!(
            page,
            "\n### {} rules\n\nThe API server refuses what breaks one of these:\n\n",
            definition.spec.names.kind
        )
        .unwrap();
        said.iter().for_each(|rule| writeln!(page, "- {rule}").unwrap());
    }
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/crds.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &page).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == page,
        "docs/reference/crds.md is stale: UPDATE_DOCS=1 cargo test -p cloudspec-crds --test docs"
    );
}
