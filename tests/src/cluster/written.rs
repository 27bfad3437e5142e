//! What was written to the API server of one's own, by its audit log.

use anyhow::{Context, Result};
use serde_json::Value;

use super::own;

const WRITES: [&str; 5] = ["create", "update", "patch", "delete", "deletecollection"];
/// Questions that are put by a POST; nothing is kept of them.
const QUESTIONS: [&str; 4] =
    ["subjectaccessreviews", "selfsubjectaccessreviews", "localsubjectaccessreviews", "tokenreviews"];

/// One request that the API server keeps something of, or that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// `create`, `update`, `patch`, `delete` or `deletecollection`.
    pub verb: String,
    /// The resource, and the subresource after a slash.
    pub resource: String,
    /// Its namespace; empty where it has none.
    pub namespace: String,
    /// Its name; empty where the API server makes it.
    pub name: String,
}

/// All writes of a user since the start, in order: without dry runs and without questions that are put by a POST.
///
/// # Errors
/// When this test program has no API server of its own, or its log is not understood.
pub fn written(by: &str) -> Result<Vec<Written>> {
    let logs = own::dir()?.join("logs");
    let mut files: Vec<_> = std::fs::read_dir(&logs)
        .context("failed to list the logs")?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("audit")))
        .collect();
    // Those that are full have the time in their names, and the one at work sorts last.
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).context("failed to read the audit log")?;
        // The last line may be half written.
        for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            all.extend(write(
                &serde_json::from_str(line).context("failed to read a line of the audit log")?,
                by,
            ));
        }
    }
    Ok(all)
}

fn write(event: &Value, by: &str) -> Option<Written> {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let of = |key: &str| text(&format!("/objectRef/{key}")).to_owned();
    let ours = text("/user/username") == by && text("/stage") == "ResponseComplete";
    let dry = text("/requestURI").contains("dryRun=All");
    let asks = QUESTIONS.contains(&text("/objectRef/resource"));
    if !ours || dry || asks || !WRITES.contains(&text("/verb")) {
        return None;
    }
    let resource = match of("subresource") {
        sub if sub.is_empty() => of("resource"),
        sub => format!("{}/{sub}", of("resource")),
    };
    Some(Written { verb: text("/verb").to_owned(), resource, namespace: of("namespace"), name: of("name") })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(verb: &str, uri: &str, resource: &str) -> Value {
        json!({
            "stage": "ResponseComplete", "verb": verb, "requestURI": uri, "user": {"username": "ann"},
            "objectRef": {"resource": resource, "subresource": "status", "namespace": "n", "name": "lab"},
        })
    }

    #[test]
    fn reads_dry_runs_questions_and_what_others_write_are_no_writes() {
        assert_eq!(write(&event("get", "/apis", "cloudspecs"), "ann"), None);
        assert_eq!(write(&event("patch", "/apis?dryRun=All", "cloudspecs"), "ann"), None);
        assert_eq!(write(&event("create", "/apis", "subjectaccessreviews"), "ann"), None);
        assert_eq!(write(&event("patch", "/apis", "cloudspecs"), "bob"), None);
    }

    #[test]
    fn a_write_is_told_with_what_it_is_about() {
        let written = write(&event("patch", "/apis?fieldManager=x", "cloudspecs"), "ann").unwrap();
        assert_eq!((written.verb.as_str(), written.resource.as_str()), ("patch", "cloudspecs/status"));
        assert_eq!((written.namespace.as_str(), written.name.as_str()), ("n", "lab"));
    }
}
