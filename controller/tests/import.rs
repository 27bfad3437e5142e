//! Import: a spec is made of random clouds, and compared with the same clouds again.
//!
//! The seed is fixed and printed; `CLOUDSPEC_SEED=N` tries others, and `CLOUDSPEC_CASES=N` more of them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panic")]

#[expect(dead_code, reason = "shared with the laws of the pure floors")]
#[path = "laws/law.rs"]
mod law;
#[expect(dead_code, reason = "shared with the laws of the pure floors")]
#[path = "laws/random.rs"]
mod random;
#[expect(dead_code, reason = "shared with the tests of the pure floors")]
mod world;

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use cloudspec::diff::diff;
use cloudspec::model::cloud::{Assignment, Principal, QuotaService, Role, SecurityGroup, SeenRule};
use cloudspec::model::desired::TenantName;
use cloudspec::model::rule::{Direction, Ethertype, Remote, Rule, Traffic};
use cloudspec::model::{Desired, Snapshot, Unknown};
use cloudspec::observe::{Replay, observe};
use cloudspec::report::import::{ImportError, Imported, import};
use cloudspec_crds::CloudSpecSpec;
use cloudspec_crds::tenant::Unlisted;
use law::{ensure, law};
use random::{Dice, Mood, unknown};

/// Names that a cloud takes, and YAML or a careless reader could take for something else.
const NAMES: [&str; 14] = [
    "plain",
    "no",
    "null",
    "~",
    "0x1F",
    "1e3",
    "08",
    "a: b",
    "- x",
    "# y",
    " led",
    "ünïcode ✓",
    "tab\there",
    "{{ x }}",
];
const DESCRIPTIONS: [&str; 7] =
    ["", "one line", "two\nlines\n", "\"quoted\" 'both'", "trailing ", "on", "\u{7}\u{85}\u{2028}bell"];
const SERVICES: [QuotaService; 3] = [QuotaService::Compute, QuotaService::Volume, QuotaService::KeyManager];

fn uuid(of: &str) -> String {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, of).hash(&mut hasher);
        hasher.finish()
    };
    let hex = format!("{:016x}{:016x}", half(0), half(1));
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// A cloud in which all that is odd occurs.
fn odd_world(dice: &mut Dice) -> Snapshot {
    let mut seen = random::world(dice, Mood::Wild);
    for project in seen.projects.iter_mut().flatten() {
        // The prefix keeps names apart.
        project.name = format!("{}{}", dice.pick(&NAMES), project.name);
        project.description = dice.pick(&DESCRIPTIONS).to_owned();
    }
    for group in seen.address_groups.iter_mut().flatten() {
        group.id = uuid(&group.id.0).as_str().into();
        group.name = dice.pick(&["offices", ""]).to_owned();
    }
    for group in seen.security_groups.iter_mut().flatten() {
        odd_group(dice, group);
    }
    odd_assignments(dice, &mut seen);
    seen
}

fn odd_group(dice: &mut Dice, group: &mut SecurityGroup) {
    group.id = uuid(&group.id.0).as_str().into();
    if group.name != "default" {
        group.name = dice.pick(&NAMES).to_owned();
    }
    group.description = dice.pick(&DESCRIPTIONS).to_owned();
    for _ in 0..dice.roll(3) {
        let rule = odd_rule(dice, group);
        // Now and then the same rule twice, as Neutron allows by other spellings.
        for copy in 0..=dice.roll(2) {
            group.rules.push(SeenRule {
                id: format!("{}-{}-{copy}", group.id, group.rules.len()).as_str().into(),
                revision: 0,
                description: dice.pick(&DESCRIPTIONS).to_owned(),
                rule: rule.clone(),
            });
        }
    }
    for SeenRule { rule, .. } in &mut group.rules {
        match &mut rule.remote {
            Remote::Group(id) if id.0.starts_with("sg-") => *id = uuid(&id.0).as_str().into(),
            Remote::AddressGroup(id) if id.0 == "ag-1" => *id = uuid(&id.0).as_str().into(),
            _ => {}
        }
    }
}

