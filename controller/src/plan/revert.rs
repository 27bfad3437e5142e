//! The way back: the commands of the `openstack` client that undo a call, safe to paste into a shell.

use std::collections::BTreeMap;

use super::revert_quota;
use crate::model::action::{GroupRef, ProjectChange, ProjectRef, RuleRef};
use crate::model::cloud::Principal;
use crate::model::desired::{GroupName, TenantName};
use crate::model::ids::SecurityGroupId;
use crate::model::rule::{Remote, Rule, Traffic, protocol_name};
use crate::model::{Action, Snapshot};

/// The numbers of the steps that make what later steps refer to.
pub(super) struct Makers<'a> {
    projects: BTreeMap<&'a TenantName, u32>,
    /// With the project that will own the group.
    groups: BTreeMap<&'a GroupName, (u32, &'a ProjectRef)>,
}

impl<'a> Makers<'a> {
    /// Of the calls in their order.
    pub(super) fn of(actions: impl Iterator<Item = &'a Action>) -> Self {
        let mut makers = Self { projects: BTreeMap::new(), groups: BTreeMap::new() };
        for (number, action) in (1..).zip(actions) {
            match action {
                Action::CreateProject { name, .. } => drop(makers.projects.insert(name, number)),
                Action::CreateSecurityGroup { project, name, .. } => {
                    makers.groups.insert(name, (number, project));
                }
                _ => {}
            }
        }
        makers
    }

    fn project(&self, project: &ProjectRef) -> String {
        match project {
            ProjectRef::Id(id) => quote(&id.0),
            ProjectRef::Made(name) => made_by(self.projects.get(name).copied()),
        }
    }

    fn group(&self, group: &GroupRef) -> String {
        match group {
            GroupRef::Id(id) => quote(&id.0),
            GroupRef::Made(name) => made_by(self.groups.get(name).map(|(number, _)| *number)),
        }
    }
}

/// Stands for an id that is only known when the step was done, and then stands in the journal.
fn made_by(number: Option<u32>) -> String {
    match number {
        Some(number) => format!("'<created id of step {number}>'"),
        None => "'<created id>'".to_owned(),
    }
}

pub(super) fn revert(action: &Action, number: u32, makers: &Makers<'_>, snapshot: &Snapshot) -> String {
    let own = made_by(Some(number));
    match action {
        Action::CreateProject { .. } => format!("openstack project delete {own}"),
        Action::ChangeProject { project, change } => project_set(&makers.project(project), change),
        Action::SetQuota { project, service, from, to } => {
            revert_quota::command(&makers.project(project), *service, from.as_ref(), to)
        }
        Action::GrantRole { project, principal, role } => {
            role_command("remove", &makers.project(project), principal, &role.0)
        }
        Action::RevokeRole { project, principal, role } => {
            role_command("add", &quote(&project.0), principal, &role.0)
        }
        Action::CreateSecurityGroup { .. } => format!("openstack security group delete {own}"),
        Action::DescribeSecurityGroup { group, from, to: _ } => {
            format!("openstack security group set {} {}", option("description", from), quote(&group.0))
        }
        Action::CreateRule { .. } => format!("openstack security group rule delete {own}"),
        Action::Remove { what, project: _ } => format!("# nothing brings {what} back"),
        Action::DeleteRule { group, which, rule } => rule_create(group, which, rule, makers, snapshot),
    }
}

fn project_set(project: &str, change: &ProjectChange) -> String {
    let options = match change {
        // The client takes an empty --description for none at all, and then sends nothing.
        ProjectChange::Description { from, to: _ } if from.is_empty() => "--property description=".to_owned(),
        ProjectChange::Description { from, to: _ } => option("description", from),
        ProjectChange::Enabled { from, to: _ } => if *from { "--enable" } else { "--disable" }.to_owned(),
        ProjectChange::Tags { from, to: _ } => {
            let tags = from.iter().map(|tag| option("tag", tag));
            std::iter::once("--clear-tags".to_owned()).chain(tags).collect::<Vec<_>>().join(" ")
        }
        ProjectChange::Protected { from, to: _ } => {
            if *from { "--immutable" } else { "--no-immutable" }.to_owned()
        }
    };
    format!("openstack project set {options} {project}")
}

fn role_command(verb: &str, project: &str, principal: &Principal, role: &str) -> String {
    let who = match principal {
        Principal::User(id) => format!("--user {}", quote(&id.0)),
        Principal::Group(id) => format!("--group {}", quote(&id.0)),
    };
    format!("openstack role {verb} --project {project} {who} {}", quote(role))
}

