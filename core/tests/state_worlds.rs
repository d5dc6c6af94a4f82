//! Thousands of simulated networks of nodes with synchronized variables. With any changes, delays
//! and lost connections, all nodes converge where the protocol guarantees it.
//!
//! A failing run is reported with its seed and the number of steps until it fails. To run one
//! alone: `SEED=123 cargo test -p brocomm --test main state_worlds::one -- --ignored`; for a longer
//! run `SEEDS=100000 cargo test -p brocomm --test main state_worlds::many -- --ignored`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::seeded::{first_failure, variable};
use crate::simulation::random::Random;
use crate::worlds::{Shape, World, collide};
use brocomm::data::Value;

/// The number of seeds in a normal test run. `.ci/run` checks 1,000.
const SEEDS: u64 = 100;

/// Runs the network of a seed for at most `most` steps; returns the number of steps.
fn run(seed: u64, most: usize) -> Result<usize, String> {
    let mut random = Random::new(seed);
    let shape = Shape::new(&mut random);
    let mut world = World::new(shape, random);
    if !world.shape.loses {
        // Connect the peers before anything changes.
        world.settle();
    }
    let mut steps = 0;
    for _ in 0..2 {
        for _ in 0..world.random.range(20, 250) {
            if steps < most {
                world.step();
                steps += 1;
            }
        }
        world.settle();
        world.compare().map_err(|wrong| format!("{:?}: {wrong}", world.shape))?;
        if !world.shape.loses {
            world.check_complete().map_err(|wrong| format!("{:?}: {wrong}", world.shape))?;
        }
    }
    Ok(steps)
}

/// Runs a seed. If it fails, reports the smallest number of steps with which it fails.
fn check(seed: u64) -> Result<(), String> {
    let attempt = |most| {
        let ran = catch_unwind(AssertUnwindSafe(|| run(seed, most)));
        ran.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            Err(text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("?").to_owned())
        })
    };
    if attempt(usize::MAX).is_ok() {
        return Ok(());
    }
    let (steps, wrong) = (0..).find_map(|n| Some((n, attempt(n).err()?))).expect("it failed");
    Err(format!("seed {seed} fails after {steps} steps: {wrong}"))
}

fn check_all(seeds: u64) {
    let failure = first_failure(seeds, check);
    assert!(failure.is_none(), "{}", failure.unwrap_or_default());
}

#[test]
fn nodes_converge_in_hundreds_of_networks() {
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
    check(variable("SEED")).unwrap_or_else(|failure| panic!("{failure}"));
}

/// If two nodes write to the same variable, both end with the last value written. If the last
/// writes crossed, each may end with the value of the other.
#[test]
fn two_writers_end_with_the_last_value_written() {
    let (mut same, mut crossed) = (0, 0);
    for seed in 0..200 {
        let shape = Shape {
            nodes: 2,
            authority: None,
            one_sided: false,
            loses: false,
            large: false,
            reaches_out: false,
        };
        let mut world = World::new(shape, Random::new(seed));
        world.settle();
        let mut last = [(false, String::new()), (false, String::new())];
        for _ in 0..60 {
            let n = world.random.below(2);
            if world.random.percent(20) {
                last[n] = collide(&mut world, n);
            } else {
                world.net.nudge(n);
            }
        }
        world.settle();
        world.compare().unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
        let found = [0, 1].map(|n| {
            let Value::Table(set) = world.get(n, "both_set") else { panic!() };
            (!set.entries.is_empty(), world.get(n, "both").to_string())
        });
        let [first, second] = last;
        let swapped = [second.clone(), first.clone()];
        if found == swapped {
            crossed += 1;
        } else {
            assert!(
                found == [first.clone(), first] || found == [second.clone(), second],
                "{found:?}"
            );
            same += 1;
        }
    }
    assert!(same > 20 && crossed > 20, "{same} ended with the same, {crossed} with the other's");
}
