//! Checks the layers of the crate: each depends only on those before it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules by layer, lowest first. Modules of one layer do not depend on each other.
const LAYERS: [&[&str]; 13] = [
    &["time", "errors", "role", "numbered", "pattern"],
    &["wire"],
    &["data", "tls"],
    &["notation"],
    &["json"],
    &["serial", "logs"],
    &["connection"],
    &["state"],
    &["node"],
    &["driver"],
    &["derive", "lowlevel"],
    &["base_types"],
    &["lib"],
];

/// The modules whose files and folders must not have circular dependencies. A folder counts as one
/// part.
const STRICT: [&str; 12] = [
    "lowlevel/wire",
    "data",
    "pattern",
    "notation",
    "json",
    "tls",
    "lowlevel/serial",
    "logs",
    "connection",
    "state",
    "node",
    "lowlevel/driver",
];

/// The items that the crate root re-exports, with their modules.
const ROOT_ITEMS: [(&str, &str); 6] = [
    ("Time", "time"),
    ("ConfigErrors", "errors"),
    ("event", "data"),
    ("Enum", "derive"),
    ("Event", "derive"),
    ("Record", "derive"),
];

fn rank(module: &str) -> Option<usize> {
    LAYERS.iter().position(|rank| rank.contains(&module))
}

/// Returns the names that code uses from the crate root: `data` for `crate::data::Name`, and both
/// `serial` and `wire` for `crate::{serial, wire}`. Ignores comments, which may refer to anything.
fn taken_from_root(source: &str) -> Vec<String> {
    let code = source.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code = code.collect::<Vec<_>>().join(" ");
    let word = |text: &str| {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        text[..end].to_owned()
    };
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with('$') {
            // Code that a macro expands to belongs to the module that uses the macro.
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let rest = rest.strip_prefix("lowlevel::").unwrap_or(rest);
        let Some(group) = rest.strip_prefix('{') else {
            names.push(word(rest));
            continue;
        };
        let (mut depth, mut item) = (0, String::new());
        for c in group.chars() {
            match c {
                '}' if depth == 0 => break,
                ',' if depth == 0 => names.push(word(std::mem::take(&mut item).trim())),
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if c != ',' || depth > 0 {
                item.push(c);
            }
        }
        names.push(word(item.trim()));
    }
    names
}

/// Returns the module of a file. Each submodule of `lowlevel` counts as a module.
fn module_of(file: &Path) -> &str {
    let mut parts = file.iter().map(|part| part.to_str().unwrap().trim_end_matches(".rs"));
    let first = parts.next().unwrap();
    match parts.next() {
        Some(inside) if first == "lowlevel" && inside != "mod" => inside,
        _ => first,
    }
}

/// Returns a file's code without the tests at its end.
fn code_of(file: &Path) -> String {
    let source = fs::read_to_string(file).unwrap();
    let end = source.find("#[cfg(test)]\nmod tests {").unwrap_or(source.len());
    source[..end].to_owned()
}

fn is_test(file: &Path) -> bool {
    file.iter().any(|part| part.to_str().unwrap().trim_end_matches(".rs").ends_with("tests"))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_module_uses_a_later_layer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let (mut upward, mut seen) = (Vec::new(), 0);
    for file in files {
        let inside = file.strip_prefix(&root).unwrap();
        if is_test(inside) {
            // Tests may use any module.
            continue;
        }
        let module = module_of(inside);
        let own = rank(module).unwrap_or_else(|| panic!("{module} has no layer, add it to LAYERS"));
        for name in taken_from_root(&code_of(&file)) {
            let shown = ROOT_ITEMS.iter().find(|(shown, _)| *shown == name);
            let name = shown.map_or(name.as_str(), |(_, module)| module);
            let other = rank(name).unwrap_or_else(|| panic!("{} uses {name}", inside.display()));
            seen += 1;
            if name != module && other >= own {
                upward.push(format!("{} uses {name}", inside.display()));
            }
        }
    }
    assert_eq!(upward, [""; 0]);
    assert!(seen > 300, "{seen}");
}

/// Returns the paths that code imports, split into segments: `a b` and `a c D` for
/// `use a::{b, c::D};`.
fn imports(code: &str) -> Vec<Vec<String>> {
    let code = code.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code = code.collect::<Vec<_>>().join(" ");
    let mut paths = Vec::new();
    for (at, _) in code.match_indices("use ").filter(|(at, _)| code[..*at].ends_with([' ', '\n'])) {
        expand(code[at + 4..].split(';').next().unwrap_or_default(), &[], &mut paths);
    }
    paths
}

fn expand(tree: &str, before: &[String], paths: &mut Vec<Vec<String>>) {
    let (mut depth, mut start) = (0, 0);
    let mut items = Vec::new();
    for (at, c) in tree.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(&tree[std::mem::replace(&mut start, at + 1)..at]),
            _ => {}
        }
    }
    items.push(&tree[start..]);
    for item in items.into_iter().map(str::trim).filter(|item| !item.is_empty()) {
        let (path, group) = item.split_once('{').map_or((item, None), |(p, g)| (p, Some(g)));
        let path = path.split(" as ").next().unwrap_or_default();
        let words = path.split("::").map(str::trim).filter(|word| !word.is_empty());
        let path: Vec<String> = before.iter().cloned().chain(words.map(str::to_owned)).collect();
        match group {
            Some(group) => expand(group.trim_end().trim_end_matches('}'), &path, paths),
            None => paths.push(path),
        }
    }
}

