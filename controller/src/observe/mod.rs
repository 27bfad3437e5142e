//! Floor 4: the world → [`Snapshot`].
//!
//! What comes in: [`Needs`], which say what is compared, and a [`CloudRead`], the port to the cloud. What goes out: a snapshot in which
//! each listing is whole or Unknown.
//!
//! # Guarantees
//! A listing that failed, was cut off, or has a row that is not understood is Unknown, whole; the others go on. A listing
//! across projects is believed only after a witness has shown that the credential sees every project. Each listing is asked for at most once
//! an audit, at most [`AT_ONCE`] at a time, in no order that could show in the result.

mod audit;
mod certificates;
mod coverage;
mod error;
mod identity;
mod inventory;
mod listings;
mod needs;
mod network;
mod port;
mod quota;
mod reach;
mod record;
mod redact;
mod rows;
mod shared;
mod x509;

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

pub use certificates::{CertificateRead, Chain, Obstacle, certificates};
pub use coverage::{Coverage, coverage, covered};
pub use error::{ReadError, Reason};
pub use inventory::inventory;
pub use listings::{
    ComputeListing, ContainerInfraListing, ExtraListing, IdentityListing, ImageListing, KeyManagerListing,
    LoadBalancerListing, NetworkListing, VolumeListing,
};
pub use needs::{Kind, Needs, Which};
pub use network::{security_group, security_group_rule};
pub use port::{CloudRead, Listing, Rows, Service};
pub use record::{Recorder, RecordingError, Replay};
pub use shared::{Shared, View};

use crate::model::cloud::ApplicationCredential;
use crate::model::ids::UserId;
use crate::model::{Sighting, Snapshot};
use audit::Audit;

/// Listings that are asked for at a time.
pub const AT_ONCE: usize = 8;

/// Looks at all that is needed.
pub async fn observe(read: &dyn CloudRead, needs: &Needs) -> Snapshot {
    let read = &Audit::new(read, AT_ONCE);
    let of_keystone = async {
        let seen = identity::collect(read, needs).await;
        let quotas = quota::collect(read, needs, &seen.domains, &seen.projects).await;
        (seen, quotas)
    };
    let ((identity, quotas), network) = tokio::join!(of_keystone, network::collect(read, needs));
    let identity::Seen { domains, projects, users, groups, roles, assignments } = identity;
    let network::Seen { security_groups, initial_rules, address_groups } = network;
    Snapshot {
        cloud: read.identity().clone(),
        domains,
        projects,
        users,
        groups,
        roles,
        assignments,
        application_credentials: BTreeMap::new(),
        security_groups,
        initial_rules,
        address_groups,
        quotas,
        certificates: BTreeMap::new(),
    }
}

/// The second look: application credentials of the users whose roles a plan would remove.
pub async fn application_credentials(
    read: &dyn CloudRead,
    users: &BTreeSet<UserId>,
) -> BTreeMap<UserId, Sighting<Vec<ApplicationCredential>>> {
    let read = &Audit::new(read, AT_ONCE);
    let each = users
        .iter()
        .map(|user| async move { (user.clone(), identity::application_credentials(read, user).await) });
    join_all(each).await.into_iter().collect()
}
