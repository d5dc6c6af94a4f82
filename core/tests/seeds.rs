//! Checks invariants of thousands of simulated networks with random failures.
//!
//! A failing seed is printed with its transcript. To run one seed: `SEED=123 cargo test -p
//! brocomm --test main seeds::one -- --ignored`; for a longer run `SEEDS=1000000 cargo test -p
//! brocomm --test main seeds::many -- --ignored`.

use crate::seeded::{first_failure, variable};
use crate::simulation::{Detail, run};

/// The number of seeds in a normal test run. `.ci/run` checks 10,000.
const SEEDS: u64 = 250;

/// Every `TWICE`th seed is run twice, to check that runs are deterministic.
const TWICE: u64 = 20;

/// Runs a seed. If it fails, runs it again to print its transcript.
fn check(seed: u64) -> Result<(), String> {
    if !seed.is_multiple_of(TWICE) {
        return run(seed, Detail::None).or_else(|_| run(seed, Detail::Text)).map(drop);
    }
    let (first, second) = (run(seed, Detail::Hash), run(seed, Detail::Hash));
    match (first, second) {
        (Ok(first), Ok(second)) if first == second => Ok(()),
        (Ok(_), Ok(_)) => Err(format!("seed {seed} is not deterministic")),
        _ => run(seed, Detail::Text).map(drop),
    }
}

fn check_all(seeds: u64) {
    let failure = first_failure(seeds, check);
    assert!(failure.is_none(), "{}", failure.unwrap_or_default());
}

#[test]
fn invariants_hold_in_hundreds_of_networks() {
    check_all(SEEDS);
}

#[test]
#[ignore = "runs as many seeds as SEEDS says"]
fn many() {
    check_all(variable("SEEDS"));
}

#[test]
#[ignore = "needs SEED"]
fn one() {
    let seed = variable("SEED");
    run(seed, Detail::Text).unwrap_or_else(|failure| panic!("{failure}"));
}