fn odd_rule(dice: &mut Dice, own: &SecurityGroup) -> Rule {
    let ethertype = dice.pick(&[Ethertype::IPv4, Ethertype::IPv6]);
    let icmp = match ethertype {
        Ethertype::IPv4 => 1,
        Ethertype::IPv6 => 58,
    };
    let any = u8::try_from(dice.roll(256)).unwrap();
    let any = match (ethertype, any) {
        (Ethertype::IPv4, 41 | 43 | 44 | 58 | 59 | 60) | (Ethertype::IPv6, 1) => 6,
        (_, other) => other,
    };
    let traffic = dice.pick(&[
        Traffic::Any,
        Traffic::Protocol(any),
        Traffic::Ports { protocol: 17, min: 1, max: 1 },
        Traffic::Ports { protocol: 132, min: 30000, max: 32767 },
        Traffic::Icmp { protocol: icmp, kind: 255, code: Some(0) },
        Traffic::Icmp { protocol: icmp, kind: 0, code: None },
        Traffic::Protocol(icmp),
    ]);
    let network = match ethertype {
        Ethertype::IPv4 => ["203.0.113.7/32", "128.0.0.0/1"],
        Ethertype::IPv6 => ["2001:db8::/32", "::/1"],
    };
    let remote = match dice.roll(3) {
        0 => Remote::Anywhere,
        1 => Remote::Network(dice.pick(&network).parse().unwrap()),
        _ => Remote::Group(own.id.clone()),
    };
    Rule { direction: dice.pick(&[Direction::Ingress, Direction::Egress]), ethertype, traffic, remote }
}

/// Of a user who was deleted in a directory, and of a role that belongs to a domain.
fn odd_assignments(dice: &mut Dice, seen: &mut Snapshot) {
    let Some(project) = seen.projects.iter().flatten().map(|project| project.id.clone()).next() else {
        return;
    };
    let own = Role { id: "r-own".into(), name: "member".into(), domain: Some("d1-id".into()) };
    seen.roles.as_mut().unwrap().push(own);
    let odd = [(Principal::User("u-gone".into()), "r-member"), (Principal::User("u-ann".into()), "r-own")];
    for (principal, role) in odd {
        if dice.once_in(4) {
            let one = Assignment { project: project.clone(), principal, role: role.into() };
            seen.assignments.as_mut().unwrap().push(one);
        }
    }
}

fn everything(seen: &Snapshot) -> Result<Imported, ImportError> {
    import(seen, &BTreeSet::new(), &BTreeSet::from(SERVICES))
}

fn spec_of(imported: &Imported) -> CloudSpecSpec {
    let cloud = serde_json::json!({"observe": {"secretName": "s", "cloudName": "c"}});
    let mut spec: CloudSpecSpec = serde_json::from_value(serde_json::json!({"cloud": cloud})).unwrap();
    spec.tenants = Some(imported.tenants.clone());
    spec.security_groups = Some(imported.security_groups.clone());
    spec
}

/// The spec as it comes back from a file.
fn written_and_read(imported: &Imported) -> Result<Desired, String> {
    let spec = spec_of(imported);
    let text = serde_saphyr::to_string(&spec).map_err(|why| why.to_string())?;
    let read: CloudSpecSpec = serde_saphyr::from_str(&text).map_err(|why| format!("{why}\n{text}"))?;
    ensure(read == spec, || format!("reads back as another:\n{text}"))?;
    Desired::from_spec(&read).map_err(|wrong| format!("{wrong:?}\n{text}"))
}

fn finds_nothing(imported: &Imported, seen: &Snapshot) -> Result<(), String> {
    none_of(&written_and_read(imported)?, seen)
}

fn none_of(desired: &Desired, seen: &Snapshot) -> Result<(), String> {
    let findings = diff(desired, seen);
    ensure(findings.is_empty(), || format!("{findings:#?}"))
}

