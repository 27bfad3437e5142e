//! The services' own databases: the judge.

use cloudspec_tests::judge;

/// The rows of a statement.
pub(crate) fn sql(statement: &str) -> Vec<String> {
    judge::rows(statement).unwrap()
}

/// Each type that is counted: its name, and the statement that counts those of project `P`.
const COUNTS: &[(&str, &str)] = &[
    ("Server", "nova_cell1.instances where deleted = 0 and project_id = 'P'"),
    ("Server0", "nova_cell0.instances where deleted = 0 and project_id = 'P'"),
    ("ServerGroup", "nova_api.instance_groups where project_id = 'P'"),
    ("FlavorAccess", "nova_api.flavor_projects where project_id = 'P'"),
    ("Volume", "cinder.volumes where not deleted and project_id = 'P'"),
    ("Snapshot", "cinder.snapshots where not deleted and project_id = 'P'"),
    ("Backup", "cinder.backups where not deleted and project_id = 'P'"),
    ("VolumeGroup", "cinder.groups where not deleted and project_id = 'P'"),
    ("GroupSnapshot", "cinder.group_snapshots where not deleted and project_id = 'P'"),
    ("VolumeTransfer", "cinder.transfers where not deleted and source_project_id = 'P'"),
    ("VolumeTypeAccess", "cinder.volume_type_projects where deleted = 0 and project_id = 'P'"),
    ("Image", "glance.images where not deleted and owner = 'P'"),
    ("ImageProtection", "glance.images where not deleted and protected and owner = 'P'"),
    ("ImageMembership", "glance.image_members where not deleted and member = 'P'"),
];

/// How many of each type a project has; those of which it has some.
pub(crate) fn counts(project: &str) -> Vec<(String, usize)> {
    let each = COUNTS.iter().map(|(kind, from)| {
        let rows = sql(&format!("select count(*) from {}", from.replace("'P'", &format!("'{project}'"))));
        ((*kind).to_owned(), rows[0].parse().unwrap())
    });
    each.filter(|(_, count)| *count > 0).collect()
}

/// The keypairs of a user.
pub(crate) fn keypairs(user: &str) -> Vec<String> {
    sql(&format!("select name from nova_api.key_pairs where user_id = '{user}' order by name"))
}
