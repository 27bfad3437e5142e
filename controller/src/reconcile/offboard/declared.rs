//! A TenantOffboard after validation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use cloudspec_crds::tenant_offboard::{Kept as Keep, LeavingTenant};
use cloudspec_crds::{TenantOffboard, TenantOffboardSpec};
use kube::ResourceExt;

use super::Asked;
use crate::gate::approval::Rules;
use crate::model::desired::Invalid;
use crate::model::duration;
use crate::model::ids::ProjectId;
use crate::model::leaving::{Kept, Leaving};
use crate::plan::sha256;
use crate::reconcile::owner::{Declared, Key};

/// How often a tenant is looked at while nothing is done.
const INTERVAL: Duration = Duration::from_secs(300);
/// Bounds of `spec.verifyAfter` in seconds; admission holds to them too.
const VERIFY_AFTER: std::ops::RangeInclusive<i64> = 1..=86_400;

/// Validates an object.
///
/// # Errors
/// Every field that is wrong.
pub(super) fn of(object: Arc<TenantOffboard>) -> Result<Declared<TenantOffboard>, Vec<Invalid>> {
    let spec = &object.spec;
    let mut wrong = Vec::new();
    let keep = keep(&spec.keep).map_err(|fields| wrong.extend(fields)).ok();
    let rules = Rules::of(&spec.approval.clone().into()).map_err(|field| wrong.push(field)).ok();
    let verify_after = verify_after(&spec.verify_after).map_err(|field| wrong.push(field)).ok();
    match (keep, rules, verify_after) {
        (Some(keep), Some(rules), Some(verify_after)) => Ok(Declared {
            uid: object.uid().unwrap_or_default(),
            key: Key::of(object.as_ref()),
            asked: asked(spec),
            what: Asked { leaving: leaving(spec, keep), abort: spec.abort, verify_after },
            rules,
            interval: INTERVAL,
            object,
        }),
        _ => Err(wrong),
    }
}

fn leaving(spec: &TenantOffboardSpec, keep: BTreeMap<Kept, String>) -> Leaving {
    let LeavingTenant { id, name, domain } = spec.tenant.clone();
    Leaving {
        id: ProjectId(id),
        name,
        domain,
        delete_project: spec.delete_project,
        accept_uncovered: spec.accept_uncovered.iter().cloned().collect(),
        keep,
    }
}

fn keep(all: &[Keep]) -> Result<BTreeMap<Kept, String>, Vec<Invalid>> {
    let (mut kept, mut wrong) = (BTreeMap::new(), Vec::new());
    for (place, Keep { kind, id, reason }) in all.iter().enumerate() {
        let what = match (kind, id) {
            (Some(kind), None) => of_type(kind),
            (None, Some(id)) => Ok(Kept::Id(id.clone())),
            (Some(_), Some(_)) | (None, None) => Err("give exactly one of type and id".to_owned()),
        };
        match what {
            Ok(what) => drop(kept.insert(what, reason.clone())),
            Err(message) => wrong.push(Invalid { field: format!("spec.keep[{place}]"), message }),
        }
    }
    if wrong.is_empty() { Ok(kept) } else { Err(wrong) }
}

/// A type that is mistyped would be removed.
fn of_type(name: &str) -> Result<Kept, String> {
    match Kept::from(name) {
        Kept::Type(kind) => Ok(Kept::Type(kind)),
        Kept::Id(_) => {
            let names: BTreeSet<String> = crate::model::ResourceType::ALL
                .iter()
                .filter_map(|kind| serde_json::to_value(kind).ok()?.as_str().map(str::to_owned))
                .collect();
            let names: Vec<String> = names.into_iter().collect();
            Err(format!("there is no type {name:?}; there is: {}", names.join(", ")))
        }
    }
}

fn verify_after(text: &str) -> Result<Duration, Invalid> {
    let field = "spec.verifyAfter";
    let parsed = duration::parse(text, field)?;
    match Duration::try_from(parsed) {
        Ok(after) if VERIFY_AFTER.contains(&parsed.as_secs()) => Ok(after),
        _ => Err(Invalid { field: field.to_owned(), message: format!("{text} is not between 1s and 24h") }),
    }
}

/// SHA-256 of what a spec asks for: it is the same while only when to look, and whether to apply, change.
pub(super) fn asked(spec: &TenantOffboardSpec) -> String {
    let asked = TenantOffboardSpec { suspend: false, verify_after: String::new(), ..spec.clone() };
    // No map in a spec has a key that is not text, so this cannot fail.
    sha256(&serde_json::to_value(asked).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(kind: Option<&str>, id: Option<&str>) -> Keep {
        Keep { kind: kind.map(str::to_owned), id: id.map(str::to_owned), reason: "ours".to_owned() }
    }

    #[test]
    fn types_and_ids_are_kept() {
        let found = keep(&[kept(Some("image"), None), kept(None, Some("v-1"))]).unwrap();
        let expected = [Kept::Type(crate::model::ResourceType::Image), Kept::Id("v-1".to_owned())];
        assert_eq!(found.into_keys().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_type_that_is_none_is_refused_with_those_that_are() {
        let wrong = keep(&[kept(Some("images"), None)]).unwrap_err();
        assert_eq!(wrong[0].field, "spec.keep[0]");
        assert!(
            wrong[0].message.contains("there is no type \"images\"; there is: addressGroup"),
            "{wrong:?}"
        );
    }
}
