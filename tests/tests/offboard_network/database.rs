//! Neutron's own database, read past its API.

use std::collections::{BTreeMap, BTreeSet};

use cloudspec_tests::judge;

/// The first column of each row.
pub(crate) fn column(query: &str) -> BTreeSet<String> {
    rows(query).into_iter().collect()
}

/// Each row as one line.
fn rows(query: &str) -> Vec<String> {
    judge::rows(&format!("USE neutron; {query}")).unwrap()
}

/// All rows of a project, by table: whatever table has a column for one.
pub(crate) fn of_project(project: &str) -> BTreeMap<String, BTreeSet<String>> {
    let query = "select concat(table_name, ' ', column_name) from information_schema.columns \
                 where table_schema = 'neutron' and column_name in ('project_id', 'tenant_id')";
    let mut all = BTreeMap::new();
    for place in rows(query) {
        let (table, column) = place.split_once(' ').unwrap();
        let found = rows(&format!("select * from {table} where {column} = '{project}'"));
        if !found.is_empty() {
            all.insert(table.to_owned(), found.into_iter().collect());
        }
    }
    all
}

/// Shares that a project gives or is given.
pub(crate) fn shares(project: &str) -> BTreeSet<String> {
    let tables = [
        "networkrbacs",
        "subnetpoolrbacs",
        "addressscoperbacs",
        "qospolicyrbacs",
        "securitygrouprbacs",
        "addressgrouprbacs",
    ];
    let of = |table: &&str| {
        column(&format!("select id from {table} where '{project}' in (project_id, target_project)"))
    };
    tables.iter().flat_map(of).collect()
}
