//! What one full look saw of a stage, as it is kept with the plans and told in the certificate.

use cloudspec_crds::offboard_status::{KeptStatus, SeenTenant, SeenType, Verified};
use cloudspec_crds::rules::MOST_TOLD;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::holdings::{count, name, remaining};
use crate::model::leaving::Leaving;
use crate::model::{Inventory, Resource, ResourceType};
use crate::plan::offboard::{Remaining, Stage, of_type};
use crate::report::bound;

/// What was seen: of each type of the stage how many are left and how many stay, and both by name as far as there is room. `left` is
/// what [`remains`](crate::plan::offboard::remains) said of the same inventory.
pub fn look(
    inventory: &Inventory,
    leaving: &Leaving,
    stage: Stage,
    left: &[Remaining],
    at: Timestamp,
) -> Verified {
    let types = ResourceType::ALL.iter().filter(|kind| stage.counts(**kind, leaving));
    let kept: Vec<KeptStatus> = types.clone().flat_map(|kind| kept(inventory, leaving, *kind)).collect();
    let most = usize::try_from(MOST_TOLD).unwrap_or(usize::MAX);
    Verified {
        stage: format!("{stage:?}"),
        at: Time(at),
        of: String::new(),
        tenant: Some(SeenTenant {
            id: leaving.id.0.clone(),
            name: leaving.name.clone(),
            domain: leaving.domain.clone(),
        }),
        types: types.map(|kind| seen(inventory, leaving, left, *kind)).collect(),
        kept_omitted: count(kept.len().saturating_sub(most)),
        kept: kept.into_iter().take(most).collect(),
        uncovered: inventory.uncovered.iter().flatten().map(|what| bound::text(what)).collect(),
        remaining: left.iter().take(most).map(remaining).collect(),
        remaining_omitted: count(left.len().saturating_sub(most)),
    }
}

/// Counted from what is left, which knows of the project itself too.
fn seen(inventory: &Inventory, leaving: &Leaving, left: &[Remaining], kind: ResourceType) -> SeenType {
    let told = of_type(inventory, kind).is_ok();
    let of_kind = left.iter().filter(|one| one.what.kind == kind).count();
    SeenType {
        kind: name(kind),
        left: told.then(|| count(of_kind)),
        kept: count(kept(inventory, leaving, kind).count()),
    }
}

fn kept<'a>(
    inventory: &'a Inventory,
    leaving: &'a Leaving,
    kind: ResourceType,
) -> impl Iterator<Item = KeptStatus> + 'a {
    let all = of_type(inventory, kind).unwrap_or_default();
    all.iter().filter_map(|one| {
        let reason = leaving.kept(&one.key)?;
        let Resource { key, name, state: _, size: _, after: _, hindrance: _ } = one;
        Some(KeptStatus {
            resource: bound::text(&key.to_string()),
            name: Some(bound::text(name)).filter(|name| !name.is_empty()),
            reason: bound::text(reason),
        })
    })
}