#[test]
fn an_empty_cloud_is_an_empty_spec() {
    let mut seen = random::world(&mut Dice::new(Vec::new()), Mood::Tame);
    seen.projects = Ok(Vec::new());
    assert_eq!(everything(&seen), Ok(Imported::default()));
}

#[test]
fn what_is_imported_is_valid_and_whole_and_a_comparison_with_it_finds_nothing() {
    law(|dice| {
        let seen = odd_world(dice);
        let imported = everything(&seen).map_err(|why| why.to_string())?;
        finds_nothing(&imported, &seen)?;
        let projects = seen.projects.as_ref().unwrap().len();
        ensure(imported.tenants.len() == projects, || format!("{:#?}", imported.left_out))?;
        let groups = seen.security_groups.as_ref().unwrap().len();
        ensure(imported.security_groups.len() == groups, || format!("{:#?}", imported.left_out))?;
        let directions =
            imported.security_groups.iter().all(|group| group.ingress.is_some() && group.egress.is_some());
        ensure(directions == imported.left_out.is_empty(), || format!("{:#?}", imported.left_out))
    });
}

#[test]
fn the_order_of_the_listings_makes_no_difference() {
    law(|dice| {
        let seen = odd_world(dice);
        let mut other = seen.clone();
        dice.shuffle(other.projects.as_mut().unwrap());
        dice.shuffle(other.security_groups.as_mut().unwrap());
        dice.shuffle(other.assignments.as_mut().unwrap());
        dice.shuffle(other.domains.as_mut().unwrap());
        let (one, two) = (everything(&seen), everything(&other));
        ensure(one == two, || format!("{one:#?}\n{two:#?}"))
    });
}

