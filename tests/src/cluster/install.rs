//! The kinds, roles and policies of this checkout, installed once for each test program, and seen to be enforced.

use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{Answer, Person};

const PARTS: [&str; 4] =
    ["crds/yaml", "manifests/rbac/namespace.yaml", "manifests/rbac", "manifests/admission"];
/// Far more than a machine under load needs.
const ENFORCED_WITHIN: Duration = Duration::from_secs(60);

/// The API server reads its policies anew once a second.
const READ_ANEW: Duration = Duration::from_secs(2);

/// Installs the kinds, roles and policies, and waits until each policy answers. Again and again is the same as once.
///
/// # Errors
/// When a part is refused, or a policy is not enforced within a minute.
pub fn install() -> Result<()> {
    static ONCE: OnceLock<Result<(), String>> = OnceLock::new();
    let outcome = ONCE.get_or_init(|| install_now().map_err(|error| format!("{error:#}")));
    outcome.clone().map_err(anyhow::Error::msg)
}

/// The same after something of it was changed or deleted.
///
/// # Errors
/// As [`install`].
pub fn again() -> Result<()> {
    install_now()
}

fn install_now() -> Result<()> {
    let admin = Person::admin()?;
    let before = generations(&admin)?;
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for part in PARTS {
        let file = checkout.join(part).display().to_string();
        admin.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", &file], "")?.or_fail()?;
    }
    let kinds = [
        "crd/cloudspecs.cloudspec.dev",
        "crd/tenantoffboards.cloudspec.dev",
        "crd/changeplans.cloudspec.dev",
    ];
    admin
        .kubectl(&[&["wait", "--for=condition=Established", "--timeout=60s"], &kinds[..]].concat(), "")?
        .or_fail()?;
    if generations(&admin)? != before {
        // The old policies answer too, and nothing tells them from the new ones.
        std::thread::sleep(READ_ANEW);
    }
    until("cloudspec-approval-gate refuses", || {
        let answer = dry_run(&admin, &cloud_spec("  annotations: {approved: \"true\"}"))?;
        Ok(answer.error.contains("'cloudspec-approval-gate'"))
    })?;
    until("cloudspec-controller-writes refuses", || {
        Ok(dry_run(&admin, CHANGE_PLAN)?.error.contains("'cloudspec-controller-writes'"))
    })?;
    until("cloudspec-approval-stamp stamps", || {
        Ok(dry_run(&admin, &cloud_spec(""))?.output.contains("cloudspec.dev/spec-author"))
    })
}

/// Which text of the policies is installed.
fn generations(admin: &Person) -> Result<String> {
    let kinds = "validatingadmissionpolicies,validatingadmissionpolicybindings,mutatingadmissionpolicies";
    let columns = "jsonpath={range .items[*]}{.metadata.uid} {.metadata.generation} {end}";
    let label = "cloudspec.dev/gate=approval";
    Ok(admin.kubectl(&["get", kinds, "-l", label, "-o", columns], "")?.or_fail()?.output)
}

fn dry_run(admin: &Person, object: &str) -> Result<Answer> {
    admin.kubectl(&["create", "--dry-run=server", "-o", "yaml", "-n", "default", "-f", "-"], object)
}

fn cloud_spec(more: &str) -> String {
    format!(
        "apiVersion: cloudspec.dev/v1alpha1\nkind: CloudSpec\nmetadata:\n  generateName: probe-\n{more}\n\
         spec: {{cloud: {{observe: {{secretName: probe, cloudName: probe}}}}}}\n"
    )
}

const CHANGE_PLAN: &str = r#"
apiVersion: cloudspec.dev/v1alpha1
kind: ChangePlan
metadata: {generateName: probe-, labels: {cloudspec.dev/self-test: "true"}}
spec:
  owner: {kind: CloudSpec, name: probe, uid: probe, generation: 1, specDigest: ''}
  cloud: {authUrl: "http://127.0.0.1/v3", region: ""}
  digest: sha256:0000000000000000000000000000000000000000000000000000000000000000
  classes: {reversible: 0, rebuildable: 0, destructive: 0}
  steps: []
"#;

fn until(what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + ENFORCED_WITHIN;
    while !holds().with_context(|| format!("failed to see whether {what}"))? {
        if Instant::now() > deadline {
            bail!("{what} not, within {} s", ENFORCED_WITHIN.as_secs());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
