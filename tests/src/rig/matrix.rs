//! Matrices: the long tests. Whole by `cargo rig matrix NAME`; in the test command as a sample that a printed seed picks.

use std::process::Command;

use anyhow::{Result, ensure};

use super::home::Home;
use super::suite;

/// Picks the sample. Printed by the test command; set by whoever wants the same sample again.
pub const SEED: &str = "CLOUDSPEC_MATRIX_SEED";
/// Set to the name of the matrix that runs whole.
pub const WHOLE: &str = "CLOUDSPEC_MATRIX";

/// The cases of a matrix that this run is to try: all of them where it runs whole, else about `sample` of them, another part with
/// another seed. Without the rig's test command the seed is 0, so that every run of `cargo test` is the same.
pub fn cases<T>(name: &str, all: Vec<T>, sample: usize) -> Vec<T> {
    let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok()).unwrap_or_default();
    match std::env::var(WHOLE) {
        Ok(whole) if whole == name => all,
        Ok(_) | Err(_) => picked(all, sample, seed),
    }
}

/// Runs one matrix whole: the tests whose name holds `matrix_NAME`.
pub(super) fn run(home: &Home, name: &str) -> Result<()> {
    ensure!(
        !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'),
        "{name:?} is no name of a matrix: they are of a-z, 0-9 and _"
    );
    let mut tests = Command::new(env!("CARGO"));
    tests.args(["test", "--package", "cloudspec-tests", "--features", "rig", "--"]);
    tests.arg(format!("matrix_{name}")).args(["--nocapture", "--test-threads", "1"]);
    let environment = suite::environment(home)?.with(WHOLE, name);
    suite::counted(tests.current_dir(home.checkout()).envs(environment.variables()))
}

/// Of today, or as given.
pub(super) fn seed() -> u64 {
    let now = || {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
    };
    std::env::var(SEED).ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(now)
}

/// Every n-th, from where the seed says: cases beside each other are alike, and seeds one after the other pick all in turn.
fn picked<T>(all: Vec<T>, sample: usize, seed: u64) -> Vec<T> {
    let step = all.len().div_ceil(sample.max(1)).max(1);
    let first = usize::try_from(seed % step as u64).unwrap_or_default();
    all.into_iter().skip(first).step_by(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_smaller_than_its_sample_is_run_whole() {
        assert_eq!(picked(vec![1, 2, 3], 5, 7), [1, 2, 3]);
        assert_eq!(picked(Vec::<u8>::new(), 5, 7), Vec::<u8>::new());
    }

    #[test]
    fn the_same_seed_picks_the_same_cases_and_seeds_in_turn_pick_them_all() {
        let all: Vec<u32> = (0..103).collect();
        assert_eq!(picked(all.clone(), 10, 5), picked(all.clone(), 10, 5));
        let mut seen: Vec<u32> = (0..11).flat_map(|seed| picked(all.clone(), 10, seed)).collect();
        seen.sort_unstable();
        assert_eq!(seen, all);
    }

    #[test]
    fn a_sample_is_no_larger_than_asked_for_and_never_empty_while_there_are_cases() {
        for (count, sample, seed) in [(103, 10, 3), (10, 4, 2), (1, 1, 9), (7, 0, 1)] {
            let picked = picked((0..count).collect::<Vec<u32>>(), sample, seed);
            assert!(
                !picked.is_empty() && picked.len() <= sample.max(1),
                "{count} {sample} {seed}: {picked:?}"
            );
        }
    }
}
