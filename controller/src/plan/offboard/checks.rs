//! What must be so before a tenant leaves: an ordered table of small named checks. Each looks at one thing; all that fail are told.

use std::collections::BTreeSet;

use super::Refusal;
use super::remains::of_type;
use super::stage::Stage;
use crate::model::inventory::{Resource, TenantSeen};
use crate::model::leaving::{Kept, Leaving, Protected, same_name};
use crate::model::{Inventory, ResourceKey, ResourceType};

/// One check.
pub struct Check {
    /// Stable name: that of its refusal.
    pub name: &'static str,
    /// What must be so, for the documentation.
    pub doc: &'static str,
    fails: fn(&Case<'_>) -> Vec<Refusal>,
}

/// All that is judged.
pub(super) struct Case<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) leaving: &'a Leaving,
    pub(super) protected: &'a Protected,
    /// CloudSpecs that list the project, by name.
    pub(super) listed_by: &'a [String],
    pub(super) stage: Stage,
}

/// The checks, in their order. A plan that was made may still be refused as `TooLarge`.
pub fn checks() -> &'static [Check] {
    const {
        &[
            check("IdMalformed", "the id has 32 hexadecimal digits", id_malformed),
            check("TenantNotTold", "Keystone told of the project", tenant_not_told),
            check("NoSuchTenant", "there is a project of that id", no_such_tenant),
            check("NameDiffers", "its name is the one that was typed", name_differs),
            check("DomainDiffers", "its domain is the one that was typed", domain_differs),
            check("ProtectedDomain", "its domain is not protected", protected_domain),
            check("ProtectedProject", "it is not protected itself", protected_project),
            check("ActsAsDomain", "it does not act as a domain", acts_as_domain),
            check("HasChildren", "no project is below it", has_children),
            check("Immutable", "it is not immutable", immutable),
            check("OwnProject", "the credentials in use are not scoped to it", own_project),
            check("OwnsServiceResources", "no service keeps its own things in it", owns_service_resources),
            check("ListedByCloudSpec", "no CloudSpec lists it", listed_by_cloud_spec),
            check("ProjectStays", "the project itself goes only where that was asked for", project_stays),
            check("CatalogueNotTold", "the services of the cloud are known", catalogue_not_told),
            check("TypeNotTold", "each type of resource could be listed", type_not_told),
            check("QuotaNotTold", "the limits that are frozen are known", quota_not_told),
            check("Uncovered", "what nothing here sweeps was accepted by name", uncovered),
            check("KeptNotFound", "each id that is kept is one of the project's", kept_not_found),
            check("StillHolds", "the project goes only when it holds nothing more", still_holds),
        ]
    }
}

type Fails = fn(&Case<'_>) -> Vec<Refusal>;

const fn check(name: &'static str, doc: &'static str, fails: Fails) -> Check {
    Check { name, doc, fails }
}

/// All that stands in the way, in the order of the table.
pub(super) fn refusals(case: &Case<'_>) -> Vec<Refusal> {
    checks().iter().flat_map(|check| (check.fails)(case)).collect()
}

fn refuse_if(so: bool, refusal: impl FnOnce() -> Refusal) -> Vec<Refusal> {
    if so { vec![refusal()] } else { Vec::new() }
}

impl Case<'_> {
    /// The project, where Keystone told of it.
    fn seen(&self) -> Option<&TenantSeen> {
        let seen = self.inventory.tenant.as_ref().ok()?.as_ref()?;
        (seen.id == self.leaving.id).then_some(seen)
    }

    fn refuse(&self, refusal: impl FnOnce(&TenantSeen) -> Option<Refusal>) -> Vec<Refusal> {
        self.seen().and_then(refusal).into_iter().collect()
    }
}

fn id_malformed(case: &Case<'_>) -> Vec<Refusal> {
    let id = &case.leaving.id.0;
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    refuse_if(id.len() != 32 || !id.bytes().all(digit), || Refusal::IdMalformed(id.clone()))
}

