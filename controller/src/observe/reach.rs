//! Whether the credential sees every project, asked of a witness, before a listing across projects is believed.
//!
//! Neutron, Octavia and Magnum answer 200 and leave rows out, down to none, where a credential does not see all. Each has one
//! question that is answered only to who does.
//!
//! | service | witness | why |
//! | --- | --- | --- |
//! | Neutron | `GET /v2.0/quotas` | the code asks for the same property of the caller (`is_admin` of the context) that opens the listings |
//! | Octavia | `GET /v2/lbaas/quotas/<a project that does not exist>` | the listing with the same filter answers 200 to anyone with a load-balancer role; this one 403 |
//! | Magnum | `GET /v1/mservices` | its policy is the rule that opens the listings of all projects |
//!
//! Keystone, Nova, Cinder and Barbican answer 403 to the questions that are asked here, and need none.

use super::error::{ReadError, Reason};
use super::listings::ContainerInfraListing;
use super::port::{CloudRead, Listing, Rows, Service};

const OVERLAY: &str = "observe with a credential that is scoped to a project and sees all: the role global_reader with the policy \
                       files of manifests/openstack-policies, or admin";

/// Neutron's limits, if the credential sees every project.
pub(super) async fn network(read: &dyn CloudRead) -> Result<Rows, ReadError> {
    witness(read, Listing::NetworkQuotas, OVERLAY).await
}

/// Octavia's default limits, if the credential sees every project.
pub(super) async fn load_balancer(read: &dyn CloudRead) -> Result<Rows, ReadError> {
    let remedy = "give the observing user the role load-balancer_global_observer";
    witness(read, Listing::LoadBalancerQuotaDefaults, remedy).await
}

/// Magnum's conductors, if the credential sees every project.
pub(super) async fn container_infra(read: &dyn CloudRead) -> Result<Rows, ReadError> {
    witness(read, Listing::ContainerInfra(ContainerInfraListing::Conductors), OVERLAY).await
}

async fn witness(read: &dyn CloudRead, question: Listing, remedy: &str) -> Result<Rows, ReadError> {
    read.rows(&question).await.map_err(|why| match why.reason {
        Reason::Forbidden => {
            let message = format!("the credential does not see every project ({}); {remedy}", why.message);
            ReadError { reason: Reason::ReachNotProven, message, ..why }
        }
        _ => why,
    })
}

/// A listing that cannot be empty and is: Neutron makes the asking project's `default` group before it answers.
pub(super) fn empty(listing: &Listing) -> ReadError {
    let message = format!("{listing}: none came, and the asking project has at least its own; {OVERLAY}");
    ReadError::new(Service::Network, Reason::ReachNotProven, message)
}
