//! Secrets: a canary in every credential, a controller that logs all it can, and a search through all that leaves it.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use cloudspec_tests::proxy::{Fault, Matcher, Proxy};
use cloudspec_tests::scene::{Controller, Scene, condition, manifest, program};
use cloudspec_tests::sim::{ApplicationCredential, Builder, Sim, World};

const SPEC: &str = "interval: 30s
approval: {minPlanAge: 0s, requireDigest: Never}
tenants:
- {name: t0001, domain: tenants, description: as declared, roles: [{user: t0001, role: reader}]}
";
const OBSERVERS: &str = "canary-password-of-the-observer";
const ADMINS: &str = "canary-secret-of-the-application-credential";
const WRONG: &str = "canary-password-that-is-wrong";
const ANOTHERS: &str = "canary-secret-of-a-tenant";
/// What all secrets have in common, the same in base64 at each of its three places in a group of bytes, and the tokens that the simulated
/// Keystone gives.
const NEVER: [&str; 5] = ["canary-", "Y2FuYXJ5", "NhbmFyeS", "jYW5hcnkt", "gAAAAA"];

/// Passwords to observe with, an application credential to apply with.
fn world() -> (World, String) {
    let mut world = Builder::default().tenants(1).build();
    let user = |name: &str| world.user_id("Default", name).unwrap();
    let (observer, admin) = (user("observer"), user("admin"));
    world.users.get_mut(&observer).unwrap().password = OBSERVERS.to_owned();
    for credential in world.application_credentials.values_mut() {
        credential.secret = ANOTHERS.to_owned();
    }
    let project = world.project_id("Default", "admin").unwrap();
    let id = world.id();
    let credential = ApplicationCredential {
        name: "applies".to_owned(),
        description: None,
        user: admin,
        project,
        roles: vec![world.role_id("admin").unwrap()],
        secret: ADMINS.to_owned(),
    };
    world.application_credentials.insert(id.clone(), credential);
    (world, id)
}

fn clouds(auth_url: &str, password: &str, credential: &str) -> String {
    let observer = |scope: &str| {
        format!(
            "auth: {{auth_url: \"{auth_url}\", username: observer, password: {password}, \
             user_domain_name: Default, {scope}}}"
        )
    };
    let project = observer("project_name: admin, project_domain_name: Default");
    let system = observer("system_scope: all");
    let apply = format!(
        "auth_type: v3applicationcredential, auth: {{auth_url: \"{auth_url}\", \
         application_credential_id: {credential}, application_credential_secret: {ADMINS}}}"
    );
    format!(
        "clouds:\n  observer: {{region_name: RegionOne, {project}}}\n  \
         observer-system: {{region_name: RegionOne, {system}}}\n  admin: {{region_name: RegionOne, {apply}}}\n"
    )
}

/// All that `cloudspec diff` says and records.
async fn diff(clouds: &str, dir: &Path) -> String {
    let (file, spec, record) = (dir.join("clouds.yaml"), dir.join("spec.yaml"), dir.join("record"));
    std::fs::write(&file, clouds).unwrap();
    std::fs::write(&spec, manifest("lab", SPEC)).unwrap();
    let mut command = tokio::process::Command::new(program().unwrap());
    command.args(["diff", "-o", "json", "--os-cloud", "observer", "--os-identity-cloud", "observer-system"]);
    command.arg("--os-client-config-file").arg(&file).arg("-f").arg(&spec).arg("--record").arg(&record);
    let output = command.stdin(Stdio::null()).output().await.unwrap();
    let mut all = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    let recorded: Vec<_> = std::fs::read_dir(&record).into_iter().flatten().collect();
    assert!(!recorded.is_empty(), "nothing was recorded: {all}");
    for entry in recorded {
        let path = entry.unwrap().path();
        all += &std::fs::read_to_string(&path).unwrap_or_else(|why| format!("{}: {why}", path.display()));
    }
    all
}

/// All objects of the scene but its Secrets, with the Events, and what the controller says of itself.
async fn all_that_is_told(scene: &Scene) -> String {
    let controller = scene.controller.as_ref().unwrap();
    let kinds = "cloudspecs,changeplans,events,events.events.k8s.io";
    let get = ["get", kinds, "-o", "yaml", "--show-managed-fields"];
    let mut all = scene.namespace.kubectl(&admin(), &get, "").unwrap().or_fail().unwrap().output;
    for page in ["/metrics", "/healthz", "/readyz"] {
        all += &controller.page(page).await.unwrap();
    }
    all + &controller.log()
}

