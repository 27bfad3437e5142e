//! The CustomResourceDefinitions made from the types.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceColumnDefinition, CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray,
    ValidationRule,
};
use kube::CustomResourceExt;

use crate::{ChangePlan, CloudSpec, TenantOffboard, columns, rules};

/// All definitions, in the order in which they are installed.
pub fn all() -> Vec<CustomResourceDefinition> {
    let cloud_spec = finished(CloudSpec::crd(), columns::of_cloud_spec(), Vec::new());
    let change_plan = finished(ChangePlan::crd(), columns::of_change_plan(), rules::change_plan());
    let tenant_offboard = finished(TenantOffboard::crd(), columns::of_tenant_offboard(), Vec::new());
    vec![cloud_spec, change_plan, tenant_offboard]
}

/// One definition as YAML, as it is committed in `crds/yaml`.
///
/// # Errors
/// When a definition cannot be written as YAML, which a test rules out.
pub fn to_yaml(definition: &CustomResourceDefinition) -> Result<String, serde_saphyr::ser::Error> {
    serde_saphyr::to_string(definition)
}

/// The definition with its columns, and the rules of the whole object, which reach over spec and status.
fn finished(
    mut definition: CustomResourceDefinition,
    columns: Vec<CustomResourceColumnDefinition>,
    of_the_whole: Vec<ValidationRule>,
) -> CustomResourceDefinition {
    for version in &mut definition.spec.versions {
        version.additional_printer_columns = Some(columns.clone());
        if let Some(root) = version.schema.as_mut().and_then(|schema| schema.open_api_v3_schema.as_mut()) {
            forbid_null(root);
            root.x_kubernetes_validations = Some(of_the_whole.clone()).filter(|rules| !rules.is_empty());
        }
    }
    definition
}

/// A null where a field is optional is the same as no field: the API server drops it before a rule sees it, unless the
/// schema calls the field nullable.
fn forbid_null(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
    for property in schema.properties.iter_mut().flat_map(|properties| properties.values_mut()) {
        forbid_null(property);
    }
    match schema.items.as_mut() {
        Some(JSONSchemaPropsOrArray::Schema(item)) => forbid_null(item),
        Some(JSONSchemaPropsOrArray::Schemas(items)) => items.iter_mut().for_each(forbid_null),
        None => {}
    }
}
