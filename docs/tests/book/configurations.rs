//! Checks each configuration that the book shows.

use std::fs;
use std::path::Path;

use crate::pages::{Page, pages};
use crate::program::run;

/// Checks a configuration in a folder.
fn check(folder: &Path, text: &str, page: &Page) {
    let file = folder.join("node.toml");
    fs::write(&file, text).expect("the folder is ours");
    let output = run(&["config".to_owned(), "check".to_owned(), file.display().to_string()]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}:\n{text}\n{told}", page.name());
}

/// Each block in TOML is the configuration of a node, unless it is marked `toml,cargo`. A block in
/// Bro's notation that is marked `bro,file=NAME` lies beside those on its page.
#[test]
fn each_configuration_of_a_node_is_one() {
    let mut checked = 0;
    for (number, page) in pages().into_iter().enumerate() {
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("configurations-{number}"));
        fs::create_dir_all(&folder).expect("the folder can be made");
        for (attributes, text) in page.blocks("bro") {
            if let Some(name) = attributes.iter().find_map(|it| it.strip_prefix("file=")) {
                fs::write(folder.join(name), &text).expect("the folder is ours");
                check(&folder, &format!("listen = true\ndeclaration_files = ['{name}']"), &page);
                checked += 1;
            }
        }
        for (attributes, text) in page.blocks("toml") {
            if attributes.iter().any(|it| it == "cargo") {
                continue;
            }
            check(&folder, &text, &page);
            checked += 1;
        }
    }
    assert!(checked > 0);
}
