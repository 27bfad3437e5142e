//! What `cloudspec diff --record` keeps of certificates, and `replay` says again.

use std::path::Path;
use std::process::Command;

use super::made::{Authority, Says, usual};
use super::served::one_server;

/// A cloud that nobody answers for.
const CLOUDS: &str = "clouds: {c: {auth: {auth_url: 'http://127.0.0.1:1', username: u, user_domain_id: d, password: p, system_scope: all}}}";

fn run(home: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cloudspec"));
    command.env_clear().env("HOME", "/nonexistent").current_dir(home);
    let output = command.args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_keeps_the_facts_of_what_was_shown_and_says_the_same_again() {
    let made =
        Authority::new("root").sign(Says { names: &["old.example.org"], until: 2020, from: 2019, ..usual() });
    let (port, serving) = one_server(&made).await;
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("clouds.yaml"), CLOUDS).unwrap();
    let spec = format!(
        "apiVersion: cloudspec.dev/v1alpha1\nkind: CloudSpec\nmetadata: {{name: lab}}\nspec:\n  \
         cloud: {{observe: {{secretName: s, cloudName: c}}}}\n  certificates:\n  \
         - {{name: vip, from: {{endpoints: [{{host: 127.0.0.1, port: {port}}}]}}, sans: {{exactly: [old.example.org]}}}}\n  \
         - {{name: kept, from: {{secret: {{name: pki, key: tls.crt}}}}}}\n"
    );
    std::fs::write(home.path().join("spec.yaml"), spec).unwrap();
    let recorded =
        run(home.path(), &["diff", "-f", "spec.yaml", "--os-cloud", "c", "-o", "json", "--record", "kept"]);
    assert_eq!(recorded.0, 2, "{recorded:?}");
    assert!(recorded.1.contains("expired at 2020-01-01T00:00:00Z"), "{recorded:?}");
    assert!(recorded.1.contains("a Secret is read by the controller only"), "{recorded:?}");
    serving.abort();
    let again = run(home.path(), &["replay", "kept", "-f", "spec.yaml", "-o", "json"]);
    assert_eq!((recorded.0, &recorded.1), (again.0, &again.1));
    let planned = run(home.path(), &["replay", "kept", "-f", "spec.yaml", "-o", "json", "--plan"]);
    assert!(planned.1.contains("\"steps\": []"), "{planned:?}");
}
