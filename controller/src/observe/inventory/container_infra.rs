//! What a tenant holds in Magnum.
//!
//! Magnum answers 200 to anyone, with the rows of the asking project alone where the credential does not see all: the listing of its
//! conductors, which is policed by the same rule, is the witness.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::Part;
use crate::model::Sighting;
use crate::model::ids::ProjectId;
use crate::model::inventory::{Loss, Resource, ResourceKey, ResourceType};
use crate::observe::listings::ContainerInfraListing;
use crate::observe::port::{CloudRead, Listing};
use crate::observe::reach;
use crate::observe::rows::sighting;

pub(super) async fn collect(read: &dyn CloudRead, tenant: &ProjectId) -> Part {
    let (clusters, templates, quota) =
        tokio::join!(clusters(read), templates(read, tenant), quota(read, tenant));
    let foreign = clusters.as_deref().unwrap_or_default();
    let templates = templates.map(|all| all.into_iter().map(|one| one.used_by(foreign, tenant)).collect());
    let (templates, losses) = told(templates);
    let of_tenant = |all: Vec<Cluster>| {
        all.into_iter().filter(|one| one.project_id == tenant.0).map(Cluster::resource).collect()
    };
    Part {
        held: BTreeMap::from([
            // Whether a template is used by others is told by the clusters.
            (ResourceType::ClusterTemplate, clusters.as_ref().map_err(Clone::clone).and(templates)),
            (ResourceType::Cluster, clusters.map(of_tenant)),
            (ResourceType::Quota, quota),
        ]),
        losses,
        ..Part::default()
    }
}

fn told(templates: Sighting<Vec<(Resource, Option<Loss>)>>) -> (Sighting<Vec<Resource>>, BTreeSet<Loss>) {
    match templates {
        Ok(all) => {
            let (resources, losses): (Vec<Resource>, Vec<Option<Loss>>) = all.into_iter().unzip();
            (Ok(resources), losses.into_iter().flatten().collect())
        }
        Err(why) => (Err(why), BTreeSet::new()),
    }
}

#[derive(Deserialize)]
struct Cluster {
    uuid: String,
    name: Option<String>,
    project_id: String,
    status: Option<String>,
    cluster_template_id: String,
}

impl Cluster {
    fn resource(self) -> Resource {
        let Self { uuid, name, project_id: _, status, cluster_template_id: _ } = self;
        resource(ResourceType::Cluster, uuid, name.unwrap_or_default(), status)
    }
}

#[derive(Deserialize)]
struct Template {
    uuid: String,
    name: Option<String>,
    project_id: String,
    public: bool,
}

impl Template {
    /// As a resource, with what stands in its way and what others lose: Magnum keeps a template that a cluster has.
    fn used_by(self, clusters: &[Cluster], tenant: &ProjectId) -> (Resource, Option<Loss>) {
        let Self { uuid, name, project_id: _, public } = self;
        let others =
            clusters.iter().filter(|one| one.cluster_template_id == uuid && one.project_id != tenant.0);
        let others: Vec<String> =
            others.map(|one| format!("cluster {} of project {}", one.uuid, one.project_id)).collect();
        let mut resource = resource(ResourceType::ClusterTemplate, uuid, name.unwrap_or_default(), None);
        resource.hindrance = (!others.is_empty()).then(|| {
            format!("it is in use by {}: upgrade them to another template, or keep it", others.join(", "))
        });
        let what = "it is public: no project can make a cluster from it any more".to_owned();
        let loss = public.then(|| Loss { by: resource.key.clone(), what });
        (resource, loss)
    }
}

#[derive(Deserialize)]
struct Quota {
    project_id: String,
}

fn resource(kind: ResourceType, id: String, name: String, state: Option<String>) -> Resource {
    let key = ResourceKey { kind, id, of: None };
    Resource { key, name, state, size: None, after: BTreeSet::new(), hindrance: None }
}

async fn clusters(read: &dyn CloudRead) -> Sighting<Vec<Cluster>> {
    reach::container_infra(read).await?;
    let listing = Listing::ContainerInfra(ContainerInfraListing::Clusters);
    sighting(read, &listing, |row: Cluster| Ok(Some(row)), |one| one.uuid.clone()).await
}

async fn templates(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<Vec<Template>> {
    reach::container_infra(read).await?;
    let listing = Listing::ContainerInfra(ContainerInfraListing::ClusterTemplates);
    let template = |row: Template| Ok((row.project_id == tenant.0).then_some(row));
    sighting(read, &listing, template, |one| one.uuid.clone()).await
}

/// Magnum limits the number of clusters and nothing else: one row, or none.
async fn quota(read: &dyn CloudRead, tenant: &ProjectId) -> Sighting<Vec<Resource>> {
    reach::container_infra(read).await?;
    let listing = Listing::ContainerInfra(ContainerInfraListing::Quotas);
    let own = |Quota { project_id }: Quota| {
        let service = ResourceType::Cluster.service().to_owned();
        Ok((project_id == tenant.0).then(|| resource(ResourceType::Quota, service, String::new(), None)))
    };
    sighting(read, &listing, own, |one| one.key.clone()).await
}
