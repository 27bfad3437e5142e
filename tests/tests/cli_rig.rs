//! The command line on a real OpenStack and a real API server: what is imported, compared, planned, recorded, shown and decided.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cloudspec_tests::cluster::{self, Person};
use cloudspec_tests::proxy::{Fault, Matcher, Proxy};
use cloudspec_tests::scene::{Scene, Stage, condition, program};
use serde_json::Value;

/// What came of a call.
#[derive(Debug)]
struct Came {
    code: Option<i32>,
    out: String,
    err: String,
}

fn came(command: &mut Command, input: &str) -> Came {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that reads no input may have ended.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Came { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// The passwords of the rig's clouds.
fn canaries() -> Vec<String> {
    let file = std::env::var("OS_CLIENT_CONFIG_FILE").unwrap();
    let clouds: Value = serde_saphyr::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let clouds = clouds["clouds"].as_object().unwrap();
    let passwords = clouds.values().map(|cloud| cloud["auth"]["password"].as_str().unwrap().to_owned());
    passwords.collect()
}

/// Whether a text holds none of them, and no token of Keystone.
fn is_free_of_secrets(text: &str) -> bool {
    canaries().iter().all(|password| !text.contains(password.as_str())) && !text.contains("gAAAAA")
}

/// The program at its most talkative, as it reads the cloud. Whatever it prints holds no password and no token.
fn cloudspec(arguments: &[&str], input: &str) -> Came {
    let mut command = Command::new(program().unwrap());
    command.args(arguments).env("CLOUDSPEC_LOG", "trace").env("RUST_LOG", "trace").env("NO_COLOR", "1");
    let came = came(&mut command, input);
    assert!(is_free_of_secrets(&came.out) && is_free_of_secrets(&came.err), "{arguments:?}");
    came
}

const OBSERVER: [&str; 4] = ["--os-cloud", "observer", "--os-identity-cloud", "observer-system"];

fn observed(arguments: &[&str], input: &str) -> Came {
    cloudspec(&[arguments, &OBSERVER].concat(), input)
}

fn openstack(commands: &[String]) -> String {
    let came = came(Command::new("openstack").args(["--os-cloud", "admin"]), &(commands.join("\n") + "\n"));
    assert!(came.code == Some(0) && !came.err.contains("Error"), "{commands:?}: {came:?}");
    came.out
}

/// A domain of its own with one tenant; it goes when the test ends.
struct Tenant {
    domain: String,
    id: String,
    group: String,
}

impl Tenant {
    fn new() -> Self {
        let domain = format!("cli-{}", &uuid::Uuid::new_v4().simple().to_string()[..8]);
        openstack(&[
            format!("domain create {domain}"),
            format!("project create --domain {domain} --description first --tag gold shop"),
            format!("user create --domain {domain} ann"),
            format!(
                "role add --project shop --project-domain {domain} --user ann --user-domain {domain} member"
            ),
        ]);
        let mut tenant = Self { id: String::new(), group: format!("web-{domain}"), domain };
        let shown = openstack(&[format!("project show --domain {} shop -f json", tenant.domain)]);
        let shown: Value =
            serde_json::from_str(&shown[shown.find('{').unwrap()..=shown.rfind('}').unwrap()]).unwrap();
        tenant.id = shown["id"].as_str().unwrap().to_owned();
        let (shop, group) = (&tenant.id, &tenant.group);
        openstack(&[
            format!("security group create --project {shop} --description public {group}"),
            format!("security group rule create --project {shop} --ethertype IPv6 --protocol 1 {group}"),
            format!("security group rule create --project {shop} --protocol tcp --dst-port 1:65535 {group}"),
            format!(
                "security group rule create --project {shop} --egress --protocol udp --dst-port 53 --remote-group {group} {group}"
            ),
        ]);
        tenant
    }

    fn name(&self) -> String {
        format!("{}/shop", self.domain)
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        let Self { domain, id, group: _ } = self;
        // Whatever is left has a name of its own, and harms no other test.
        let _ = Command::new("sh")
            .args(["-c", &format!(
                "for g in $(openstack --os-cloud admin security group list --project {id} -f value -c ID); do openstack --os-cloud admin security group delete $g; done; \
                 openstack --os-cloud admin project delete {id}; \
                 openstack --os-cloud admin domain set --disable {domain}; openstack --os-cloud admin domain delete {domain}")])
            .output();
    }
}

fn imported(tenants: &[&str]) -> String {
    let arguments: Vec<&str> = tenants.iter().flat_map(|name| ["--tenant", name]).collect();
    let came = observed(&[&["import"], &arguments[..]].concat(), "");
    assert_eq!(came.code, Some(0), "{}", came.err);
    came.out
}

#[test]
fn the_seeded_tenants_are_imported_as_they_are_and_compared_without_a_finding() {
    let tenants = ["customers/team-a", "customers/team-b", "customers/team-c"];
    // Others work on the same cloud: a comparison counts where nothing moved around it.
    for _ in 0..10 {
        let before = imported(&tenants);
        let diff = observed(&["diff", "-f", "-", "-o", "json"], &before);
        if imported(&tenants) == before {
            assert_eq!(diff.code, Some(0), "{diff:?}");
            let told: Value = serde_json::from_str(&diff.out).unwrap();
            assert_eq!(told["findings"], serde_json::json!([]));
            let object: Value = serde_saphyr::from_str(&before).unwrap();
            assert_eq!(object["spec"]["tenants"].as_array().unwrap().len(), 3);
            let observe = &object["spec"]["cloud"]["observe"];
            assert_eq!(
                (observe["cloudName"].as_str(), observe["identityCloudName"].as_str()),
                (Some("observer"), Some("observer-system"))
            );
            return;
        }
    }
    panic!("the cloud never rested");
}

#[test]
fn drift_behind_an_import_is_found_planned_recorded_and_replayed() {
    let tenant = Tenant::new();
    let spec = imported(&[&tenant.name()]);
    let quiet = observed(&["diff", "-f", "-"], &spec);
    assert_eq!((quiet.code, quiet.out.as_str()), (Some(0), "In sync: all is as declared.\n"), "{spec}");

    openstack(&[
        format!("project set --domain {0} --description second shop", tenant.domain),
        format!(
            "security group rule create --project {} --protocol tcp --remote-ip 198.51.100.0/24 --dst-port 22 {}",
            tenant.id, tenant.group
        ),
    ]);
    let dir = tempfile::tempdir().unwrap();
    let recording = dir.path().join("recording");
    let drift = observed(&["diff", "-f", "-", "-o", "json", "--record", recording.to_str().unwrap()], &spec);
    assert_eq!(drift.code, Some(2), "{drift:?}");
    assert!(drift.out.contains("second") && drift.out.contains("198.51.100.0/24"), "{}", drift.out);
    for file in std::fs::read_dir(&recording).unwrap() {
        assert!(is_free_of_secrets(&std::fs::read_to_string(file.unwrap().path()).unwrap()));
    }
    let replayed = cloudspec(&["replay", recording.to_str().unwrap(), "-f", "-", "-o", "json"], &spec);
    assert_eq!((replayed.code, &replayed.out), (Some(2), &drift.out));

    let plan = observed(&["plan", "-f", "-", "-o", "json"], &spec);
    assert_eq!(plan.code, Some(2), "{plan:?}");
    assert_eq!(observed(&["plan", "-f", "-", "-o", "json"], &spec).out, plan.out, "same world, same digest");
    let again = cloudspec(&["replay", recording.to_str().unwrap(), "-f", "-", "--plan", "-o", "json"], &spec);
    assert_eq!(again.out, plan.out, "a recording plans as the cloud does");
    let steps: Value = serde_json::from_str(&plan.out).unwrap();
    assert_eq!(steps["steps"].as_array().unwrap().len(), 2, "{}", plan.out);
    assert_eq!(imported(&[&tenant.name()]), imported(&[&tenant.name()]), "nothing was written");
    assert_ne!(imported(&[&tenant.name()]), spec);
}

/// A clouds.yaml that leads through a proxy.
struct Through {
    _dir: tempfile::TempDir,
    file: PathBuf,
    proxy: Proxy,
}

async fn through_a_proxy() -> Through {
    let base = std::fs::read_to_string(std::env::var("OS_CLIENT_CONFIG_FILE").unwrap()).unwrap();
    let (_, rest) = base.split_once("auth_url: \"").unwrap();
    let proxy = Proxy::start(rest.split_once('"').unwrap().0).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("clouds.yaml");
    std::fs::write(&file, proxy.clouds_yaml(&base)).unwrap();
    Through { _dir: dir, file, proxy }
}

async fn aside(through: &Through, arguments: &[&str], input: &str) -> Came {
    let file = through.file.to_str().unwrap().to_owned();
    let mut all: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
    all.extend(["--os-client-config-file".to_owned(), file]);
    let input = input.to_owned();
    tokio::task::spawn_blocking(move || observed(&all.iter().map(String::as_str).collect::<Vec<_>>(), &input))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_fails_is_told_as_3_and_nothing_is_ever_written() {
    let spec = tokio::task::spawn_blocking(|| imported(&["customers/team-a"])).await.unwrap();
    let through = through_a_proxy().await;
    through.proxy.fault(Matcher::any().service("network"), Fault::status(403));
    for command in ["diff", "plan"] {
        let came = aside(&through, &[command, "-f", "-", "-o", "json"], &spec).await;
        assert_eq!(came.code, Some(3), "{came:?}");
        assert!(came.err.contains("not all could be told"), "{came:?}");
    }
    let whole = aside(&through, &["import", "--tenant", "customers/team-a"], "").await;
    assert_eq!((whole.code, whole.out.as_str()), (Some(3), ""), "{whole:?}");
    assert!(whole.err.contains("left out: security groups: network: "), "{whole:?}");
    let part = aside(&through, &["import", "--tenant", "customers/team-a", "--allow-partial"], "").await;
    assert_eq!(part.code, Some(0), "{part:?}");
    through.proxy.heal();
    let compared = aside(&through, &["diff", "-f", "-"], &part.out).await;
    assert_eq!(compared.code, Some(0), "{compared:?}");
    assert_eq!(through.proxy.writes(), vec![]);
}

const SPEC: &str = "interval: 30s
approval: {minPlanAge: 0s}
tenants:
- {name: t0001, domain: tenants, description: as declared}
";

/// A plan on offer, on an API server of this program's own: what is refused depends on the policies, and others install theirs.
async fn offered(test: &str) -> Stage {
    cluster::own().unwrap();
    Stage::offered(test, SPEC).await.unwrap()
}

/// A person at the command line, in the scene's namespace.
fn plugin(scene: &Scene, person: &Person, arguments: &[&str]) -> Came {
    let mut command = Command::new(program().unwrap().with_file_name("kubectl-cloudspec"));
    command.args(arguments).args(["-n", &scene.namespace.name]);
    command.env("KUBECONFIG", person.kubeconfig()).env("CLOUDSPEC_LOG", "trace").env("NO_COLOR", "1");
    let came = came(&mut command, "");
    // Client certificates lie in the kubeconfig.
    assert!(!came.err.contains("PRIVATE KEY") && !came.out.contains("PRIVATE KEY"));
    came
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_shown_approved_by_its_name_carried_out_and_stands_in_the_history() {
    let stage = offered("cli-approve").await;
    let (scene, alice) = (&stage.scene, &stage.scene.alice);
    let offer = stage.offer("lab").await.unwrap();
    let shown = plugin(scene, alice, &["show", "lab"]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.out.contains(&offer.digest) && shown.out.contains("as declared"), "{}", shown.out);
    let json: Value =
        serde_json::from_str(&plugin(scene, alice, &["show", "lab", "-o", "json"]).out).unwrap();
    assert_eq!(json["plan"]["digest"], offer.digest);

    let asked = plugin(scene, alice, &["approve", "lab"]);
    assert!(
        asked.code == Some(1) && asked.err.contains("there is no terminal to ask at: give --confirm lab"),
        "{asked:?}"
    );
    let other = plugin(scene, alice, &["approve", "lab", "--confirm", "lba"]);
    assert!(
        other.code == Some(1) && other.err.contains("\"lba\" is not lab: nothing was approved"),
        "{other:?}"
    );
    stage.untouched().await.unwrap();

    let approved = plugin(scene, alice, &["approve", "lab", "--confirm", "lab"]);
    assert_eq!(approved.code, Some(0), "{approved:?}");
    assert!(approved.out.contains("as declared"), "what is approved is shown: {}", approved.out);
    assert!(
        approved.out.ends_with(&format!("approved: {} ({})\n", offer.name, offer.digest)),
        "{}",
        approved.out
    );
    scene.until_state("lab", "InSync").await.unwrap();
    assert_eq!(stage.description().as_deref(), Some("as declared"));

    let history = plugin(scene, alice, &["history", "lab"]);
    assert_eq!(history.code, Some(0), "{history:?}");
    assert!(
        history.out.contains(&offer.name)
            && history.out.contains("alice")
            && history.out.contains("Succeeded"),
        "{}",
        history.out
    );
    let record = plugin(scene, alice, &["show", "lab", "--plan", &offer.name]);
    assert!(record.code == Some(0) && record.out.contains("alice"), "{record:?}");
    let nothing = plugin(scene, alice, &["approve", "lab", "--confirm", "lab"]);
    assert!(
        nothing.code == Some(1) && nothing.err.contains("there is no plan on offer for lab"),
        "{nothing:?}"
    );
    let quiet = plugin(scene, alice, &["show", "lab"]);
    assert!(quiet.code == Some(0) && quiet.out.contains("InSync"), "{quiet:?}");
    assert_eq!(plugin(scene, alice, &["show", "nobody"]).code, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_approve_is_told_why_and_nothing_happens() {
    let stage = offered("cli-refused").await;
    let refused = plugin(&stage.scene, &stage.scene.bob, &["approve", "lab", "--confirm", "lab"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused.err.contains("the API server refused it: ") && refused.err.contains("approve"),
        "{}",
        refused.err
    );
    assert!(!refused.out.contains("approved: "), "{}", refused.out);
    let refused = plugin(&stage.scene, &stage.scene.bob, &["reject", "lab"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    stage.untouched().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_plan_is_not_carried_out() {
    let stage = offered("cli-reject").await;
    let offer = stage.offer("lab").await.unwrap();
    let rejected = plugin(&stage.scene, &stage.scene.alice, &["reject", "lab"]);
    assert_eq!(rejected.code, Some(0), "{rejected:?}");
    assert_eq!(rejected.out, format!("rejected: {} ({})\n", offer.name, offer.digest));
    let object = stage.until_taken_away("lab").await.unwrap();
    assert_eq!(condition(&object, "Approved"), Some(("False", "Rejected")));
    assert_eq!(stage.proxy.writes(), vec![]);
    let history = plugin(&stage.scene, &stage.scene.alice, &["history", "lab", "-o", "json"]);
    assert!(history.code == Some(0) && history.out.contains("Rejected"), "{history:?}");
}

/// At a terminal of its own, with something typed.
fn at_a_terminal(scene: &Scene, person: &Person, typed: &str) -> Came {
    let program = program().unwrap();
    let line = format!("{} approve lab -n {}", program.display(), scene.namespace.name);
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).env("KUBECONFIG", person.kubeconfig()).env("NO_COLOR", "1");
    came(&mut command, typed)
}

#[tokio::test(flavor = "multi_thread")]
async fn at_a_terminal_the_name_is_asked_for_and_typed() {
    let stage = offered("cli-typed").await;
    let (scene, alice) = (&stage.scene, &stage.scene.alice);
    let yes = at_a_terminal(scene, alice, "yes\n");
    assert_eq!(yes.code, Some(1), "{yes:?}");
    assert!(yes.out.contains("\"yes\" is not lab: nothing was approved"), "{yes:?}");
    stage.untouched().await.unwrap();
    let typed = at_a_terminal(scene, alice, "lab\n");
    assert_eq!(typed.code, Some(0), "{typed:?}");
    assert!(typed.out.contains("type the name of the CloudSpec to approve exactly this plan: "), "{typed:?}");
    scene.until_state("lab", "InSync").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_finds_the_plugin() {
    let stage = offered("cli-plugin").await;
    let programs = program().unwrap();
    let path =
        format!("{}:{}", programs.parent().map(Path::display).unwrap(), std::env::var("PATH").unwrap());
    let mut kubectl = Command::new("kubectl");
    kubectl.args(["cloudspec", "show", "lab", "-n", &stage.scene.namespace.name]).env("PATH", path);
    kubectl.env("KUBECONFIG", stage.scene.alice.kubeconfig());
    let shown = came(&mut kubectl, "");
    assert!(shown.code == Some(0) && shown.out.contains("as declared"), "{shown:?}");
}
