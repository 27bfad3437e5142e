//! What a project holds, counted.

use cloudspec_crds::offboard_status::{HeldType, Holdings, RemainingStatus};

use crate::model::inventory::Size;
use crate::model::{Inventory, Resource, ResourceType, Sighting};
use crate::plan::offboard::Remaining;
use crate::report::bound;

/// Counts it all.
pub(super) fn of(inventory: &Inventory) -> Holdings {
    let total = inventory.resources().count();
    let not_told = inventory.not_told().count();
    let held = match total {
        0 => "nothing".to_owned(),
        1 => "1 resource".to_owned(),
        many => format!("{many} resources"),
    };
    Holdings {
        total: count(total),
        text: match not_told {
            0 => held,
            1 => format!("{held}, and 1 type not told"),
            many => format!("{held}, and {many} types not told"),
        },
        types: inventory.held.iter().filter_map(|(kind, seen)| of_type(*kind, seen)).collect(),
    }
}

fn of_type(kind: ResourceType, seen: &Sighting<Vec<Resource>>) -> Option<HeldType> {
    let name = name(kind);
    match seen {
        Ok(all) if all.is_empty() => None,
        Ok(all) => {
            let sizes: Vec<i64> = all.iter().filter_map(|one| one.size).map(bytes).collect();
            let bytes = (!sizes.is_empty()).then(|| sizes.into_iter().fold(0, i64::saturating_add));
            Some(HeldType { kind: name, count: Some(count(all.len())), bytes, message: None })
        }
        Err(why) => {
            let message = Some(bound::text(&why.to_string()));
            Some(HeldType { kind: name, count: None, bytes: None, message })
        }
    }
}

/// The name that `spec.keep` takes.
pub(super) fn name(kind: ResourceType) -> String {
    let value = serde_json::to_value(kind).ok();
    value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_else(|| kind.to_string())
}

fn bytes(size: Size) -> i64 {
    let bytes = match size {
        Size::Gib(gib) => gib.saturating_mul(1 << 30),
        Size::Bytes(bytes) => bytes,
    };
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// One thing that is left.
pub(super) fn remaining(left: &Remaining) -> RemainingStatus {
    let Remaining { what, name, state, why } = left;
    RemainingStatus {
        resource: bound::text(&what.to_string()),
        name: Some(bound::text(name)).filter(|name| !name.is_empty()),
        state: state.as_deref().map(bound::text),
        message: why.as_deref().map(bound::text),
    }
}

/// As the API keeps numbers.
pub(super) fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
