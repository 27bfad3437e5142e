//! The CustomResourceDefinitions made from the types.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;

use crate::{ChangePlan, CloudSpec};

/// All definitions, in the order in which they are installed.
pub fn all() -> Vec<CustomResourceDefinition> {
    vec![CloudSpec::crd(), ChangePlan::crd()]
}

/// One definition as YAML, as it is committed in `crds/yaml`.
///
/// # Errors
/// When a definition cannot be written as YAML, which a test rules out.
pub fn to_yaml(definition: &CustomResourceDefinition) -> Result<String, serde_saphyr::ser::Error> {
    serde_saphyr::to_string(definition)
}
