//! Security groups: made where they are missing, described as declared; their rules are in [`super::rules`].

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, Drafts, told};
use super::rules::{self, Group};
use crate::diff::diff_group;
use crate::model::action::ProjectRef;
use crate::model::cloud::SecurityGroup;
use crate::model::desired::{DesiredGroup, GroupName, TenantName};
use crate::model::ids::SecurityGroupId;
use crate::model::{Action, Aspect, Desired, Finding, FindingKind, Lookup, Snapshot, Subject};

const DEFAULT: &str = "Neutron makes the default group of a project itself, and takes no other of that name; the next plan corrects its rules";
const TWINS: &str = "several entries of the spec are about this one group: keep one";

/// Goes through the findings about security groups. `made_projects` are the projects that the plan makes.
pub(super) fn plan(
    desired: &Desired,
    snapshot: &Snapshot,
    findings: &[&Finding],
    made_projects: &BTreeSet<TenantName>,
    drafts: &mut Drafts,
) {
    let entries = Entries::of(desired, snapshot);
    let mut made: BTreeMap<GroupName, (&DesiredGroup, ProjectRef, Finding)> = BTreeMap::new();
    let mut rest: Vec<(&DesiredGroup, Finding)> = Vec::new();
    for finding in findings {
        let concerned = entries.concerned(finding);
        if concerned.is_empty() {
            drafts.leave(finding, "it is not declared");
        }
        for (entry, finding) in concerned {
            match (finding.kind, &finding.aspect) {
                (FindingKind::Missing, Aspect::Existence) => match creation(entry, snapshot, made_projects) {
                    Ok(project) => {
                        drafts.push(create(entry, &project, &finding));
                        made.insert(entry.name.clone(), (entry, project, finding));
                    }
                    Err(why) => drafts.leave(&finding, why),
                },
                _ => rest.push((entry, finding)),
            }
        }
    }
    let names: BTreeSet<GroupName> = made.keys().cloned().collect();
    for (entry, project, finding) in made.into_values() {
        rules::fill(entry, &project, &names, snapshot, &finding, drafts);
    }
    for (entry, finding) in rest {
        match entries.seen(entry) {
            Seen::One(seen) => correct(entry, seen, &names, snapshot, &finding, drafts),
            Seen::Shared => drafts.leave(&finding, TWINS),
            Seen::None => drafts.leave(&finding, "the group was not seen"),
        }
    }
}

/// The project that will own a missing group, or why it cannot be made.
fn creation(
    entry: &DesiredGroup,
    snapshot: &Snapshot,
    made_projects: &BTreeSet<TenantName>,
) -> Result<ProjectRef, String> {
    let DesiredGroup { name: GroupName { project, name }, id, rules, .. } = entry;
    if let Some(id) = id {
        return Err(format!("a new group would have another id than {id}, which is declared"));
    }
    if name.eq_ignore_ascii_case("default") {
        return Err(DEFAULT.to_owned());
    }
    if let (Err(why), false) = (&snapshot.initial_rules, rules.is_empty()) {
        return Err(format!("the rules that Neutron puts into a new group could not be told: {why}"));
    }
    match snapshot.project(&project.name, &project.domain) {
        Lookup::Absent if made_projects.contains(project) => Ok(ProjectRef::Made(project.clone())),
        found => told(found, &format!("tenant {project}, and none is made"))
            .map(|found| ProjectRef::Id(found.id.clone())),
    }
}

fn create(entry: &DesiredGroup, project: &ProjectRef, finding: &Finding) -> Draft {
    let name = entry.name.clone();
    let description = entry.description.clone().unwrap_or_default();
    Draft {
        subject: name.to_string(),
        summary: format!("create security group {name}"),
        findings: BTreeSet::from([finding.fingerprint()]),
        before: None,
        after: Some(format!("description {description:?}")),
        action: Action::CreateSecurityGroup { project: project.clone(), name, description },
    }
}

