//! Thousands of simulated networks with random failures, and their invariants.
//!
//! A failing seed is printed with its whole history. To run one seed: `SEED=123 cargo test -p
//! brocomm --test main seeds::one -- --ignored`; for a longer run `SEEDS=1000000 cargo test -p
//! brocomm --test main seeds::many -- --ignored`.

use crate::seeded::{first_failure, variable};
use crate::simulation::{Detail, run};

/// How many seeds every test run looks at; `.ci/run` looks at 10,000.
const SEEDS: u64 = 600;

/// Every `TWICE`th seed is run twice, to check that runs are deterministic.
const TWICE: u64 = 20;

/// Runs a seed; if it fails, once more to print its history.
fn check(seed: u64) -> Result<(), String> {
    if seed % TWICE != 0 {
        return run(seed, Detail::None).or_else(|_| run(seed, Detail::Text)).map(drop);
    }
    let (first, second) = (run(seed, Detail::Hash), run(seed, Detail::Hash));
    match (first, second) {
        (Ok(first), Ok(second)) if first == second => Ok(()),
        (Ok(_), Ok(_)) => Err(format!("seed {seed} does not always go the same way")),
        _ => run(seed, Detail::Text).map(drop),
    }
}

fn check_all(seeds: u64) {
    let failure = first_failure(seeds, check);
    assert!(failure.is_none(), "{}", failure.unwrap_or_default());
}

#[test]
fn what_must_hold_does_in_hundreds_of_worlds() {
    check_all(SEEDS);
}

#[test]
#[ignore = "takes as long as it is told to"]
fn many() {
    check_all(variable("SEEDS"));
}

#[test]
#[ignore = "takes a seed"]
fn one() {
    let seed = variable("SEED");
    run(seed, Detail::Text).unwrap_or_else(|failure| panic!("{failure}"));
}