fn rule_create(
    group: &GroupRef,
    which: &RuleRef,
    rule: &Rule,
    makers: &Makers<'_>,
    snapshot: &Snapshot,
) -> String {
    let (project, description) = match group {
        GroupRef::Id(id) => seen_rule(id, which, snapshot),
        GroupRef::Made(name) => (makers.groups.get(name).map(|(_, project)| makers.project(project)), None),
    };
    let mut words = vec!["openstack security group rule create".to_owned()];
    words.extend(project.map(|project| format!("--project {project}")));
    words.extend(rule_options(rule));
    words.extend(description.filter(|text| !text.is_empty()).map(|text| option("description", text)));
    words.push(makers.group(group));
    words.join(" ")
}

/// The project that owns the group of a seen rule, and the rule's description.
fn seen_rule<'a>(
    group: &SecurityGroupId,
    which: &RuleRef,
    snapshot: &'a Snapshot,
) -> (Option<String>, Option<&'a str>) {
    let Some(group) = snapshot.security_groups.iter().flatten().find(|seen| seen.id == *group) else {
        return (None, None);
    };
    let rule = group.rules.iter().find(|seen| RuleRef::Id(seen.id.clone()) == *which);
    (Some(quote(&group.project.0)), rule.map(|rule| rule.description.as_str()))
}

fn rule_options(rule: &Rule) -> Vec<String> {
    let Rule { direction, ethertype, traffic, remote } = rule;
    let mut options = vec![format!("--{direction}"), format!("--ethertype {ethertype:?}")];
    match *traffic {
        Traffic::Any => options.push("--protocol any".to_owned()),
        Traffic::Protocol(protocol) => options.push(format!("--protocol {}", protocol_name(protocol))),
        Traffic::Ports { protocol, min, max } => {
            options.push(format!("--protocol {} --dst-port {min}:{max}", protocol_name(protocol)));
        }
        Traffic::Icmp { protocol, kind, code } => {
            options.push(format!("--protocol {} --icmp-type {kind}", protocol_name(protocol)));
            options.extend(code.map(|code| format!("--icmp-code {code}")));
        }
    }
    options.extend(match remote {
        // What the client sends where none is given.
        Remote::Anywhere => None,
        Remote::Network(network) => Some(format!("--remote-ip {network}")),
        Remote::Group(id) => Some(format!("--remote-group {}", quote(&id.0))),
        Remote::AddressGroup(id) => Some(format!("--remote-address-group {}", quote(&id.0))),
    });
    options
}

/// An option with free text, which may begin with a dash.
fn option(name: &str, text: &str) -> String {
    format!("--{name}={}", quote(text))
}

/// A word as a POSIX shell reads it back.
pub(super) fn quote(word: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_.,:/@%+=".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::rule::{Direction, Ethertype};

    #[test]
    fn a_plain_word_stays_plain() {
        assert_eq!(quote("0f3e-aa.b_c:22/x"), "0f3e-aa.b_c:22/x");
    }

    #[test]
    fn a_shell_reads_every_quoted_word_back() {
        for word in [
            "",
            "a b",
            "it's",
            "$(rm -rf ~)",
            "`x`",
            "a\nb",
            "\\",
            "*",
            "~",
            "!",
            "#x",
            "\"q\"",
            "ü",
            "-x",
            "''",
        ] {
            let output = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {}", option("d", word))])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("--d={word}"));
        }
    }

    #[test]
    fn an_empty_description_comes_back_too() {
        let from = |from: &str| ProjectChange::Description { from: from.to_owned(), to: "x".to_owned() };
        assert_eq!(project_set("p", &from("")), "openstack project set --property description= p");
        assert_eq!(project_set("p", &from("a b")), "openstack project set --description='a b' p");
    }

    #[test]
    fn a_rule_is_spelled_as_the_client_takes_it() {
        let rule = |traffic, remote| Rule {
            direction: Direction::Ingress,
            ethertype: Ethertype::IPv4,
            traffic,
            remote,
        };
        let ports = Traffic::Ports { protocol: 6, min: 22, max: 22 };
        let network = Remote::Network("10.0.0.0/8".parse().unwrap());
        assert_eq!(
            rule_options(&rule(ports, network)).join(" "),
            "--ingress --ethertype IPv4 --protocol tcp --dst-port 22:22 --remote-ip 10.0.0.0/8"
        );
        let echo = Traffic::Icmp { protocol: 1, kind: 8, code: Some(0) };
        assert_eq!(
            rule_options(&rule(echo, Remote::Group("g".into()))).join(" "),
            "--ingress --ethertype IPv4 --protocol icmp --icmp-type 8 --icmp-code 0 --remote-group g"
        );
        assert_eq!(
            rule_options(&rule(Traffic::Any, Remote::Anywhere)).join(" "),
            "--ingress --ethertype IPv4 --protocol any"
        );
    }
}
