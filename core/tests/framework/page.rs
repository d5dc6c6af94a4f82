//! The page that maps part 4 to the API is complete and correct.

use std::collections::BTreeSet;
use std::path::Path;

const PAGE: &str = include_str!("../../src/node/framework.md");
const SPEC: &str = include_str!("../../../conformance/spec/04-framework.md");

/// The number of rows without a test. The page says why for each.
const WITHOUT: usize = 10;

/// The fields that the specification has in its text, not in a table.
const FIELDS: [&str; 6] = ["id", "host", "p", "is_local", "descr", "class"];
const STATE: [&str; 3] = ["nodes", "pending_peers", "connected_peers"];
const OPTIONS: [&str; 6] = [
    "forward_remote_events",
    "forward_remote_state_changes",
    "remote_trace_sync_interval",
    "remote_trace_sync_peers",
    "remote_check_sync_consistency",
    "max_remote_events_processed",
];

/// Returns the section whose title starts with `title`.
fn section<'a>(text: &'a str, title: &str) -> &'a str {
    let (_, from) = text.split_once(title).unwrap_or_else(|| panic!("no section {title}"));
    from.split("\n# ").next().and_then(|s| s.split("\n## ").next()).unwrap_or(from)
}

/// Returns the rows of all tables, as cells.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let cells = lines.map(|line| line.split(" | ").map(str::trim).collect::<Vec<_>>());
    cells.filter(|cells| !cells[0].starts_with("---"))
}

fn firsts(text: &str) -> BTreeSet<&str> {
    rows(text).map(|cells| cells[0]).collect()
}

#[test]
fn every_row_of_the_specification_is_on_the_page() {
    let mut checked = 0;
    let mut check = |title: &str, shown: &BTreeSet<&str>, row: &str| {
        checked += 1;
        assert!(shown.contains(row), "{title}: {row}");
    };
    for (of_spec, title, cell) in [
        ("## 1 Options", "# Options", 0),
        ("## 2 Node", "# Node", 0),
        ("## 5 The", "# The comm", 2),
    ] {
        let shown = firsts(section(PAGE, title));
        // The first row is the heading.
        for cells in rows(section(SPEC, of_spec)).skip(1) {
            check(title, &shown, cells[cell]);
        }
    }
    for (title, names) in [("# Options", &OPTIONS[..]), ("# Node", &FIELDS), ("# State", &STATE)] {
        let shown = firsts(section(PAGE, title));
        names.iter().for_each(|name| check(title, &shown, &format!("`{name}`")));
    }
    let functions = section(SPEC, "## 4 Functions");
    let (functions, notifications) = functions.split_once("Notifications (").expect("both");
    let (_, functions) = functions.split_once("Lower level, per peer: ").expect("the list");
    let (functions, _) = functions.split_once(".\n").expect("its end");
    let (_, notifications) = notifications.split_once("): ").expect("the list");
    let parenthesis = regex::Regex::new(r"\([^)]*\)").expect("the test's own pattern");
    for (title, list) in [("# Functions", functions), ("# Notifications", notifications)] {
        let shown = firsts(section(PAGE, title));
        let list = parenthesis.replace_all(list, "").replace('/', ",").replace('\n', " ");
        for name in list.split(',').map(|name| name.trim().trim_end_matches('.')) {
            check(title, &shown, &format!("`{name}`"));
        }
    }
    check("# Functions", &firsts(section(PAGE, "# Functions")), "`connect_peer`");
    assert!(checked > 100, "{checked}");
}

#[test]
fn every_test_that_the_page_names_is_there() {
    let name = regex::Regex::new(r"`(\w+)::(\w+)`").expect("the test's own pattern");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut named = 0;
    for found in name.captures_iter(PAGE).filter(|found| &found[1] != "brocomm") {
        let (file, function) = (&found[1], &found[2]);
        if file.starts_with(char::is_uppercase) {
            continue;
        }
        let places = [
            format!("tests/framework/{file}.rs"),
            format!("tests/{file}.rs"),
            format!("tests/logs/{file}.rs"),
            format!("tests/node_replay/{file}.rs"),
            format!("src/node/{file}.rs"),
            format!("src/node/{file}/tests.rs"),
            format!("src/lowlevel/driver/node/tests/{file}.rs"),
        ];
        let text = places.iter().find_map(|place| std::fs::read_to_string(root.join(place)).ok());
        let text = text.unwrap_or_else(|| panic!("no file for {file}::{function}"));
        let test = format!("#[test]\nfn {function}() {{");
        let is_there = text.replace("    #[test]\n    fn", "#[test]\nfn").contains(&test);
        assert!(is_there, "{file}::{function}");
        named += 1;
    }
    assert!(named > 150, "{named}");
}

#[test]
fn every_row_has_a_test_or_a_reason() {
    let mut without = 0;
    for cells in rows(PAGE) {
        let [row, _, tests] = cells[..] else { panic!("{cells:?}") };
        if tests.starts_with("none: ") {
            without += 1;
        } else {
            assert!(tests == "tests" || tests.starts_with('`'), "{row}: {tests}");
        }
    }
    assert_eq!(without, WITHOUT);
}
