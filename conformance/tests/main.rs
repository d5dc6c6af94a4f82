//! All tests of the suite as one binary, so that it links once.

mod example;
#[cfg(feature = "runner")]
mod explore;
#[cfg(feature = "runner")]
mod minimal_peer;
#[cfg(feature = "runner")]
mod own;
mod recordings;
mod vectors;

/// Tests in a file that is not declared above would never run.
#[test]
fn every_file_of_tests_is_part_of_this_program() {
    let source = include_str!("main.rs");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(
            name == "main" || source.contains(&format!("\nmod {name};\n")),
            "declare `mod {name};`"
        );
    }
}
