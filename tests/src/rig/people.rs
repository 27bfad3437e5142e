//! Other people, and the controller's account: a kubeconfig and rights for each.
//!
//! # Guarantees
//! The rights are the roles of `manifests/rbac`, bound in one namespace; a second call with another right takes the first away.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use serde_json::{Value, json};

use super::control_plane::{kubectl, write_private};
use super::home::{Cluster, Home};

/// The name under which the kubeconfig of the controller's account is kept.
pub(super) const CONTROLLER: &str = "cloudspec-controller";
const CONTROLLERS_NAMESPACE: &str = "cloudspec-system";

/// What somebody may do with CloudSpecs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum May {
    /// See CloudSpecs and ChangePlans, and approve what is planned.
    Approve,
    /// See them, write CloudSpecs and give Secrets, and approve nothing.
    Edit,
    /// See them.
    View,
}

/// Who asks the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    /// A client certificate of the rig's own control plane carries the name.
    User(String),
    /// Only the cluster's owner signs certificates; an account of this namespace works everywhere.
    ServiceAccount { name: String, namespace: String },
}

/// Makes the person, or gives one that is there other rights; says where the kubeconfig is.
pub(super) fn provide(home: &Home, name: &str, may: May, namespace: &str) -> Result<PathBuf> {
    ensure!(
        valid(name),
        "{name:?} is no name here: 1 to 40 of a-z, 0-9 and -, the first a letter, the last no -"
    );
    kubectl::apply(home, &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}))?;
    let subject = match home.cluster() {
        Cluster::Own => Subject::User(name.to_owned()),
        Cluster::Assets(_) | Cluster::Given(_) => {
            Subject::ServiceAccount { name: name.to_owned(), namespace: namespace.to_owned() }
        }
    };
    rights(home, name, may, namespace, &subject)?;
    let file = home.kubeconfig_of(name);
    match &subject {
        Subject::User(_) => certificate(home, name, namespace, &file)?,
        Subject::ServiceAccount { name, namespace } => account(home, name, namespace, &file)?,
    }
    Ok(file)
}

/// The kubeconfig that the controller runs with, where its account is installed.
pub(super) fn controller(home: &Home) -> Result<()> {
    let mut ask = kubectl::command(home);
    ask.args([
        "get",
        "serviceaccount",
        CONTROLLER,
        "--namespace",
        CONTROLLERS_NAMESPACE,
        "--ignore-not-found",
        "-o",
        "name",
    ]);
    match kubectl::run(&mut ask)?.is_empty() {
        true => Ok(()),
        false => kubeconfig(home, CONTROLLER, CONTROLLERS_NAMESPACE, &home.kubeconfig_of(CONTROLLER)),
    }
}

fn rights(home: &Home, name: &str, may: May, namespace: &str, subject: &Subject) -> Result<()> {
    let label = format!("cloudspec.dev/rig-user={name}");
    let mut old = kubectl::command(home);
    old.args(["delete", "rolebindings,roles", "--namespace", namespace, "-l", &label]);
    kubectl::run(&mut old).context("failed to take the old rights away")?;
    objects(name, may, namespace, subject).iter().try_for_each(|object| kubectl::apply(home, object))
}

/// The role of `manifests/rbac` bound, and what this right has beside it.
fn objects(name: &str, may: May, namespace: &str, subject: &Subject) -> Vec<Value> {
    let role = match may {
        May::Approve => "cloudspec-approve",
        May::Edit => "cloudspec-edit",
        May::View => "cloudspec-view",
    };
    let mut objects = vec![binding(name, namespace, "ClusterRole", role, subject)];
    if may == May::Edit {
        let role = format!("rig-{name}-secrets");
        objects.push(json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": meta(&role, name, namespace),
            "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]}],
        }));
        objects.push(binding(name, namespace, "Role", &role, subject));
    }
    objects
}

fn binding(name: &str, namespace: &str, kind: &str, role: &str, subject: &Subject) -> Value {
    let subject = match subject {
        Subject::User(user) => json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}),
        Subject::ServiceAccount { name, namespace } => {
            json!({"kind": "ServiceAccount", "name": name, "namespace": namespace})
        }
    };
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": meta(&format!("rig-{name}-{}", kind.to_lowercase()), name, namespace),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
        "subjects": [subject],
    })
}

