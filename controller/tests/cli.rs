//! The command line as a user meets it: the program itself, on recordings and files, with no cluster and no cloud.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

const RICH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings/rich");
const CANARY: &str = "s3cret-canary";

/// What came of a call.
#[derive(Debug)]
struct Came {
    code: i32,
    out: String,
    err: String,
}

fn program(name: &str) -> Command {
    let path = match name {
        "cloudspec" => env!("CARGO_BIN_EXE_cloudspec"),
        _ => env!("CARGO_BIN_EXE_kubectl-cloudspec"),
    };
    let mut command = Command::new(path);
    // The tests say what the environment is: no cloud and no cluster of the machine's user.
    command.env_clear().env("HOME", "/nonexistent").current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn came(mut command: Command, input: &str) -> Came {
    let mut child = command.spawn().unwrap();
    // A program that reads no input may have ended.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Came { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

fn call_with(arguments: &[&str], input: &str) -> Came {
    let mut command = program("cloudspec");
    command.args(arguments);
    came(command, input)
}

fn call(arguments: &[&str]) -> Came {
    call_with(arguments, "")
}

fn object(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: cloudspec.dev/v1alpha1\nkind: CloudSpec\nmetadata: {{name: {name}}}\nspec:\n  \
         cloud: {{observe: {{secretName: s, cloudName: c}}}}\n  {spec}\n"
    )
}

const IN_SYNC: &str = "tenants: [{name: t0001, domain: tenants, description: seed tenant 1}]";
const DRIFT: &str = "tenants: [{name: t0001, domain: tenants, description: another}]";
/// The recording does not hold the limits of this tenant.
const NOT_TOLD: &str = "tenants: [{name: t0002, domain: tenants, quotas: {compute: {cores: 1}}}]";
const BOTH: &str = "tenants: [{name: t0001, domain: tenants, description: another}, \
                    {name: t0002, domain: tenants, quotas: {compute: {cores: 1}}}]";

fn replay(spec: &str, more: &[&str]) -> Came {
    call_with(&[&["replay", RICH, "-f", "-"], more].concat(), &object("lab", spec))
}

#[test]
fn a_cloud_that_is_as_declared_ends_with_0_and_says_so() {
    let came = replay(IN_SYNC, &[]);
    assert_eq!((came.code, came.err.as_str()), (0, ""), "{came:?}");
    insta::assert_snapshot!(came.out, @"In sync: all is as declared.");
}

#[test]
fn drift_ends_with_2_what_cannot_be_told_with_3_and_of_both_drift_counts() {
    let drift = replay(DRIFT, &[]);
    assert_eq!((drift.code, drift.err.as_str()), (2, ""), "{drift:?}");
    assert!(drift.out.contains("seed tenant 1") && drift.out.contains("another"), "{drift:?}");
    let not_told = replay(NOT_TOLD, &[]);
    assert_eq!(not_told.code, 3, "{not_told:?}");
    assert_eq!(not_told.err, "cloudspec: not all could be told: 1 of 1 findings are Unknowable\n");
    let both = replay(BOTH, &[]);
    assert_eq!(both.code, 2, "{both:?}");
    assert_eq!(both.err, "cloudspec: not all could be told: 1 of 2 findings are Unknowable\n");
}

#[test]
fn a_plan_ends_with_the_code_of_its_findings_and_has_one_digest_however_often_it_is_made() {
    for (spec, code) in [(IN_SYNC, 0), (DRIFT, 2), (NOT_TOLD, 3), (BOTH, 2)] {
        assert_eq!(replay(spec, &["--plan"]).code, code, "{spec}");
    }
    let digest = |spec: &str| {
        let plan: Value = serde_json::from_str(&replay(spec, &["--plan", "-o", "json"]).out).unwrap();
        plan["digest"].as_str().unwrap().to_owned()
    };
    assert_eq!(digest(DRIFT), digest(DRIFT));
    assert_eq!(digest(DRIFT), digest(BOTH), "what could not be told changes no step");
    assert_ne!(digest(DRIFT), digest(&DRIFT.replace("another", "a third")));
}

#[test]
fn json_and_yaml_are_read_back_as_the_same_and_tables_have_no_colour_in_a_pipe() {
    for more in [&["-o", "json"][..], &["--plan", "-o", "json"]] {
        let json = replay(BOTH, more);
        let yaml = replay(BOTH, &[&more[..more.len() - 1], &["yaml"]].concat());
        let read: Value = serde_json::from_str(&json.out).unwrap();
        assert_eq!(read, serde_saphyr::from_str::<Value>(&yaml.out).unwrap());
        assert_eq!((json.code, yaml.code), (2, 2));
    }
    for format in ["table", "markdown"] {
        let text = replay(BOTH, &["--plan", "-o", format]).out;
        assert!(!text.contains('\u{1b}') && text.ends_with('\n'), "{text}");
    }
}

#[test]
fn a_command_line_that_is_not_understood_ends_with_64_and_never_looks_like_drift() {
    for wrong in [
        &[][..],
        &["dif"],
        &["diff"],
        &["diff", "-f"],
        &["diff", "-f", "x", "-o", "xml"],
        &["replay", "-f", "x"],
        &["import", "--tenant", "team-a"],
        &["import", "--tenant", "/team-a"],
        &["import", "--quotas", "dns"],
        &["approve"],
        &["run", "--metrics-addr", "somewhere"],
        &["run", "--approval-enforcement", "perhaps"],
        &["explain", "One", "Two"],
        &["completion", "csh"],
    ] {
        let came = call(wrong);
        assert_eq!(came.code, 64, "{wrong:?}: {came:?}");
        assert!(came.out.is_empty() && !came.err.is_empty(), "{wrong:?}: {came:?}");
    }
    let mut command = program("cloudspec");
    command.arg("run").env("CLOUDSPEC_METRICS_ADDR", "somewhere");
    assert_eq!(came(command, "").code, 64);
}

#[test]
fn help_and_version_end_with_0_through_both_doorways_and_name_the_exit_codes() {
    for door in ["cloudspec", "kubectl-cloudspec"] {
        for arguments in [&["--help"][..], &["-h"], &["diff", "--help"], &["help", "plan"]] {
            let mut command = program(door);
            command.args(arguments);
            let came = came(command, "");
            assert_eq!((came.code, came.err.as_str()), (0, ""), "{came:?}");
            for code in ["0   ", "1   ", "2   ", "3   ", "64  "] {
                assert!(came.out.contains(code), "{arguments:?} {code}: {}", came.out);
            }
        }
        let mut command = program(door);
        command.arg("--version");
        assert_eq!(came(command, "").out, concat!("cloudspec ", env!("CARGO_PKG_VERSION"), "\n"));
    }
}

#[test]
fn what_needs_nothing_works_with_nothing() {
    let crds = call(&["crds"]);
    assert_eq!((crds.code, crds.err.as_str()), (0, ""));
    let kinds: Vec<Value> = serde_saphyr::from_multiple(&crds.out).unwrap();
    assert_eq!(kinds.len(), 3);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = call(&["completion", shell]);
        assert!(script.code == 0 && script.out.contains("cloudspec"), "{script:?}");
    }
    assert!(call(&["explain"]).out.lines().count() > 20);
    let one = call(&["explain", "ReachNotProven"]);
    assert!(one.code == 0 && !one.out.is_empty(), "{one:?}");
    let other = call(&["explain", "ReachNotProved"]);
    assert!(other.code == 1 && other.err.contains("ReachNotProved"), "{other:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_error_and_no_panic() {
    for arguments in [&["crds"][..], &["--help"], &["explain"], &["completion", "bash"]] {
        let mut command = program("cloudspec");
        let mut child = command.args(arguments).spawn().unwrap();
        drop(child.stdout.take());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""), "{arguments:?}");
    }
    let mut command = program("cloudspec");
    let mut child = command.args(["replay", "/nonexistent", "-f", "/nonexistent"]).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(1), "nor where nobody hears what is wrong");
}