fn tenant_not_told(case: &Case<'_>) -> Vec<Refusal> {
    case.inventory.tenant.as_ref().err().map(|why| Refusal::TenantNotTold(why.clone())).into_iter().collect()
}

fn no_such_tenant(case: &Case<'_>) -> Vec<Refusal> {
    let told = case.inventory.tenant.is_ok();
    refuse_if(told && case.seen().is_none(), || Refusal::NoSuchTenant(case.leaving.id.clone()))
}

fn name_differs(case: &Case<'_>) -> Vec<Refusal> {
    let asked = &case.leaving.name;
    case.refuse(|seen| {
        (seen.name != *asked).then(|| Refusal::NameDiffers { asked: asked.clone(), seen: seen.name.clone() })
    })
}

fn domain_differs(case: &Case<'_>) -> Vec<Refusal> {
    let asked = &case.leaving.domain;
    case.refuse(|seen| {
        (seen.domain_name != *asked)
            .then(|| Refusal::DomainDiffers { asked: asked.clone(), seen: seen.domain_name.clone() })
    })
}

/// An id may stand where a name does: `default` is the id of the domain `Default`.
fn is_domain(name: &str, seen: &TenantSeen) -> bool {
    same_name(name, &seen.domain_name) || same_name(name, &seen.domain.0)
}

fn protected_domain(case: &Case<'_>) -> Vec<Refusal> {
    let always = Protected::default();
    let mut all = case.protected.domains.iter().chain(&always.domains);
    case.refuse(|seen| {
        all.any(|name| is_domain(name, seen)).then(|| Refusal::ProtectedDomain(seen.domain_name.clone()))
    })
}

fn protected_project(case: &Case<'_>) -> Vec<Refusal> {
    let always = Protected::default();
    let mut all = case.protected.projects.iter().chain(&always.projects);
    case.refuse(|seen| {
        all.any(|(domain, name)| is_domain(domain, seen) && same_name(name, &seen.name))
            .then(|| Refusal::ProtectedProject(format!("{}/{}", seen.domain_name, seen.name)))
    })
}

fn acts_as_domain(case: &Case<'_>) -> Vec<Refusal> {
    case.refuse(|seen| seen.is_domain.then_some(Refusal::ActsAsDomain))
}

fn has_children(case: &Case<'_>) -> Vec<Refusal> {
    case.refuse(|seen| (!seen.children.is_empty()).then(|| Refusal::HasChildren(seen.children.clone())))
}

fn immutable(case: &Case<'_>) -> Vec<Refusal> {
    case.refuse(|seen| seen.immutable.then_some(Refusal::Immutable))
}

fn own_project(case: &Case<'_>) -> Vec<Refusal> {
    refuse_if(case.inventory.own_projects.contains(&case.leaving.id), || Refusal::OwnProject)
}

fn owns_service_resources(case: &Case<'_>) -> Vec<Refusal> {
    // A port of another project in the tenant's networks is a loss of that project.
    let losses: BTreeSet<&ResourceKey> = case.inventory.losses.iter().map(|loss| &loss.by).collect();
    let is_foreign =
        |resource: &Resource| resource.key.kind == ResourceType::Port && losses.contains(&resource.key);
    let works = |resource: &&Resource| is_a_services(resource) && !is_foreign(resource);
    let found: Vec<String> =
        case.inventory.resources().filter(works).map(|one| format!("{} {}", one.key, one.name)).collect();
    refuse_if(!found.is_empty(), || Refusal::OwnsServiceResources(found))
}

