//! How a law is tried, and what all laws need.

use cloudspec::diff::diff;
use cloudspec::model::{Action, Desired, Plan, Snapshot};
use cloudspec::plan::plan;
use cloudspec_crds::change_plan::OwnerRef;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use super::random::Dice;

pub(crate) const OWNER: &str = "0d1c";

/// Tries a law on random choices.
pub(crate) fn law(law: impl Fn(&mut Dice) -> Result<(), String>) {
    let number = |name: &str, otherwise: u64| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    };
    let seed = number("CLOUDSPEC_SEED", 2024);
    let cases = u32::try_from(number("CLOUDSPEC_CASES", 500)).unwrap();
    println!("CLOUDSPEC_SEED={seed} CLOUDSPEC_CASES={cases}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let choices = proptest::collection::vec(proptest::num::u8::ANY, 0..400);
    let outcome = TestRunner::new_with_rng(config, rng)
        .run(&choices, |bytes| law(&mut Dice::new(bytes)).map_err(TestCaseError::fail));
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(why, choices)) => panic!("CLOUDSPEC_SEED={seed}: {why}\nchoices: {choices:?}"),
        Err(TestError::Abort(why)) => panic!("CLOUDSPEC_SEED={seed}: {why}"),
    }
}

pub(crate) fn ensure(so: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if so { Ok(()) } else { Err(otherwise()) }
}

pub(crate) fn planned(desired: &Desired, snapshot: &Snapshot) -> Plan {
    plan(desired, snapshot, &diff(desired, snapshot), OWNER)
}

pub(crate) fn actions(plan: &Plan) -> Vec<&Action> {
    plan.steps.iter().map(|step| &step.action).collect()
}

pub(crate) fn owner() -> OwnerRef {
    OwnerRef {
        kind: "CloudSpec".into(),
        name: "lab".into(),
        uid: OWNER.into(),
        generation: 3,
        spec_digest: String::new(),
    }
}
