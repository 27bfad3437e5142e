//! A CloudSpec after validation.

use std::sync::Arc;
use std::time::Duration;

use cloudspec_crds::{CloudSpec, CloudSpecSpec};
use kube::ResourceExt;

use crate::gate::approval::Rules;
use crate::model::desired::Invalid;
use crate::model::{Desired, duration};
use crate::plan::sha256;
use crate::reconcile::owner::{Declared, Key};

/// Bounds of `spec.interval`; admission holds to them too.
const INTERVAL: std::ops::RangeInclusive<i64> = 30..=86_400;

/// Validates an object.
///
/// # Errors
/// Every field that is wrong.
pub(super) fn of(object: Arc<CloudSpec>) -> Result<Declared<CloudSpec>, Vec<Invalid>> {
    let mut wrong = Vec::new();
    let desired = Desired::from_spec(&object.spec).map_err(|fields| wrong.extend(fields)).ok();
    let rules = Rules::of(&object.spec.approval).map_err(|field| wrong.push(field)).ok();
    let interval = interval(&object.spec.interval).map_err(|field| wrong.push(field)).ok();
    match (desired, rules, interval) {
        (Some(what), Some(rules), Some(interval)) => Ok(Declared {
            uid: object.uid().unwrap_or_default(),
            key: Key::of(object.as_ref()),
            asked: asked(&object.spec),
            object,
            what,
            rules,
            interval,
        }),
        _ => Err(wrong),
    }
}

/// SHA-256 of what a spec asks for: it is the same while only when to look, and whether to apply, change.
pub(super) fn asked(spec: &CloudSpecSpec) -> String {
    let asked = CloudSpecSpec { suspend: false, interval: String::new(), ..spec.clone() };
    // No map in a spec has a key that is not text, so this cannot fail.
    sha256(&serde_json::to_value(asked).unwrap_or_default())
}

fn interval(text: &str) -> Result<Duration, Invalid> {
    let field = "spec.interval";
    let parsed = duration::parse(text, field)?;
    match Duration::try_from(parsed) {
        Ok(interval) if INTERVAL.contains(&parsed.as_secs()) => Ok(interval),
        _ => Err(Invalid { field: field.to_owned(), message: format!("{text} is not between 30s and 24h") }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spec(edit: serde_json::Value) -> CloudSpecSpec {
        let mut spec = json!({"cloud": {"observe": {"secretName": "lab", "cloudName": "lab"}}});
        for (field, value) in edit.as_object().unwrap() {
            spec[field] = value.clone();
        }
        serde_json::from_value(spec).unwrap()
    }

    #[test]
    fn when_to_look_and_whether_to_apply_is_not_what_is_asked_for() {
        let asked_for = |edit| asked(&spec(edit));
        assert_eq!(asked_for(json!({})), asked_for(json!({"suspend": true, "interval": "7m"})));
        assert_ne!(asked_for(json!({})), asked_for(json!({"tenants": []})));
        assert_ne!(asked_for(json!({})), asked_for(json!({"limits": {"maxSteps": 3}})));
    }
}