fn admin() -> cloudspec_tests::cluster::Person {
    cloudspec_tests::cluster::Person::admin().unwrap()
}

/// Lets a process write core files, as far as its user may.
fn let_dump(pid: u32) -> bool {
    let limit = ["--core=unlimited:unlimited", "--pid", &pid.to_string()];
    Command::new("prlimit").args(limit).stderr(Stdio::null()).status().unwrap().success()
}

/// Whether a process that takes no care leaves a core file on this machine.
fn others_dump() -> bool {
    let dir = tempfile::tempdir().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -c unlimited; kill -s ABRT $$"]).current_dir(dir.path());
    shell.status().unwrap().core_dumped()
}

/// The controller may write no core file; and where root lets it nevertheless, it is not dumped.
async fn dies_without_a_core(mut controller: Controller) {
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", controller.pid())).unwrap();
    let core = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().collect::<Vec<_>>(), ["0", "0", "bytes"]);
    println!("core files: of others {}, let {}", others_dump(), let_dump(controller.pid()));
    controller.signal("ABRT").unwrap();
    let status = controller.status(Duration::from_secs(20)).await.unwrap();
    assert_eq!((status.signal(), status.core_dumped()), (Some(6), false));
    let left: Vec<_> =
        std::fs::read_dir(controller.dir()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, ["log"], "nothing else lies where it died");
}

fn search(told: &str, of: &str) {
    for never in NEVER {
        let found = told.lines().find(|line| line.contains(never));
        assert_eq!(found, None, "{never} in {of}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_leaves_the_controller_by_any_way() {
    let (world, credential) = world();
    let sim = Sim::start(world).await.unwrap();
    let proxy = Proxy::start(&sim.url()).await.unwrap();
    let good = clouds(&proxy.url(), OBSERVERS, &credential);
    let scene = Scene::new("secrets", &good).await.unwrap();
    let mut scene = scene.with_arguments(&["--log", "trace"]);
    scene.apply("lab", SPEC).unwrap();
    scene.start().await.unwrap();
    scene.until_state("lab", "AwaitingApproval").await.unwrap();
    // A token that is refused, and a service that sends back what it was sent.
    proxy.fault(Matcher::writes().method("PATCH").once(), Fault::status(401));
    assert!(scene.annotate(&scene.alice, "lab", "true").unwrap().succeeded);
    let applied =
        |object: &cloudspec_crds::CloudSpec| condition(object, "Applied").is_some_and(|(is, _)| is == "True");
    scene.until("lab", "the plan is applied", applied).await.unwrap();
    assert!(
        proxy.writes().iter().any(|call| call.status == Some(200)),
        "the application credential was used"
    );

    let wrong = clouds(&proxy.url(), WRONG, &credential);
    scene.secret("cloud", &wrong).await.unwrap();
    let blind = |object: &cloudspec_crds::CloudSpec| {
        condition(object, "Observed").is_some_and(|(is, _)| is != "True")
    };
    let change = ["patch", "cloudspec", "lab", "--type=merge", "-p", "{\"spec\":{\"interval\":\"31s\"}}"];
    scene.namespace.kubectl(&scene.bob, &change, "").unwrap().or_fail().unwrap();
    scene.until("lab", "the wrong password is refused", blind).await.unwrap();

    let told = all_that_is_told(&scene).await;
    assert!(told.contains("TRACE") && told.contains("/v3/auth/tokens"), "the log was heard");
    assert!(told.contains("kind: Event") && told.contains("cloudspec_build_info"));
    search(&told, "what the controller tells");
    for clouds in [&good, &wrong] {
        let dir = tempfile::tempdir().unwrap();
        search(&diff(clouds, dir.path()).await, "what cloudspec diff says and records");
    }
    let calls: Vec<String> = proxy.calls().iter().map(|call| format!("{call:?}")).collect();
    search(&calls.join("\n"), "what is asked in paths and queries");
    dies_without_a_core(scene.controller.take().unwrap()).await;
}
