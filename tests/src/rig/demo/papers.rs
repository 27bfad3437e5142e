//! The files of the story: the two credentials, who may read them, and the CloudSpec that is made of an import.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::rig::people::CONTROLLER;

/// The CloudSpec of the story.
pub(super) const SPEC: &str = "customers";
/// The Secret with the credential that reads.
pub(super) const READER: &str = "customers-reader";
/// The Secret with the credential that corrects.
pub(super) const ADMIN: &str = "customers-admin";

/// These entries of a `clouds.yaml`, and no other.
pub(super) fn clouds(all: &str, names: &[&str]) -> Result<String> {
    let all: Value = serde_saphyr::from_str(all).context("failed to read clouds.yaml")?;
    let mut kept = Map::new();
    for name in names {
        let entry = all.get("clouds").and_then(|clouds| clouds.get(name));
        kept.insert((*name).to_owned(), entry.with_context(|| format!("clouds.yaml has no {name}"))?.clone());
    }
    serde_saphyr::to_string(&json!({"clouds": kept})).context("failed to write clouds.yaml")
}

/// Opens the two Secrets, and no other, to the controller.
pub(super) fn access(namespace: &str) -> Result<String> {
    let meta = json!({"name": "customers-credentials", "namespace": namespace});
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": meta.clone(),
        "rules": [{"apiGroups": [""], "resources": ["secrets"], "resourceNames": [READER, ADMIN], "verbs": ["get"]}],
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": meta,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "customers-credentials"},
        "subjects": [{"kind": "ServiceAccount", "name": CONTROLLER, "namespace": "cloudspec-system"}],
    });
    let text = |object: &Value| serde_saphyr::to_string(object).context("failed to write the access");
    Ok(format!("{}---\n{}", text(&role)?, text(&binding)?))
}

/// What was imported, under our name, with our credentials, and looked at as often as may be.
pub(super) fn spec(imported: &str, namespace: &str) -> Result<String> {
    let imported: Value = serde_saphyr::from_str(imported).context("failed to read what was imported")?;
    let mut spec = imported.get("spec").and_then(Value::as_object).context("the import has no spec")?.clone();
    let credential = |secret, cloud, identity| json!({"secretName": secret, "cloudName": cloud, "identityCloudName": identity});
    let observe = credential(READER, "observer", "observer-system");
    let apply = credential(ADMIN, "admin", "admin-system");
    spec.insert("cloud".to_owned(), json!({"observe": observe, "apply": apply}));
    spec.insert("interval".to_owned(), json!("30s"));
    let object = json!({
        "apiVersion": "cloudspec.dev/v1alpha1", "kind": "CloudSpec",
        "metadata": {"name": SPEC, "namespace": namespace},
        "spec": spec,
    });
    serde_saphyr::to_string(&object).context("failed to write the CloudSpec")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str =
        "clouds:\n  admin: &base\n    auth: {username: admin}\n  observer:\n    auth: {username: observer}\n";

    #[test]
    fn a_secret_holds_the_entries_that_were_asked_for_and_no_other() {
        let text = clouds(ALL, &["observer"]).unwrap();
        let value: Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(value, json!({"clouds": {"observer": {"auth": {"username": "observer"}}}}));
        assert!(clouds(ALL, &["nobody"]).unwrap_err().to_string().contains("no nobody"));
    }

    #[test]
    fn an_import_keeps_what_it_declares_and_gets_our_name_and_credentials() {
        let imported = "apiVersion: cloudspec.dev/v1alpha1\nkind: CloudSpec\nmetadata: {name: x}\nspec:\n  \
                        cloud: {observe: {secretName: s, cloudName: c}}\n  tenants: [{name: team-a, domain: customers}]\n";
        let value: Value = serde_saphyr::from_str(&spec(imported, "clouds").unwrap()).unwrap();
        assert_eq!(value["metadata"], json!({"name": "customers", "namespace": "clouds"}));
        assert_eq!(value["spec"]["tenants"], json!([{"name": "team-a", "domain": "customers"}]));
        assert_eq!(value["spec"]["cloud"]["apply"]["secretName"], "customers-admin");
    }

    #[test]
    fn the_controller_may_read_the_two_secrets_alone() {
        let text = access("clouds").unwrap();
        let role: Value = serde_saphyr::from_str(text.split("---\n").next().unwrap()).unwrap();
        assert_eq!(role["rules"][0]["resourceNames"], json!(["customers-reader", "customers-admin"]));
        assert_eq!(role["rules"][0]["verbs"], json!(["get"]));
    }
}
