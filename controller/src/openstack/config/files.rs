//! Where the fields come from: files at the usual places, the environment, a Secret.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::entry::Entry;
use super::parse::parse;
use super::{CloudConfig, ConfigError};

/// The environment, as whoever may read it hands it in.
pub type Environment = BTreeMap<String, String>;

/// A cloud as OpenStack's clients would find it: `clouds.yaml` with `secure.yaml` over it, from `OS_CLIENT_CONFIG_FILE`, the current directory,
/// `~/.config/openstack` or `/etc/openstack`; or `OS_*`, where no cloud is named and `OS_AUTH_URL` is set.
///
/// # Errors
/// The file, the cloud and the field that is wrong.
pub fn local(
    cloud: Option<&str>,
    environment: &Environment,
    current: &Path,
) -> Result<CloudConfig, ConfigError> {
    let named = cloud.or_else(|| variable(environment, "OS_CLOUD"));
    if named.is_none() && variable(environment, "OS_AUTH_URL").is_some() {
        let entry = from_environment(environment);
        return parse(&entry, |entry, cacert| cacert_of_file(entry, cacert, environment));
    }
    let directories = directories(environment, current);
    let names = ["clouds.yaml", "clouds.yml", "clouds.json"];
    let found = first(variable(environment, "OS_CLIENT_CONFIG_FILE"), &directories, &names);
    let Some(path) = found else {
        let searched: Vec<String> = directories.iter().map(|path| path.display().to_string()).collect();
        return Err(ConfigError::Nothing { searched: searched.join(", ") });
    };
    let file = path.display().to_string();
    let mut clouds = clouds(&file, &read(&path)?)?;
    let names = ["secure.yaml", "secure.yml", "secure.json"];
    if let Some(path) = first(variable(environment, "OS_CLIENT_SECURE_FILE"), &directories, &names) {
        let secrets = self::clouds(&path.display().to_string(), &read(&path)?)?;
        merge(&mut clouds, secrets);
    }
    let entry = choose(&file, clouds, named)?;
    parse(&entry, |entry, cacert| cacert_of_file(entry, cacert, environment))
}

/// A cloud from the content of a Secret: the text of `clouds.yaml`, the private CA in PEM, and a name for messages.
///
/// # Errors
/// The cloud and the field that is wrong.
pub fn from_secret(
    name: &str,
    clouds_yaml: &str,
    cacert: Option<&[u8]>,
    cloud: &str,
) -> Result<CloudConfig, ConfigError> {
    let file = format!("clouds.yaml of Secret {name}");
    let entry = choose(&file, clouds(&file, clouds_yaml)?, Some(cloud))?;
    parse(&entry, |entry, path| match (cacert, path) {
        // The path of the machine where the file was written; the bundle itself came along.
        (Some(bundle), _) => Ok(Some(bundle.to_vec())),
        (None, None) => Ok(None),
        (None, Some(_)) => {
            Err(entry.wrong("cacert", "a path means nothing in a Secret: put the PEM under the key cacert"))
        }
    })
}

fn variable<'e>(environment: &'e Environment, name: &str) -> Option<&'e str> {
    environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

fn directories(environment: &Environment, current: &Path) -> Vec<PathBuf> {
    let home = variable(environment, "HOME").map(|home| Path::new(home).join(".config"));
    let config = variable(environment, "XDG_CONFIG_HOME").map(PathBuf::from).or(home);
    let mut all = vec![current.to_owned()];
    all.extend(config.map(|config| config.join("openstack")));
    all.push("/etc/openstack".into());
    all
}

fn first(given: Option<&str>, directories: &[PathBuf], names: &[&str]) -> Option<PathBuf> {
    // A file that was named is used, or said to be missing; it is never passed over.
    if let Some(given) = given {
        return Some(given.into());
    }
    let candidates = directories.iter().flat_map(|directory| names.iter().map(|name| directory.join(name)));
    candidates.into_iter().find(|path| path.is_file())
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::File { path: path.to_owned(), source })
}

fn clouds(file: &str, text: &str) -> Result<Map<String, Value>, ConfigError> {
    let wrong = |what: String| ConfigError::Yaml { file: file.to_owned(), what };
    // No is a user's name as well as a truth value: which of them, the field says.
    let options = serde_saphyr::options! {
        with_snippet: false,
        leading_zero_numbers_as_strings: true,
        strict_booleans: true,
    };
    let parsed: Result<Value, _> = serde_saphyr::from_str_with_options(text, options);
    let whole = parsed.map_err(|why| {
        wrong(why.location().map_or_else(
            || "it is not YAML".to_owned(),
            |at| format!("it is not YAML at line {}, column {}", at.line(), at.column()),
        ))
    })?;
    match whole {
        Value::Object(mut top) => match top.remove("clouds") {
            Some(Value::Object(clouds)) => Ok(clouds),
            _ => Err(wrong("it has no clouds".to_owned())),
        },
        _ => Err(wrong("it has no clouds".to_owned())),
    }
}

/// The second's fields over the first's.
fn merge(base: &mut Map<String, Value>, over: Map<String, Value>) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Object(base)), Value::Object(over)) => merge(base, over),
            (_, value) => drop(base.insert(key, value)),
        }
    }
}

fn choose(file: &str, mut clouds: Map<String, Value>, cloud: Option<&str>) -> Result<Entry, ConfigError> {
    let known = clouds.keys().cloned().collect::<Vec<_>>().join(", ");
    let file = file.to_owned();
    let Some(cloud) = cloud else { return Err(ConfigError::NotChosen { file, known }) };
    match clouds.remove(cloud) {
        Some(Value::Object(fields)) => Ok(Entry { source_name: format!("cloud {cloud} of {file}"), fields }),
        Some(_) => Err(ConfigError::Yaml { file, what: format!("cloud {cloud} has no fields") }),
        None => Err(ConfigError::NoCloud { file, cloud: cloud.to_owned(), known }),
    }
}

/// `OS_USERNAME` is `username`, and so on.
fn from_environment(environment: &Environment) -> Entry {
    let field = |(name, value): (&String, &String)| {
        let name = name.strip_prefix("OS_")?.to_ascii_lowercase();
        Some((name, Value::String(value.clone())))
    };
    Entry {
        source_name: "the environment (OS_*)".to_owned(),
        fields: environment.iter().filter_map(field).collect(),
    }
}

fn cacert_of_file(
    entry: &Entry,
    path: Option<String>,
    environment: &Environment,
) -> Result<Option<Vec<u8>>, ConfigError> {
    let Some(path) = path else { return Ok(None) };
    let path = match (path.strip_prefix("~/"), variable(environment, "HOME")) {
        (Some(rest), Some(home)) => Path::new(home).join(rest),
        _ => PathBuf::from(path),
    };
    let unreadable = |why| entry.wrong("cacert", format!("failed to read {}: {why}", path.display()));
    std::fs::read(&path).map(Some).map_err(unreadable)
}
