//! How much of each service was seen.
//!
//! What comes in: a [`Snapshot`]. What goes out: of each service that was asked, whether all that was asked of it came.

use std::collections::BTreeMap;

use super::port::Service;
use crate::model::{Inventory, Sighting, Snapshot, Unknown};

/// Of each service that was asked: that it was seen whole, or the first listing's reason why not.
pub type Coverage = BTreeMap<Service, Sighting<()>>;

/// The coverage of one audit.
pub fn coverage(snapshot: &Snapshot) -> Coverage {
    let Snapshot {
        cloud: _,
        domains,
        projects,
        users,
        groups,
        roles,
        assignments,
        application_credentials,
        security_groups,
        initial_rules,
        address_groups,
        quotas,
        // Of no service of the cloud; the findings tell what could not be seen.
        certificates: _,
    } = snapshot;
    let mut coverage = Coverage::new();
    let mut came = |service, sighting: Result<(), &Unknown>| note(&mut coverage, service, sighting);
    came(Service::Identity, whole(domains));
    came(Service::Identity, whole(projects));
    came(Service::Identity, whole(roles));
    came(Service::Identity, whole(assignments));
    users.values().for_each(|users| came(Service::Identity, whole(users)));
    groups.values().for_each(|groups| came(Service::Identity, whole(groups)));
    application_credentials.values().for_each(|all| came(Service::Identity, whole(all)));
    came(Service::Network, whole(security_groups));
    came(Service::Network, whole(initial_rules));
    came(Service::Network, whole(address_groups));
    for (service, of_projects) in quotas {
        // Whose limits are wanted is not known before the projects are.
        came((*service).into(), whole(projects));
        of_projects.values().for_each(|limits| came((*service).into(), whole(limits)));
    }
    coverage
}

/// The coverage of one look at a tenant.
pub fn covered(inventory: &Inventory) -> Coverage {
    let mut coverage = Coverage::new();
    for service in Service::ALL {
        let of_service = inventory.held.iter().filter(|(kind, _)| kind.service() == service.name());
        of_service.for_each(|(_, seen)| note(&mut coverage, service, whole(seen)));
    }
    coverage
}

fn whole<T>(sighting: &Sighting<T>) -> Result<(), &Unknown> {
    sighting.as_ref().map(drop)
}

fn note(coverage: &mut Coverage, service: Service, sighting: Result<(), &Unknown>) {
    match sighting {
        Ok(()) => drop(coverage.entry(service).or_insert(Ok(()))),
        Err(why) if why.was_asked() => {
            let standing = coverage.entry(service).or_insert(Ok(()));
            if standing.is_ok() {
                *standing = Err(why.clone());
            }
        }
        Err(_) => {}
    }
}
