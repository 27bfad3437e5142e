//! Rows that a service keeps of a project for good, or until it cleans up by itself: none of them is a resource, and no call removes them.

use std::collections::BTreeMap;

use cloudspec_tests::judge::Judge;

/// Such a table, and which of its rows would be more than a trace. `P` is the project.
const TRACES: &[(&str, Option<&str>)] = &[
    // The keys that encrypt a project's secrets, and the project itself, are Barbican's for good.
    ("barbican.kek_data", None),
    ("barbican.projects", None),
    // Counters.
    ("cinder.quota_usages", Some("project_id = 'P' AND (in_use <> 0 OR reserved <> 0)")),
    // Which tokens are good no more.
    ("keystone.revocation_event", None),
    ("keystone.trust", Some("project_id = 'P' AND deleted_at IS NULL")),
    // Magnum forgets the certificates of a cluster's etcd and of its front proxy.
    (
        "magnum.x509keypair",
        Some("project_id = 'P' AND EXISTS (SELECT 1 FROM magnum.cluster WHERE project_id = 'P')"),
    ),
    // Nova keeps them until an operator archives them.
    ("nova_api.instance_mappings", Some("project_id = 'P' AND NOT queued_for_delete")),
    ("nova_cell1.instance_actions", None),
    // Every project that had a server has one since the days before Neutron.
    ("nova_cell1.security_groups", Some("project_id = 'P' AND name <> 'default'")),
    // Octavia's housekeeping takes them away later.
    ("octavia.load_balancer", Some("project_id = 'P' AND provisioning_status <> 'DELETED'")),
    // The row stays when the limits in it are taken away.
    (
        "octavia.quotas",
        Some("project_id = 'P' AND (load_balancer IS NOT NULL OR listener IS NOT NULL OR pool IS NOT NULL)"),
    ),
    ("placement.projects", None),
];

/// How many rows of each table are left of a project, traces apart.
pub(crate) fn left(judge: &Judge, project: &str, without: &[&str]) -> BTreeMap<String, usize> {
    let tables = TRACES.iter().map(|(table, _)| *table).chain(without.iter().copied());
    let mut left = judge.counts(project, &tables.collect::<Vec<_>>()).unwrap();
    for (table, more) in TRACES.iter().filter(|(table, _)| !without.iter().any(|one| table.starts_with(one)))
    {
        let Some(more) = more else { continue };
        let of = more.replace("'P'", &format!("'{project}'"));
        let count = judge.ask(&format!("SELECT COUNT(*) FROM {table} WHERE {of}")).unwrap();
        match count.trim().parse().unwrap() {
            0 => {}
            count => drop(left.insert((*table).to_owned(), count)),
        }
    }
    left
}