/// Returns the part of a module that a file belongs to.
fn part_of(file: &Path, module: &Path) -> String {
    let inside = file.strip_prefix(module).unwrap();
    inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// Returns the parts of a module, each with the parts that it uses.
fn parts(root: &Path, module: &str) -> BTreeMap<String, BTreeSet<String>> {
    let folder = root.join(module);
    let mut files = Vec::new();
    sources(&folder, &mut files);
    files.retain(|file| !is_test(file.strip_prefix(root).unwrap()));
    let mut parts: BTreeMap<String, BTreeSet<String>> =
        files.iter().map(|file| (part_of(file, &folder), BTreeSet::new())).collect();
    parts.remove("mod");
    // The names that the module re-exports from its parts.
    let shown: BTreeMap<String, String> = imports(&code_of(&folder.join("mod.rs")))
        .into_iter()
        .map(|path| path.into_iter().filter(|word| word != "self").collect::<Vec<_>>())
        .filter_map(|path| Some((path.last()?.clone(), path.first()?.clone())))
        .collect();
    for file in &files {
        let inside = file.strip_prefix(&folder).unwrap();
        let is_mod = inside.file_name().is_some_and(|name| name == "mod.rs");
        let up = inside.iter().count() - usize::from(is_mod);
        let Some(known) = parts.get(&part_of(file, &folder)).cloned() else { continue };
        let module = module.rsplit('/').next().unwrap();
        let found = imports(&code_of(file)).into_iter().filter_map(|path| {
            let supers = path.iter().take_while(|word| *word == "super").count();
            let mut rest = path[supers..].iter().peekable();
            if rest.next_if(|word| *word == "crate").is_some() {
                rest.next_if(|word| *word == "lowlevel");
                rest.next_if(|word| *word == module)?;
            } else if supers != up {
                return None;
            }
            let first = rest.next()?;
            Some(shown.get(first).unwrap_or(first).clone())
        });
        let found: BTreeSet<String> = found.filter(|name| parts.contains_key(name)).collect();
        let own = part_of(file, &folder);
        let known = known.into_iter().chain(found).filter(|name| *name != own).collect();
        parts.insert(own, known);
    }
    parts
}

#[test]
fn parts_of_a_module_have_no_circular_dependencies() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for module in STRICT {
        let mut left = parts(&root, module);
        assert!(left.values().any(|known| !known.is_empty()), "{module}");
        // Remove parts that use no remaining part. The rest forms a cycle or uses one.
        loop {
            let before: BTreeSet<String> = left.keys().cloned().collect();
            left.retain(|_, known| known.iter().any(|name| before.contains(name)));
            if left.len() == before.len() {
                break;
            }
        }
        assert!(left.is_empty(), "a cycle in {module}: {left:?}");
    }
}

#[test]
fn used_names_are_found() {
    let source = "use crate::data::Name; // crate::node\nuse crate::{serial, wire::{A, B}, x};\n\
                  fn f(a: crate::logs::LogError) { $crate::state::g() }";
    assert_eq!(taken_from_root(source), ["data", "serial", "wire", "x", "logs"]);
    let source = "use super::{a, b::{C, D as E}};\n// use x::y;\npub use self::f;";
    let words = |path: &Vec<String>| path.join(" ");
    let found: Vec<String> = imports(&format!(" {source}")).iter().map(words).collect();
    assert_eq!(found, ["super a", "super b C", "super b D", "self f"]);
}
