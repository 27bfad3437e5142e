//! Who has this project and no other: whose keypairs go with it, and who is left without any.
//!
//! # Assumptions
//! Users who come from an identity provider and get their groups at login have no assignment that Keystone lists: they are not in here, and their
//! keypairs stay.

use futures::future::join_all;
use serde::Deserialize;

use crate::model::Sighting;
use crate::model::ids::{ProjectId, UserId};
use crate::observe::listings::IdentityListing;
use crate::observe::port::{CloudRead, Listing};
use crate::observe::rows::sighting;

/// A user whose roles are all on the one project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bound {
    pub(super) id: UserId,
    pub(super) name: String,
}

#[derive(Deserialize)]
struct Row {
    user: UserRow,
    scope: ScopeRow,
}

#[derive(Deserialize)]
struct UserRow {
    id: String,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct ScopeRow {
    project: Option<ProjectRow>,
}

#[derive(Deserialize)]
struct ProjectRow {
    id: String,
}

impl ScopeRow {
    fn is(&self, tenant: &ProjectId) -> bool {
        self.project.as_ref().is_some_and(|project| project.id == tenant.0)
    }
}

/// All of them, in the order of their ids.
pub(super) async fn of_this_project_alone(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<Vec<Bound>> {
    let listing = Listing::Identity(IdentityListing::EffectiveOnProject(tenant.clone()));
    let holder = |Row { user: UserRow { id, name }, scope }: Row| {
        Ok(scope.is(tenant).then_some(Bound { id: UserId(id), name }))
    };
    let mut holders = sighting(read, &listing, holder, Bound::clone).await?;
    holders.dedup();
    let each = holders.into_iter().map(|user| async move { (is_bound(read, tenant, &user.id).await, user) });
    let mut bound = Vec::new();
    for (is_bound, user) in join_all(each).await {
        if is_bound? {
            bound.push(user);
        }
    }
    Ok(bound)
}

/// Whether this user has no role on another project, on a domain or on the system.
async fn is_bound(read: &dyn CloudRead, tenant: &ProjectId, user: &UserId) -> Sighting<bool> {
    let listing = Listing::Identity(IdentityListing::EffectiveOfUser(user.clone()));
    let elsewhere = |Row { user: UserRow { id, name: _ }, scope }: Row| {
        Ok((id == user.0 && !scope.is(tenant)).then_some(()))
    };
    Ok(sighting(read, &listing, elsewhere, |()| ()).await?.is_empty())
}
