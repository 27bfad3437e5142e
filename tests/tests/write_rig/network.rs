//! Neutron: groups and rules, and compare-and-set upon their revisions.

use cloudspec::apply::port::Look;
use cloudspec::model::Action;
use cloudspec::model::action::{GroupRef, ProjectRef, RuleRef};
use cloudspec::model::desired::{GroupName, TenantName};
use cloudspec::model::rule::{Direction, Ethertype, Remote, Rule, Traffic};
use serde_json::{Value, json};

use crate::place::{Place, in_a_place};

const V4: Ethertype = Ethertype::IPv4;
const V6: Ethertype = Ethertype::IPv6;

fn create(place: &Place, name: &str, description: &str) -> Action {
    let tenant = TenantName { domain: place.domain_name.clone(), name: "shop".into() };
    Action::CreateSecurityGroup {
        project: ProjectRef::Id(place.project.as_str().into()),
        name: GroupName { project: tenant, name: name.to_owned() },
        description: description.to_owned(),
    }
}

fn describe(group: &str, from: &str, to: &str) -> Action {
    Action::DescribeSecurityGroup { group: group.into(), from: from.into(), to: to.into() }
}

fn rule<G>(ethertype: Ethertype, traffic: Traffic, remote: Remote<G>) -> Rule<G> {
    Rule { direction: Direction::Ingress, ethertype, traffic, remote }
}

fn tcp(port: u16) -> Traffic {
    Traffic::Ports { protocol: 6, min: port, max: port }
}

fn create_rule(place: &Place, group: &str, rule: Rule<GroupRef>) -> Action {
    Action::CreateRule {
        project: ProjectRef::Id(place.project.as_str().into()),
        group: GroupRef::Id(group.into()),
        rule,
        description: "made by a plan".into(),
    }
}

fn delete_rule(group: &str, which: RuleRef, rule: Rule) -> Action {
    Action::DeleteRule { group: GroupRef::Id(group.into()), which, rule }
}

/// The same with ids only.
fn seen(rule: &Rule<GroupRef>) -> Rule {
    let remote = match rule.remote.clone() {
        Remote::Anywhere => Remote::Anywhere,
        Remote::Network(network) => Remote::Network(network),
        Remote::Group(GroupRef::Id(id)) => Remote::Group(id),
        Remote::Group(GroupRef::Made(name)) => panic!("{name} is not made"),
        Remote::AddressGroup(group) => Remote::AddressGroup(group),
    };
    Rule { direction: rule.direction, ethertype: rule.ethertype, traffic: rule.traffic, remote }
}

/// Of each form that Neutron tells apart, one.
fn forms(place_group: &str, address_group: &str) -> Vec<Rule<GroupRef>> {
    let network = |network: &str| Remote::Network(network.parse().unwrap());
    let group = || Remote::Group(GroupRef::Id(place_group.into()));
    let icmp = |protocol, code| Traffic::Icmp { protocol, kind: 8, code };
    vec![
        rule(V4, Traffic::Any, group()),
        rule(V6, Traffic::Any, group()),
        rule(V4, tcp(443), Remote::Anywhere),
        rule(V6, tcp(443), Remote::Anywhere),
        rule(V4, Traffic::Ports { protocol: 17, min: 1, max: 1023 }, network("10.0.0.0/8")),
        rule(V6, Traffic::Ports { protocol: 132, min: 5000, max: 6000 }, network("2001:db8::/32")),
        rule(V4, Traffic::Protocol(6), network("192.0.2.7/32")),
        rule(V4, Traffic::Protocol(112), Remote::Anywhere),
        rule(V4, Traffic::Protocol(0), Remote::Anywhere),
        rule(V4, Traffic::Protocol(253), Remote::Anywhere),
        rule(V4, Traffic::Protocol(1), Remote::Anywhere),
        rule(V6, Traffic::Protocol(58), Remote::Anywhere),
        rule(V4, icmp(1, None), Remote::Anywhere),
        rule(V4, icmp(1, Some(0)), Remote::Anywhere),
        rule(V6, icmp(58, Some(4)), Remote::Anywhere),
        rule(V4, tcp(22), Remote::AddressGroup(address_group.into())),
        Rule { direction: Direction::Egress, ..rule(V4, tcp(53), Remote::Anywhere) },
    ]
}

