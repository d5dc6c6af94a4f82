//! The layers of the crate: each depends only on those before it.

use std::fs;
use std::path::{Path, PathBuf};

/// The layers by rank, from the bytes up; those of one rank do not depend on each other.
const ROOMS: [&[&str]; 12] = [
    &["time", "config_errors", "role", "pattern"],
    &["calendar", "wire"],
    &["data", "tls"],
    &["notation"],
    &["json"],
    &["serial", "logs"],
    &["connection"],
    &["state"],
    &["node"],
    &["driver"],
    &["derive", "lowlevel"],
    &["lib", "prelude"],
];

/// The layers in which files also depend only on those before them.
const STRICT: [&str; 2] = ["pattern", "json"];

/// What the root shows of its private modules.
const OF_THE_ROOT: [(&str, &str); 6] = [
    ("Time", "time"),
    ("ConfigErrors", "config_errors"),
    ("event", "data"),
    ("Enum", "derive"),
    ("Event", "derive"),
    ("Record", "derive"),
];

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
        let rest = rest.strip_prefix("lowlevel::").unwrap_or(rest);
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

/// Returns the room that a file is in: what is public as a part of `lowlevel` has rooms of its own.
fn room_of(file: &Path) -> &str {
    let mut parts = file.iter().map(|part| part.to_str().unwrap().trim_end_matches(".rs"));
    let first = parts.next().unwrap();
    match parts.next() {
        Some(inside) if first == "lowlevel" && inside != "mod" => inside,
        _ => first,
    }
}

/// Returns a file's code without the tests that it ends with.
fn code_of(file: &Path) -> String {
    let source = fs::read_to_string(file).unwrap();
    let end = source.find("#[cfg(test)]\nmod tests {").unwrap_or(source.len());
    source[..end].to_owned()
}

fn is_test(file: &Path) -> bool {
    file.iter().any(|part| part.to_str().unwrap().trim_end_matches(".rs").ends_with("tests"))
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
        if is_test(inside) {
            // They may use whatever shows that the room is right.
            continue;
        }
        let room = room_of(inside);
        let own = rank(room).unwrap_or_else(|| panic!("{room} is no room, give it a rank"));
        for name in taken_from_root(&code_of(&file)) {
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
fn no_circle_is_among_the_files_of_a_room() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for room in STRICT {
        let mut files = Vec::new();
        sources(&root.join(room), &mut files);
        let stem = |file: &PathBuf| file.file_stem().unwrap().to_str().unwrap().to_owned();
        let names: Vec<String> = files.iter().map(&stem).filter(|name| name != "mod").collect();
        let knows = |file: &PathBuf| {
            let code = code_of(file);
            let taken = code.lines().filter(|line| line.starts_with("use s"));
            let taken = taken.filter_map(|line| line.split("::").nth(1));
            let taken = taken.map(|name| name.trim_end_matches(';').to_owned());
            taken.filter(|name| names.contains(name)).collect::<Vec<_>>()
        };
        let mut left: Vec<(String, Vec<String>)> = files
            .iter()
            .filter(|file| !is_test(file.strip_prefix(&root).unwrap()) && stem(file) != "mod")
            .map(|file| (stem(file), knows(file)))
            .collect();
        assert!(left.iter().any(|(_, known)| !known.is_empty()), "{room}");
        // Whoever knows nobody that is left goes; what stays is a circle, or knows one.
        loop {
            let before: Vec<String> = left.iter().map(|(name, _)| name.clone()).collect();
            left.retain(|(_, known)| known.iter().any(|name| before.contains(name)));
            if left.len() == before.len() {
                break;
            }
        }
        assert!(left.is_empty(), "a circle in {room}: {left:?}");
    }
}

#[test]
fn what_is_taken_is_found() {
    let source = "use crate::data::Name; // crate::node\nuse crate::{serial, wire::{A, B}, x};\n\
                  fn f(a: crate::logs::LogError) { $crate::state::g() }";
    assert_eq!(taken_from_root(source), ["data", "serial", "wire", "x", "logs"]);
}
