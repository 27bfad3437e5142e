//! The digest of a plan: SHA-256 over canonical JSON.
//!
//! It covers the cloud, the owner, and of each step the call, its class, what others lose by it, and what it goes side by side with. What a call was planned
//! upon stands in the call itself (`from`); so another tenant's group, the order of a listing, or a limit that is not set
//! changes no digest.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::model::cloud::{CloudIdentity, QuotaValues};
use crate::model::{Action, PlanDigest, Step};

/// The form of what is hashed; another form gets another number.
const FORM: u32 = 1;

/// The digest of these steps, in this order, for this cloud and owner.
pub fn digest(cloud: &CloudIdentity, owner: &str, steps: &[Step]) -> PlanDigest {
    let steps: Vec<Value> = steps.iter().map(step).collect();
    let CloudIdentity { auth_url, region, endpoints } = cloud;
    let mut cloud = json!({"authUrl": auth_url, "region": region});
    if !endpoints.is_empty() {
        cloud["endpoints"] = json!(endpoints);
    }
    let whole = json!({
        "form": FORM,
        "cloud": cloud,
        "owner": owner,
        "steps": steps,
    });
    PlanDigest(sha256(&whole))
}

/// SHA-256 of canonical JSON, as it is written: `sha256:` and 64 hexadecimal digits.
pub fn sha256(value: &Value) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(canonical(value))))
}

fn step(step: &Step) -> Value {
    // The words say the same again, and the way back follows from the call.
    let Step {
        number,
        wave,
        action,
        summary: _,
        findings: _,
        class,
        before: _,
        after: _,
        side_effects,
        revert: _,
    } = step;
    let mut hashed = json!({"action": hashed(action), "class": class, "sideEffects": side_effects});
    // The digest of a plan whose steps go one after another is that of its calls alone.
    if wave != number {
        hashed["wave"] = json!(wave);
    }
    hashed
}

/// The call with what it depends on.
pub(super) fn hashed(action: &Action) -> Value {
    let action = match action {
        Action::SetQuota { project, service, from, to } => &Action::SetQuota {
            project: project.clone(),
            service: *service,
            from: from.as_ref().map(|from| depended_upon(from, to)),
            to: to.clone(),
        },
        other => other,
    };
    // No map in an action has a key that is not text, so this cannot fail.
    serde_json::to_value(action).unwrap_or(Value::Null)
}

/// The limits that are set: every service keeps those that a call leaves out, Barbican too.
fn depended_upon(from: &QuotaValues, to: &QuotaValues) -> QuotaValues {
    let kept = from.iter().filter(|(limit, _)| to.contains_key(*limit));
    kept.map(|(limit, value)| (limit.clone(), *value)).collect()
}

/// JSON without spaces and with sorted keys, whatever map the JSON library keeps.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => object(fields),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

fn object(fields: &Map<String, Value>) -> String {
    let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
    fields.sort_by_key(|(key, _)| *key);
    let fields: Vec<String> = fields
        .into_iter()
        .map(|(key, value)| format!("{}:{}", Value::String(key.clone()), canonical(value)))
        .collect();
    format!("{{{}}}", fields.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_json_has_sorted_keys_and_no_spaces() {
        let value = json!({"b": [1, {"z": null, "a": "x\"y"}], "a": true});
        assert_eq!(canonical(&value), r#"{"a":true,"b":[1,{"a":"x\"y","z":null}]}"#);
    }

    #[test]
    fn the_digest_of_no_steps_is_fixed_for_good() {
        let cloud = CloudIdentity {
            auth_url: "http://127.0.0.1:5000".into(),
            region: "RegionOne".into(),
            endpoints: [].into(),
        };
        assert_eq!(
            digest(&cloud, "uid", &[]).0,
            "sha256:d12ee608722f6f1a49a87338c9b2a276a80f5159ef7f5013e5b7e493b584a449"
        );
        assert_ne!(digest(&cloud, "uid", &[]), digest(&cloud, "other", &[]));
        let elsewhere = CloudIdentity { region: "RegionTwo".into(), ..cloud.clone() };
        assert_ne!(digest(&cloud, "uid", &[]), digest(&elsewhere, "uid", &[]));
    }
}
