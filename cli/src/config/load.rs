//! Loads a configuration and reports all its errors.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brocomm::data::Declarations;
use brocomm::node::NodeConfig;
use brocomm::notation::ParseError;
use toml::de::{DeTable, DeValue};

use super::reader::{Item, Read, Source, Table, parse};
use super::tables;
use super::tls::{TlsFiles, needs_tls};
use super::{Outputs, kafka, nats, parquet, spool, zeek};
use crate::built_in;
use crate::failure::reason;
use crate::file;
use crate::scripts::Scripts;

/// An error in a file, with its position.
///
/// Displayed as `node.toml:3:21: …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The configuration file, or a file that it names.
    pub(crate) file: PathBuf,
    /// The line and column, from 1, if known.
    pub(crate) place: Option<(usize, usize)>,
    /// What is wrong, and what is allowed.
    pub(crate) what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some((line, column)) = self.place {
            write!(f, "{line}:{column}:")?;
        }
        write!(f, " {}", self.what)
    }
}

/// Loads a configuration from a file.
///
/// # Errors
///
/// All errors in the order of the file: invalid TOML, unknown keys, wrong types, invalid
/// declarations, and the errors of `NodeConfig::validate`; then errors in the TLS files, if TLS is
/// used.
pub(crate) fn load(path: &Path) -> Result<NodeConfig, Vec<Problem>> {
    load_with(path, &mut Outputs::default())
}

/// The same, with the other outputs for entries and events.
pub(super) fn load_with(path: &Path, outputs: &mut Outputs) -> Result<NodeConfig, Vec<Problem>> {
    match file::read_text(path) {
        Ok(text) => {
            let (mut configuration, files) = read_with(path, &text, outputs)?;
            if needs_tls(&configuration).is_some() {
                configuration.options.tls = Some(files.read(path, &text)?);
            }
            Ok(configuration)
        }
        Err(error) => {
            let hint = match error.kind() {
                ErrorKind::NotFound => "; `brocomm config example` prints one to start from",
                _ => "",
            };
            let what = format!("cannot read the configuration: {}{hint}", reason(&error));
            Err(vec![Problem { file: path.to_owned(), place: None, what }])
        }
    }
}

/// Recognizes other files that users may pass as a configuration, and returns a hint.
fn other_form(text: &str) -> Option<&'static str> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_comment = |line: &&str| line.starts_with('#');
    let first = lines.clone().find(|line| !is_comment(line))?;
    let statements =
        ["@load", "@if", "module ", "redef ", "global ", "const ", "event ", "export {"];
    if statements.iter().any(|statement| first.starts_with(statement)) {
        return Some(
            "this is a Bro script, not a configuration; \
             `brocomm config example` prints one, which can name scripts in `declaration_files`",
        );
    }
    let types = ["manager", "proxy", "worker", "logger", "standalone"];
    let is_role = |line: &str| {
        let (key, value) = line.split_once('=')?;
        Some(key.trim() == "type" && types.contains(&value.trim()))
    };
    lines.any(|line| is_role(line).is_some_and(|is_role| is_role)).then_some(
        "this is a node.cfg of BroControl, not a configuration; \
         `brocomm cluster import FILE --as NODE` converts it to one",
    )
}

/// Parses a configuration.
#[cfg(test)]
pub(super) fn read(path: &Path, text: &str) -> Result<(NodeConfig, TlsFiles), Vec<Problem>> {
    read_with(path, text, &mut Outputs::default())
}

/// The same, with the other outputs for entries and events.
pub(super) fn read_with(
    path: &Path,
    text: &str,
    outputs: &mut Outputs,
) -> Result<(NodeConfig, TlsFiles), Vec<Problem>> {
    let mut source = Source::new(text);
    let is_toml = DeTable::parse(text).is_ok();
    if let (false, Some(what)) = (is_toml, other_form(text)) {
        return Err(vec![Problem { file: path.to_owned(), place: None, what: what.to_owned() }]);
    }
    let (configuration, files, mut problems) = all(path, text, &mut source, outputs);
    problems.extend(outputs.zeek.iter_mut().flat_map(|target| target.read_files(&mut source)));
    let here = source.problems.into_iter().map(|(at, _, what)| (at, what));
    problems.extend(here.map(|(at, what)| Problem {
        file: path.to_owned(),
        place: at.map(|at| place(text, at)),
        what,
    }));
    // Errors in other files come last, in their order.
    problems.sort_by_key(|problem| (problem.file != path, problem.place));
    problems.dedup();
    if problems.is_empty() { Ok((configuration, files)) } else { Err(problems) }
}

