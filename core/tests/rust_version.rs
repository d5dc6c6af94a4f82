//! Checks that no dependency of the libraries needs a newer Rust than declared.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

const LIBRARIES: [&str; 6] = [
    "brocomm",
    "brocomm-derive",
    "brocomm-transport",
    "brocomm-std",
    "brocomm-tokio",
    "brocomm-async-std",
];

/// The output of `cargo metadata`, by package ID.
struct Packages {
    known: BTreeMap<String, Value>,
    needs: BTreeMap<String, Vec<String>>,
}

impl Packages {
    fn read() -> Packages {
        let version = String::from_utf8(output("rustc", &["-vV"])).expect("it is text");
        let host = version.lines().find_map(|line| line.strip_prefix("host: "));
        // Packages for other systems and features may not have been downloaded, so this looks
        // only at those that the build of this test needs.
        let host = host.expect("rustc prints its host");
        let known = ["--locked", "--offline", "--filter-platform", host];
        let metadata = [&["metadata", "--format-version", "1"][..], &known].concat();
        let metadata = output(env!("CARGO"), &metadata);
        let metadata: Value = serde_json::from_slice(&metadata).expect("it is JSON");
        let known = list(&metadata["packages"]).map(|package| (id(package), package.clone()));
        let needs = list(&metadata["resolve"]["nodes"]).map(|node| (id(node), needed(node)));
        Packages { known: known.collect(), needs: needs.collect() }
    }

    /// Returns these libraries and everything that they are built from.
    fn within(&self, libraries: &[&str]) -> BTreeSet<&str> {
        let named = |name: &str| libraries.contains(&name);
        let ours = self.known.iter().filter(|(_, package)| package["source"].is_null());
        let ours = ours.filter(|(_, package)| named(package["name"].as_str().unwrap_or_default()));
        let mut waiting: Vec<&str> = ours.map(|(id, _)| id.as_str()).collect();
        assert_eq!(waiting.len(), libraries.len(), "a library has another name");
        let mut found = BTreeSet::new();
        while let Some(id) = waiting.pop() {
            if found.insert(id) {
                waiting.extend(self.needs[id].iter().map(String::as_str));
            }
        }
        found
    }
}

fn output(program: &str, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().expect("it is a list").iter()
}

fn id(value: &Value) -> String {
    value["id"].as_str().expect("all have one").to_owned()
}

/// Returns the dependencies of a package without dev-dependencies.
fn needed(node: &Value) -> Vec<String> {
    let is_built = |dep: &&Value| list(&dep["dep_kinds"]).any(|kind| kind["kind"] != "dev");
    let ids = list(&node["deps"]).filter(is_built).map(|dep| dep["pkg"].as_str().expect("an id"));
    ids.map(str::to_owned).collect()
}

/// Reads `1.88` or `1.88.1`.
fn version(text: &str) -> Vec<u64> {
    let mut parts: Vec<u64> = text.split('.').map(|n| n.parse().expect("a number")).collect();
    parts.resize(3, 0);
    parts
}

#[test]
fn no_dependency_of_the_libraries_needs_a_newer_rust() {
    let packages = Packages::read();
    let found = packages.within(&LIBRARIES);
    let ours = version(env!("CARGO_PKG_RUST_VERSION"));
    let needs = |id: &&&str| packages.known[**id]["rust_version"].as_str().map(version);
    let newer: Vec<_> = found.iter().filter(|id| needs(id) > Some(ours.clone())).collect();
    assert!(newer.is_empty(), "newer than {ours:?}: {newer:#?}");
    assert!(found.len() > 30, "only {} found", found.len());
}
