//! What a file declares.
//!
//! # Guarantees
//! A field that the definition does not know is refused, as kubectl refuses it: left out in silence, what it declares would look in
//! sync.

use anyhow::{Context, Result, bail};
use cloudspec_crds::CloudSpec;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray,
};
use kube::CustomResourceExt;
use serde_json::Value;

use crate::model::Desired;
use crate::model::desired::Invalid;

/// What a file declares.
pub(super) struct Declared {
    /// The object.
    pub(super) object: CloudSpec,
    /// Its spec after validation.
    pub(super) desired: Desired,
}

/// Reads the CloudSpec of a file, `-` for standard input.
pub(super) fn declared(file: &str, name: Option<&str>) -> Result<Declared> {
    let text = match file {
        "-" => std::io::read_to_string(std::io::stdin()).context("failed to read standard input")?,
        path => std::fs::read_to_string(path).with_context(|| format!("failed to read {path}"))?,
    };
    let found = only(&text, file, name)?;
    let unknown = unknown_fields(&found);
    if !unknown.is_empty() {
        return Err(invalid(file, &unknown));
    }
    let object: CloudSpec = serde_json::from_value(found)
        .with_context(|| format!("failed to understand the CloudSpec of {file}"))?;
    let desired = Desired::from_spec(&object.spec).map_err(|wrong| invalid(file, &wrong))?;
    Ok(Declared { object, desired })
}

/// The one CloudSpec among the documents of a file.
fn only(text: &str, file: &str, name: Option<&str>) -> Result<Value> {
    let items = documents(text, file)?.into_iter().flat_map(|document| match document.get("items") {
        Some(Value::Array(items)) => items.clone(),
        _ => vec![document],
    });
    let is_spec = |object: &Value| {
        let named = object.pointer("/metadata/name").and_then(Value::as_str);
        let kind = object.get("kind").and_then(Value::as_str);
        kind == Some("CloudSpec") && name.is_none_or(|name| named == Some(name))
    };
    let mut found: Vec<Value> = items.filter(is_spec).collect();
    match (found.pop(), found.len()) {
        (Some(object), 0) => Ok(object),
        (None, _) => {
            bail!("{file} holds no CloudSpec{}", name.map(|name| format!(" {name}")).unwrap_or_default())
        }
        (Some(_), more) => bail!("{file} holds {} CloudSpecs: choose one with --name", more + 1),
    }
}

fn documents(text: &str, file: &str) -> Result<Vec<Value>> {
    // The largest spec that is valid has some millions of nodes; the file is the user's own.
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_nodes: 8_000_000, max_events: 32_000_000 },
    };
    serde_saphyr::from_multiple_with_options(text, options)
        .with_context(|| format!("failed to understand {file}"))
}

fn invalid(file: &str, wrong: &[Invalid]) -> anyhow::Error {
    let lines: Vec<String> = wrong.iter().map(|one| format!("  {one}")).collect();
    anyhow::anyhow!("{file} is not valid:\n{}", lines.join("\n"))
}

/// Fields of the spec that the definition does not know.
fn unknown_fields(object: &Value) -> Vec<Invalid> {
    let mut unknown = Vec::new();
    let definition = CloudSpec::crd();
    let schemas = definition.spec.versions.iter().filter_map(|version| version.schema.as_ref());
    for schema in schemas.filter_map(|schema| schema.open_api_v3_schema.as_ref()) {
        let spec = schema.properties.as_ref().and_then(|properties| properties.get("spec"));
        if let (Some(schema), Some(spec)) = (spec, object.get("spec")) {
            walk(spec, schema, "spec", &mut unknown);
        }
    }
    unknown
}

fn walk(value: &Value, schema: &JSONSchemaProps, at: &str, unknown: &mut Vec<Invalid>) {
    match (value, &schema.properties, &schema.items) {
        (Value::Object(fields), Some(properties), _) => {
            for (name, field) in fields {
                let at = format!("{at}.{name}");
                match properties.get(name) {
                    Some(schema) => walk(field, schema, &at, unknown),
                    None => {
                        let known: Vec<&str> = properties.keys().map(String::as_str).collect();
                        let message = format!("there is no such field; there are {}", known.join(", "));
                        unknown.push(Invalid { field: at, message });
                    }
                }
            }
        }
        (Value::Array(items), _, Some(JSONSchemaPropsOrArray::Schema(schema))) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, schema, &format!("{at}[{index}]"), unknown);
            }
        }
        _ => {}
    }
}
