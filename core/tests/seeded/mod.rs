//! Runs simulations with many seeds.

use std::sync::atomic::{AtomicU64, Ordering};

/// Checks this many seeds on all processors; returns the failure of one of them.
pub(crate) fn first_failure(
    seeds: u64,
    check: impl Fn(u64) -> Result<(), String> + Sync,
) -> Option<String> {
    let next = AtomicU64::new(0);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds {
                return None;
            }
            if let Err(failure) = check(seed) {
                next.store(seeds, Ordering::Relaxed);
                return Some(failure);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let failures = workers.into_iter().map(|worker| {
            worker.join().unwrap_or_else(|_| Some("a check panicked instead of failing".to_owned()))
        });
        failures.fold(None, Option::or)
    })
}

/// Returns the number in an environment variable.
pub(crate) fn variable(name: &str) -> u64 {
    let value = std::env::vars().find(|(key, _)| key == name).map(|(_, value)| value);
    let value = value.unwrap_or_else(|| panic!("set {name} to a number"));
    value.parse().unwrap_or_else(|_| panic!("{name}={value} is not a number"))
}
