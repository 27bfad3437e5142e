//! The services' own databases: the judge.

use std::path::PathBuf;
use std::process::Command;

/// Where the cloud of clouds.yaml keeps its state.
pub(crate) fn state() -> PathBuf {
    let clouds = PathBuf::from(std::env::var_os("OS_CLIENT_CONFIG_FILE").unwrap());
    clouds.parent().unwrap().join("state")
}

/// The port of the databases, as Cinder is told it.
fn port() -> String {
    let config = std::fs::read_to_string(state().join("etc/cinder/cinder.conf")).unwrap();
    let connection = config.lines().find(|line| line.starts_with("connection = mysql")).unwrap();
    connection.split([':', '/']).find(|part| part.parse::<u16>().is_ok()).unwrap().to_owned()
}

/// The rows of a statement.
pub(crate) fn sql(statement: &str) -> Vec<String> {
    let mut client = Command::new("mysql");
    client.args(["--no-defaults", "--host=127.0.0.1", "--port", &port()]);
    client.args(["--user=devcloud", "--password=devcloud", "--skip-column-names", "--batch"]);
    let answer = client.arg("--execute").arg(statement).output().unwrap();
    assert!(answer.status.success(), "{statement}: {}", String::from_utf8_lossy(&answer.stderr));
    String::from_utf8(answer.stdout).unwrap().lines().map(str::to_owned).collect()
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
