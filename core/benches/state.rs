//! Time and memory for each entry of a large table in a synchronized variable: filling it, and
//! passing it to another node. Beside it the same entries in a `BTreeMap` and a `HashMap`: filled,
//! and copied into another. Compare times within one run only.
//!
//! ENTRIES and ROUNDS can be set in the environment.

use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::time::Instant;

use brocomm_benches::tables::{COUNTS, Content, PAIRS, STRINGS, Tables, fill, store};
use brocomm::data::Value;

#[allow(dead_code, reason = "tests use the rest")]
#[path = "../tests/meter/mod.rs"]
mod meter;

/// Microseconds and bytes for each entry.
#[derive(Debug, Clone, Copy)]
struct Cost {
    fill: f64,
    transfer: f64,
    bytes: f64,
}

/// Fills something, and passes it on to something else.
fn cost<T, U>(entries: u32, fill: impl FnOnce() -> T, transfer: impl FnOnce(T) -> U) -> Cost {
    let each = |begun: Instant| begun.elapsed().as_secs_f64() * 1e6 / f64::from(entries);
    let before = meter::held();
    let begun = Instant::now();
    let filled = black_box(fill());
    let fill = each(begun);
    let begun = Instant::now();
    let both = black_box(transfer(filled));
    let transfer = each(begun);
    let bytes = (meter::held() - before) as f64 / f64::from(entries);
    drop(both);
    Cost { fill, transfer, bytes }
}

fn nodes(entries: u32, content: Content) -> Cost {
    let filled = || {
        let mut full = store("here", content);
        fill(&mut full, content, 0..entries);
        full
    };
    cost(entries, filled, |full| {
        let mut tables = Tables::new(full, store("there", content));
        assert_eq!(tables.transfer(), entries as usize);
        tables
    })
}

/// Fills and copies a map of the standard library.
fn map<M>(entries: u32, content: Content) -> Cost
where
    M: Default + Extend<(Vec<Value>, Option<Value>)>,
    for<'a> &'a M: IntoIterator<Item = (&'a Vec<Value>, &'a Option<Value>)>,
{
    let filled = || {
        let mut map = M::default();
        (0..entries).for_each(|n| map.extend([(content.entry)(n)]));
        map
    };
    let copied = |map: M| {
        let mut copy = M::default();
        for (index, value) in &map {
            copy.extend([(index.clone(), value.clone())]);
        }
        (map, copy)
    };
    cost(entries, filled, copied)
}

/// Returns the least of each.
fn least(costs: &[Cost]) -> Cost {
    let least = |part: fn(&Cost) -> f64| costs.iter().map(part).fold(f64::INFINITY, f64::min);
    Cost { fill: least(|c| c.fill), transfer: least(|c| c.transfer), bytes: least(|c| c.bytes) }
}

fn number(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(default)
}

fn main() {
    let (entries, rounds) = (number("ENTRIES", 1_000_000), number("ROUNDS", 3));
    println!("{entries} entries; for each: us to fill, us to transfer, bytes on both sides");
    for content in [COUNTS, STRINGS, PAIRS] {
        let kinds = [
            ("nodes", nodes as fn(_, _) -> _),
            ("BTreeMap", map::<BTreeMap<_, _>>),
            ("HashMap", map::<HashMap<_, _>>),
        ];
        let mut costs = [const { Vec::new() }; 3];
        for _ in 0..rounds {
            for ((_, measure), costs) in kinds.iter().zip(&mut costs) {
                costs.push(measure(entries, content));
            }
        }
        println!("{}", content.ty);
        let costs = costs.map(|costs| least(&costs));
        for ((name, _), Cost { fill, transfer, bytes }) in kinds.iter().zip(costs) {
            println!("  {name:8} {fill:6.2} {transfer:6.2} {bytes:6.0}");
        }
        let [nodes, map, _] = costs;
        let ratio = (nodes.fill + nodes.transfer) / (map.fill + map.transfer);
        println!("  {:.2} us, {ratio:.2} times the BTreeMap", nodes.fill + nodes.transfer);
    }
}
