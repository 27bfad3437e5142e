//! What has come since a plan was approved.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Action, Plan, ResourceKey, Step};

/// The resources that a plan made now would remove, and the approved one does not; each by its key and in words. They are reported, and
/// never removed on this approval. Sorted.
pub fn appeared(fresh: &Plan, approved: &Plan) -> Vec<String> {
    let approved = removed(approved);
    let new: BTreeMap<&ResourceKey, &Step> =
        removed(fresh).into_iter().filter(|(key, _)| !approved.contains_key(key)).collect();
    new.into_values().map(said).collect()
}

/// What others would lose by a removal that was approved without that loss; an approval does not cover it. Sorted.
pub fn worse(fresh: &Plan, approved: &Plan) -> Vec<String> {
    let approved = removed(approved);
    let mut more = BTreeSet::new();
    for (key, step) in removed(fresh) {
        let Some(known) = approved.get(key) else { continue };
        let new = step.side_effects.iter().filter(|effect| !known.side_effects.contains(effect));
        more.extend(new.map(|effect| format!("{key}: {effect}")));
    }
    more.into_iter().collect()
}

fn removed(plan: &Plan) -> BTreeMap<&ResourceKey, &Step> {
    plan.steps.iter().filter_map(|step| Some((key(&step.action)?, step))).collect()
}

fn key(action: &Action) -> Option<&ResourceKey> {
    match action {
        Action::Remove { what, project: _ } => Some(what),
        _ => None,
    }
}

/// The summary names it; what was seen of it follows.
fn said(step: &Step) -> String {
    let what = step.summary.strip_prefix("remove ").unwrap_or(&step.summary);
    step.before.as_ref().map_or_else(|| what.to_owned(), |before| format!("{what} ({before})"))
}
