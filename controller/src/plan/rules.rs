//! Rules: of a group that is there, and of one that the plan makes.

use std::collections::BTreeSet;

use cloudspec_crds::security_group::EvidencePolicy;
use cloudspec_crds::tenant::Unlisted;

use super::draft::{Draft, Drafts, told};
use super::names::Names;
use crate::diff::{peer_address_group, peer_group};
use crate::model::action::{GroupRef, ProjectRef, RuleRef};
use crate::model::cloud::SecurityGroup;
use crate::model::desired::{DesiredGroup, DesiredRule, GroupName, PeerName};
use crate::model::finding::RuleIs;
use crate::model::ids::AddressGroupId;
use crate::model::rule::{Direction, Remote, Rule};
use crate::model::{Action, Finding, FindingKind, Lookup, Snapshot};

const UNMEASURED: &str =
    "it narrows access, evidence is Required, and not every listed rule of the direction carries evidence";

/// A rule as it can be sent: groups by id, or as an earlier step makes them.
type Sendable = Rule<GroupRef, AddressGroupId>;

/// A group that is there, and the entry of the spec that is about it.
pub(super) struct Group<'a> {
    pub(super) entry: &'a DesiredGroup,
    pub(super) seen: &'a SecurityGroup,
    /// Groups that the plan makes.
    pub(super) made: &'a BTreeSet<GroupName>,
    pub(super) snapshot: &'a Snapshot,
}

/// Corrects one rule of a group that is there.
pub(super) fn correct(
    group: &Group<'_>,
    kind: FindingKind,
    rule: &RuleIs,
    finding: &Finding,
    drafts: &mut Drafts,
) {
    let Group { entry, seen, made, snapshot } = group;
    let reference = GroupRef::Id(seen.id.clone());
    match (kind, rule) {
        (FindingKind::Missing, RuleIs::Listed(listed)) => match sendable(&listed.rule, made, snapshot) {
            Ok(rule) => {
                let project = ProjectRef::Id(seen.project.clone());
                drafts.push(create(&label(entry), project, reference, rule, listed, finding));
            }
            Err(why) => drafts.leave(finding, why),
        },
        (FindingKind::Extra, RuleIs::Seen(id, rule)) => match removal(entry, rule.direction) {
            Ok(()) => {
                let which = RuleRef::Id(id.clone());
                drafts.push(delete(&label(entry), reference, which, rule, snapshot, finding));
            }
            Err(why) => drafts.leave(finding, why),
        },
        _ => drafts.leave(finding, "no correction is known"),
    }
}

/// The rules of a group that the plan makes: the listed ones are made, and those that Neutron puts there itself are removed
/// where the spec says to.
pub(super) fn fill(
    entry: &DesiredGroup,
    project: &ProjectRef,
    made: &BTreeSet<GroupName>,
    snapshot: &Snapshot,
    finding: &Finding,
    drafts: &mut Drafts,
) {
    let group = GroupRef::Made(entry.name.clone());
    for (direction, listed) in &entry.rules {
        let initial: Vec<&Rule> =
            snapshot.initial_rules.iter().flatten().filter(|rule| rule.direction == *direction).collect();
        let mut wanted = BTreeSet::new();
        let mut all_understood = true;
        for one in listed {
            match sendable(&one.rule, made, snapshot) {
                Ok(rule) => {
                    if wanted.insert(rule.clone()) && !initial.iter().any(|there| by_id(there) == rule) {
                        drafts.push(create(
                            &label(entry),
                            project.clone(),
                            group.clone(),
                            rule,
                            one,
                            finding,
                        ));
                    }
                }
                Err(why) => {
                    all_understood = false;
                    drafts.leave_part(finding, &one.rule.to_string(), why);
                }
            }
        }
        for rule in initial.into_iter().filter(|rule| !wanted.contains(&by_id(rule))) {
            let part = format!("{rule}, which Neutron puts into a new group");
            match removal(entry, *direction) {
                Ok(()) if all_understood => {
                    let draft =
                        delete(&label(entry), group.clone(), RuleRef::Initial, rule, snapshot, finding);
                    drafts.push(draft);
                }
                Ok(()) => {
                    drafts.leave_part(finding, &part, "it may be a listed rule that was not understood")
                }
                // What is unlisted and ignored is not spoken of.
                Err(_) if entry.unlisted_rules == Unlisted::Ignore => {}
                Err(why) => drafts.leave_part(finding, &part, why),
            }
        }
    }
}