async fn shown_rule(place: &Place, id: &str) -> Value {
    place.admin.get(&format!("network /security-group-rules/{id}")).await["security_group_rule"].clone()
}

#[tokio::test]
async fn a_group_is_made_described_and_freed_of_the_rules_that_come_with_it() {
    in_a_place(|place| async move {
        let id = place.carry_out(&create(&place, "web & more", "public")).await.unwrap();
        let group =
            place.admin.get(&format!("network /security-groups/{id}")).await["security_group"].clone();
        assert_eq!(group["project_id"], place.project.as_str());
        assert_eq!((&group["name"], &group["description"]), (&json!("web & more"), &json!("public")));
        assert_eq!(group["security_group_rules"].as_array().unwrap().len(), 2);
        for ethertype in [V4, V6] {
            let initial = rule(ethertype, Traffic::Any, Remote::Anywhere);
            let initial = Rule { direction: Direction::Egress, ..initial };
            assert_eq!(place.carry_out(&delete_rule(&id, RuleRef::Initial, initial)).await, None);
        }
        let group =
            place.admin.get(&format!("network /security-groups/{id}")).await["security_group"].clone();
        assert_eq!(group["security_group_rules"], json!([]));
        place.carry_out(&describe(&id, "public", "for all")).await;
        place.carry_out(&describe(&id, "for all", "")).await;
    })
    .await;
}

#[tokio::test]
async fn a_rule_of_each_form_is_made_found_again_and_taken_away() {
    in_a_place(|place| async move {
        let admin = &place.admin;
        let fields = json!({"name": "office", "project_id": place.project, "addresses": ["198.51.100.0/24"]});
        let addresses = admin.make("network /address-groups", "address_group", fields).await;
        let group = place.carry_out(&create(&place, "web", "")).await.unwrap();
        let mut made = Vec::new();
        for form in forms(&group, &addresses) {
            let action = create_rule(&place, &group, form.clone());
            let id = place.carry_out(&action).await.unwrap();
            let shown = shown_rule(&place, &id).await;
            assert_eq!(shown["project_id"], place.project.as_str(), "it belongs to the owner of the group");
            assert_eq!(shown["description"], "made by a plan");
            // Made by another at the same time.
            assert_eq!(place.unclear(&action, None).await, 409, "{form}");
            assert_eq!(place.look(&action).await, Look::AlreadyDone { id: Some(id.clone()) });
            made.push((id, seen(&form)));
        }
        for (id, form) in made {
            let action = delete_rule(&group, RuleRef::Id(id.as_str().into()), form);
            place.carry_out(&action).await;
            assert_eq!(place.unclear(&action, None).await, 404, "taken away by another at the same time");
        }
    })
    .await;
}

#[tokio::test]
async fn a_group_that_is_not_as_planned_is_left_alone() {
    in_a_place(|place| async move {
        let admin = &place.admin;
        let group = place.carry_out(&create(&place, "web", "public")).await.unwrap();
        assert!(place.refusal(&create(&place, "web", "other")).await.contains(&group));
        let fields = json!({"name": "web", "project_id": place.project, "description": "public"});
        let second = admin.make("network /security-groups", "security_group", fields).await;
        assert!(place.refusal(&create(&place, "web", "public")).await.contains('2'));
        admin.delete(&format!("network /security-groups/{second}")).await;

        let action = describe(&group, "public", "for all");
        let stale = place.ready(&action).await;
        let change = json!({"security_group": {"description": "mine"}});
        admin.put(&format!("network /security-groups/{group}"), change).await;
        assert!(place.refusal(&action).await.contains("mine"));
        assert_eq!(place.refused(&action, stale).await, 412);
        let shown = admin.get(&format!("network /security-groups/{group}")).await;
        assert_eq!(shown["security_group"]["description"], "mine");

        assert!(place.refusal(&describe(&second, "public", "x")).await.contains("gone"));
        assert_eq!(place.unclear(&describe(&second, "public", "x"), Some(1)).await, 404);
    })
    .await;
}

