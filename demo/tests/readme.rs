//! Checks that the README shows the output of the program.

use std::process::Command;

/// Returns the lines with numbers that differ between runs replaced by `#`.
fn without_numbers(text: &str) -> Vec<String> {
    let varies = |line: &str| {
        ["Two nodes", "connected again", "events per second", "round trip"]
            .iter()
            .any(|start| line.trim_start().trim_start_matches("  ").starts_with(start))
    };
    let line = |line: &str| {
        if !varies(line) {
            return line.to_owned();
        }
        let is_number = |c: char| c.is_ascii_digit() || c == ',' || c == '.';
        let words: Vec<String> = line
            .split_whitespace()
            .map(|word| match word.rsplit_once(':') {
                Some((address, _)) if word.starts_with("127.") => format!("{address}:#"),
                _ if word.contains(|c: char| c.is_ascii_digit()) && word.chars().all(is_number) => {
                    "#".to_owned()
                }
                _ => word.to_owned(),
            })
            .collect();
        words.join(" ")
    };
    text.lines().map(|l| line(l.trim_end())).collect()
}

#[test]
fn the_readme_shows_the_output_of_the_demonstration() {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("```text\nTwo nodes on this machine").expect("an example");
    let (shown, _) = rest.split_once("\n```").expect("its end");
    let shown = format!("Two nodes on this machine{shown}");
    let ran = Command::new(env!("CARGO_BIN_EXE_brocomm-demo")).output().unwrap();
    let printed = String::from_utf8(ran.stdout).unwrap();
    let errors = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!((ran.status.code(), &*errors), (Some(0), ""), "{printed}");
    // The program may be a release build.
    let build = |text: &str| text.replace(", in a debug build", "");
    assert_eq!(without_numbers(&build(&printed)), without_numbers(&build(&shown)));
    for line in printed.lines() {
        assert!(line.chars().count() <= 80, "{line:?}");
    }
}
