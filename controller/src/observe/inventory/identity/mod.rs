//! The tenant in Keystone, what it holds there, and which services may hold more.
//!
//! # Assumptions
//! Role assignments, trusts, services and endpoints are answered with 403 to who does not see all; credentials are not, and are believed
//! where trusts are answered. Application credentials are listed by user only: those of the users with a role on the project are
//! found. One whose user lost the role by leaving a group is useless, and is not seen.

mod catalogue;
mod grants;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::Part;
use crate::model::ids::{DomainId, ProjectId};
use crate::model::inventory::{Resource, ResourceKey, ResourceType, TenantSeen};
use crate::model::{Sighting, Unknown};
use crate::observe::error::{ReadError, Reason};
use crate::observe::listings::IdentityListing;
use crate::observe::port::{CloudRead, Listing, Service};
use crate::observe::rows::{only, sighting, unparsable};

/// What Keystone says.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) tenant: Sighting<Option<TenantSeen>>,
    pub(super) part: Part,
    /// The services that are swept and that the catalogue has.
    pub(super) services: Sighting<BTreeSet<Service>>,
    /// Service types of the catalogue that nothing here sweeps.
    pub(super) uncovered: Sighting<BTreeSet<String>>,
    /// Projects of the credentials in use.
    pub(super) own_projects: BTreeSet<ProjectId>,
}

pub(super) async fn collect(read: &dyn CloudRead, tenant: &ProjectId) -> Seen {
    let (seen, catalogue, held, own) = tokio::join!(
        project(read, tenant),
        catalogue::seen(read),
        grants::collect(read, tenant),
        read.project()
    );
    let grants::Held { application_credentials, credentials, trusts, assignments, losses } = held;
    let held = BTreeMap::from([
        (ResourceType::ApplicationCredential, application_credentials),
        (ResourceType::Credential, credentials),
        (ResourceType::Trust, trusts),
        (ResourceType::RoleAssignment, assignments),
        (ResourceType::Project, seen.clone().map(|project| project.iter().map(itself).collect())),
    ]);
    let (services, uncovered) = match catalogue {
        Ok(catalogue::Catalogue { swept, uncovered }) => (Ok(swept), Ok(uncovered)),
        Err(why) => (Err(why.clone()), Err(why)),
    };
    let part = Part { held, losses, ..Part::default() };
    // Where the own project is not known, nothing that is asked from it is either.
    let own_projects = own.ok().flatten().into_iter().collect();
    Seen { tenant: seen, part, services, uncovered, own_projects }
}

#[derive(Deserialize)]
struct ProjectRow {
    id: String,
    name: String,
    domain_id: Option<String>,
    enabled: bool,
    is_domain: bool,
    parent_id: Option<String>,
    #[serde(default)]
    options: Options,
}

#[derive(Default, Deserialize)]
struct Options {
    immutable: Option<bool>,
}

async fn project(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<Option<TenantSeen>> {
    let listing = Listing::Identity(IdentityListing::Project(tenant.clone()));
    let rows = match read.rows(&listing).await {
        Ok(rows) => rows,
        Err(why) if why.reason == Reason::NotFound => return absent(read, tenant).await,
        Err(why) => return Err(why.into()),
    };
    let row = only(&listing, &rows)?;
    let not_understood = |why: &dyn std::fmt::Display| unparsable(&listing, row, why);
    let ProjectRow { id, name, domain_id, enabled, is_domain, parent_id: _, options } =
        ProjectRow::deserialize(row).map_err(|why| not_understood(&why))?;
    if id != tenant.0 {
        return Err(not_understood(&"it is another").into());
    }
    let (domain, domain_name) = match domain_id {
        Some(domain) => (DomainId(domain.clone()), domain_name(read, &domain).await?),
        // It acts as a domain, and is its own.
        None if is_domain => (DomainId(id), name.clone()),
        None => return Err(not_understood(&"it has no domain_id").into()),
    };
    let immutable = options.immutable.unwrap_or(false);
    let children = children(read, tenant).await?;
    Ok(Some(TenantSeen {
        id: tenant.clone(),
        name,
        domain,
        domain_name,
        enabled,
        immutable,
        is_domain,
        children,
    }))
}

/// A 404 alone may come from anything on the way: the project must be missing in the whole listing too.
async fn absent(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<Option<TenantSeen>> {
    let rows = read.rows(&Listing::Projects).await?;
    match rows.iter().any(|row| row.get("id").and_then(serde_json::Value::as_str) == Some(&tenant.0)) {
        false => Ok(None),
        true => {
            let message = format!("project {tenant} is listed, and is not found by its id");
            Err(ReadError::new(Service::Identity, Reason::Unparsable, message).into())
        }
    }
}

#[derive(Deserialize)]
struct Named {
    id: String,
    name: String,
}

async fn domain_name(read: &dyn CloudRead, id: &str) -> Result<String, Unknown> {
    let domain = |Named { id: of, name }| Ok((of == id).then_some(name));
    let found = sighting(read, &Listing::Domains, domain, String::clone).await?;
    found.into_iter().next().ok_or_else(|| {
        ReadError::new(Service::Identity, Reason::NotFound, format!("domain {id} is not listed")).into()
    })
}

async fn children(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<BTreeSet<ProjectId>> {
    let listing = Listing::Identity(IdentityListing::Children(tenant.clone()));
    let child =
        |row: ProjectRow| Ok((row.parent_id.as_ref() == Some(&tenant.0)).then_some(ProjectId(row.id)));
    Ok(sighting(read, &listing, child, ProjectId::clone).await?.into_iter().collect())
}

/// The project as a resource of itself.
fn itself(project: &TenantSeen) -> Resource {
    let TenantSeen { id, name, domain: _, domain_name: _, enabled, immutable, is_domain, children } = project;
    let hindrance = match () {
        () if *immutable => Some("it is immutable: whoever set that must take it off".to_owned()),
        () if *is_domain => Some("it acts as a domain".to_owned()),
        () if !children.is_empty() => {
            Some(format!("{} projects are below it: remove them before", children.len()))
        }
        () => None,
    };
    Resource {
        key: ResourceKey { kind: ResourceType::Project, id: id.0.clone(), of: None },
        name: name.clone(),
        state: Some(if *enabled { "enabled" } else { "disabled" }.to_owned()),
        size: None,
        after: BTreeSet::new(),
        hindrance,
    }
}
