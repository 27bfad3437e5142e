//! Neutron: security groups and their rules.

use http::Method;
use serde_json::{Map, Value, json};

use super::hand::{Call, Conflict, Found, Hand};
use super::identity::{held, id_of};
use crate::apply::port::{Look, WriteError, Written};
use crate::model::action::{GroupRef, ProjectRef, RuleRef};
use crate::model::cloud::{SecurityGroup, SeenRule};
use crate::model::desired::GroupName;
use crate::model::ids::{AddressGroupId, SecurityGroupId};
use crate::model::rule::{Remote, Rule, Traffic, protocol_name};
use crate::observe::{Service, security_group, security_group_rule};

const SERVICE: Service = Service::Network;

fn group_id(group: &GroupRef) -> Result<&SecurityGroupId, WriteError> {
    match group {
        GroupRef::Id(id) => Ok(id),
        GroupRef::Made(name) => {
            Err(WriteError::NotSent { message: format!("the id of security group {name} is not known") })
        }
    }
}

fn not_understood(why: String) -> WriteError {
    WriteError::Unclear { message: why }
}

/// The group of this id, if it is there.
async fn group(hand: &Hand, id: &SecurityGroupId) -> Result<Option<SecurityGroup>, WriteError> {
    let answer = hand.read(SERVICE, &["security-groups", &id.0], &[]).await?;
    let Found::There(answer) = answer else { return Ok(None) };
    let row = answer.get("security_group").unwrap_or(&Value::Null);
    security_group(row).map(Some).map_err(not_understood)
}

fn gone(id: &SecurityGroupId) -> Look {
    Look::Refused { why: format!("security group {id} is gone") }
}

pub(super) async fn look_for_new(
    hand: &Hand,
    project: &ProjectRef,
    name: &GroupName,
    description: &str,
) -> Result<Look, WriteError> {
    let project = id_of(project)?;
    let query = [("project_id", project), ("name", name.name.as_str())];
    let answer = hand.read(SERVICE, &["security-groups"], &query).await?;
    let rows = match &answer {
        Found::There(answer) => answer.get("security_groups").and_then(Value::as_array),
        Found::NotThere(_) => None,
    };
    let rows = rows.ok_or_else(|| not_understood("the security groups are not understood".to_owned()))?;
    let all: Result<Vec<SecurityGroup>, String> = rows.iter().map(security_group).collect();
    let mut all = all.map_err(not_understood)?;
    // The filter is Neutron's; what counts is compared here.
    all.retain(|group| group.project.0 == project && group.name == name.name);
    match all.as_slice() {
        [] => Ok(Look::Ready { revision: None }),
        [one] if one.description == description => Ok(Look::AlreadyDone { id: Some(one.id.0.clone()) }),
        [one] => Ok(Look::Refused {
            why: format!("security group {name} is there ({}), and not as planned", one.id),
        }),
        several => Ok(Look::Refused { why: format!("{} security groups are named {name}", several.len()) }),
    }
}

pub(super) async fn create(
    hand: &Hand,
    request_id: &str,
    project: &ProjectRef,
    name: &GroupName,
    description: &str,
) -> Result<Written, WriteError> {
    let body = json!({"security_group": {
        "name": name.name, "description": description, "project_id": id_of(project)?,
    }});
    let call = Call {
        method: Method::POST,
        service: SERVICE,
        path: &["security-groups"],
        body: Some(body),
        revision: None,
        request_id,
        conflict: Conflict::Refusal,
    };
    hand.make(call, "/security_group/id").await
}

pub(super) async fn look_at(
    hand: &Hand,
    id: &SecurityGroupId,
    from: &String,
    to: &String,
) -> Result<Look, WriteError> {
    let Some(group) = group(hand, id).await? else { return Ok(gone(id)) };
    match held("description", &group.description, from, to) {
        Look::Ready { revision: _ } => Ok(Look::Ready { revision: Some(group.revision) }),
        other => Ok(other),
    }
}

pub(super) async fn describe(
    hand: &Hand,
    request_id: &str,
    id: &SecurityGroupId,
    to: &str,
    revision: Option<i64>,
) -> Result<Written, WriteError> {
    let body = json!({"security_group": {"description": to}});
    let path = ["security-groups", id.0.as_str()];
    hand.set(Call {
        method: Method::PUT,
        service: SERVICE,
        path: &path,
        body: Some(body),
        revision,
        request_id,
        conflict: Conflict::Refusal,
    })
    .await
}