/// A file in a directory of its own.
struct File {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

impl File {
    fn of(text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file.yaml");
        std::fs::write(&path, text).unwrap();
        Self { _dir: dir, path }
    }

    fn name(&self) -> &str {
        self.path.to_str().unwrap()
    }

    fn replay(&self, more: &[&str]) -> Came {
        call(&[&["replay", RICH, "-f", self.name()], more].concat())
    }
}

#[test]
fn the_cloudspec_is_found_among_other_documents_in_a_list_and_below_comments() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: lab}\nstringData: {a: b}\n";
    let comments = "# a licence, line after line\n".repeat(200);
    let spec = object("lab", IN_SYNC);
    let json: Value = serde_saphyr::from_str(&spec).unwrap();
    let list =
        serde_json::json!({"apiVersion": "v1", "kind": "List", "items": [{"kind": "Namespace"}, json]});
    for text in [
        format!("---\n{secret}---\n{spec}---\n"),
        format!("{comments}---\n{comments}{spec}{comments}"),
        list.to_string(),
        spec.replace('\n', "\r\n"),
    ] {
        let came = File::of(&text).replay(&[]);
        assert_eq!(came.code, 0, "{text}\n{came:?}");
    }
}

#[test]
fn of_several_cloudspecs_one_is_chosen_by_name() {
    let both = File::of(&format!("{}---\n{}", object("one", IN_SYNC), object("two", DRIFT)));
    let neither = both.replay(&[]);
    assert_eq!(neither.code, 1);
    assert!(neither.err.contains("holds 2 CloudSpecs: choose one with --name"), "{neither:?}");
    assert_eq!(both.replay(&["--name", "one"]).code, 0);
    assert_eq!(both.replay(&["--name", "two"]).code, 2);
    let none = both.replay(&["--name", "three"]);
    assert!(none.code == 1 && none.err.contains("holds no CloudSpec three"), "{none:?}");
}

