//! Messages for operators do not cite sections of the specification.

use std::fs;
use std::path::{Path, PathBuf};

/// The crates that contain messages.
const CRATES: [&str; 6] =
    ["core", "transport", "transport-std", "transport-tokio", "transport-async-std", "cli"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if path.is_dir() && name != "tests" {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") && name != "tests" {
            found.push(path);
        }
    }
}

/// Returns the lines of a source that cite a section in a string. Comments may cite one, and so may
/// literals that are only a section: an error prints them with `{:#}`.
fn citing(source: &str) -> Vec<&str> {
    let end = source.find("#[cfg(test)]\nmod tests {").unwrap_or(source.len());
    let cites = |line: &&str| {
        let code = line.split_once(" // ").map_or(*line, |(code, _)| code);
        let is_section = |text: &str| {
            let number = text.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix('§');
            number.is_some_and(|number| number.chars().all(|c| c.is_ascii_digit() || c == '.'))
        };
        code.split('"').any(|part| part.contains('§') && !is_section(part))
    };
    source[..end]
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .filter(cites)
        .collect()
}

#[test]
fn no_message_cites_a_section() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for name in CRATES {
        sources(&workspace.join(name).join("src"), &mut files);
    }
    assert!(files.len() > 300, "{}", files.len());
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        assert_eq!(citing(&source), [""; 0], "{}", file.display());
    }
}

#[test]
fn a_message_that_cites_a_section_is_found() {
    for (line, cites) in [
        (r#"#[error("no such entry in {0}, 2§9")]"#, true),
        (r#"    "the peer's certificate {0}, 4§6""#, true),
        (r#"         chain and key go into one file, §1.5""#, true),
        (r#"Self::Corrupt => "§1.5","#, false),
        (r#"K::Cycle(_) => "2§5", // as 2§6 says"#, false),
        ("/// The chunk is too long (§1.1).", false),
    ] {
        assert_eq!(!citing(line).is_empty(), cites, "{line}");
    }
}
