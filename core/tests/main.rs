//! The integration tests of the core, in one program so that it links only once.

mod common;
mod meter;
mod network;
mod seeded;
mod simulation;
mod worlds;

mod connection_allocations;
mod conversions;
mod data_formats;
#[cfg(feature = "derive")]
mod derive;
mod equality;
mod examples;
mod fan_out;
mod faults;
mod framework;
mod handlers;
#[cfg(feature = "serde")]
mod json;
mod lazy_recordings;
mod logs;
mod messages;
mod modules;
mod node;
mod node_faults;
mod node_replay;
mod replay;
mod rust_version;
mod seeds;
mod serial_bro_form;
mod serial_cache;
mod serial_errors;
mod serial_lazy;
mod serial_limits;
mod serial_properties;
mod serial_references;
mod state_recordings;
mod state_worlds;
mod thousand_peers;
#[cfg(feature = "serde")]
mod types_table;

/// Tests in a file that is not declared above would never run.
#[test]
fn every_file_of_tests_is_part_of_this_program() {
    let source = include_str!("main.rs");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_module = path.is_dir() || path.extension().is_some_and(|end| end == "rs");
        if is_module && name != "main" {
            assert!(source.contains(&format!("\nmod {name};\n")), "declare `mod {name};`");
        }
    }
}
