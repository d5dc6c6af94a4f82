//! Checks that the names in the book exist: `Type::item` in the sources, and each line of the
//! communication log in the page that explains them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex::Regex;

use crate::pages::{Piece, checkout, pages};

/// The folders of the libraries.
const SOURCES: [&str; 7] = [
    "core/src",
    "core/derive/src",
    "transport/src",
    "transport-std/src",
    "transport-tokio/src",
    "transport-async-std/src",
    "zeek/src",
];

/// The keywords before the name of an item.
const KEYWORDS: [&str; 8] =
    ["fn", "struct", "enum", "trait", "type", "const", "mod", "macro_rules!"];

/// Returns the names that a line defines: items, and fields or variants, which are indented. A
/// pattern would find the same, but takes a second for all sources.
fn definitions(line: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let split = |text| str::split_at(text, text.find(|c| !is_part(c)).unwrap_or(text.len()));
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let is_keyword = |word: &str| KEYWORDS.contains(&word.trim_start_matches(|c| !is_part(c)));
    let items = words.windows(2).filter(|two| is_keyword(two[0]));
    let mut names: Vec<&str> = items.map(|two| split(two[1]).0).collect();
    if let Some(part) = line.strip_prefix(' ') {
        let part = part.trim_start();
        let (name, rest) = split(part.strip_prefix("pub ").unwrap_or(part));
        let is_defined = rest.starts_with([':', '(', '{', ',']);
        if is_defined || rest.starts_with(" {") || rest.starts_with(" = ") {
            names.push(name);
        }
    }
    names
}

/// Checks code such as `Options::incoming` or `TypeTag`: each word must be defined in the sources.
#[test]
fn each_named_item_exists() {
    let mut sources = String::new();
    for folder in SOURCES {
        collect(&checkout().join(folder), &mut sources);
    }
    let defined: BTreeSet<&str> = sources.lines().flat_map(definitions).collect();
    let item = Regex::new(r"^(?:[A-Za-z_]+::)+[A-Za-z_]+$").expect("a valid pattern");
    // Names from Bro's scripts and from Rust's standard library.
    let elsewhere = [
        "Communication::nodes",
        "Known::known_hosts",
        "Known::known_services",
        "Known::known_devices",
        "Known::certs",
        "Software::tracked",
        "IRC::dcc_expected_transfers",
        "Log::ID",
        "Option::None",
        "IpAddr::is_ipv4",
        "async_std::task::block_on",
    ];
    let mut checked = 0;
    for page in pages() {
        if page.name().starts_with("src/spec") || page.name().starts_with("src/vectors") {
            continue;
        }
        for piece in page.pieces() {
            let Piece::Code(code) = piece else { continue };
            let foreign = ["smol::", "tokio::"].iter().any(|crate_| code.starts_with(crate_));
            if !item.is_match(&code) || foreign || elsewhere.contains(&&*code) {
                continue;
            }
            for word in code.split("::").filter(|word| *word != "brocomm" && *word != "brocomm_std")
            {
                assert!(defined.contains(word), "{}: {code}: no {word}", page.name());
            }
            checked += 1;
        }
    }
    assert!(checked > 50, "{checked}");
}

fn collect(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&fs::read_to_string(&path).expect("sources are text"));
        }
    }
}

/// Bro's messages about system calls, in place of which this node logs that binding, accepting or
/// connecting failed. The last entry is a part of another line.
const OF_BRO: [&str; 7] = [
    "can't listen on",
    "can't create listen socket",
    "can't create connect socket",
    "can't set",
    "getaddrinfo error",
    "accept fail, ",
    "not set",
];

/// A node writes those lines of the framework page that have a second column and tests.
#[test]
fn each_log_line_is_explained() {
    let framework = fs::read_to_string(checkout().join("core/src/node/framework.md"))
        .expect("the framework's page is there");
    let (_, log) =
        framework.split_once("\n# The communication log\n").expect("it has this section");
    let (log, _) = log.split_once("\n# ").expect("another section follows");
    let pages = pages();
    let page = pages.iter().find(|page| page.name() == "src/operations/troubleshooting.md");
    let explained = &page.expect("the page exists").text;
    let mut checked = 0;
    for row in log.lines().filter(|line| line.starts_with("| ")) {
        let mut cells = row.trim_matches('|').split(" | ");
        let mut cell = || cells.next().unwrap_or_default().trim();
        let (messages, here, tests) = (cell(), cell(), cell());
        if !here.contains('[') || tests.starts_with("none") {
            continue;
        }
        for message in messages.split('`').skip(1).step_by(2) {
            // Words in capitals are placeholders.
            let constant =
                message.split(|c: char| c.is_ascii_uppercase()).next().unwrap_or_default();
            if !constant.starts_with(|c: char| c.is_ascii_lowercase())
                || OF_BRO.iter().any(|line| message.starts_with(line))
            {
                continue;
            }
            assert!(explained.contains(&format!("`{constant}")), "{message} is not explained");
            checked += 1;
        }
    }
    assert!(checked > 50, "{checked}");
}
