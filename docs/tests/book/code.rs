//! Checks that the code in the pages is copied from compiled or tested files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::pages::{checkout, pages};

/// The folders of Rust files that pages copy from.
const EXAMPLES: [&str; 6] = [
    "core/examples",
    "docs/examples",
    "transport/examples",
    "transport-async-std/examples",
    "transport-std/examples",
    "transport-tokio/examples",
];

/// Pages whose Rust code is compiled as documentation tests.
const READMES: [&str; 3] =
    ["transport-async-std/README.md", "transport-std/README.md", "transport-tokio/README.md"];

/// Files in other languages that pages show completely.
const WHOLE: [(&str, &[&str]); 3] = [
    ("python", &["docs/examples/scans.py", "docs/examples/sensor.py"]),
    ("ini", &["packaging/systemd/brocomm.service"]),
    ("dockerfile", &["packaging/container/Containerfile"]),
];

#[test]
fn rust_code_is_copied_from_an_example() {
    let mut files = READMES.map(PathBuf::from).to_vec();
    for folder in EXAMPLES {
        let Ok(entries) = checkout().join(folder).read_dir() else { continue };
        files.extend(entries.map(|entry| entry.expect("readable").path()));
    }
    let sources: Vec<String> = files.iter().map(|file| read(file)).collect();
    let mut checked = 0;
    for page in pages() {
        for (_, block) in page.blocks("rust") {
            let known = sources.iter().any(|source| contains(source, &block));
            assert!(known, "{}: no example has this code:\n{block}", page.name());
            checked += 1;
        }
    }
    assert!(checked > 10, "{checked}");
}

#[test]
fn files_in_other_languages_are_shown_completely() {
    let pages = pages();
    for (language, files) in WHOLE {
        let sources: Vec<String> = files.iter().map(|file| read(Path::new(file))).collect();
        let shown: Vec<(String, String)> = pages
            .iter()
            .flat_map(|page| page.blocks(language).into_iter().map(|(_, text)| (page.name(), text)))
            .collect();
        for (page, text) in &shown {
            assert!(sources.contains(text), "{page}: this is none of {files:?}:\n{text}");
        }
        for (file, source) in files.iter().zip(&sources) {
            assert!(shown.iter().any(|(_, text)| text == source), "no page shows {file}");
        }
    }
}

#[test]
fn a_block_may_differ_in_indentation_only() {
    let source = "fn main() {\n    if true {\n        go();\n    }\n}\n";
    assert!(contains(source, "if true {\n    go();\n}\n"));
    assert!(!contains(source, "if true {\ngo();\n}\n"));
    assert!(!contains(source, "if true {\n    stop();\n}\n"));
    assert!(!contains(source, ""));
}

fn read(file: &Path) -> String {
    let path = checkout().join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns whether a file contains these consecutive lines.
fn contains(source: &str, block: &str) -> bool {
    let (lines, block): (Vec<&str>, Vec<&str>) =
        (source.lines().collect(), block.lines().collect());
    !block.is_empty()
        && lines.windows(block.len()).any(|part| unindented(part) == unindented(&block))
}

/// Returns lines without their common indentation.
fn unindented<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let full = lines.iter().filter(|line| !line.trim().is_empty());
    let common = full.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    lines.iter().map(|line| line.get(common..).unwrap_or_default()).collect()
}
