//! The committed definitions are those of the types. `UPDATE_CRDS=1 cargo test -p cloudspec-crds` writes them anew.

use std::path::PathBuf;

use cloudspec_crds::yaml;

fn file_of(plural: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("yaml").join(format!("{plural}.yaml"))
}

#[test]
fn the_committed_yaml_is_that_of_the_types() {
    for definition in yaml::all() {
        let file = file_of(&definition.spec.names.plural);
        let fresh = yaml::to_yaml(&definition).unwrap();
        if std::env::var_os("UPDATE_CRDS").is_some() {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, &fresh).unwrap();
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            committed == fresh,
            "{} is stale: run UPDATE_CRDS=1 cargo test -p cloudspec-crds",
            file.display()
        );
    }
}

#[test]
fn every_field_is_documented() {
    fn undocumented(at: &str, schema: &serde_json::Value, found: &mut Vec<String>) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{at}.{name}");
            if property["description"].as_str().is_none_or(str::is_empty) {
                found.push(path.clone());
            }
            undocumented(&path, property, found);
            undocumented(&path, &property["items"], found);
        }
    }
    for definition in yaml::all() {
        let whole = serde_json::to_value(&definition.spec.versions[0].schema).unwrap();
        let schema = &whole["openAPIV3Schema"]["properties"];
        let mut found = Vec::new();
        undocumented("spec", &schema["spec"], &mut found);
        undocumented("status", &schema["status"], &mut found);
        assert_eq!(found, Vec::<String>::new(), "{}", definition.spec.names.kind);
    }
}