/// The rule with ids only; a group that is yet to be made has none.
fn by_ids(rule: &Rule<GroupRef, AddressGroupId>) -> Result<Rule, WriteError> {
    let Rule { direction, ethertype, traffic, remote } = rule.clone();
    let remote = match remote {
        Remote::Anywhere => Remote::Anywhere,
        Remote::Network(network) => Remote::Network(network),
        Remote::Group(group) => Remote::Group(group_id(&group)?.clone()),
        Remote::AddressGroup(group) => Remote::AddressGroup(group),
    };
    Ok(Rule { direction, ethertype, traffic, remote })
}

pub(super) async fn look_for_new_rule(
    hand: &Hand,
    project: &ProjectRef,
    of: &GroupRef,
    rule: &Rule<GroupRef, AddressGroupId>,
) -> Result<Look, WriteError> {
    let (id, project, rule) = (group_id(of)?, id_of(project)?, by_ids(rule)?);
    let Some(group) = group(hand, id).await? else { return Ok(gone(id)) };
    if group.project.0 != project {
        let why = format!("security group {id} belongs to project {}, not {project}", group.project);
        return Ok(Look::Refused { why });
    }
    match group.rules.iter().find(|seen| seen.rule == rule) {
        Some(seen) => Ok(Look::AlreadyDone { id: Some(seen.id.0.clone()) }),
        None => Ok(Look::Ready { revision: None }),
    }
}

pub(super) async fn create_rule(
    hand: &Hand,
    request_id: &str,
    project: &ProjectRef,
    group: &GroupRef,
    rule: &Rule<GroupRef, AddressGroupId>,
    description: &str,
) -> Result<Written, WriteError> {
    let mut fields = spelled(&by_ids(rule)?);
    fields.insert("security_group_id".to_owned(), json!(group_id(group)?));
    // Without it the rule would belong to the project of the one who asks.
    fields.insert("project_id".to_owned(), json!(id_of(project)?));
    fields.insert("description".to_owned(), json!(description));
    let call = Call {
        method: Method::POST,
        service: SERVICE,
        path: &["security-group-rules"],
        body: Some(json!({"security_group_rule": fields})),
        revision: None,
        request_id,
        conflict: Conflict::Twin(Some("SecurityGroupRuleExists")),
    };
    hand.make(call, "/security_group_rule/id").await
}

/// The fields that Neutron takes.
fn spelled(rule: &Rule) -> Map<String, Value> {
    let Rule { direction, ethertype, traffic, remote } = rule;
    let (protocol, min, max) = match *traffic {
        Traffic::Any => (None, None, None),
        Traffic::Protocol(protocol) => (Some(protocol), None, None),
        Traffic::Ports { protocol, min, max } => (Some(protocol), Some(i64::from(min)), Some(i64::from(max))),
        Traffic::Icmp { protocol, kind, code } => {
            (Some(protocol), Some(i64::from(kind)), code.map(i64::from))
        }
    };
    let mut fields = Map::new();
    fields.insert("direction".to_owned(), json!(direction));
    fields.insert("ethertype".to_owned(), json!(format!("{ethertype:?}")));
    let mut give = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(name.to_owned(), value);
        }
    };
    give("protocol", protocol.map(|number| json!(protocol_name(number))));
    give("port_range_min", min.map(|number| json!(number)));
    give("port_range_max", max.map(|number| json!(number)));
    match remote {
        Remote::Anywhere => {}
        Remote::Network(network) => give("remote_ip_prefix", Some(json!(network.to_string()))),
        Remote::Group(group) => give("remote_group_id", Some(json!(group))),
        Remote::AddressGroup(group) => give("remote_address_group_id", Some(json!(group))),
    }
    fields
}

