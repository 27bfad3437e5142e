//! Many looks at once: what one listing of a service tells of several resources of one type.
//!
//! # Guarantees
//! A listing only spares reads. A row that is in it is judged as the answer to a question about it alone would be, by the same code; what is not in it, or
//! not understood, or refused, is asked about alone. So nothing is taken for gone because it is not in a listing, and a page that is cut costs reads
//! and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::hand::{Found, Hand, Known, Question};
use super::{network, volume};
use crate::apply::port::WriteError;
use crate::model::cloud::Principal;
use crate::model::ids::ProjectId;
use crate::model::inventory::Grant;
use crate::model::{ResourceKey, ResourceType};
use crate::observe::Service;

/// Fewer are asked about one by one.
const SEVERAL: usize = 2;
/// So many ids stand in one question to Neutron: its line may be 8 KiB long.
const IDS: usize = 100;
/// More pages are not read.
const PAGES: usize = 5;

/// How a listing goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Page {
    /// All comes at once.
    Whole,
    /// The next page follows the id of the last row.
    Marker(usize),
    /// The next page follows so many rows.
    Offset(usize),
}

/// One listing.
struct Asked {
    service: Service,
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    /// Where the rows stand.
    key: &'static str,
    page: Page,
}

/// What one listing can tell of: a type, of one tenant, and of one user where the type is listed by user.
type Group<'a> = (ResourceType, Option<&'a str>, &'a ProjectId);

/// The answers that listings have to the questions of looks at these.
pub(in crate::openstack::write) async fn known(hand: &Hand, all: &[(&ResourceKey, &ProjectId)]) -> Known {
    let mut groups: BTreeMap<Group<'_>, BTreeSet<&str>> = BTreeMap::new();
    for (what, project) in all {
        let user = match what.kind {
            ResourceType::Keypair | ResourceType::ApplicationCredential => what.of.as_deref(),
            _ => None,
        };
        groups.entry((alike(what.kind), user, project)).or_default().insert(&what.id);
    }
    let mut known = Known::new();
    for (group, ids) in groups.into_iter().filter(|(_, ids)| ids.len() >= SEVERAL) {
        let ids: Vec<&str> = ids.into_iter().collect();
        let most = if network::place(group.0).is_some() { IDS } else { ids.len() };
        for some in ids.chunks(most) {
            let Some(asked) = asked(group, some) else { continue };
            // What could not be listed is asked about one by one.
            let rows = rows(hand, &asked, group, some).await.unwrap_or_default();
            known.extend(rows.iter().filter_map(|row| answer(group, row)));
        }
        if group.0 == ResourceType::Server {
            known.extend(ports(hand, &ids).await);
        }
        for question in of_users(group, &ids) {
            known.extend(told(hand, question).await);
        }
    }
    known
}

/// What looks at these ask about their users, each once.
fn of_users((kind, user, _): Group<'_>, ids: &[&str]) -> BTreeSet<Question> {
    match (kind, user) {
        (ResourceType::Keypair, Some(user)) => BTreeSet::from([super::compute::asked_of_user(user)]),
        (ResourceType::RoleAssignment, _) => {
            let grants = ids.iter().filter_map(|id| Grant::parse(id));
            let users = grants.filter_map(|grant| match grant.principal {
                Principal::User(user) if !grant.inherited => Some(user),
                Principal::User(_) | Principal::Group(_) => None,
            });
            users.map(|user| super::identity::asked_of_user(&user.0)).collect()
        }
        _ => BTreeSet::new(),
    }
}

async fn told(hand: &Hand, question: Question) -> Option<(Question, Value)> {
    let path: Vec<&str> = question.path.iter().map(String::as_str).collect();
    let query: Vec<_> = question.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    match hand.read(question.service, &path, &query).await {
        Ok(Found::There(answer)) => Some((question, answer)),
        Ok(Found::NotThere(_)) | Err(_) => None,
    }
}

