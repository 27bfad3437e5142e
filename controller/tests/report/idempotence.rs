//! The same world twice: the second status is the first, byte by byte, and no Event.

use cloudspec::gate::approval::Guard;
use cloudspec::gate::{Ruling, Verdict};
use cloudspec::model::finding::Domain;
use cloudspec::report::events;
use proptest::prelude::*;

use crate::cases::*;

fn seen() -> impl Strategy<Value = Seen> {
    let name = prop::sample::select(vec!["a", "b", "c", "d"]);
    let finding = (name, 0..3_u8, "\\PC{0,8}").prop_map(|(name, kind, text)| match kind {
        0 => missing(name),
        1 => described(name, &text),
        _ => not_told(name),
    });
    let few = prop::collection::vec(finding, 0..6);
    let many = (0..2_600_usize, 0..2_u8).prop_map(|(number, blank)| {
        let mut findings: Vec<_> = (0..number).map(|at| described(&format!("g{at}"), "x")).collect();
        findings.extend((blank == 1).then(|| not_told("web")));
        findings
    });
    prop_oneof![
        6 => few.prop_map(Seen::Audited),
        1 => many.prop_map(Seen::Audited),
        1 => Just(blind().seen),
        1 => Just(invalid().seen),
    ]
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        4 => Just(Verdict::NotAsked),
        1 => Just(Verdict::Approved(approval(Ruling::Approve))),
        1 => Just(Verdict::Rejected(approval(Ruling::Reject))),
        1 => Just(refused()),
        1 => Just(held()),
    ]
}

fn guard() -> impl Strategy<Value = Guard> {
    prop_oneof![Just(Guard::Enforced), Just(Guard::Advisory), Just(Guard::NotEnforced("why".into()))]
}

fn case() -> impl Strategy<Value = Case> {
    let last = prop::option::of(
        (prop::sample::select(vec!["p", "q"]), 0..3_usize)
            .prop_map(|(name, result)| executed(name, ["Applying", "Succeeded", "Stopped"][result], 1)),
    );
    let offer = prop::option::of(
        (prop::sample::select(vec!["aa", "bb"]), 1..9_i64).prop_map(|(digest, number)| offer(digest, number)),
    );
    let domains = prop::sample::subsequence(Domain::ALL.to_vec(), 0..=Domain::ALL.len());
    let flags = (domains, any::<bool>(), any::<bool>());
    (seen(), verdict(), guard(), last, offer, flags).prop_map(|(seen, verdict, guard, last, offer, flags)| {
        let (domains, suspended, beyond) = flags;
        let domains = domains.into_iter().collect();
        let exceeded = if beyond { vec!["too many".to_owned()] } else { vec![] };
        Case { seen, verdict, guard, last, offer, domains, suspended, exceeded, ..quiet() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn an_idle_cycle_has_nothing_to_write(history in prop::collection::vec(case(), 1..4)) {
        let mut world = history[0].clone();
        for next in &history[1..] {
            world = world.then(next.clone());
        }
        let first = world.status();
        let again = world.then(world.clone()).status();
        prop_assert_eq!(serde_json::to_string(&first).unwrap(), serde_json::to_string(&again).unwrap());
        prop_assert_eq!(events(&first, &again), vec![]);
    }

    #[test]
    fn what_could_not_be_told_is_never_in_sync(case in case()) {
        let status = case.status();
        let (drift, unknowable) = match &case.seen {
            Seen::Audited(findings) => {
                let unknowable = findings.iter().filter(|one| one.kind == cloudspec::model::FindingKind::Unknowable).count();
                (findings.len() - unknowable, unknowable)
            }
            Seen::Blind(_) | Seen::Invalid(_) => (0, 1),
        };
        let expected = match (drift, unknowable) {
            (0, 0) => "True",
            (0, _) => "Unknown",
            _ => "False",
        };
        prop_assert_eq!(&condition(&status, "InSync").unwrap().status, expected);
        prop_assert_eq!(condition(&status, "Observed").unwrap().status == "True", unknowable == 0);
        prop_assert_eq!(status.state.as_deref() == Some("InSync"),
            (drift, unknowable) == (0, 0) && !case.suspended && case.offer.is_none() && case.exceeded.is_empty()
                && case.last.as_ref().is_none_or(|last| last.result != "Applying"));
    }
}