/// Reads everything. Returns the errors in other files.
pub(super) fn all(
    path: &Path,
    text: &str,
    source: &mut Source<'_>,
    outputs: &mut Outputs,
) -> (NodeConfig, TlsFiles, Vec<Problem>) {
    let folder = path.parent().unwrap_or(Path::new(""));
    // A TOML syntax error may hide any key, so missing keys are not reported then.
    let mut copy = Source::new(text);
    let root = parse(&mut copy);
    source.problems.append(&mut copy.problems);
    let is_toml = source.problems.is_empty();

    let mut table = Table::root(root.get_ref(), source);
    let options = tables::options(&mut table);
    let tls_files = tables::tls_files(&mut table).within(folder);
    let mut declarations = Declarations::new();
    let problems = files(&mut table, folder, &mut declarations);
    if let Some(item) = table.item("declarations", String::KIND) {
        inline(&item, text, table.source, &mut declarations);
    }
    let nodes = tables::nodes(&mut table);
    *outputs = Outputs {
        zeek: zeek::targets(&mut table, folder),
        spool: spool::table(&mut table, folder),
        kafka: kafka::table(&mut table, folder),
        nats: nats::table(&mut table, folder),
        parquet: parquet::table(&mut table, folder),
    };
    table.finish();

    let configuration = NodeConfig { options, nodes, declarations: Arc::new(declarations) };
    if is_toml {
        let mut found = tls_files.check(needs_tls(&configuration).as_deref());
        let errors = configuration.validate().err().into_iter().flatten();
        // The TLS configuration is in files that are checked later.
        let errors = errors.filter(|error| !error.is_needed_for_tls());
        found.extend(errors.map(|error| (error.key.clone(), error.to_string())));
        for (key, what) in found {
            if !source.is_wrong(&key) {
                source.problems.push((source.place(&key), key, what));
            }
        }
    }
    (configuration, tls_files, problems)
}

/// Reads the declarations in other files. Returns the errors in them.
fn files(
    table: &mut Table<'_, '_, '_, '_>,
    folder: &Path,
    declarations: &mut Declarations,
) -> Vec<Problem> {
    let (mut problems, mut scripts) = (Vec::new(), Scripts::default());
    let Some(item) = table.item("declaration_files", "array of strings") else { return problems };
    let DeValue::Array(names) = item.value else {
        let _: Option<()> = table.source.wrong(&item, "expected an array of files");
        return problems;
    };
    for value in names.iter() {
        let path = item.path.clone();
        let item = Item { path, value: value.get_ref(), span: value.span() };
        let Some(name) = String::read(&item, None, table.source) else { continue };
        let file = folder.join(name);
        match built_in::read(&file) {
            Err(error) => {
                let _: Option<()> = table
                    .source
                    .wrong(&item, format_args!("cannot read declarations: {}", reason(&error)));
            }
            Ok(text) => {
                if let Err(error) = scripts.add(&file, &text, declarations) {
                    let place = Some((number(error.line), number(error.column)));
                    problems.push(Problem { file, place, what: explained(&error) });
                }
            }
        }
    }
    problems
}

/// Reads the declarations in the configuration itself.
fn inline(item: &Item<'_, '_>, text: &str, source: &mut Source<'_>, into: &mut Declarations) {
    let Some(declared) = String::read(item, None, source) else { return };
    let Err(error) = into.read(&declared) else { return };
    // Positions in the string are those in the file, unless the string has escapes.
    let written = text.get(item.span.start..).unwrap_or_default();
    let quotes = ["\"\"\"", "'''"].iter().any(|quotes| written.starts_with(quotes));
    let skipped = match (quotes, written.get(3..).unwrap_or_default()) {
        (true, rest) if rest.starts_with("\r\n") => 5,
        (true, rest) if rest.starts_with('\n') => 4,
        (true, _) => 3,
        (false, _) => 1,
    };
    let start = item.span.start.saturating_add(skipped);
    let lines = text.get(start..).unwrap_or_default().split_inclusive('\n');
    let before: usize = lines.clone().take(number(error.line) - 1).map(str::len).sum();
    let line = lines.clone().nth(number(error.line) - 1).unwrap_or_default();
    let within: usize = line.chars().take(number(error.column) - 1).map(char::len_utf8).sum();
    let what = format!("{}: {}", item.path, explained(&error));
    let at = start.saturating_add(before).saturating_add(within);
    source.problems.push((Some(at), item.path.clone(), what));
}

/// Returns the reason for an error, with a hint if an unknown type is built in.
fn explained(error: &ParseError) -> String {
    let reason = error.reason();
    match built_in::would_help(error) {
        true => format!(
            "{reason}; `{}` at the start of `declaration_files` declares it",
            built_in::FILE
        ),
        false => reason,
    }
}

fn number(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX).max(1)
}

/// Returns the line and column of an offset in a text.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count().saturating_add(1);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count().saturating_add(1);
    (line, column)
}
