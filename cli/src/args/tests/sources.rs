//! The sources of the tests that run the program.
//!
//! The sources are formatted: a function begins at the start of a line, or a method after four
//! spaces. Its code ends at the next function.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The file and the name of a function. The files of a folder, such as `support`, count as one.
type Place = (String, String);

/// The module whose functions all tests can call.
const SUPPORT: &str = "support";

/// The functions in all files.
#[derive(Debug, Default)]
pub(super) struct Tests {
    functions: BTreeMap<Place, String>,
    tests: Vec<Place>,
}

/// A test with the code of all functions that it calls.
#[derive(Debug)]
pub(super) struct Test(String);

impl Test {
    /// Returns whether an option is among the string literals.
    pub(super) fn gives(&self, option: &str) -> bool {
        self.0.contains(&format!("\"{option}\"")) || self.0.contains(&format!("\"{option}="))
    }

    /// Returns whether all these words are among the string literals.
    pub(super) fn says(&self, words: &[&str]) -> bool {
        words.iter().all(|word| self.0.contains(&format!("\"{word}\"")))
    }
}

impl Tests {
    /// Reads all files.
    pub(super) fn read() -> Tests {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
        let mut tests = Tests::default();
        tests.read_folder(&folder, None);
        tests
    }

    /// Reads the files of a folder. Those of folders within it count as one file each.
    fn read_folder(&mut self, folder: &Path, name: Option<&str>) {
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let own = path.file_stem().unwrap().to_str().unwrap();
            if path.is_dir() {
                self.read_folder(&path, Some(own));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                self.add(name.unwrap_or(own), &fs::read_to_string(&path).unwrap());
            }
        }
    }

    fn add(&mut self, file: &str, text: &str) {
        let (mut place, mut is_test) = (None, false);
        for line in text.lines() {
            if let Some(name) = function(line) {
                let begun = (file.to_owned(), name.to_owned());
                if std::mem::take(&mut is_test) {
                    self.tests.push(begun.clone());
                }
                place = Some(begun);
            }
            is_test |= line == "#[test]";
            if let Some(place) = &place {
                let code = self.functions.entry(place.clone()).or_default();
                code.push_str(line);
                code.push('\n');
            }
        }
    }

    /// Returns all tests.
    pub(super) fn all(&self) -> Vec<Test> {
        self.tests.iter().map(|test| self.whole(test)).collect()
    }

    /// Returns a function with all functions that it calls.
    fn whole(&self, function: &Place) -> Test {
        let (mut known, mut left) = (BTreeSet::from([function.clone()]), vec![function.clone()]);
        let mut whole = String::new();
        while let Some(place) = left.pop() {
            let Some(code) = self.functions.get(&place) else { continue };
            whole.push_str(code);
            for name in called(code) {
                for file in [place.0.as_str(), SUPPORT] {
                    let callee = (file.to_owned(), name.to_owned());
                    if self.functions.contains_key(&callee) && known.insert(callee.clone()) {
                        left.push(callee);
                    }
                }
            }
        }
        Test(whole)
    }
}

/// Returns the name of the function that a line declares.
fn function(line: &str) -> Option<&str> {
    let line = line.strip_prefix("    ").unwrap_or(line);
    let line = line.strip_prefix("pub(crate) ").unwrap_or(line);
    word(line.strip_prefix("fn ")?)
}

/// Returns the names followed by parentheses.
fn called(code: &str) -> impl Iterator<Item = &str> {
    let names = code.split('(').map(|before| {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        before.rsplit(|c| !is_part(c)).next().unwrap_or_default()
    });
    names.filter(|name| !name.is_empty())
}

/// Returns the word at the start of a text.
fn word(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().filter(|word| !word.is_empty())
}

#[test]
fn a_test_includes_exactly_the_functions_it_calls() {
    let mut tests = Tests::default();
    tests.add(
        "some",
        "fn one() {\n    run([\"ping\", \"-c\"]);\n}\n\n\
         fn other() {\n    run([\"send\", \"--json\"]);\n}\n\n\
         #[test]\nfn first() {\n    one();\n    two(\"--json=5\");\n}\n\n\
         #[test]\nfn second() {\n    other();\n}\n",
    );
    tests.add("elsewhere", "fn two() {\n    \"--elsewhere\";\n}\n");
    tests
        .add("support", "impl A {\n    pub(crate) fn two(&self) {\n        \"--two\";\n    }\n}\n");
    let all = tests.all();
    let with = |words: &[&str]| all.iter().filter(|test| test.says(words)).collect::<Vec<_>>();
    let ping = with(&["ping"]);
    assert_eq!(ping.len(), 1);
    let gives = ["-c", "--json", "--two", "--js", "--elsewhere"].map(|o| ping[0].gives(o));
    assert_eq!(gives, [true, true, true, false, false]);
    assert_eq!(with(&["send"]).len(), 1);
    assert_eq!(with(&["send", "ping"]).len(), 0);
}