/// The rule that is meant, as it is now; none where it is gone.
async fn find(
    hand: &Hand,
    group_of: &GroupRef,
    which: &RuleRef,
    rule: &Rule,
) -> Result<Result<Option<SeenRule>, Look>, WriteError> {
    let id = group_id(group_of)?;
    match which {
        RuleRef::Id(rule_id) => {
            let answer = hand.read(SERVICE, &["security-group-rules", &rule_id.0], &[]).await?;
            let Found::There(answer) = answer else { return unseen(hand, id, &rule_id.0).await };
            let row = answer.get("security_group_rule").unwrap_or(&Value::Null);
            let seen = security_group_rule(row).map_err(not_understood)?;
            let of = row.get("security_group_id").and_then(Value::as_str).unwrap_or_default();
            match of == id.0 && seen.rule == *rule {
                true => Ok(Ok(Some(seen))),
                false => {
                    let why = format!("rule {rule_id} is now {} of security group {of}", seen.rule);
                    Ok(Err(Look::Refused { why }))
                }
            }
        }
        RuleRef::Initial => {
            let Some(group) = group(hand, id).await? else { return Ok(Err(gone(id))) };
            Ok(Ok(group.rules.into_iter().find(|seen| seen.rule == *rule)))
        }
    }
}

/// Neutron answers 404 of what the caller may not see too: only a group that is seen without the rule tells that it is gone.
async fn unseen(
    hand: &Hand,
    id: &SecurityGroupId,
    rule_id: &str,
) -> Result<Result<Option<SeenRule>, Look>, WriteError> {
    match group(hand, id).await? {
        None => Ok(Err(gone(id))),
        Some(group) if group.rules.iter().any(|seen| seen.id.0 == rule_id) => Err(not_understood(format!(
            "rule {rule_id} is in security group {id}, and is not found by its id"
        ))),
        Some(_) => Ok(Ok(None)),
    }
}

pub(super) async fn look_at_rule(
    hand: &Hand,
    group: &GroupRef,
    which: &RuleRef,
    rule: &Rule,
) -> Result<Look, WriteError> {
    Ok(match find(hand, group, which, rule).await? {
        Ok(Some(seen)) => Look::Ready { revision: Some(seen.revision) },
        Ok(None) => Look::AlreadyDone { id: None },
        Err(refused) => refused,
    })
}

pub(super) async fn delete_rule(
    hand: &Hand,
    request_id: &str,
    group: &GroupRef,
    which: &RuleRef,
    rule: &Rule,
    revision: Option<i64>,
) -> Result<Written, WriteError> {
    let id = match which {
        RuleRef::Id(id) => id.0.clone(),
        RuleRef::Initial => match find(hand, group, which, rule).await? {
            Ok(Some(seen)) => seen.id.0,
            Ok(None) | Err(_) => {
                return Err(WriteError::NotSent { message: "the rule is gone".to_owned() });
            }
        },
    };
    let path = ["security-group-rules", id.as_str()];
    hand.set(Call {
        method: Method::DELETE,
        service: SERVICE,
        path: &path,
        body: None,
        revision,
        request_id,
        conflict: Conflict::Refusal,
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::rule::{Direction, Ethertype};

    #[test]
    fn a_rule_is_spelled_as_neutron_takes_it_and_reads_back_as_itself() {
        let remotes = [
            Remote::Anywhere,
            Remote::Network("203.0.113.0/24".parse().unwrap()),
            Remote::Group("g".into()),
            Remote::AddressGroup("a".into()),
        ];
        let traffics = [
            Traffic::Any,
            Traffic::Protocol(112),
            Traffic::Protocol(253),
            Traffic::Ports { protocol: 6, min: 22, max: 22 },
            Traffic::Icmp { protocol: 1, kind: 8, code: None },
            Traffic::Icmp { protocol: 1, kind: 8, code: Some(0) },
        ];
        for (remote, traffic) in remotes.iter().flat_map(|remote| traffics.map(|traffic| (remote, traffic))) {
            let rule = Rule {
                direction: Direction::Egress,
                ethertype: Ethertype::IPv4,
                traffic,
                remote: remote.clone(),
            };
            let mut row = spelled(&rule);
            for absent in ["protocol", "port_range_min", "port_range_max", "remote_ip_prefix"] {
                row.entry(absent).or_insert(Value::Null);
            }
            row.insert("id".to_owned(), json!("r"));
            row.insert("revision_number".to_owned(), json!(0));
            assert_eq!(security_group_rule(&Value::Object(row)).unwrap().rule, rule);
        }
    }
}