#[test]
fn what_is_wrong_in_a_file_is_said_with_its_path_and_never_looks_in_sync() {
    for (spec, said) in [
        ("tenantz: []", "spec.tenantz: there is no such field; there are "),
        (
            "tenants: [{name: a, domain: b, descripton: c}]",
            "spec.tenants[0].descripton: there is no such field",
        ),
        (
            "tenants: [{name: a, domain: b, quotas: {compute: {ram: 1}}}]",
            "spec.tenants[0].quotas.compute.ram: ",
        ),
        ("tenants: [{name: a}]", "missing field `domain`"),
        ("interval: 0s", "spec.interval: "),
        (
            "securityGroups: [{name: g, project: {name: a, domain: b}, ingress: [{protocol: tcp, port: \"1\"}]}]",
            "spec.securityGroups[0].ingress[0].port: there is no such field",
        ),
        (
            "securityGroups: [{name: g, project: {name: a, domain: b}, ingress: [{to: {cidr: 10.0.0.0/8}}]}]",
            "spec.securityGroups[0].ingress[0].to: ",
        ),
    ] {
        let came = replay(spec, &[]);
        assert_eq!((came.code, came.out.as_str()), (1, ""), "{spec}: {came:?}");
        assert!(came.err.contains(said), "{spec}: {came:?}");
    }
    for (text, said) in
        [("", "holds no CloudSpec"), ("a: [", "failed to understand"), ("kind: Pod", "holds no CloudSpec")]
    {
        let came = call_with(&["replay", RICH, "-f", "-"], text);
        assert!(came.code == 1 && came.err.contains(said), "{came:?}");
    }
    let missing = call(&["diff", "-f", "/nonexistent/spec.yaml"]);
    assert!(
        missing.code == 1 && missing.err.contains("failed to read /nonexistent/spec.yaml"),
        "{missing:?}"
    );
}

#[test]
fn a_spec_of_a_large_cloud_is_read() {
    let rule = "{protocol: tcp, ports: \"P\", from: {cidr: 10.0.0.0/8}, description: d}";
    let rules: Vec<String> = (1..=150).map(|port| rule.replace('P', &port.to_string())).collect();
    let groups: Vec<String> = (0..300)
        .map(|number| {
            format!(
                "{{name: g{number}, project: {{name: t0001, domain: tenants}}, ingress: [{}]}}",
                rules.join(", ")
            )
        })
        .collect();
    let came = replay(&format!("securityGroups: [{}]", groups.join(",\n    ")), &["-o", "json"]);
    assert_eq!(came.code, 2, "{}", came.err);
}

/// A cloud that nobody answers for, with a password that must not be seen.
fn unreachable() -> (File, [&'static str; 2]) {
    // A port that was free a moment ago, and is never listened on again.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = format!(
        "clouds: {{lab: {{region_name: R, auth: {{auth_url: 'http://127.0.0.1:{port}/v3', username: u, password: {CANARY}, \
         user_domain_name: Default, project_name: p, project_domain_name: Default}}}}}}"
    );
    (File::of(&text), ["--os-cloud", "lab"])
}

fn of_unreachable(arguments: &[&str]) -> Came {
    let (clouds, cloud) = unreachable();
    let mut command = program("cloudspec");
    command.args(arguments).args(cloud).args(["--os-client-config-file", clouds.name()]);
    command.env("CLOUDSPEC_LOG", "trace");
    let came = came(command, &object("lab", IN_SYNC));
    assert!(!came.out.contains(CANARY) && !came.err.contains(CANARY), "{came:?}");
    came
}

#[test]
fn a_cloud_that_does_not_answer_is_never_in_sync_and_never_drift() {
    // Each asks again for a while before it gives up.
    std::thread::scope(|scope| {
        for arguments in [&["diff", "-f", "-"][..], &["plan", "-f", "-"]] {
            scope.spawn(|| {
                let came = of_unreachable(arguments);
                assert_eq!(came.code, 3, "{came:?}");
                assert!(came.err.contains("not all could be told"), "{came:?}");
                assert!(came.err.contains(" DEBUG "), "the log is heard: {came:?}");
            });
        }
        for arguments in [&["import"][..], &["import", "--allow-partial"]] {
            scope.spawn(|| {
                let came = of_unreachable(arguments);
                assert_eq!((came.code, came.out.as_str()), (3, ""), "{came:?}");
                assert!(came.err.contains("nothing was written: failed to see the tenants"), "{came:?}");
            });
        }
    });
}

