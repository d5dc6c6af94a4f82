//! Tests of `brocomm completions` and `brocomm man`.

use std::fs;

use crate::support::{no_folder, run};

#[test]
fn completions_contain_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let run = run(["completions", shell]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        for word in ["decode", "write-packets"] {
            assert!(run.stdout.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(run(["completions", "nosuchshell"]).code, 2);
}

#[test]
fn each_command_has_a_page() {
    let folder = no_folder("man");
    let path = folder.to_str().unwrap();
    assert_eq!(run(["man", path]).outcome(), (0, "", ""));
    for (page, text) in [("brocomm", "Broccoli"), ("brocomm-state-get", "variables")] {
        let page = fs::read_to_string(folder.join(format!("{page}.1"))).unwrap();
        assert!(page.starts_with(".ie") && page.contains(text), "{page}");
    }
    // A file instead of the directory.
    let file = folder.join("brocomm.1");
    let run = run(["man", file.to_str().unwrap()]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("brocomm.1: cannot write: "), "{}", run.stderr);
}