fn meta(name: &str, user: &str, namespace: &str) -> Value {
    json!({"name": name, "namespace": namespace, "labels": {"cloudspec.dev/rig-user": user}})
}

/// Of the rig's own control plane, which keeps the authority's key.
fn certificate(home: &Home, name: &str, namespace: &str, file: &Path) -> Result<()> {
    let mut make = Command::new(home.bin().join("control-plane"));
    make.args(["user", name, "--group", "people", "--dir"]).arg(home.control_plane()).arg("--out").arg(file);
    kubectl::run(&mut make).context("the control plane is not there: `cargo rig up control-plane` first")?;
    let mut set = kubectl::command(home);
    set.arg("--kubeconfig").arg(file).args(["config", "set-context", "--current", "--namespace", namespace]);
    kubectl::run(&mut set).map(drop)
}

fn account(home: &Home, name: &str, namespace: &str, file: &Path) -> Result<()> {
    let meta = json!({"name": name, "namespace": namespace});
    kubectl::apply(home, &json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta}))?;
    kubeconfig(home, name, namespace, file)
}

/// With a token of the account that is good for a month.
fn kubeconfig(home: &Home, name: &str, namespace: &str, file: &Path) -> Result<()> {
    let mut ask = kubectl::command(home);
    ask.args(["create", "token", name, "--namespace", namespace, "--duration", "720h"]);
    let token = kubectl::run(&mut ask).with_context(|| format!("failed to have a token of {name}"))?;
    let mut ask = kubectl::command(home);
    ask.args(["config", "view", "--minify", "--flatten", "--raw", "-o", "json"]);
    let admin: Value =
        serde_json::from_str(&kubectl::run(&mut ask)?).context("failed to read the kubeconfig")?;
    write_private(file, &as_account(&admin, name, namespace, token.trim()).to_string())
}

/// The same cluster, asked as another.
fn as_account(admin: &Value, name: &str, namespace: &str, token: &str) -> Value {
    let cluster = admin.pointer("/clusters/0/cluster").cloned().unwrap_or_default();
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": name,
        "clusters": [{"name": "cluster", "cluster": cluster}],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [{"name": name, "context": {"cluster": "cluster", "user": name, "namespace": namespace}}],
    })
}

fn valid(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=40).contains(&name.len())
        && name.chars().all(plain)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && name != CONTROLLER
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(may: May) -> Vec<String> {
        let objects = objects("bob", may, "clouds", &Subject::User("bob".to_owned()));
        let describe = |object: &Value| {
            let role = object.pointer("/roleRef/name").or_else(|| object.pointer("/rules/0/resources/0"));
            format!("{} {}", object["kind"].as_str().unwrap(), role.unwrap().as_str().unwrap())
        };
        objects.iter().map(describe).collect()
    }

    #[test]
    fn each_right_is_one_role_and_only_who_edits_gives_secrets() {
        assert_eq!(kinds(May::View), ["RoleBinding cloudspec-view"]);
        assert_eq!(kinds(May::Approve), ["RoleBinding cloudspec-approve"]);
        let edit = ["RoleBinding cloudspec-edit", "Role secrets", "RoleBinding rig-bob-secrets"];
        assert_eq!(kinds(May::Edit), edit);
    }

    #[test]
    fn rights_are_bound_in_the_namespace_alone() {
        for object in objects("bob", May::Edit, "clouds", &Subject::User("bob".to_owned())) {
            assert_eq!(object["metadata"]["namespace"], "clouds");
        }
    }

    #[test]
    fn a_kubeconfig_of_an_account_holds_nothing_of_the_administrators() {
        let admin = json!({
            "clusters": [{"name": "x", "cluster": {"server": "https://127.0.0.1:1"}}],
            "users": [{"name": "admin", "user": {"client-key-data": "canary"}}],
        });
        let text = as_account(&admin, "alice", "clouds", "t0ken").to_string();
        assert!(
            text.contains("https://127.0.0.1:1") && text.contains("t0ken") && !text.contains("canary"),
            "{text}"
        );
    }

    #[test]
    fn a_name_that_could_lead_out_of_its_directory_or_be_an_option_is_none() {
        for name in ["alice", "team-a", "x2"] {
            assert!(valid(name), "{name}");
        }
        for name in ["", "-x", "../x", "a/b", "A", "a b", "x-", CONTROLLER, &"x".repeat(41)] {
            assert!(!valid(name), "{name}");
        }
    }
}
