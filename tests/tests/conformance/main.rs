//! The simulated cloud answers as the real one: the same calls to both, and the answers compared.
//!
//! Needs the rig (`--features rig`). Everything is made in a domain of its own, and removed at the end.
#![cfg(feature = "rig")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a script that cannot go on says where")]

mod access;
mod held;
mod identity;
mod image;
mod lent;
mod network;
mod quotas;
mod run;
mod script;
mod tenant;

use std::path::PathBuf;

use cloudspec_tests::sim::{Sim, World};
use run::{Login, Run, Seen};

/// A volume type that one script makes shows in the limits that the other one reads.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn rig() -> PathBuf {
    std::env::var_os("OS_CLIENT_CONFIG_FILE")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from("/var/cache/cloudspec-rig/run/openstack/clouds.yaml"))
}

#[tokio::test]
async fn the_simulated_cloud_answers_as_the_real_one() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let name = format!("conformance-{}", uuid::Uuid::new_v4().simple());
    let real = Login::from_file(&rig()).expect("the rig's clouds.yaml");
    let real = play(&real, &name).await;
    let sim = Sim::start(World::builder().build()).await.expect("a simulated cloud");
    let simulated = play(&Login::read(&sim.clouds_yaml()).expect("its clouds.yaml"), &name).await;
    assert_eq!(real.len(), simulated.len(), "both were asked the same");
    assert!(real.len() >= 40, "a script worth its name");
    let differences: Vec<String> = real.iter().zip(&simulated).filter_map(difference).collect();
    println!("{} calls compared, {} differ", real.len(), differences.len());
    assert!(
        differences.is_empty(),
        "{} of {} calls:\n{}",
        differences.len(),
        real.len(),
        differences.join("\n")
    );
}

async fn play(login: &Login, name: &str) -> Vec<Seen> {
    let mut run = Run::start(login).await.expect("a token of the administrator");
    script::play(&mut run, name).await;
    let seen = run.seen.clone();
    script::clean(&mut run).await;
    seen
}

#[tokio::test]
async fn what_a_tenant_holds_is_told_and_removed_as_the_real_services_do() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let name = format!("conformance-{}", uuid::Uuid::new_v4().simple());
    let real = held::play_real(&Login::from_file(&rig()).expect("the rig's clouds.yaml"), &name).await;
    let sim = Sim::start(World::builder().build()).await.expect("a simulated cloud");
    let login = Login::read(&sim.clouds_yaml()).expect("its clouds.yaml");
    let simulated = held::play_simulated(&login, &sim, &name).await;
    assert_eq!(real.len(), simulated.len(), "both were asked the same");
    assert!(real.len() >= 200, "a script worth its name: {}", real.len());
    let differences: Vec<String> = real.iter().zip(&simulated).filter_map(difference).collect();
    println!("{} calls compared, {} differ", real.len(), differences.len());
    assert!(
        differences.is_empty(),
        "{} of {} calls:\n{}",
        differences.len(),
        real.len(),
        differences.join("\n")
    );
}

fn difference((real, simulated): (&Seen, &Seen)) -> Option<String> {
    if real == simulated {
        return None;
    }
    let mut lines = vec![format!("== {}", real.what)];
    if real.what != simulated.what {
        lines.push(format!("   asked differently: {}", simulated.what));
    }
    let text = |seen: &Seen| {
        let body = serde_json::to_string_pretty(&seen.body).unwrap_or_default();
        format!("{}\n{:#?}\n{body}", seen.status, seen.headers)
    };
    let (real, simulated) = (text(real), text(simulated));
    let (real, simulated): (Vec<&str>, Vec<&str>) = (real.lines().collect(), simulated.lines().collect());
    let only = |mine: &[&str], others: &[&str], sign: &str| -> Vec<String> {
        let mut rest = others.to_vec();
        let missing = |line: &&&str| match rest.iter().position(|other| other == *line) {
            Some(at) => {
                rest.remove(at);
                false
            }
            None => true,
        };
        mine.iter().filter(missing).map(|line| format!("   {sign} {line}")).collect()
    };
    lines.extend(only(&real, &simulated, "real:"));
    lines.extend(only(&simulated, &real, "sim: "));
    Some(lines.join("\n"))
}