/// The ports of servers, as a look at each asks for them.
async fn ports(hand: &Hand, servers: &[&str]) -> Known {
    let mut known = Known::new();
    for some in servers.chunks(IDS) {
        let fields = ["id", "project_id", "device_id"].map(|field| ("fields", field));
        let query: Vec<_> = fields.into_iter().chain(some.iter().map(|id| ("device_id", *id))).collect();
        let Ok(Found::There(answer)) = hand.read(Service::Network, &["ports"], &query).await else {
            continue;
        };
        let rows = answer.get("ports").and_then(Value::as_array);
        // A page that is cut tells of no server that it has all.
        let (Some(rows), None) = (rows, answer.get("ports_links")) else { continue };
        for server in some {
            let own: Vec<&Value> =
                rows.iter().filter(|row| row.get("device_id").is_some_and(|id| id == server)).collect();
            known.insert(super::compute::asked_of_ports(server), json!({"ports": own}));
        }
    }
    known
}

/// Types whose looks ask the same question.
fn alike(kind: ResourceType) -> ResourceType {
    match kind {
        ResourceType::RouterRoutes | ResourceType::RouterGateway => ResourceType::Router,
        ResourceType::RouterInterface => ResourceType::Port,
        ResourceType::ImageProtection => ResourceType::Image,
        other => other,
    }
}

