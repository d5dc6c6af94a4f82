//! Tests that need no connection.

use std::process::Command;

use super::support::{Folder, built, crate_folder, skipped};

const CONFIG: &str = "\
# a comment
// another
/test/int 42   # behind
/test/negative -7
/test/yes Yes
/test/true true
/test/off off
/test/double 2.5
/test/word /a/word
/test/quoted \"two # words\"
# /test/comment x
[Domain]
/test/int 43
/test/own mine
";

#[test]
fn layouts_and_numbers_match_existing_programs() {
    Folder::new("layout").compile("layout");
}

#[test]
fn each_function_behaves_as_documented() {
    let folder = Folder::new("values");
    folder.configure(CONFIG);
    for source in ["values", "library"] {
        let Some(program) = folder.compile(source) else { return };
        let printed = folder.run(&program, &[]);
        assert!(printed.ends_with(" checks, 0 failed\n"), "{printed}");
    }
}

/// The library exports exactly the functions and variables in the header.
#[test]
fn all_names_are_exported_and_no_others() {
    let library = built().join("libbroccoli.so");
    let output = Command::new("nm").args(["-D", "--defined-only"]).arg(library).output();
    let Ok(output) = output else { return skipped("there is no nm") };
    let text = String::from_utf8(output.stdout).unwrap();
    let mut exported: Vec<_> = text.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    let header = std::fs::read_to_string(crate_folder().join("include/broccoli.h")).unwrap();
    let code: String = header.split("/*").map(|part| part.rsplit("*/").next().unwrap()).collect();
    let words = code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let functions = code.match_indices('(').filter_map(|(at, _)| {
        let name = code[..at].rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()?;
        name.starts_with("bro_").then_some(name)
    });
    let variables =
        words.filter(|word| word.starts_with("bro_debug") || *word == "BRO_IPV4_MAPPED_PREFIX");
    let mut declared: Vec<_> = functions.chain(variables).collect();
    exported.sort_unstable();
    declared.sort_unstable();
    declared.dedup();
    assert_eq!(exported, declared);
    assert_eq!(exported.len(), 98 + 3);
}

#[test]
fn swig_reads_the_header() {
    let folder = Folder::new("swig");
    let interface = folder.0.join("broccoli.i");
    std::fs::write(&interface, "%module broccoli\n%include \"broccoli.h\"\n").unwrap();
    let output = Command::new("swig")
        .arg("-python")
        .arg(format!("-I{}", crate_folder().join("include").display()))
        .arg("-o")
        .arg(folder.0.join("wrap.c"))
        .arg(interface)
        .output();
    let Ok(output) = output else { return skipped("there is no swig") };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