#[test]
fn a_look_that_saw_nothing_is_recorded_and_replayed_as_that() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("new");
    let recorded = of_unreachable(&["diff", "-f", "-", "-o", "json", "--record", target.to_str().unwrap()]);
    let spec = object("lab", IN_SYNC);
    let replayed = call_with(&["replay", target.to_str().unwrap(), "-f", "-", "-o", "json"], &spec);
    assert_eq!((recorded.code, &recorded.out), (replayed.code, &replayed.out));
    for file in std::fs::read_dir(&target).unwrap() {
        assert!(!std::fs::read_to_string(file.unwrap().path()).unwrap().contains(CANARY));
    }
    let again = of_unreachable(&["diff", "-f", "-", "--record", target.to_str().unwrap()]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("is not empty: record into a new directory"), "{again:?}");
}

#[test]
fn without_a_cloud_a_recording_or_a_cluster_the_remedy_is_said() {
    let no_cloud = call_with(&["diff", "-f", "-"], &object("lab", IN_SYNC));
    assert!(no_cloud.code == 1 && no_cloud.err.contains("OS_AUTH_URL"), "{no_cloud:?}");
    let (clouds, _) = unreachable();
    let arguments = ["diff", "-f", "-", "--os-cloud", "nowhere", "--os-client-config-file", clouds.name()];
    let other_cloud = call_with(&arguments, &object("lab", IN_SYNC));
    assert!(other_cloud.code == 1 && other_cloud.err.contains("nowhere"), "{other_cloud:?}");
    let no_recording = call_with(&["replay", "/nonexistent", "-f", "-"], &object("lab", IN_SYNC));
    assert!(no_recording.code == 1 && no_recording.err.contains("recording.json"), "{no_recording:?}");
    for arguments in [
        &["show", "lab"][..],
        &["approve", "lab"],
        &["reject", "lab"],
        &["history", "lab"],
        &["certificate", "x"],
        &["run"],
    ] {
        let came = call(arguments);
        assert_eq!(came.code, 1, "{came:?}");
        assert!(came.err.contains("found no API server: give --kubeconfig, or set KUBECONFIG"), "{came:?}");
    }
    let log = call(&["run", "--log", "=="]);
    assert!(log.code == 1 && log.err.contains("--log \"==\" is not a filter"), "{log:?}");
}

#[test]
fn nothing_that_is_written_before_main_does_more_than_open_the_door() {
    for doorway in ["src/main.rs", "src/bin/kubectl-cloudspec.rs"] {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(doorway)).unwrap();
        assert!(text.lines().count() <= 20, "{doorway}");
    }
}

#[test]
fn a_tenant_of_a_cloud_that_does_not_answer_gets_no_plan() {
    let tenant = "0123456789abcdef0123456789abcdef";
    let asked =
        ["offboard", "plan", "--tenant", tenant, "--name", "team-x", "--domain", "customers", "-o", "json"];
    let came = of_unreachable(&asked);
    assert_eq!(came.code, 3, "{came:?}");
    assert!(came.err.contains("there is no plan: "), "{came:?}");
    let told: Value = serde_json::from_str(&came.out).unwrap();
    assert_eq!((&told["complete"], &told["plan"]), (&Value::Bool(false), &Value::Null));
    assert_eq!(told["refusals"][0]["reason"], "TenantNotTold");
}

#[test]
fn a_tenant_is_asked_for_by_an_id_and_nothing_else_and_what_is_kept_has_a_reason() {
    let asked = |tenant: &str, more: &[&str]| {
        let all = [&["offboard", "plan", "--name", "n", "--domain", "d", "--tenant", tenant], more].concat();
        call(&all)
    };
    let right = "0123456789abcdef0123456789abcdef";
    for wrong in ["", "../users", "0123456789ABCDEF0123456789ABCDEF", "team-x", &format!("{right}0")] {
        let came = asked(wrong, &[]);
        assert!(came.code == 64 && came.err.contains("32 digits of 0-9 and a-f"), "{wrong}: {came:?}");
    }
    for wrong in ["volume", "volume=", "=why", "volume= "] {
        let came = asked(right, &["--keep", wrong]);
        assert!(came.code == 64 && came.err.contains("give what stays and why"), "{wrong}: {came:?}");
    }
    let incomplete = call(&["offboard", "plan", "--tenant", right]);
    assert!(incomplete.code == 64 && incomplete.err.contains("--name"), "{incomplete:?}");
}
