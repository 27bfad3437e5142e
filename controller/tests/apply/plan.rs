//! A plan with every call in it, approved as plans are: through the decision that stands in its ChangePlan.

use std::collections::{BTreeMap, BTreeSet};

use cloudspec::gate::ApprovedPlan;
use cloudspec::model::action::{Action, GroupRef, ProjectChange, ProjectRef, RuleRef};
use cloudspec::model::cloud::{CloudIdentity, Principal, QuotaService};
use cloudspec::model::desired::{GroupName, TenantName};
use cloudspec::model::rule::{Direction, Ethertype, Remote, Rule, Traffic};
use cloudspec::model::{Class, Step};

/// The number of the step that is done before the plan begins.
pub(crate) const DESCRIBE: u32 = 7;

fn tenant() -> TenantName {
    TenantName { domain: "customers".into(), name: "team-b".into() }
}

fn group() -> GroupName {
    GroupName { project: tenant(), name: "web".into() }
}

fn rule<G>(remote: Remote<G>) -> Rule<G> {
    let traffic = Traffic::Ports { protocol: 6, min: 443, max: 443 };
    Rule { direction: Direction::Ingress, ethertype: Ethertype::IPv4, traffic, remote }
}

/// Every kind of call, and every reference to what an earlier one makes.
pub(crate) fn actions() -> Vec<Action> {
    let made = || ProjectRef::Made(tenant());
    let old = || ProjectRef::Id("p-old".into());
    vec![
        Action::ChangeProject { project: old(), change: ProjectChange::Protected { from: true, to: false } },
        Action::CreateProject {
            name: tenant(),
            domain: "d-c".into(),
            description: "second team".into(),
            enabled: true,
            tags: BTreeSet::from(["gold".to_owned()]),
        },
        Action::ChangeProject {
            project: old(),
            change: ProjectChange::Description { from: "a".into(), to: "b".into() },
        },
        Action::SetQuota {
            project: made(),
            service: QuotaService::Compute,
            from: None,
            to: BTreeMap::from([("cores".to_owned(), 8)]),
        },
        Action::GrantRole { project: made(), principal: Principal::User("u-1".into()), role: "r-m".into() },
        Action::CreateSecurityGroup { project: made(), name: group(), description: String::new() },
        Action::DescribeSecurityGroup { group: "g-old".into(), from: "x".into(), to: "y".into() },
        Action::CreateRule {
            project: made(),
            group: GroupRef::Made(group()),
            rule: rule(Remote::Group(GroupRef::Made(group()))),
            description: String::new(),
        },
        Action::DeleteRule {
            group: GroupRef::Made(group()),
            which: RuleRef::Initial,
            rule: rule(Remote::Anywhere),
        },
        Action::DeleteRule {
            group: GroupRef::Id("g-old".into()),
            which: RuleRef::Id("r-1".into()),
            rule: rule(Remote::Anywhere),
        },
        Action::RevokeRole {
            project: "p-old".into(),
            principal: Principal::Group("g-1".into()),
            role: "r-m".into(),
        },
        Action::ChangeProject { project: old(), change: ProjectChange::Enabled { from: true, to: false } },
        Action::ChangeProject { project: made(), change: ProjectChange::Protected { from: false, to: true } },
    ]
}

fn step(number: u32, action: Action) -> Step {
    let class = if action.removes() { Class::Rebuildable } else { Class::Reversible };
    Step {
        number,
        wave: number,
        action,
        summary: format!("step {number}"),
        findings: vec!["f".to_owned()],
        class,
        before: None,
        after: None,
        side_effects: Vec::new(),
        revert: "by hand".to_owned(),
    }
}

/// The plan of these calls, one after another, approved.
pub(crate) fn approved(actions: Vec<Action>) -> ApprovedPlan {
    in_waves(actions.into_iter().map(|action| vec![action]).collect())
}

/// The plan of these calls, those of each wave side by side, approved.
pub(crate) fn in_waves(waves: Vec<Vec<Action>>) -> ApprovedPlan {
    let cloud = CloudIdentity {
        auth_url: "http://127.0.0.1:5000".into(),
        region: "RegionOne".into(),
        endpoints: [].into(),
    };
    let placed = (1..).zip(waves).flat_map(|(wave, actions)| actions.into_iter().map(move |one| (wave, one)));
    let steps: Vec<Step> =
        (1..).zip(placed).map(|(number, (wave, action))| Step { wave, ..step(number, action) }).collect();
    crate::approval::approved(&cloud, steps)
}
