//! What the services' own databases say of a project: the judge over inventories and removals, for it asks no API.
//!
//! # Guarantees
//! Every table of every service with a column that names a project is asked; no list of types is kept here that could forget one. Rows that a
//! service only marks as deleted do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// Columns that name the project of a row, or one that a row is given to.
const NAMING: &[&str] = &[
    "project_id",
    "tenant_id",
    "owner",
    "owner_id",
    "external_id",
    "target_project",
    "target_tenant",
    "target_id",
    "member",
    "default_project_id",
    "source_project_id",
    "destination_project_id",
];
/// Schemas that hold no service.
const FOREIGN: &[&str] = &["information_schema", "mysql", "performance_schema", "sys", "test"];

/// One column of one table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    schema: String,
    table: String,
    column: String,
    /// Whether rows are marked as deleted rather than taken away.
    marks: bool,
}

impl Place {
    fn rows(&self, project: &str) -> String {
        let Self { schema, table, column, marks } = self;
        let living = if *marks { " AND CAST(deleted AS CHAR) IN ('0', '')" } else { "" };
        // Barbican and Placement have an id of their own for each project.
        let ids = match (schema.as_str(), column.as_str()) {
            ("barbican" | "placement", "project_id") => {
                format!("SELECT id FROM `{schema}`.projects WHERE external_id = '{project}'")
            }
            _ => format!("'{project}'"),
        };
        format!("SELECT * FROM `{schema}`.`{table}` WHERE `{column}` IN ({ids}){living}")
    }
}

/// Rows as text, by `schema.table.column`.
pub type Rows = BTreeMap<String, BTreeSet<String>>;

/// Where the cloud that the environment names keeps its state.
///
/// # Errors
/// When it names none.
pub fn state() -> Result<PathBuf> {
    let clouds = std::env::var("OS_CLIENT_CONFIG_FILE").context("OS_CLIENT_CONFIG_FILE is not set")?;
    Ok(PathBuf::from(clouds).with_file_name("state"))
}

/// The rows that statements give, each as one line.
///
/// # Errors
/// When the databases do not answer, or refuse it.
pub fn rows(statements: &str) -> Result<Vec<String>> {
    Ok(ask(&state()?.join("mysql/sock"), statements)?.lines().map(str::to_owned).collect())
}

fn ask(socket: &Path, statements: &str) -> Result<String> {
    let mut mariadb = Command::new("mariadb");
    mariadb.args(["--no-defaults", "--batch", "--skip-column-names", "-uroot", "-S"]).arg(socket);
    let answer = mariadb.args(["-e", statements]).output().context("failed to run mariadb")?;
    if !answer.status.success() {
        bail!("mariadb: {}", String::from_utf8_lossy(&answer.stderr));
    }
    Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
}

/// The databases of the rig.
#[derive(Clone, Debug)]
pub struct Judge {
    socket: PathBuf,
    places: Vec<Place>,
}

impl Judge {
    /// Of the rig that the environment names.
    ///
    /// # Errors
    /// When there is none, or its database does not answer.
    pub fn of_rig() -> Result<Self> {
        let mut judge = Self { socket: state()?.join("mysql/sock"), places: Vec::new() };
        judge.places = judge.look_for_places()?;
        ensure!(!judge.places.is_empty(), "no table names a project");
        Ok(judge)
    }

    /// Every row that names the project.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn rows(&self, project: &str) -> Result<Rows> {
        ensure!(project.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{project} is no id");
        let asked: Vec<String> = self
            .places
            .iter()
            .enumerate()
            .map(|(number, place)| format!("SELECT '=={number}'; {};", place.rows(project)))
            .collect();
        let (mut rows, mut place) = (Rows::new(), None);
        for line in self.ask(&asked.join("\n"))?.lines() {
            match line.strip_prefix("==") {
                Some(number) => place = number.parse().ok().and_then(|number: usize| self.places.get(number)),
                None => {
                    let Place { schema, table, column, marks: _ } = place.context("a row without a place")?;
                    rows.entry(format!("{schema}.{table}.{column}")).or_default().insert(line.to_owned());
                }
            }
        }
        Ok(rows)
    }

    /// How many rows of each table name the project, without those tables.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn counts(&self, project: &str, without: &[&str]) -> Result<BTreeMap<String, usize>> {
        let rows = self.rows(project)?;
        let left_out = |place: &String| without.iter().any(|table| place.starts_with(&format!("{table}.")));
        Ok(rows
            .into_iter()
            .filter(|(place, _)| !left_out(place))
            .map(|(place, rows)| (place, rows.len()))
            .collect())
    }

    /// What one statement answers: its first column, line by line.
    ///
    /// # Errors
    /// When the database does not answer, or refuses it.
    pub fn ask(&self, statement: &str) -> Result<String> {
        ask(&self.socket, statement)
    }

    fn look_for_places(&self) -> Result<Vec<Place>> {
        let quoted =
            |names: &[&str]| names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
        let columns = self.ask(&format!(
            "SELECT c.table_schema, c.table_name, c.column_name, \
               EXISTS(SELECT 1 FROM information_schema.columns d WHERE d.table_schema = c.table_schema \
                      AND d.table_name = c.table_name AND d.column_name = 'deleted') \
             FROM information_schema.columns c JOIN information_schema.tables t \
               ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE' \
             WHERE c.column_name IN ({}) AND c.data_type IN ('varchar', 'char') \
               AND c.table_schema NOT IN ({}) AND c.table_name NOT LIKE 'shadow\\_%' \
             ORDER BY 1, 2, 3",
            quoted(NAMING),
            quoted(FOREIGN),
        ))?;
        let own = Place {
            schema: "keystone".to_owned(),
            table: "project".to_owned(),
            column: "id".to_owned(),
            marks: false,
        };
        columns.lines().map(place).chain([Ok(own)]).collect()
    }
}

fn place(line: &str) -> Result<Place> {
    let words: Vec<&str> = line.split('\t').collect();
    let [schema, table, column, marks] = words.as_slice() else { bail!("{line:?} is no column") };
    let owned = |word: &&str| (*word).to_owned();
    Ok(Place { schema: owned(schema), table: owned(table), column: owned(column), marks: *marks == "1" })
}

#[cfg(all(test, feature = "rig"))]
mod tests {
    use super::*;

    #[test]
    fn a_project_that_does_not_exist_has_no_rows_and_one_of_the_seed_has() {
        let judge = Judge::of_rig().unwrap();
        assert_eq!(judge.rows("0123456789abcdef0123456789abcdef").unwrap(), Rows::new());
        let seeded = judge.ask("SELECT id FROM keystone.project WHERE name = 'team-a'").unwrap();
        let rows = judge.counts(seeded.trim(), &[]).unwrap();
        assert!(rows.contains_key("neutron.securitygroups.project_id"), "{rows:?}");
        assert!(rows.contains_key("keystone.assignment.target_id"), "{rows:?}");
    }
}