#[tokio::test]
async fn a_rule_that_is_not_as_planned_is_left_alone() {
    in_a_place(|place| async move {
        let admin = &place.admin;
        let group = place.carry_out(&create(&place, "web", "")).await.unwrap();
        let other = place.carry_out(&create(&place, "other", "")).await.unwrap();
        let form = rule(V4, tcp(22), Remote::Anywhere);
        let id = place.carry_out(&create_rule(&place, &group, form.clone())).await.unwrap();
        let which = || RuleRef::Id(id.as_str().into());
        let form = seen(&form);

        let action = delete_rule(&group, which(), form.clone());
        let stale = place.ready(&action).await;
        let change = json!({"security_group_rule": {"description": "mine"}});
        let (status, _) =
            admin.ask(reqwest::Method::PUT, &format!("network /security-group-rules/{id}"), change).await;
        println!("Neutron answers {status} to a change of a rule");
        let wrong = stale.map(|revision| revision + 1);
        assert_eq!(place.refused(&action, wrong).await, 412);
        assert_eq!(shown_rule(&place, &id).await["id"], id.as_str());

        let of_another = delete_rule(&other, which(), form.clone());
        assert!(place.refusal(&of_another).await.contains(&group));
        let of_another_form = delete_rule(&group, which(), rule(V4, tcp(23), Remote::Anywhere));
        assert!(place.refusal(&of_another_form).await.contains("tcp 22"));

        // A group of another project, and one that is gone.
        let mut theirs = create_rule(&place, &group, rule(V4, tcp(80), Remote::Anywhere));
        if let Action::CreateRule { project, .. } = &mut theirs {
            *project = ProjectRef::Id("0".repeat(32).as_str().into());
        }
        assert!(place.refusal(&theirs).await.contains("belongs to project"));
        admin.delete(&format!("network /security-groups/{other}")).await;
        let lost = create_rule(&place, &other, rule(V4, tcp(80), Remote::Anywhere));
        assert!(place.refusal(&lost).await.contains("gone"));
        assert_eq!(place.unclear(&lost, None).await, 404);
        let initial = delete_rule(&other, RuleRef::Initial, form);
        assert!(place.refusal(&initial).await.contains("gone"));
    })
    .await;
}

#[tokio::test]
async fn what_neutron_refuses_is_told_in_its_words() {
    in_a_place(|place| async move {
        let group = place.carry_out(&create(&place, "web", "")).await.unwrap();
        let limits = json!({"quota": {"security_group_rule": 0}});
        place.admin.put(&format!("network /quotas/{}", place.project), limits).await;
        let action = create_rule(&place, &group, rule(V4, tcp(80), Remote::Anywhere));
        // 409 is also what a rule that is there already gets: the error's type tells them apart.
        assert_eq!(place.refused(&action, None).await, 409);
        place.ready(&action).await;
        // Twins that are equal but for their spelling are one.
        let spelled = json!({"security_group_rule": {
            "security_group_id": group, "direction": "ingress", "protocol": "6", "remote_ip_prefix": "0.0.0.0/0",
            "port_range_min": 80, "port_range_max": 80, "project_id": place.project,
        }});
        place.admin.put(&format!("network /quotas/{}", place.project), json!({"quota": {"security_group_rule": -1}})).await;
        let made = place.admin.post("network /security-group-rules", spelled).await;
        let id = made["security_group_rule"]["id"].as_str().map(str::to_owned);
        assert_eq!(place.look(&action).await, Look::AlreadyDone { id });
        assert_eq!(place.unclear(&action, None).await, 409);
    })
    .await;
}