type Change = (&'static str, fn(&mut Dice, &mut Snapshot) -> bool);

/// Changes that others make; each says whether there was something to change.
const CHANGES: &[Change] = &[
    ("a description", |_, seen| {
        let project = seen.projects.as_mut().unwrap().first_mut();
        project.map(|project| project.description.push('!')).is_some()
    }),
    ("enabled", |_, seen| {
        let project = seen.projects.as_mut().unwrap().last_mut();
        project.map(|project| project.enabled = !project.enabled).is_some()
    }),
    ("a project", |_, seen| seen.projects.as_mut().unwrap().pop().is_some()),
    ("a limit", |dice, seen| {
        let service = dice.pick(&SERVICES);
        let limits = seen.quotas.get_mut(&service).and_then(|of_service| of_service.values_mut().next());
        let limit = limits.and_then(|limits| limits.as_mut().unwrap().values_mut().next());
        limit.map(|limit| *limit += 1).is_some()
    }),
    ("an assignment less", |_, seen| {
        let all = seen.assignments.as_mut().unwrap();
        let at = all
            .iter()
            .position(|one| one.principal != Principal::User("u-gone".into()) && one.role.0 != "r-own");
        at.map(|at| all.remove(at)).is_some()
    }),
    ("a group's description", |_, seen| {
        let group = seen.security_groups.as_mut().unwrap().first_mut();
        group.map(|group| group.description.push('!')).is_some()
    }),
    ("a rule more", |_, seen| {
        let Some(group) = seen.security_groups.as_mut().unwrap().first_mut() else { return false };
        let remote = Remote::Network("198.51.100.0/24".parse().unwrap());
        let (direction, ethertype, traffic) = (Direction::Ingress, Ethertype::IPv4, Traffic::Protocol(6));
        let rule = Rule { direction, ethertype, traffic, remote };
        group.rules.push(SeenRule { id: "new".into(), revision: 0, description: String::new(), rule });
        true
    }),
    ("a rule less", |_, seen| {
        let mut groups = seen.security_groups.as_mut().unwrap().iter_mut();
        let Some(group) = groups.find(|group| !group.rules.is_empty()) else { return false };
        let first = group.rules[0].rule.clone();
        group.rules.retain(|seen| seen.rule != first);
        true
    }),
];

#[test]
fn each_change_after_an_import_is_found() {
    law(|dice| {
        let seen = odd_world(dice);
        let imported = everything(&seen).map_err(|why| why.to_string())?;
        if !imported.left_out.is_empty() {
            return Ok(());
        }
        let desired = written_and_read(&imported)?;
        for (what, change) in CHANGES {
            let mut changed = seen.clone();
            if change(dice, &mut changed) {
                ensure(!diff(&desired, &changed).is_empty(), || format!("{what} was not found"))?;
            }
        }
        Ok(())
    });
}

type Blinding = (&'static str, fn(&mut Snapshot));

const LISTINGS: &[Blinding] = &[
    ("users", |seen| seen.users.values_mut().for_each(|all| *all = Err(unknown("identity")))),
    ("groups", |seen| seen.groups.values_mut().for_each(|all| *all = Err(unknown("identity")))),
    ("roles", |seen| seen.roles = Err(unknown("identity"))),
    ("assignments", |seen| seen.assignments = Err(unknown("identity"))),
    ("security groups", |seen| seen.security_groups = Err(unknown("network"))),
    ("address groups", |seen| seen.address_groups = Err(unknown("network"))),
    ("quotas", |seen| {
        let all = seen.quotas.values_mut().flat_map(|of_service| of_service.values_mut());
        all.for_each(|limits| *limits = Err(unknown("compute")));
    }),
];

#[test]
fn what_could_not_be_seen_is_left_out_with_a_word_and_the_rest_still_compares_clean() {
    law(|dice| {
        let seen = odd_world(dice);
        let whole = everything(&seen).map_err(|why| why.to_string())?;
        for (listing, lose) in LISTINGS {
            let mut blind = seen.clone();
            lose(&mut blind);
            let part = everything(&blind).map_err(|why| why.to_string())?;
            let desired = written_and_read(&part)?;
            for world in [&blind, &seen] {
                none_of(&desired, world).map_err(|why| format!("without {listing}: {why}"))?;
            }
            let lost = (&part.tenants, &part.security_groups) != (&whole.tenants, &whole.security_groups);
            let told = part.left_out.len() > whole.left_out.len();
            ensure(told || !lost, || format!("without {listing}, in silence:\n{part:#?}"))?;
        }
        Ok(())
    });
}

fn timed_out() -> Unknown {
    unknown("identity")
}

#[test]
fn without_its_tenants_a_cloud_is_not_imported() {
    let seen = random::world(&mut Dice::new(Vec::new()), Mood::Tame);
    let blind = Snapshot { projects: Err(timed_out()), ..seen.clone() };
    assert_eq!(everything(&blind), Err(ImportError::NotSeen(timed_out())));
    let blind = Snapshot { domains: Err(timed_out()), ..seen.clone() };
    assert_eq!(everything(&blind), Err(ImportError::NotSeen(timed_out())));
    let nobody = TenantName { domain: "d1".into(), name: "nobody".into() };
    let asked = import(&seen, &BTreeSet::from([nobody.clone()]), &BTreeSet::new());
    assert_eq!(asked, Err(ImportError::NoSuchTenant(nobody)));
}

#[test]
fn a_group_without_a_name_is_left_out_and_the_others_are_not() {
    let mut seen = random::world(&mut Dice::new(vec![1; 200]), Mood::Tame);
    let project = seen.projects.as_ref().unwrap()[0].id.clone();
    let group = |id: &str, name: &str| SecurityGroup {
        id: uuid(id).as_str().into(),
        name: name.into(),
        project: project.clone(),
        description: String::new(),
        revision: 0,
        rules: vec![],
    };
    seen.security_groups = Ok(vec![group("1", ""), group("2", "web")]);
    let imported = everything(&seen).unwrap();
    assert_eq!(imported.security_groups.len(), 1);
    let said: Vec<&String> = imported.left_out.iter().collect();
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("a name has 1 to 255 characters, this one 0"), "{said:?}");
    finds_nothing(&imported, &seen).unwrap();
}

#[test]
fn what_octavia_keeps_for_its_load_balancers_is_not_taken_and_its_look_alikes_are() {
    let mut seen = random::world(&mut Dice::new(vec![1; 200]), Mood::Tame);
    let project = seen.projects.as_ref().unwrap()[0].id.clone();
    let group = |id: &str, name: &str| SecurityGroup {
        id: uuid(id).as_str().into(),
        name: name.into(),
        project: project.clone(),
        description: String::new(),
        revision: 0,
        rules: vec![],
    };
    let octavias = "lb-45e57210-c703-44a2-aac9-ad76aff67c31";
    seen.security_groups = Ok(vec![group("1", octavias), group("2", "lb-front"), group("3", "lb-")]);
    let imported = everything(&seen).unwrap();
    let names: Vec<&str> = imported.security_groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, ["lb-", "lb-front"]);
    let said: Vec<&String> = imported.notes.iter().filter(|note| note.contains("Octavia")).collect();
    assert!(matches!(said.as_slice(), [one] if one.contains(octavias)), "{said:?}");
    assert_eq!(imported.left_out, BTreeSet::new(), "the spec is whole");
    finds_nothing(&imported, &seen).unwrap();
}

