//! kube-apiserver and etcd as the user has them, in the directory that `KUBEBUILDER_ASSETS` names.
//!
//! # Assumptions
//! There may be no controller manager there; without one nothing is collected as garbage and no namespace ends.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::Started;
use crate::rig::home::Home;
use crate::rig::stage::Stages;
use crate::rig::{ports, process};

/// Relative to the directory of the cluster, for a socket's path may not be long.
const ETCD: &str = "unix://etcd.sock:2379";

pub(super) fn up(home: &Home, assets: &Path, stages: &mut Stages) -> Result<Started> {
    for name in ["kube-apiserver", "etcd"] {
        ensure!(
            assets.join(name).exists(),
            "KUBEBUILDER_ASSETS names {}, and no {name} is there",
            assets.display()
        );
    }
    stages.already("build kube-apiserver, etcd and the controllers");
    let [etcd, apiserver] = records(home);
    let both = process::running(&etcd).is_some() && process::running(&apiserver).is_some();
    if both && super::answers_within(home, Duration::from_secs(20)) {
        stages.already(super::START);
        return Ok(Started::Before);
    }
    process::stop(&apiserver)?;
    process::stop(&etcd)?;
    let dir = home.control_plane();
    let port = prepare(&dir)?;
    let mut server = Command::new(assets.join("etcd"));
    server.current_dir(&dir).args([
        "--data-dir",
        "etcd",
        "--listen-client-urls",
        ETCD,
        "--advertise-client-urls",
        ETCD,
    ]);
    server.args([
        "--listen-peer-urls",
        "unix://peer.sock:2380",
        "--initial-advertise-peer-urls",
        "http://localhost:2380",
    ]);
    server.args(["--initial-cluster", "default=http://localhost:2380"]);
    process::start(&etcd, &home.log("etcd"), &mut server)?;
    let mut server = Command::new(assets.join("kube-apiserver"));
    server.current_dir(&dir).args(flags(port));
    super::start(home, stages, &apiserver, &home.log("kube-apiserver"), &mut server)?;
    Ok(Started::Now)
}

/// The later one to start is the first one to end.
pub(super) fn records(home: &Home) -> [PathBuf; 2] {
    ["etcd", "kube-apiserver"].map(|name| home.state().join(format!("{name}.pid")))
}

fn flags(port: u16) -> Vec<String> {
    let mut flags: Vec<String> = [
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        "--etcd-servers=unix://etcd.sock:2379",
        "--cert-dir=pki",
        "--authorization-mode=RBAC",
        "--token-auth-file=tokens.csv",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-account-key-file=pki/service-account.key",
        "--service-account-signing-key-file=pki/service-account.key",
    ]
    .map(str::to_owned)
    .into();
    flags.push(format!("--secure-port={port}"));
    flags
}

/// What is chosen once, and stays good over every start: the port, the administrator's token, the key of the accounts' tokens.
fn prepare(dir: &Path) -> Result<u16> {
    let pki = dir.join("pki");
    fs::create_dir_all(&pki).with_context(|| format!("failed to make {}", pki.display()))?;
    // etcd asks nobody who they are: only its owner may reach its socket.
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
        .context("failed to close the cluster's directory")?;
    if let Some(port) = fs::read_to_string(dir.join("port")).ok().and_then(|text| text.trim().parse().ok()) {
        return Ok(port);
    }
    account_key(&pki.join("service-account.key"))?;
    let port = ports::any()?;
    let token = uuid::Uuid::new_v4().to_string();
    write_private(&dir.join("tokens.csv"), &format!("{token},admin,admin,\"system:masters\"\n"))?;
    write_private(&dir.join("kubeconfig"), &kubeconfig(port, &pki, &token))?;
    write_private(&dir.join("port"), &format!("{port}\n"))?;
    Ok(port)
}

/// Signs the tokens of service accounts.
fn account_key(file: &Path) -> Result<()> {
    if file.exists() {
        return Ok(());
    }
    let made = Command::new("openssl").args(["genrsa", "-out"]).arg(file).arg("2048").output();
    let made = made.context("openssl is missing: apt-get install openssl")?;
    ensure!(made.status.success(), "failed to make a key: {}", String::from_utf8_lossy(&made.stderr));
    Ok(())
}

fn kubeconfig(port: u16, pki: &Path, token: &str) -> String {
    let cluster = json!({"server": format!("https://127.0.0.1:{port}"), "certificate-authority": pki.join("apiserver.crt")});
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "rig",
        "clusters": [{"name": "rig", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [{"name": "rig", "context": {"cluster": "rig", "user": "admin"}}],
    })
    .to_string()
}

/// For the owner's eyes alone.
pub(in crate::rig) fn write_private(path: &Path, text: &str) -> Result<()> {
    let what = || format!("failed to write {}", path.display());
    if path.exists() {
        fs::remove_file(path).with_context(what)?;
    }
    let mut file =
        fs::File::options().create_new(true).write(true).mode(0o600).open(path).with_context(what)?;
    file.write_all(text.as_bytes()).with_context(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_a_secret_is_for_its_owner_alone_even_where_a_wider_one_stood() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kubeconfig");
        fs::write(&path, "old").unwrap();
        write_private(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_second_start_has_the_port_and_the_token_of_the_first() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("pki")).unwrap();
        fs::write(dir.path().join("pki/service-account.key"), "a key").unwrap();
        let port = prepare(dir.path()).unwrap();
        let kubeconfig = fs::read_to_string(dir.path().join("kubeconfig")).unwrap();
        assert!(kubeconfig.contains(&format!("https://127.0.0.1:{port}")), "{kubeconfig}");
        assert_eq!(prepare(dir.path()).unwrap(), port);
        assert_eq!(fs::read_to_string(dir.path().join("kubeconfig")).unwrap(), kubeconfig);
    }
}
