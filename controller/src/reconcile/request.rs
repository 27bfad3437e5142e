//! The approval as it stands on an object, read in one piece.

use cloudspec_crds::annotation;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value;

use crate::gate::approval::Request;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Reads what stands in the metadata.
pub(super) fn of(metadata: &ObjectMeta) -> Request {
    let annotation = |name: &str| metadata.annotations.as_ref().and_then(|all| all.get(name)).cloned();
    let groups = annotation(annotation::APPROVED_GROUPS).unwrap_or_default();
    Request {
        approved: annotation(annotation::APPROVED),
        by: annotation(annotation::APPROVED_BY),
        groups: groups.split('\n').filter(|group| !group.is_empty()).map(str::to_owned).collect(),
        plan: annotation(annotation::APPROVED_PLAN),
        offer: annotation(annotation::APPROVED_OFFER),
        spec_author: annotation(annotation::SPEC_AUTHOR),
        in_last_applied: annotation(LAST_APPLIED).is_some_and(|text| in_last_applied(&text)),
        applied_with_spec: metadata.managed_fields.iter().flatten().any(|entry| {
            entry.operation.as_deref() == Some("Apply")
                && entry.fields_v1.as_ref().is_some_and(|fields| owns_both(&fields.0))
        }),
        being_deleted: metadata.deletion_timestamp.is_some(),
        generation: metadata.generation.unwrap_or_default(),
    }
}

/// A text that is not understood counts as one that holds the approval: nothing is assumed in its favour.
fn in_last_applied(text: &str) -> bool {
    match serde_json::from_str::<Value>(text) {
        Ok(applied) => applied
            .pointer("/metadata/annotations")
            .and_then(Value::as_object)
            .is_some_and(|all| annotation::OF_APPROVAL.iter().any(|name| all.contains_key(*name))),
        Err(_) => true,
    }
}

fn owns_both(fields: &Value) -> bool {
    let annotations = fields.pointer("/f:metadata/f:annotations");
    let approval = annotations.and_then(|all| all.get(format!("f:{}", annotation::APPROVED)));
    approval.is_some() && fields.get("f:spec").is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(metadata: Value) -> Request {
        of(&serde_json::from_value(metadata).unwrap())
    }

    #[test]
    fn an_object_without_annotations_asks_for_nothing() {
        assert_eq!(read(json!({"generation": 4})), Request { generation: 4, ..Request::default() });
    }

    #[test]
    fn an_approval_is_read_with_its_stamps() {
        let request = read(json!({"generation": 1, "annotations": {
            "approved": "true",
            "cloudspec.dev/approved-by": "alice",
            "cloudspec.dev/approved-groups": "ops\nsystem:authenticated",
            "cloudspec.dev/approved-plan": "sha256:aa",
            "cloudspec.dev/approved-offer": "7",
        }}));
        assert_eq!(request.approved.as_deref(), Some("true"));
        assert_eq!(request.groups, ["ops", "system:authenticated"]);
        assert_eq!((request.plan.as_deref(), request.offer.as_deref()), (Some("sha256:aa"), Some("7")));
        assert!(!request.in_last_applied && !request.applied_with_spec);
    }

    #[test]
    fn an_approval_in_a_manifest_is_seen_and_an_unreadable_manifest_counts_as_one() {
        for (text, expected) in [
            (r#"{"metadata":{"annotations":{"approved":"true"}}}"#, true),
            (r#"{"metadata":{"annotations":{"note":"approved"}}}"#, false),
            (r#"{"metadata":{}}"#, false),
            ("nonsense", true),
        ] {
            let request = read(json!({"annotations": {LAST_APPLIED: text}}));
            assert_eq!(request.in_last_applied, expected, "{text}");
        }
    }

    #[test]
    fn a_server_side_apply_that_owns_both_is_seen() {
        let entry = |operation: &str, fields: Value| {
            read(json!({"managedFields": [{"operation": operation, "fieldsV1": fields}]})).applied_with_spec
        };
        let both = json!({"f:metadata": {"f:annotations": {"f:approved": {}}}, "f:spec": {"f:interval": {}}});
        assert!(entry("Apply", both.clone()));
        assert!(!entry("Update", both));
        assert!(!entry("Apply", json!({"f:metadata": {"f:annotations": {"f:approved": {}}}})));
    }
}
