//! The rules of one direction of one security group, compared by their normal form.

use std::collections::BTreeSet;

use super::present;
use crate::model::cloud::{SecurityGroup, SeenRule};
use crate::model::desired::{DesiredRule, GroupName, PeerName};
use crate::model::ids::{AddressGroupId, SecurityGroupId};
use crate::model::rule::{Direction, Remote, Rule};
use crate::model::snapshot::the_one;
use crate::model::{Finding, FindingKind, Lookup, Severity, Snapshot};
use cloudspec_crds::security_group::EvidencePolicy;
use cloudspec_crds::tenant::Unlisted;

/// What is compared: a direction of a group, and the rules that are listed for it.
pub(super) struct Compared<'a> {
    pub(super) resource: &'a str,
    pub(super) seen: &'a SecurityGroup,
    pub(super) direction: Direction,
    pub(super) listed: &'a [DesiredRule],
}

impl Compared<'_> {
    pub(super) fn compare(
        &self,
        unlisted: Unlisted,
        evidence: EvidencePolicy,
        snapshot: &Snapshot,
        findings: &mut Vec<Finding>,
    ) {
        let seen: BTreeSet<&Rule> = self.of_direction().map(|seen| &seen.rule).collect();
        let mut wanted = BTreeSet::new();
        let mut all_understood = true;
        for DesiredRule { rule, description: _, measured: _ } in self.listed {
            match resolve(rule, snapshot) {
                Ok(rule) => {
                    if !seen.contains(&rule) {
                        let finding = Finding::of(FindingKind::Missing, Severity::Warning, self.resource);
                        findings.push(finding.field(self.direction).expected(&rule).actual("no such rule"));
                    }
                    wanted.insert(rule);
                }
                Err(finding) => {
                    all_understood = false;
                    let message =
                        finding.message.unwrap_or_else(|| format!("there is no {}", finding.resource));
                    let finding =
                        Finding::of(finding.kind, Severity::Warning, self.resource).field(self.direction);
                    findings.push(finding.expected(rule).message(message));
                }
            }
        }
        // A rule that looks unlisted may be the one whose remote group could not be told.
        if unlisted == Unlisted::Ignore || !all_understood {
            return;
        }
        let measured = self.listed.iter().all(|rule| rule.measured);
        let extra = self.of_direction().filter(|seen| !wanted.contains(&seen.rule));
        findings.extend(extra.map(|SeenRule { id, revision: _, description: _, rule }| {
            let finding =
                Finding::of(FindingKind::Extra, Severity::Critical, self.resource).field(self.direction);
            let finding = finding.expected("not listed").actual(format!("{rule} (rule {id})"));
            match (evidence, measured) {
                (EvidencePolicy::Required, false) => {
                    finding.message("removing it narrows access, and not every listed rule carries evidence")
                }
                _ => finding,
            }
        }));
    }

    fn of_direction(&self) -> impl Iterator<Item = &SeenRule> {
        self.seen.rules.iter().filter(|seen| seen.rule.direction == self.direction)
    }
}

/// The rule with ids in place of names, or the finding that says which name could not be told.
fn resolve(rule: &Rule<PeerName, PeerName>, snapshot: &Snapshot) -> Result<Rule, Finding> {
    let Rule { direction, ethertype, traffic, remote } = rule.clone();
    let remote = match remote {
        Remote::Anywhere => Remote::Anywhere,
        Remote::Network(network) => Remote::Network(network),
        Remote::Group(peer) => {
            let found = peer_group(&peer, snapshot);
            Remote::Group(present(found, &format!("security group {peer}"))?)
        }
        Remote::AddressGroup(peer) => {
            let found = peer_address_group(&peer, snapshot);
            Remote::AddressGroup(present(found, &format!("address group {peer}"))?)
        }
    };
    Ok(Rule { direction, ethertype, traffic, remote })
}

fn peer_group(peer: &PeerName, snapshot: &Snapshot) -> Lookup<SecurityGroupId> {
    let found = match peer {
        PeerName::Id(id) => {
            the_one(&snapshot.security_groups, |group| group.id.0 == *id, |group| &group.id.0)
        }
        PeerName::Name(GroupName { project, name }) => snapshot
            .project(&project.name, &project.domain)
            .and_then(|project| snapshot.security_group(name, &project.id, None)),
    };
    found.map(|group| group.id.clone())
}

fn peer_address_group(peer: &PeerName, snapshot: &Snapshot) -> Lookup<AddressGroupId> {
    let found = match peer {
        PeerName::Id(id) => the_one(&snapshot.address_groups, |group| group.id.0 == *id, |group| &group.id.0),
        PeerName::Name(GroupName { project, name }) => {
            snapshot.project(&project.name, &project.domain).and_then(|project| {
                let fits = |group: &crate::model::cloud::AddressGroup| {
                    group.name == *name && group.project == project.id
                };
                the_one(&snapshot.address_groups, fits, |group| &group.id.0)
            })
        }
    };
    found.map(|group| group.id.clone())
}