/// What Octavia makes in the project of its own: its load balancers' servers, their ports and the network that manages them. The address
/// of a load balancer is a port of the tenant's, and is none of these.
fn is_a_services(resource: &Resource) -> bool {
    let Resource { key, name, state: _, size: _, after: _, hindrance: _ } = resource;
    match key.kind {
        ResourceType::Server => name.strip_prefix("amphora-").is_some_and(is_uuid),
        ResourceType::Port => {
            name.strip_prefix("octavia-lb-vrrp-").is_some_and(is_uuid)
                || name.starts_with("octavia-health-manager-")
        }
        ResourceType::Network => name == "lb-mgmt-net",
        _ => false,
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn listed_by_cloud_spec(case: &Case<'_>) -> Vec<Refusal> {
    refuse_if(!case.listed_by.is_empty(), || {
        let names: BTreeSet<&String> = case.listed_by.iter().collect();
        Refusal::ListedByCloudSpec(names.into_iter().cloned().collect())
    })
}

fn project_stays(case: &Case<'_>) -> Vec<Refusal> {
    let asked = case.leaving.delete_project || case.stage == Stage::Resources;
    refuse_if(!asked, || Refusal::ProjectStays)
}

fn catalogue_not_told(case: &Case<'_>) -> Vec<Refusal> {
    let why = case.inventory.uncovered.as_ref().err();
    why.map(|why| Refusal::CatalogueNotTold(why.clone())).into_iter().collect()
}

/// Of the types that the stage leaves behind empty, or finds empty.
fn type_not_told(case: &Case<'_>) -> Vec<Refusal> {
    let kinds = ResourceType::ALL.iter().filter(|kind| case.stage.counts(**kind, case.leaving));
    kinds
        .filter_map(|kind| {
            let why = of_type(case.inventory, *kind).err()?;
            Some(Refusal::TypeNotTold(*kind, why))
        })
        .collect()
}

fn quota_not_told(case: &Case<'_>) -> Vec<Refusal> {
    let of = |(service, seen): (&_, &Result<_, _>)| {
        let why = seen.as_ref().err()?;
        Some(Refusal::QuotaNotTold(*service, Clone::clone(why)))
    };
    match case.stage {
        Stage::Resources => case.inventory.quotas.iter().filter_map(of).collect(),
        Stage::Project => Vec::new(),
    }
}

fn uncovered(case: &Case<'_>) -> Vec<Refusal> {
    let open = case.inventory.uncovered.iter().flatten();
    let open = open.filter(|what| !case.leaving.accept_uncovered.contains(*what));
    open.map(|what| Refusal::Uncovered(what.clone())).collect()
}

/// Where a type of the stage could not be told, that alone is said: what is kept may be of that type. Of a type that goes later it may be
/// too, but what is mistyped would go now.
fn kept_not_found(case: &Case<'_>) -> Vec<Refusal> {
    if case.inventory.not_told().any(|(kind, _)| case.stage.counts(kind, case.leaving)) {
        return Vec::new();
    }
    let mut there: BTreeSet<&str> = case.inventory.resources().map(|one| one.key.id.as_str()).collect();
    there.insert(&case.leaving.id.0);
    there.extend(case.inventory.quotas.keys().map(|service| service.service_type()));
    let missing = |kept: &Kept| match kept {
        Kept::Type(_) => None,
        Kept::Id(id) => (!there.contains(id.as_str())).then(|| id.clone()),
    };
    let missing: Vec<String> = case.leaving.keep.keys().filter_map(missing).collect();
    refuse_if(!missing.is_empty(), || Refusal::KeptNotFound(missing))
}

/// What is kept, too: it would belong to a project that is gone.
fn still_holds(case: &Case<'_>) -> Vec<Refusal> {
    let goes_first = |kind: ResourceType| Stage::Resources.counts(kind, case.leaving);
    let held: Vec<String> = match case.stage {
        Stage::Resources => Vec::new(),
        Stage::Project => {
            let held = case.inventory.resources().filter(|one| goes_first(one.key.kind));
            held.map(|one| one.key.to_string()).collect()
        }
    };
    refuse_if(!held.is_empty(), || Refusal::StillHolds(held))
}
