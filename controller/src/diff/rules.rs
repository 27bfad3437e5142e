//! The rules of one direction of one security group, compared by their normal form.

use std::collections::BTreeSet;

use super::{NotThere, present};
use crate::model::cloud::{SecurityGroup, SeenRule};
use crate::model::desired::{DesiredGroup, DesiredRule, GroupName, PeerName};
use crate::model::finding::RuleIs;
use crate::model::ids::{AddressGroupId, SecurityGroupId};
use crate::model::rule::{Direction, Remote, Rule};
use crate::model::snapshot::the_one;
use crate::model::{Aspect, Finding, FindingKind, Lookup, Severity, Snapshot, Subject};
use cloudspec_crds::security_group::EvidencePolicy;
use cloudspec_crds::tenant::Unlisted;

/// What is compared: a direction of a group, and the rules that are listed for it.
pub(super) struct Compared<'a> {
    pub(super) subject: &'a Subject,
    pub(super) seen: &'a SecurityGroup,
    pub(super) direction: Direction,
    pub(super) rules: &'a [DesiredRule],
    /// All groups that the spec lists.
    pub(super) listed: &'a [DesiredGroup],
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
        for listed in self.rules {
            match resolve(&listed.rule, snapshot) {
                Ok(rule) => {
                    if !seen.contains(&rule) {
                        findings.push(self.missing(listed).actual("no such rule"));
                    }
                    wanted.insert(rule);
                }
                Err(why) => {
                    // No rule can name a group that is yet to be made; any other group that is not there may be one by
                    // another name, and a rule of it would look unlisted.
                    all_understood &= matches!(why, NotThere::Absent(_)) && self.will_be_made(&listed.rule);
                    findings.push(why.say_of(self.missing(listed)));
                }
            }
        }
        if unlisted == Unlisted::Ignore || !all_understood {
            return;
        }
        let measured = self.rules.iter().all(|rule| rule.measured);
        let extra = self.of_direction().filter(|seen| !wanted.contains(&seen.rule));
        findings.extend(extra.map(|SeenRule { id, revision: _, description: _, rule }| {
            let aspect = Aspect::Rule(self.direction, RuleIs::Seen(id.clone(), Box::new(rule.clone())));
            let finding = Finding::of(FindingKind::Extra, Severity::Critical, self.subject, aspect);
            let finding = finding.expected("not listed").actual(format!("{rule} (rule {id})"));
            match (evidence, measured) {
                (EvidencePolicy::Required, false) => {
                    finding.message("removing it narrows access, and not every listed rule carries evidence")
                }
                _ => finding,
            }
        }));
    }

    fn missing(&self, listed: &DesiredRule) -> Finding {
        let aspect = Aspect::Rule(self.direction, RuleIs::Listed(Box::new(listed.clone())));
        Finding::of(FindingKind::Missing, Severity::Warning, self.subject, aspect).expected(&listed.rule)
    }

    fn will_be_made(&self, rule: &Rule<PeerName, PeerName>) -> bool {
        matches!(&rule.remote, Remote::Group(PeerName::Name(name))
            if self.listed.iter().any(|group| group.name == *name))
    }

    fn of_direction(&self) -> impl Iterator<Item = &SeenRule> {
        self.seen.rules.iter().filter(|seen| seen.rule.direction == self.direction)
    }
}

/// The rule with ids in place of names, or which name could not be told.
fn resolve(rule: &Rule<PeerName, PeerName>, snapshot: &Snapshot) -> Result<Rule, NotThere> {
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

/// The id of the security group that a rule names.
pub fn peer_group(peer: &PeerName, snapshot: &Snapshot) -> Lookup<SecurityGroupId> {
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

/// The id of the address group that a rule names.
pub fn peer_address_group(peer: &PeerName, snapshot: &Snapshot) -> Lookup<AddressGroupId> {
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
