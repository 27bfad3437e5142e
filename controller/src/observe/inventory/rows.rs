//! What the collectors have in common.

use std::collections::BTreeSet;

use crate::model::Sighting;
use crate::model::inventory::{Resource, ResourceKey, ResourceType};
use crate::observe::error::{ReadError, Reason};

/// The key of what its id alone names.
pub(super) fn key(kind: ResourceType, id: impl Into<String>) -> ResourceKey {
    ResourceKey { kind, id: id.into(), of: None }
}

/// A resource of which the type, the name and the state are all that counts.
pub(super) fn plain(key: ResourceKey, name: impl Into<String>, state: Option<String>) -> Resource {
    Resource { key, name: name.into(), state, size: None, after: BTreeSet::new(), hindrance: None }
}

/// The whole of several listings, each resource once; a listing that is not told makes all of it so.
pub(super) fn merged(parts: impl IntoIterator<Item = Sighting<Vec<Resource>>>) -> Sighting<Vec<Resource>> {
    let mut all = Vec::new();
    for part in parts {
        all.extend(part?);
    }
    all.sort();
    all.dedup_by(|one, other| one.key == other.key);
    Ok(all)
}

/// A question that is refused to who does not see every project: the refusal says so, with the remedy.
pub(super) fn reach(refused: Reason, why: ReadError, remedy: &str) -> ReadError {
    match why.reason {
        reason if reason == refused => {
            let message = format!("the credential does not see every project ({}); {remedy}", why.message);
            ReadError { reason: Reason::ReachNotProven, message, ..why }
        }
        _ => why,
    }
}

/// Said where a credential does not see every project.
pub(super) const OVERLAY: &str = "observe with a credential that is scoped to a project and sees all: the role of the read-only policy \
                                  overlay, or admin";