/// The group in words; with its id where the spec gives it, for then the name alone may mean several.
pub(super) fn label(entry: &DesiredGroup) -> String {
    match &entry.id {
        Some(id) => format!("{} ({id})", entry.name),
        None => entry.name.to_string(),
    }
}

/// Whether unlisted rules of a direction may be removed, or why not.
fn removal(entry: &DesiredGroup, direction: Direction) -> Result<(), &'static str> {
    match entry.unlisted_rules {
        Unlisted::Remove => {}
        Unlisted::Report | Unlisted::Ignore => return Err("unlistedRules of this group is not Remove"),
    }
    let measured = entry.rules.get(&direction).is_some_and(|rules| rules.iter().all(|rule| rule.measured));
    match (entry.evidence, measured) {
        (EvidencePolicy::Required, false) => Err(UNMEASURED),
        (EvidencePolicy::Required, true) | (EvidencePolicy::NotRequired, _) => Ok(()),
    }
}

fn create(
    name: &str,
    project: ProjectRef,
    group: GroupRef,
    rule: Sendable,
    listed: &DesiredRule,
    finding: &Finding,
) -> Draft {
    let DesiredRule { rule: spelled, description, measured: _ } = listed;
    Draft {
        subject: format!("{name} {spelled}"),
        summary: format!("create rule {spelled} in security group {name}"),
        findings: BTreeSet::from([finding.fingerprint()]),
        before: None,
        after: Some(spelled.to_string()),
        action: Action::CreateRule { project, group, rule, description: description.clone() },
    }
}

fn delete(
    name: &str,
    group: GroupRef,
    which: RuleRef,
    rule: &Rule,
    snapshot: &Snapshot,
    finding: &Finding,
) -> Draft {
    let said = Names(snapshot).rule(rule);
    Draft {
        subject: format!("{name} {said}"),
        summary: format!("delete rule {said} of security group {name}"),
        findings: BTreeSet::from([finding.fingerprint()]),
        before: Some(said),
        after: None,
        action: Action::DeleteRule { group, which, rule: rule.clone() },
    }
}

/// The rule with ids in place of names, or which name has no meaning.
fn sendable(
    rule: &Rule<PeerName, PeerName>,
    made: &BTreeSet<GroupName>,
    snapshot: &Snapshot,
) -> Result<Sendable, String> {
    let Rule { direction, ethertype, traffic, remote } = rule.clone();
    let remote = match remote {
        Remote::Anywhere => Remote::Anywhere,
        Remote::Network(network) => Remote::Network(network),
        Remote::Group(peer) => Remote::Group(match (peer_group(&peer, snapshot), &peer) {
            (Lookup::Absent, PeerName::Name(name)) if made.contains(name) => GroupRef::Made(name.clone()),
            (found, _) => GroupRef::Id(told(found, &format!("security group {peer}"))?),
        }),
        Remote::AddressGroup(peer) => {
            let found = peer_address_group(&peer, snapshot);
            Remote::AddressGroup(told(found, &format!("address group {peer}"))?)
        }
    };
    Ok(Rule { direction, ethertype, traffic, remote })
}

/// A seen rule in the form of one that can be sent.
fn by_id(rule: &Rule) -> Sendable {
    let Rule { direction, ethertype, traffic, remote } = rule.clone();
    let remote = match remote {
        Remote::Anywhere => Remote::Anywhere,
        Remote::Network(network) => Remote::Network(network),
        Remote::Group(id) => Remote::Group(GroupRef::Id(id)),
        Remote::AddressGroup(id) => Remote::AddressGroup(id),
    };
    Rule { direction, ethertype, traffic, remote }
}
