//! The rooms of the crate: each knows only those before it.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms by rank, from the bytes up; those of one rank don't know each other.
const ROOMS: [&[&str]; 10] = [
    &["time", "config_errors", "role"],
    &["calendar", "wire"],
    &["data", "tls"],
    &["serial", "logs"],
    &["connection"],
    &["state"],
    &["node"],
    &["driver"],
    &["derive"],
    &["lib"],
];

/// What the root shows of its private modules.
const OF_THE_ROOT: [(&str, &str); 2] = [("Time", "time"), ("ConfigErrors", "config_errors")];

fn rank(room: &str) -> Option<usize> {
    ROOMS.iter().position(|rank| rank.contains(&room))
}

/// Returns the names that code takes from the crate's root: of `crate::data::Name` it is `data`, of
/// `crate::{serial, wire}` it is both. Comments, which may point anywhere, are no code.
fn taken_from_root(source: &str) -> Vec<String> {
    let code = source.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code = code.collect::<Vec<_>>().join(" ");
    let word = |text: &str| {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        text[..end].to_owned()
    };
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with('$') {
            // The expansion of a macro is its user's code.
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.push(word(rest));
            continue;
        };
        let (mut depth, mut item) = (0, String::new());
        for c in group.chars() {
            match c {
                '}' if depth == 0 => break,
                ',' if depth == 0 => names.push(word(std::mem::take(&mut item).trim())),
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if c != ',' || depth > 0 {
                item.push(c);
            }
        }
        names.push(word(item.trim()));
    }
    names
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_room_knows_a_later_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let (mut upward, mut seen) = (Vec::new(), 0);
    for file in files {
        let inside = file.strip_prefix(&root).unwrap();
        let first = inside.iter().next().unwrap().to_str().unwrap();
        if inside.iter().any(|part| part == "tests" || part == "tests.rs") {
            // They may use whatever shows that the room is right.
            continue;
        }
        let room = first.trim_end_matches(".rs");
        let own = rank(room).unwrap_or_else(|| panic!("{room} is no room, give it a rank"));
        for name in taken_from_root(&fs::read_to_string(&file).unwrap()) {
            let shown = OF_THE_ROOT.iter().find(|(shown, _)| *shown == name);
            let name = shown.map_or(name.as_str(), |(_, module)| module);
            let other = rank(name).unwrap_or_else(|| panic!("{} takes {name}", inside.display()));
            seen += 1;
            if name != room && other >= own {
                upward.push(format!("{} takes from {name}", inside.display()));
            }
        }
    }
    assert_eq!(upward, [""; 0]);
    assert!(seen > 300, "{seen}");
}

#[test]
fn what_is_taken_is_found() {
    let source = "use crate::data::Name; // crate::node\nuse crate::{serial, wire::{A, B}, x};\n\
                  fn f(a: crate::logs::LogError) { $crate::state::g() }";
    assert_eq!(taken_from_root(source), ["data", "serial", "wire", "x", "logs"]);
}
