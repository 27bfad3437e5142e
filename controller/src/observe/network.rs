//! Neutron: security groups with their rules, the rules of new groups, address groups.

use serde::Deserialize;
use serde_json::Value;

use super::identity::asked;
use super::needs::{Kind, Needs};
use super::port::{CloudRead, Listing};
use super::reach;
use super::rows::sighting;
use crate::model::Sighting;
use crate::model::cloud::{AddressGroup, SecurityGroup, SeenRule};
use crate::model::ids::{AddressGroupId, ProjectId, RuleId, SecurityGroupId};
use crate::model::rule::{Direction, Ethertype, Remote, Rule, Spelling, Traffic, parse_prefix};

/// What was seen of Neutron, limits apart.
pub(super) struct Seen {
    pub(super) security_groups: Sighting<Vec<SecurityGroup>>,
    pub(super) initial_rules: Sighting<Vec<Rule>>,
    pub(super) address_groups: Sighting<Vec<AddressGroup>>,
}

pub(super) async fn collect(read: &dyn CloudRead, needs: &Needs) -> Seen {
    let (security_groups, initial_rules, address_groups) =
        tokio::join!(security_groups(read, needs), initial_rules(read, needs), address_groups(read, needs));
    Seen { security_groups, initial_rules, address_groups }
}

#[derive(Deserialize)]
struct GroupRow {
    id: String,
    name: String,
    project_id: String,
    description: Option<String>,
    revision_number: i64,
    security_group_rules: Vec<RuleRow>,
}

#[derive(Deserialize)]
struct RuleRow {
    id: String,
    revision_number: i64,
    description: Option<String>,
    #[serde(flatten)]
    rule: RuleFields,
}

#[derive(Deserialize)]
struct RuleFields {
    direction: Direction,
    ethertype: Ethertype,
    protocol: Option<String>,
    port_range_min: Option<i64>,
    port_range_max: Option<i64>,
    remote_ip_prefix: Option<String>,
    remote_group_id: Option<String>,
    remote_address_group_id: Option<String>,
}

async fn security_groups(read: &dyn CloudRead, needs: &Needs) -> Sighting<Vec<SecurityGroup>> {
    asked(needs, Kind::SecurityGroups, &Listing::SecurityGroups)?;
    reach::network(read).await?;
    let groups =
        sighting(read, &Listing::SecurityGroups, group, |group: &SecurityGroup| group.id.clone()).await?;
    if groups.is_empty() {
        return Err(reach::empty(&Listing::SecurityGroups).into());
    }
    Ok(groups)
}

/// A security group as Neutron shows it, rules embedded.
///
/// # Errors
/// What is not understood.
pub fn security_group(row: &Value) -> Result<SecurityGroup, String> {
    let row = GroupRow::deserialize(row).map_err(|why| why.to_string())?;
    group(row)?.ok_or_else(|| "it is none".to_owned())
}

/// A rule of a security group as Neutron shows it.
///
/// # Errors
/// What is not understood.
pub fn security_group_rule(row: &Value) -> Result<SeenRule, String> {
    seen_rule(RuleRow::deserialize(row).map_err(|why| why.to_string())?)
}

fn group(row: GroupRow) -> Result<Option<SecurityGroup>, String> {
    let GroupRow { id, name, project_id, description, revision_number, security_group_rules } = row;
    let mut rules = security_group_rules.into_iter().map(seen_rule).collect::<Result<Vec<_>, _>>()?;
    rules.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(Some(SecurityGroup {
        id: SecurityGroupId(id),
        name,
        project: ProjectId(project_id),
        description: description.unwrap_or_default(),
        revision: revision_number,
        rules,
    }))
}

fn seen_rule(row: RuleRow) -> Result<SeenRule, String> {
    let RuleRow { id, revision_number, description, rule } = row;
    let rule = rule.normal().map_err(|why| format!("rule {id}: {why}"))?;
    Ok(SeenRule {
        id: RuleId(id),
        revision: revision_number,
        description: description.unwrap_or_default(),
        rule,
    })
}

impl RuleFields {
    fn normal(&self) -> Result<Rule, String> {
        let Self { direction, ethertype, protocol, port_range_min, port_range_max, .. } = self;
        let spelling = Spelling {
            protocol: protocol.as_deref(),
            range_min: *port_range_min,
            range_max: *port_range_max,
        };
        let traffic = Traffic::from_spelling(&spelling, *ethertype).map_err(|why| why.to_string())?;
        Ok(Rule { direction: *direction, ethertype: *ethertype, traffic, remote: self.remote()? })
    }

    fn remote(&self) -> Result<Remote<SecurityGroupId>, String> {
        match (&self.remote_ip_prefix, &self.remote_group_id, &self.remote_address_group_id) {
            (None, None, None) => Ok(Remote::Anywhere),
            (Some(prefix), None, None) => {
                let network = parse_prefix(prefix).ok_or_else(|| format!("{prefix:?} is not a network"))?;
                Ok(Remote::network(network))
            }
            (None, Some(group), None) => Ok(Remote::Group(SecurityGroupId(group.clone()))),
            (None, None, Some(group)) => Ok(Remote::AddressGroup(AddressGroupId(group.clone()))),
            _ => Err("it has more than one other side".to_owned()),
        }
    }
}

#[derive(Deserialize)]
struct InitialRow {
    used_in_non_default_sg: bool,
    #[serde(flatten)]
    rule: RuleFields,
}

async fn initial_rules(read: &dyn CloudRead, needs: &Needs) -> Sighting<Vec<Rule>> {
    let listing = Listing::DefaultSecurityGroupRules;
    asked(needs, Kind::InitialRules, &listing)?;
    reach::network(read).await?;
    let initial = |row: InitialRow| match row.used_in_non_default_sg {
        true => row.rule.normal().map(Some),
        false => Ok(None),
    };
    sighting(read, &listing, initial, Rule::clone).await
}

#[derive(Deserialize)]
struct AddressGroupRow {
    id: String,
    name: String,
    project_id: String,
}

async fn address_groups(read: &dyn CloudRead, needs: &Needs) -> Sighting<Vec<AddressGroup>> {
    asked(needs, Kind::AddressGroups, &Listing::AddressGroups)?;
    reach::network(read).await?;
    let group = |AddressGroupRow { id, name, project_id }| {
        Ok(Some(AddressGroup { id: AddressGroupId(id), name, project: ProjectId(project_id) }))
    };
    sighting(read, &Listing::AddressGroups, group, |group| group.id.clone()).await
}