fn asked((kind, user, project): Group<'_>, ids: &[&str]) -> Option<Asked> {
    let of = |service, path: &[&str], query: &[(&'static str, &str)], key, page| {
        let path = path.iter().map(|segment| (*segment).to_owned()).collect();
        let mut query: Vec<_> = query.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        if let Page::Marker(limit) | Page::Offset(limit) = page {
            query.push(("limit", limit.to_string()));
        }
        Some(Asked { service, path, query, key, page })
    };
    let project = project.0.as_str();
    let all = [("all_tenants", "1"), ("project_id", project)];
    if let Some((path, _)) = network::place(kind) {
        let names: Vec<_> = ids.iter().map(|id| ("id", *id)).collect();
        let key = match path {
            ["rbac-policies"] => "rbac_policies",
            ["security-groups"] => "security_groups",
            ["address-groups"] => "address_groups",
            ["address-scopes"] => "address_scopes",
            [.., last] => last,
            [] => return None,
        };
        return of(Service::Network, path, &names, key, Page::Whole);
    }
    if let Some((path, _, _)) = volume::place(kind).filter(|_| kind != ResourceType::VolumeGroup) {
        return of(Service::BlockStorage, &[path, "detail"], &all, path, Page::Marker(1000));
    }
    match kind {
        ResourceType::Server => {
            of(Service::Compute, &["servers", "detail"], &all, "servers", Page::Marker(1000))
        }
        ResourceType::Keypair => {
            of(Service::Compute, &["os-keypairs"], &[("user_id", user?)], "keypairs", Page::Whole)
        }
        ResourceType::Image => {
            let query = [("visibility", "all"), ("owner", project)];
            of(Service::Image, &["images"], &query, "images", Page::Marker(1000))
        }
        ResourceType::LoadBalancer => {
            let path = ["lbaas", "loadbalancers"];
            of(Service::LoadBalancer, &path, &[("project_id", project)], "loadbalancers", Page::Marker(1000))
        }
        ResourceType::SecretOrder => of(Service::KeyManager, &["orders"], &[], "orders", Page::Offset(100)),
        ResourceType::SecretContainer => {
            of(Service::KeyManager, &["containers"], &[], "containers", Page::Offset(100))
        }
        ResourceType::Secret => of(Service::KeyManager, &["secrets"], &[], "secrets", Page::Offset(100)),
        ResourceType::ApplicationCredential => {
            let path = ["users", user?, "application_credentials"];
            of(Service::Identity, &path, &[], "application_credentials", Page::Whole)
        }
        ResourceType::RoleAssignment => {
            let query = [("scope.project.id", project)];
            of(Service::Identity, &["role_assignments"], &query, "role_assignments", Page::Whole)
        }
        _ => None,
    }
}

/// The rows, page by page, until all of these were seen or there are no more.
async fn rows(hand: &Hand, asked: &Asked, group: Group<'_>, ids: &[&str]) -> Result<Vec<Value>, WriteError> {
    let within = match asked.service {
        Service::KeyManager => Some(hand.within(group.2, asked.service).await?),
        _ => None,
    };
    let hand = within.as_ref().unwrap_or(hand);
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let mut rows: Vec<Value> = Vec::new();
    for _ in 0..PAGES {
        let (limit, next) = match asked.page {
            Page::Whole => (usize::MAX, None),
            Page::Marker(limit) => (limit, rows.last().and_then(id).map(|last| ("marker", last.to_owned()))),
            Page::Offset(limit) => (limit, (!rows.is_empty()).then(|| ("offset", rows.len().to_string()))),
        };
        let query = asked.query.iter().chain(&next).map(|(name, value)| (*name, value.as_str()));
        let page = match hand.read(asked.service, &path, &query.collect::<Vec<_>>()).await {
            Ok(Found::There(mut page)) => page.get_mut(asked.key).map(Value::take),
            Ok(Found::NotThere(_)) | Err(_) => None,
        };
        let Some(Value::Array(page)) = page else { break };
        let is_full = page.len() >= limit;
        rows.extend(page);
        let seen: BTreeSet<&str> = rows.iter().filter_map(id).collect();
        if !is_full || ids.iter().all(|id| seen.contains(id)) {
            break;
        }
    }
    Ok(rows)
}

/// Barbican has the id at the end of a URL.
fn id(row: &Value) -> Option<&str> {
    let url = ["secret_ref", "container_ref", "order_ref"].iter().find_map(|name| row.get(name)?.as_str());
    url.and_then(|url| url.rsplit('/').next()).or_else(|| row.get("id")?.as_str())
}

/// The question that a look at one asks, and the answer that this row is.
fn answer((kind, user, project): Group<'_>, row: &Value) -> Option<(Question, Value)> {
    let told = |service, path: &[&str], query: &[(&str, &str)], answer| {
        Some((Question::new(service, path, query), answer))
    };
    if let Some((path, key)) = network::place(kind) {
        return told(Service::Network, &[path, &[id(row)?]].concat(), &[], json!({key: row}));
    }
    if let Some((path, key, _)) = volume::place(kind) {
        return told(Service::BlockStorage, &[path, id(row)?], &[], json!({key: row}));
    }
    match kind {
        ResourceType::Server => told(Service::Compute, &["servers", id(row)?], &[], json!({"server": row})),
        ResourceType::Keypair => {
            let name = row.pointer("/keypair/name")?.as_str()?;
            told(Service::Compute, &["os-keypairs", name], &[("user_id", user?)], row.clone())
        }
        ResourceType::Image => told(Service::Image, &["images", id(row)?], &[], row.clone()),
        ResourceType::LoadBalancer => {
            let answer = json!({"loadbalancer": row});
            told(Service::LoadBalancer, &["lbaas", "loadbalancers", id(row)?], &[], answer)
        }
        ResourceType::SecretOrder => told(Service::KeyManager, &["orders", id(row)?], &[], row.clone()),
        ResourceType::SecretContainer => {
            told(Service::KeyManager, &["containers", id(row)?], &[], row.clone())
        }
        ResourceType::Secret => told(Service::KeyManager, &["secrets", id(row)?], &[], row.clone()),
        ResourceType::ApplicationCredential => {
            let path = ["users", user?, "application_credentials", id(row)?];
            told(Service::Identity, &path, &[], json!({"application_credential": row}))
        }
        ResourceType::RoleAssignment => {
            let at = |place: &str| row.pointer(place).and_then(Value::as_str);
            let principal = match (at("/user/id"), at("/group/id")) {
                (Some(user), None) => Principal::User(user.into()),
                (None, Some(group)) => Principal::Group(group.into()),
                _ => return None,
            };
            let grant = Grant { principal, role: at("/role/id")?.into(), inherited: false };
            let question = super::identity::asked(&grant, project);
            Some((question, json!({"role_assignments": [row]})))
        }
        _ => None,
    }
}