#[test]
fn a_limit_that_no_spec_may_say_is_left_out_with_a_word() {
    let mut seen = random::world(&mut Dice::new(Vec::new()), Mood::Tame);
    let project = seen.projects.as_ref().unwrap()[0].id.clone();
    let of_barbican = seen.quotas.entry(QuotaService::KeyManager).or_default();
    of_barbican.insert(project, Ok([("secrets".to_owned(), -5), ("cas".to_owned(), 2)].into()));
    let imported = everything(&seen).unwrap();
    let quotas = imported.tenants.iter().find_map(|tenant| tenant.quotas.as_ref()?.key_manager.as_ref());
    assert_eq!(quotas.map(|quotas| (quotas.secrets, quotas.cas)), Some((None, Some(2))));
    assert!(imported.left_out.iter().any(|why| why.ends_with("below -1: secrets -5")), "{imported:?}");
    finds_nothing(&imported, &seen).unwrap();
}

#[test]
fn an_assignment_that_has_no_name_is_told_and_is_not_taken_for_unlisted() {
    let mut seen = random::world(&mut Dice::new(Vec::new()), Mood::Tame);
    let project = seen.projects.as_ref().unwrap()[0].id.clone();
    let assignment =
        Assignment { project, principal: Principal::User("u-gone".into()), role: "r-member".into() };
    seen.assignments.as_mut().unwrap().push(assignment);
    let imported = everything(&seen).unwrap();
    assert_eq!(imported.tenants[0].unlisted_roles, Unlisted::Ignore);
    assert_eq!(imported.tenants[1].unlisted_roles, Unlisted::Report);
    assert!(
        imported.notes.iter().any(|note| note.contains("user u-gone has role r-member")),
        "{:?}",
        imported.notes
    );
    assert_eq!(imported.left_out, BTreeSet::new());
    finds_nothing(&imported, &seen).unwrap();
}

#[tokio::test]
async fn a_recorded_cloud_is_imported_in_every_spelling_of_its_rules() {
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/rich");
    let replay = Replay::open(&recording).unwrap();
    let seen = observe(&replay, replay.needs()).await;
    let chosen = BTreeSet::from([TenantName { domain: "tenants".into(), name: "t0001".into() }]);
    let services = BTreeSet::from([QuotaService::Compute, QuotaService::Network, QuotaService::LoadBalancer]);
    let imported = import(&seen, &chosen, &services).unwrap();
    finds_nothing(&imported, &seen).unwrap();
    let text = serde_saphyr::to_string(&(&imported.tenants, &imported.security_groups)).unwrap();
    insta::assert_snapshot!("rich-imported", text);
    assert_eq!(imported.left_out, BTreeSet::new());
}
