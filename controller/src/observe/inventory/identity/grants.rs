//! What gives access to a tenant: role assignments, application credentials, credentials, trusts.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde::Deserialize;

use crate::model::Sighting;
use crate::model::cloud::Principal;
use crate::model::ids::{GroupId, RoleId};
use crate::model::ids::{ProjectId, UserId};
use crate::model::inventory::{Grant, Loss, Resource, ResourceKey, ResourceType};
use crate::observe::identity::application_credentials;
use crate::observe::listings::IdentityListing;
use crate::observe::port::{CloudRead, Listing};
use crate::observe::rows::sighting;

/// All of it.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) application_credentials: Sighting<Vec<Resource>>,
    pub(super) credentials: Sighting<Vec<Resource>>,
    pub(super) trusts: Sighting<Vec<Resource>>,
    pub(super) assignments: Sighting<Vec<Resource>>,
    pub(super) losses: BTreeSet<Loss>,
}

pub(super) async fn collect(read: &dyn CloudRead, tenant: &ProjectId) -> Held {
    let (applications, credentials, trusts, assignments) = tokio::join!(
        of_applications(read, tenant),
        credentials(read, tenant),
        trusts(read, tenant),
        assignments(read, tenant)
    );
    // The listing of credentials is cut down for who may not see all; that of trusts is refused then.
    let credentials = trusts.as_ref().map_err(Clone::clone).and(credentials);
    let (trusts, of_trusts) = apart(trusts);
    let (assignments, of_assignments) = apart(assignments);
    let losses = of_trusts.into_iter().chain(of_assignments).collect();
    Held { application_credentials: applications, credentials, trusts, assignments, losses }
}

/// The resources and the losses of a listing.
fn apart(seen: Sighting<Vec<(Resource, Option<Loss>)>>) -> (Sighting<Vec<Resource>>, Vec<Loss>) {
    match seen {
        Ok(all) => {
            let (resources, losses): (Vec<Resource>, Vec<Option<Loss>>) = all.into_iter().unzip();
            (Ok(resources), losses.into_iter().flatten().collect())
        }
        Err(why) => (Err(why), Vec::new()),
    }
}

fn resource(kind: ResourceType, id: String, of: Option<String>, name: String) -> Resource {
    let key = ResourceKey { kind, id, of };
    Resource { key, name, state: None, size: None, after: BTreeSet::new(), hindrance: None }
}

#[derive(Deserialize)]
struct GrantRow {
    role: Named,
    scope: Scope,
    user: Option<Named>,
    group: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    /// Empty where a directory has the user or group no longer.
    #[serde(default)]
    name: String,
    domain: Option<Id>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
struct Scope {
    project: Option<ScopeProject>,
    #[serde(rename = "OS-INHERIT:inherited_to")]
    inherited_to: Option<String>,
}

#[derive(Deserialize)]
struct ScopeProject {
    id: String,
    domain: Option<Id>,
}

async fn assignments(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<Vec<(Resource, Option<Loss>)>> {
    let listing = Listing::Identity(IdentityListing::Grants(tenant.clone()));
    sighting(read, &listing, |row| assignment(row, tenant), |(one, _)| one.key.clone()).await
}

fn assignment(row: GrantRow, tenant: &ProjectId) -> Result<Option<(Resource, Option<Loss>)>, String> {
    let GrantRow { role, scope: Scope { project, inherited_to }, user, group } = row;
    let Some(project) = project.filter(|project| project.id == tenant.0) else { return Ok(None) };
    let inherited = inherited_to.is_some();
    let (who, principal, one) = match (user, group) {
        (Some(user), None) => ("user", Principal::User(UserId(user.id.clone())), user),
        (None, Some(group)) => ("group", Principal::Group(GroupId(group.id.clone())), group),
        (Some(_), Some(_)) | (None, None) => {
            return Err("it names not exactly one of user and group".to_owned());
        }
    };
    let grant = Grant { principal, role: RoleId(role.id), inherited };
    let kind = if inherited { " (inherited)" } else { "" };
    let name = format!("{} of {who} {}{kind}", role.name, one.name);
    let resource = resource(ResourceType::RoleAssignment, grant.to_string(), None, name);
    let home = |id: &Option<Id>| id.as_ref().map(|domain| domain.id.clone());
    let foreign = home(&one.domain) != home(&project.domain);
    let loss = foreign.then(|| Loss {
        by: resource.key.clone(),
        what: format!("{who} {} ({}) of another domain has role {} here", one.name, one.id, role.name),
    });
    Ok(Some((resource, loss)))
}

#[derive(Deserialize)]
struct EffectiveRow {
    scope: Scope,
    user: Option<Id>,
}

async fn of_applications(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<Vec<Resource>> {
    let listing = Listing::Identity(IdentityListing::EffectiveOnProject(tenant.clone()));
    let user = |EffectiveRow { scope, user }: EffectiveRow| {
        let here = scope.project.is_some_and(|project| project.id == tenant.0);
        Ok(user.filter(|_| here).map(|user| UserId(user.id)))
    };
    let users: BTreeSet<UserId> = sighting(read, &listing, user, UserId::clone).await?.into_iter().collect();
    let mut all = Vec::new();
    for of_user in join_all(users.iter().map(|user| application_credentials(read, user))).await {
        let here = of_user?.into_iter().filter(|one| one.project == *tenant);
        all.extend(
            here.map(|one| resource(ResourceType::ApplicationCredential, one.id, Some(one.user.0), one.name)),
        );
    }
    all.sort();
    Ok(all)
}

#[derive(Deserialize)]
struct CredentialRow {
    id: String,
    user_id: Option<String>,
    project_id: Option<String>,
    #[serde(rename = "type")]
    kind: String,
}

async fn credentials(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<Vec<Resource>> {
    let listing = Listing::Identity(IdentityListing::Credentials);
    let credential = |CredentialRow { id, user_id, project_id, kind }: CredentialRow| {
        let here = project_id.as_ref() == Some(&tenant.0);
        Ok(here.then(|| resource(ResourceType::Credential, id, user_id, kind)))
    };
    sighting(read, &listing, credential, |one| one.key.clone()).await
}

#[derive(Deserialize)]
struct TrustRow {
    id: String,
    project_id: Option<String>,
    trustor_user_id: String,
    trustee_user_id: String,
}

async fn trusts(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<Vec<(Resource, Option<Loss>)>> {
    let listing = Listing::Identity(IdentityListing::Trusts);
    let trust = |row: TrustRow| {
        let TrustRow { id, project_id, trustor_user_id, trustee_user_id } = row;
        if project_id.as_ref() != Some(&tenant.0) {
            return Ok(None);
        }
        let name = format!("user {trustor_user_id} to user {trustee_user_id}");
        let resource = resource(ResourceType::Trust, id, None, name);
        let what = format!("user {trustee_user_id} acts for user {trustor_user_id} by it");
        let loss = (trustor_user_id != trustee_user_id).then(|| Loss { by: resource.key.clone(), what });
        Ok(Some((resource, loss)))
    };
    sighting(read, &listing, trust, |(one, _)| one.key.clone()).await
}
