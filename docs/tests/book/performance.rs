//! Compares the figures in the book with the recorded ones.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use crate::pages::pages;

/// The rows of the page, with the recorded cases of their columns.
const ROWS: [(&str, &[&str]); 22] = [
    ("encode", &["encode small", "encode large"]),
    ("encode without the object cache", &["encode small uncached", "encode large uncached"]),
    ("decode", &["decode small", "decode large"]),
    ("decode without the object cache", &["decode small uncached", "decode large uncached"]),
    ("read only the name", &["name small", "name large"]),
    ("forward", &["forward small", "forward large"]),
    ("decode through a `Connection`", &["connection small", "connection large"]),
    ("send to 10 peers, per peer", &["small to 10 peers, each", "large to 10 peers, each"]),
    (
        "send to 1,000 peers, per peer",
        &["small to 1,000 peers, each", "large to 1,000 peers, each"],
    ),
    ("hold the lock once to send to some of 1,000 peers", &["lock for a part of 1,000 peers"]),
    ("hold the lock once to send to some of 10,000 peers", &["lock for a part of 10,000 peers"]),
    ("encode for a Bro 2.1 (data format 22)", &["encode small in 22", "encode large in 22"]),
    ("decode from a Bro 2.1 (data format 22)", &["decode small in 22", "decode large in 22"]),
    (
        "decode a large event with a reference to a record that was sent before",
        &["decode large again"],
    ),
    ("decode a string argument", &["decode 100 strings, each"]),
    ("decode an entry of a `table[addr] of count`", &["decode table, each entry"]),
    ("encode an entry of a `table[addr] of count`", &["encode table, each entry"]),
    ("pass a small event from node to node", &["node to node, small"]),
    ("pass a small log entry from node to node", &["node to node, log entry"]),
    (
        "assign an entry of a `table[addr] of count` in a synchronized variable",
        &["state, fill, each entry"],
    ),
    (
        "send such an entry to another node as part of the state, both sides",
        &["state, transfer, each entry"],
    ),
    ("pass an entry of a `conn.log` from node to node", &["node to node, conn.log entry"]),
];

/// Formats a number with a comma between thousands.
fn grouped(number: u64) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1000), number % 1000),
    }
}

#[test]
fn the_figures_are_the_recorded_ones() {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/benches/instructions.txt");
    let recorded = fs::read_to_string(recorded).expect("the file exists");
    let recorded: HashMap<&str, u64> = recorded
        .lines()
        .filter_map(|line| line.trim().split_once(' '))
        .map(|(number, case)| (case, number.parse().expect("a number")))
        .collect();
    let pages = pages();
    let page = pages.iter().find(|page| page.name() == "src/performance.md");
    let page = &page.expect("the page exists").text;
    // The figures of the other part are times.
    let page = page.split("\n## ").next().unwrap_or_default();
    for (what, cases) in ROWS {
        let figures: String =
            cases.iter().map(|case| format!(" {} |", grouped(recorded[case]))).collect();
        let row = format!("| {what} |{figures}");
        assert!(page.lines().any(|line| line == row), "the page lacks this row: {row}");
    }
    let is_row = |line: &&str| {
        line.starts_with("| ") && !line.starts_with("| what") && !line.starts_with("| ---")
    };
    let rows = page.lines().filter(is_row);
    assert_eq!(rows.count(), ROWS.len(), "the page has rows that are not compared");
}

/// The sections whose tables are drawn.
const PLOTS: [(&str, &str); 4] = [
    ("Against a plain copy over the same sockets", "performance-sockets.svg"),
    ("Logs", "performance-logs.svg"),
    ("Synchronized variables", "performance-state.svg"),
    ("Recordings", "performance-recordings.svg"),
];

#[test]
fn the_plots_show_the_figures_of_the_tables() {
    let pages = pages();
    let page = pages.iter().find(|page| page.name() == "src/performance.md");
    let page = &page.expect("the page exists").text;
    for (heading, file) in PLOTS {
        let section = page.split("\n## ").find(|section| section.starts_with(heading));
        let section = section.unwrap_or_else(|| panic!("the page lacks the section {heading}"));
        assert!(section.contains(&format!("]({file})")), "{heading} does not show {file}");
        let plot = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file);
        let plot = fs::read_to_string(plot).expect("the plot exists");
        let is_number = |cell: &&str| cell.starts_with(|c: char| c.is_ascii_digit());
        let rows = section.lines().filter(|line| line.starts_with('|'));
        let figures = rows.flat_map(|row| row.split('|').skip(2).map(str::trim)).filter(is_number);
        let figures: Vec<&str> = figures.collect();
        assert!(!figures.is_empty(), "{heading} has no figures");
        for figure in figures {
            assert!(plot.lines().any(|line| line == figure), "{file} lacks {figure}: draw it anew");
        }
    }
}
