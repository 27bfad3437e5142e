//! A tenant leaves by `openstack project cleanup`, as the administrator runs it.

use std::time::{Duration, Instant};

use cloudspec_tests::proxy::Proxy;
use cloudspec_tests::scene::real::{auth_url, clouds_yaml};

use crate::Took;
use crate::place::Place;

/// Far more than it takes.
const WITHIN: Duration = Duration::from_secs(600);

pub(crate) async fn cleanup(place: &Place) -> Took {
    let clouds = clouds_yaml().unwrap();
    let proxy = Proxy::start(&auth_url(&clouds).unwrap()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("clouds.yaml");
    std::fs::write(&file, proxy.clouds_yaml(&clouds)).unwrap();
    let begin = Instant::now();
    let arguments =
        ["--os-cloud", "admin", "project", "cleanup", "--auto-approve", "--project", &place.tenant];
    let mut client = tokio::process::Command::new("openstack");
    client.args(arguments).env("OS_CLIENT_CONFIG_FILE", &file).kill_on_drop(true);
    let output = tokio::time::timeout(WITHIN, client.output()).await.unwrap().unwrap();
    let time = begin.elapsed();
    let said = String::from_utf8_lossy(&output.stderr);
    let end = format!("exit {}", output.status.code().unwrap_or_default());
    println!("project cleanup: {end}; {}", said.lines().last().unwrap_or_default());
    Took { calls: proxy.calls(), time, end, ..Took::default() }
}
