//! Each listing as the service's API has it.

mod compute;
mod container_infra;
mod identity;
mod image;
mod key_manager;
mod load_balancer;
mod network;
mod volume;

use super::limits::Limits;
use crate::model::ids::ProjectId;
use crate::observe::Listing;

/// Where the rows stand in the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A list under this key.
    List(&'static str),
    /// One object under this key.
    One(&'static str),
}

/// How the next page is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paging {
    /// `links.next`, and `truncated` where rows were left out.
    Keystone,
    /// `<key>_links` with `rel: next`; a full page without one is followed by its last row's id as the marker.
    Marker {
        /// Rows that were asked for.
        limit: usize,
    },
    /// `next`.
    Next {
        /// Rows that were asked for.
        limit: usize,
    },
    /// Nothing: what was read is passed over by its number, until a page is empty.
    Offset,
    /// All comes at once.
    Whole,
}

/// One listing's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// Below the service's URL.
    pub(super) path: Vec<String>,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) shape: Shape,
    pub(super) paging: Paging,
}

/// A project that does not exist: Octavia answers about it to who sees every project, with the defaults.
const NO_PROJECT: &str = "00000000000000000000000000000000";
/// Barbican cuts longer pages down to this by itself.
const BARBICAN_PAGE: usize = 100;

impl Route {
    /// `own` is the project that the token is good for.
    pub(super) fn of(listing: &Listing, own: Option<&ProjectId>, limits: &Limits) -> Self {
        let marker = Paging::Marker { limit: limits.page };
        match listing {
            Listing::Domains => Self::keystone(&["domains"], "domains"),
            Listing::Projects => Self::keystone(&["projects"], "projects"),
            Listing::Users(domain) => Self::keystone(&["users"], "users").with("domain_id", &domain.0),
            Listing::Groups(domain) => Self::keystone(&["groups"], "groups").with("domain_id", &domain.0),
            Listing::Roles => Self::keystone(&["roles"], "roles"),
            Listing::RoleAssignments => Self::keystone(&["role_assignments"], "role_assignments"),
            Listing::ApplicationCredentials(user) => {
                Self::keystone(&["users", &user.0, "application_credentials"], "application_credentials")
            }
            Listing::SecurityGroups => {
                Self::new(&["security-groups"], Shape::List("security_groups"), marker)
                    .with("limit", limits.page)
                    .fields(&[
                        "id",
                        "name",
                        "project_id",
                        "description",
                        "revision_number",
                        "security_group_rules",
                    ])
            }
            Listing::AddressGroups => Self::new(&["address-groups"], Shape::List("address_groups"), marker)
                .with("limit", limits.page)
                .fields(&["id", "name", "project_id"]),
            Listing::DefaultSecurityGroupRules => {
                let shape = Shape::List("default_security_group_rules");
                Self::new(&["default-security-group-rules"], shape, marker).with("limit", limits.page)
            }
            Listing::NetworkQuotas => Self::new(&["quotas"], Shape::List("quotas"), Paging::Whole),
            Listing::NetworkQuotaDefaults => {
                Self::one(&["quotas", own.map_or(NO_PROJECT, |own| &own.0), "default"], "quota")
            }
            // A page's marker is "None" there, whatever the rows: it can only be read whole.
            Listing::LoadBalancerQuotas => {
                Self::new(&["lbaas", "quotas"], Shape::List("quotas"), Paging::Whole)
            }
            Listing::LoadBalancerQuotaDefaults => Self::one(&["lbaas", "quotas", NO_PROJECT], "quota"),
            Listing::KeyManagerQuotas => {
                let paging = Paging::Next { limit: BARBICAN_PAGE };
                Self::new(&["project-quotas"], Shape::List("project_quotas"), paging)
                    .with("limit", BARBICAN_PAGE)
            }
            Listing::KeyManagerOwnQuota => Self::one(&["quotas"], "quotas"),
            Listing::ComputeQuota(project) | Listing::VolumeQuota(project) => {
                Self::one(&["os-quota-sets", &project.0], "quota_set")
            }
            Listing::Compute(of) => compute::route(of, limits),
            Listing::Volume(of) => volume::route(of, limits),
            Listing::Image(of) => image::route(of, limits),
            Listing::Network(of) => network::route(of, limits),
            Listing::LoadBalancer(of) => load_balancer::route(of, limits),
            Listing::KeyManager(of) => key_manager::route(of, limits),
            Listing::ContainerInfra(of) => container_infra::route(of, limits),
            Listing::Identity(of) => identity::route(of, limits),
        }
    }

    fn new(path: &[&str], shape: Shape, paging: Paging) -> Self {
        let path = path.iter().map(|&segment| segment.to_owned()).collect();
        Self { path, query: Vec::new(), shape, paging }
    }

    fn keystone(path: &[&str], key: &'static str) -> Self {
        Self::new(path, Shape::List(key), Paging::Keystone)
    }

    fn one(path: &[&str], key: &'static str) -> Self {
        Self::new(path, Shape::One(key), Paging::Whole)
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    fn fields(self, names: &[&str]) -> Self {
        names.iter().fold(self, |route, name| route.with("fields", name))
    }
}
