//! What a tenant holds in Glance.
//!
//! Glance answers 200 to everyone and shows what each may see: a listing is believed after a witness. A membership is told only by the image that is
//! shared: one question for each shared image, up to a bound; beyond it memberships are not covered.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use serde::Deserialize;

use super::Part;
use super::rows::{OVERLAY, key, merged, plain, reach};
use crate::model::Sighting;
use crate::model::ids::ProjectId;
use crate::model::inventory::{Loss, Resource, ResourceKey, ResourceType, Size};
use crate::observe::error::{ReadError, Reason};
use crate::observe::listings::ImageListing;
use crate::observe::port::{CloudRead, Listing, Service};
use crate::observe::rows::sighting;

/// Shared images of others that are asked for their members.
const MOST_SHARED: usize = 500;

pub(super) async fn collect(read: &dyn CloudRead, tenant: &ProjectId) -> Part {
    let (own, shared) = tokio::join!(own(read, tenant), shared_by_others(read, tenant));
    let losses = match &own {
        Ok(images) => losses(read, tenant, images).await,
        Err(why) => Err(why.clone()),
    };
    let mut uncovered = BTreeSet::new();
    let memberships = match shared {
        Ok(images) if images.len() > MOST_SHARED => {
            uncovered.insert("image:memberships".to_owned());
            Ok(Vec::new())
        }
        Ok(images) => memberships(read, tenant, &images).await,
        Err(why) => Err(why),
    };
    // Where it is not told who uses an image, it is not told what its removal does.
    let images = losses.as_ref().map_err(Clone::clone).and(own.as_deref().map_err(Clone::clone));
    let held = BTreeMap::from([
        (ResourceType::Image, images.map(|all| all.iter().map(image).collect())),
        (ResourceType::ImageProtection, own.as_deref().map_err(Clone::clone).map(protections)),
        (ResourceType::ImageMembership, memberships),
    ]);
    Part { held, losses: losses.unwrap_or_default(), quota: None, uncovered }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct ImageRow {
    id: String,
    name: Option<String>,
    owner: Option<String>,
    status: String,
    size: Option<u64>,
    visibility: String,
    protected: bool,
}

impl ImageRow {
    fn title(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }
}

fn image(row: &ImageRow) -> Resource {
    let ImageRow { id, name, owner: _, status, size, visibility: _, protected } = row;
    let protection = protected.then(|| key(ResourceType::ImageProtection, id));
    Resource {
        size: size.map(Size::Bytes),
        after: protection.into_iter().collect(),
        ..plain(key(ResourceType::Image, id), name.clone().unwrap_or_default(), Some(status.clone()))
    }
}

fn protections(images: &[ImageRow]) -> Vec<Resource> {
    let protected = images.iter().filter(|image| image.protected);
    protected.map(|image| plain(key(ResourceType::ImageProtection, &image.id), image.title(), None)).collect()
}

/// Whether the credential sees every image.
async fn witness(read: &dyn CloudRead) -> Result<(), ReadError> {
    match read.rows(&Listing::Image(ImageListing::Stores)).await {
        Ok(_) => Ok(()),
        Err(why) if why.reason == Reason::NotFound => others_private(read).await,
        Err(why) => Err(reach(Reason::Forbidden, why, OVERLAY)),
    }
}

/// Where Glance has one store there is no such question: a private image of another project tells.
async fn others_private(read: &dyn CloudRead) -> Result<(), ReadError> {
    let own = read.project().await?;
    let rows = read.rows(&Listing::Image(ImageListing::Private)).await?;
    let is_others = |owner: &str| own.as_ref().is_none_or(|own| own.0 != owner);
    let seen = rows.iter().filter_map(|row| row.get("owner")?.as_str()).any(is_others);
    seen.then_some(()).ok_or_else(|| {
        let message = format!(
            "no private image of another project was shown, and Glance has one store only; {OVERLAY}"
        );
        ReadError::new(Service::Image, Reason::ReachNotProven, message)
    })
}

async fn listed(
    read: &dyn CloudRead,
    listings: [ImageListing; 2],
    fits: impl Fn(&ImageRow) -> bool,
) -> Sighting<Vec<ImageRow>> {
    witness(read).await?;
    let mut all = Vec::new();
    for listing in listings {
        let row = |row: ImageRow| Ok(fits(&row).then_some(row));
        all.extend(sighting(read, &Listing::Image(listing), row, ImageRow::clone).await?);
    }
    // One that is hidden meanwhile is in both.
    all.sort();
    all.dedup_by(|one, other| one.id == other.id);
    Ok(all)
}

async fn own(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<Vec<ImageRow>> {
    let listing = |hidden| ImageListing::Images { owner: tenant.clone(), hidden };
    listed(read, [listing(false), listing(true)], |row| row.owner.as_ref() == Some(&tenant.0)).await
}

async fn shared_by_others(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<Vec<ImageRow>> {
    let listing = |hidden| ImageListing::Shared { hidden };
    let fits = |row: &ImageRow| row.visibility == "shared" && row.owner.as_ref() != Some(&tenant.0);
    listed(read, [listing(false), listing(true)], fits).await
}

#[derive(Deserialize)]
struct MemberRow {
    member_id: String,
}

async fn members(read: &dyn CloudRead, image: &ImageRow) -> Sighting<Vec<String>> {
    let listing = Listing::Image(ImageListing::Members(image.id.clone()));
    sighting(read, &listing, |MemberRow { member_id }| Ok(Some(member_id)), String::clone).await
}

async fn memberships(
    read: &dyn CloudRead,
    tenant: &ProjectId,
    images: &[ImageRow],
) -> Sighting<Vec<Resource>> {
    let each = images.iter().map(|image| async move {
        let is_member = members(read, image).await?.contains(&tenant.0);
        let key = ResourceKey {
            kind: ResourceType::ImageMembership,
            id: tenant.0.clone(),
            of: Some(image.id.clone()),
        };
        Ok(is_member.then(|| plain(key, image.title(), None)).into_iter().collect())
    });
    merged(join_all(each).await)
}

/// Who uses the tenant's images.
async fn losses(read: &dyn CloudRead, tenant: &ProjectId, images: &[ImageRow]) -> Sighting<BTreeSet<Loss>> {
    let mut all = BTreeSet::new();
    for losses in join_all(images.iter().map(|image| losses_of(read, tenant, image))).await {
        all.extend(losses?);
    }
    Ok(all)
}

async fn losses_of(read: &dyn CloudRead, tenant: &ProjectId, image: &ImageRow) -> Sighting<Vec<Loss>> {
    let users = match image.visibility.as_str() {
        "private" => Vec::new(),
        "shared" => members_by_name(read, tenant, image).await?,
        visibility => vec![format!("every project: it is {visibility}")],
    };
    let loss = |user| Loss {
        by: key(ResourceType::Image, &image.id),
        what: format!("image {} ({}) is no longer there for {user}", image.title(), image.id),
    };
    Ok(users.into_iter().map(loss).collect())
}

async fn members_by_name(
    read: &dyn CloudRead,
    tenant: &ProjectId,
    image: &ImageRow,
) -> Sighting<Vec<String>> {
    let mut users = Vec::new();
    for id in members(read, image).await? {
        if id != tenant.0 {
            users.push(format!("project {}", with_name(read, &id).await));
        }
    }
    Ok(users)
}

/// The project's name and id; the id alone where the projects are not told.
async fn with_name(read: &dyn CloudRead, id: &str) -> String {
    let projects = read.rows(&Listing::Projects).await.unwrap_or_default();
    let project = projects.iter().find(|row| row.get("id").is_some_and(|one| one == id));
    match project.and_then(|row| row.get("name")?.as_str()) {
        Some(name) => format!("{name} ({id})"),
        None => id.to_owned(),
    }
}
