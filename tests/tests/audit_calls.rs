//! How many calls one audit takes, counted by the recording proxy, against the fewest with which one can know as much.

#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;

use cloudspec_tests::proxy::{Call, Proxy};
use cloudspec_tests::scene::program;
use cloudspec_tests::scene::real::{auth_url, clouds_yaml};
use cloudspec_tests::sim::{Builder, Sim};
use serde_json::Value;
use tokio::io::AsyncWriteExt;

/// Rows of a page of Neutron: no listing of these clouds is longer.
const PAGE: usize = 1000;

/// The command, as the observer through the proxy; its exit code and what it printed.
async fn cloudspec(clouds: &str, arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("clouds.yaml");
    std::fs::write(&file, clouds).unwrap();
    let mut command = tokio::process::Command::new(program().unwrap());
    command.args(arguments).args(["--os-cloud", "observer", "--os-identity-cloud", "observer-system"]);
    command.arg("--os-client-config-file").arg(&file);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// The fewest calls: a token for each credential, one for each listing, and one for each thing that no listing shows.
fn fewest(spec: &Value) -> BTreeMap<&'static str, usize> {
    let rows = |key: &str| spec[key].as_array().cloned().unwrap_or_default();
    let (tenants, groups) = (rows("tenants"), rows("securityGroups"));
    let limited =
        |service: &str| tenants.iter().filter(|tenant| tenant["quotas"].get(service).is_some()).count();
    let any = |service: &str| usize::from(limited(service) > 0);
    // Keystone lists people by domain: with drivers of their own, domains cannot be listed together.
    let domains = |kind: &str| {
        let roles = tenants.iter().flat_map(|tenant| {
            let own = tenant["domain"].as_str().unwrap_or_default().to_owned();
            let roles = tenant["roles"].as_array().cloned().unwrap_or_default();
            roles.into_iter().map(move |role| (own.clone(), role))
        });
        let of = roles.filter(|(_, role)| role.get(kind).is_some()).map(|(own, role)| {
            let domain = role.get("domain").or(role.get("userDomain")).or(role.get("groupDomain"));
            domain.and_then(Value::as_str).map_or(own, str::to_owned)
        });
        of.collect::<BTreeSet<String>>().len()
    };
    let address_groups = groups.iter().any(|group| group.to_string().contains("addressGroup"));
    BTreeMap::from([
        ("tokens", 2),
        ("domains, projects, roles, role assignments", 4),
        ("users", domains("user")),
        ("groups of users", domains("group")),
        ("security groups, rules of new ones", 2),
        ("address groups", usize::from(address_groups)),
        // Their listings leave out who has the defaults.
        ("limits and defaults of Neutron", 2 * any("network")),
        ("limits and defaults of Octavia", 2 * any("loadBalancer")),
        ("limits of Nova, of each project", limited("compute")),
        ("limits of Cinder, of each project", limited("volume")),
    ])
}

/// Imports through the proxy, compares through it, and counts the calls of the comparison.
async fn count(name: &str, proxy: &Proxy, clouds: &str, tenants: &[&str]) {
    let chosen = tenants.iter().flat_map(|tenant| ["--tenant", tenant]);
    let import: Vec<&str> = ["import"].into_iter().chain(chosen).collect();
    let (code, spec, said) = cloudspec(clouds, &import, "").await;
    assert_eq!(code, Some(0), "{said}");
    proxy.clear();
    let (code, told, said) = cloudspec(clouds, &["diff", "-f", "-", "-o", "json"], &spec).await;
    assert_eq!(code, Some(0), "{told}\n{said}");
    let calls = proxy.calls();
    let object: Value = serde_saphyr::from_str(&spec).unwrap();
    let spec = &object["spec"];
    let fewest = fewest(spec);
    let (made, least) = (calls.len(), fewest.values().sum::<usize>());
    let tenants = spec["tenants"].as_array().unwrap().len();
    let groups = spec["securityGroups"].as_array().unwrap().len();
    println!("{name}: {tenants} tenants, {groups} security groups: {made} calls, {least} at least");
    assert!(groups < PAGE);
    let lines: Vec<String> = calls.iter().map(ToString::to_string).collect();
    assert!(made * 100 <= least * 105, "{made} calls for {fewest:?}:\n{}", lines.join("\n"));
    assert!(
        made >= least,
        "the fewest are counted wrongly: {made} calls for {fewest:?}:\n{}",
        lines.join("\n")
    );
    assert_eq!(calls.iter().filter(|call| call.is_login()).count(), 2, "one token a credential");
    let asked: BTreeSet<(&str, &str, &str)> =
        calls.iter().filter(|call| !call.is_login()).map(what).collect();
    assert_eq!(asked.len() + 2, made, "nothing is asked twice");
}

fn what(call: &Call) -> (&str, &str, &str) {
    (&call.service, &call.path, &call.query)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_of_the_seeded_cloud_takes_the_fewest_calls() {
    let clouds = clouds_yaml().unwrap();
    let proxy = Proxy::start(&auth_url(&clouds).unwrap()).await.unwrap();
    let seeded = ["customers/team-a", "customers/team-b", "customers/team-c"];
    count("the seeded cloud", &proxy, &proxy.clouds_yaml(&clouds), &seeded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_of_a_hundred_and_fifty_tenants_takes_the_fewest_calls() {
    let sim = Sim::start(Builder::default().tenants(150).build()).await.unwrap();
    let proxy = Proxy::start(&sim.url()).await.unwrap();
    count("simulated", &proxy, &proxy.clouds_yaml(&sim.clouds_yaml()), &[]).await;
}