fn correct(
    entry: &DesiredGroup,
    seen: &SecurityGroup,
    made: &BTreeSet<GroupName>,
    snapshot: &Snapshot,
    finding: &Finding,
    drafts: &mut Drafts,
) {
    match (finding.kind, &finding.aspect, &entry.description) {
        (FindingKind::Changed, Aspect::Description, Some(to)) => {
            drafts.push(describe(&rules::label(entry), seen, to, finding));
        }
        (kind, Aspect::Rule(_, rule), _) => {
            rules::correct(&Group { entry, seen, made, snapshot }, kind, rule, finding, drafts);
        }
        _ => drafts.leave(finding, "no correction is known"),
    }
}

fn describe(name: &str, seen: &SecurityGroup, to: &str, finding: &Finding) -> Draft {
    let (from, to) = (seen.description.clone(), to.to_owned());
    Draft {
        subject: name.to_string(),
        summary: format!("set description of security group {name}"),
        findings: BTreeSet::from([finding.fingerprint()]),
        before: Some(format!("{from:?}")),
        after: Some(format!("{to:?}")),
        action: Action::DescribeSecurityGroup { group: seen.id.clone(), from, to },
    }
}

/// The entries of the spec, each with the group that it is about.
///
/// A finding bears the name of its group, and several entries may have one name and differ in their id: then the entries
/// are those of which the finding is true.
struct Entries<'a> {
    desired: &'a Desired,
    snapshot: &'a Snapshot,
    by_name: BTreeMap<&'a GroupName, Vec<&'a DesiredGroup>>,
    /// How many entries are about each group.
    entries_of: BTreeMap<&'a SecurityGroupId, usize>,
}

/// The group that an entry is about.
enum Seen<'a> {
    /// This one, and no other entry is about it.
    One(&'a SecurityGroup),
    /// One that other entries are about too.
    Shared,
    /// None that was seen.
    None,
}

impl<'a> Entries<'a> {
    fn of(desired: &'a Desired, snapshot: &'a Snapshot) -> Self {
        let mut by_name: BTreeMap<&GroupName, Vec<&DesiredGroup>> = BTreeMap::new();
        let mut entries_of: BTreeMap<&SecurityGroupId, usize> = BTreeMap::new();
        for entry in &desired.security_groups {
            by_name.entry(&entry.name).or_default().push(entry);
            if let Some(group) = lookup(entry, snapshot) {
                *entries_of.entry(&group.id).or_default() += 1;
            }
        }
        Self { desired, snapshot, by_name, entries_of }
    }

    fn concerned(&self, finding: &Finding) -> Vec<(&'a DesiredGroup, Finding)> {
        let Subject::SecurityGroup(name) = &finding.subject else { return Vec::new() };
        match self.by_name.get(name).map(Vec::as_slice) {
            None => Vec::new(),
            Some([one]) => vec![(*one, finding.clone())],
            Some(several) => {
                let fingerprint = finding.fingerprint();
                // The entry's own, for its rules may bear other descriptions.
                let own = |entry: &&'a DesiredGroup| {
                    let mut own = diff_group(entry, self.desired, self.snapshot).into_iter();
                    own.find(|one| one.fingerprint() == fingerprint).map(|own| (*entry, own))
                };
                several.iter().filter_map(own).collect()
            }
        }
    }

    fn seen(&self, entry: &DesiredGroup) -> Seen<'a> {
        match lookup(entry, self.snapshot) {
            None => Seen::None,
            Some(group) if self.entries_of.get(&group.id).is_some_and(|entries| *entries > 1) => Seen::Shared,
            Some(group) => Seen::One(group),
        }
    }
}

fn lookup<'a>(entry: &DesiredGroup, snapshot: &'a Snapshot) -> Option<&'a SecurityGroup> {
    let GroupName { project, name } = &entry.name;
    let found = snapshot
        .project(&project.name, &project.domain)
        .and_then(|project| snapshot.security_group(name, &project.id, entry.id.as_deref()));
    match found {
        Lookup::Present(group) => Some(group),
        Lookup::Absent | Lookup::Ambiguous(_) | Lookup::Unknown(_) => None,
    }
}
