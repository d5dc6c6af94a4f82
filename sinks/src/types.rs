//! The types of the columns of logs.
//!
//! The lines of a spool are JSON, which has only one kind of number and no addresses. So the types
//! are stored in files beside them, one for each log, before the first entry with these columns is
//! spooled:
//!
//! ```text
//! DIR/types/conn
//!
//! brocomm-types-1
//! ts      time
//! uid     string
//! service set[string]
//! ```
//!
//! The separator is a tab. If sensors disagree about the type of a column, it is a `string`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use brocomm::logs::LogField;

use crate::line::LogLine;

/// The first line of a file.
const MARK: &str = "brocomm-types-1";

/// The maximum number of columns of a log, and of logs, whose types are stored. Peers may have any
/// number of logs.
const MAX: usize = 1000;

/// The maximum length of a column's name.
const MAX_NAME: usize = 1000;

/// The type of a column or of its elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// True or false.
    Bool,
    /// A signed number.
    Int,
    /// A number that is not negative.
    Count,
    /// The number of a port.
    Port,
    /// A floating-point number, or an interval in seconds.
    Double,
    /// A time.
    Time,
    /// Text, an address, a subnet or an enum constant.
    Text,
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnType {
    /// The type of the column or of its elements.
    pub scalar: Scalar,
    /// Whether it is a set or a vector.
    pub is_list: bool,
}

impl ColumnType {
    /// Text, the fallback for columns with several or unknown types.
    pub const TEXT: ColumnType = ColumnType { scalar: Scalar::Text, is_list: false };

    /// Parses a type as written in a file.
    fn parse(text: &str) -> Option<ColumnType> {
        let inner = text.strip_suffix(']');
        let inner = inner.and_then(|it| it.strip_prefix("set[").or(it.strip_prefix("vector[")));
        let scalar = match inner.unwrap_or(text) {
            "bool" => Scalar::Bool,
            "int" => Scalar::Int,
            "count" | "counter" => Scalar::Count,
            "port" => Scalar::Port,
            "double" | "interval" => Scalar::Double,
            "time" => Scalar::Time,
            "string" | "addr" | "subnet" | "enum" | "file" | "func" => Scalar::Text,
            _ => return None,
        };
        Some(ColumnType { scalar, is_list: inner.is_some() })
    }
}

/// The columns of a log with their types, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns(Vec<(String, String)>);

impl Columns {
    /// Reads the columns of a log in a spool. Empty if none are stored.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(spool: &Path, log: &str) -> io::Result<Columns> {
        let text = match fs::read_to_string(file(&folder(spool), log)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Columns::default()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Ok(Columns::default());
            }
            text => text?,
        };
        Ok(Columns::parse(&text))
    }

    fn parse(text: &str) -> Columns {
        let mut columns = Columns::default();
        if let Some(rest) = text.strip_prefix(MARK) {
            for (name, kind) in rest.lines().filter_map(|line| line.split_once('\t')) {
                columns.add(name, kind);
            }
        }
        columns
    }

    fn written(&self) -> String {
        let mut text = format!("{MARK}\n");
        for (name, kind) in &self.0 {
            text.push_str(&format!("{name}\t{kind}\n"));
        }
        text
    }

    /// Returns the names and types.
    pub fn iter(&self) -> impl Iterator<Item = (&str, ColumnType)> {
        let of = |text: &str| ColumnType::parse(text).unwrap_or(ColumnType::TEXT);
        self.0.iter().map(move |(name, kind)| (name.as_str(), of(kind)))
    }

    /// Adds a column; returns whether anything changed.
    fn add(&mut self, name: &str, kind: &str) -> bool {
        let has_room = self.0.len() < MAX;
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) if ColumnType::parse(known) == ColumnType::parse(kind) => false,
            Some((_, known)) if known == "string" => false,
            Some((_, known)) => {
                "string".clone_into(known);
                true
            }
            None if has_room && is_name(name) => {
                self.0.push((name.to_owned(), kind.to_owned()));
                true
            }
            None => false,
        }
    }
}

/// Returns whether a name can be written to a file.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_NAME && !name.contains(char::is_control)
}

/// The types of all logs of a spool that is being written.
#[derive(Debug)]
pub struct LogTypes {
    folder: PathBuf,
    known: BTreeMap<String, Columns>,
}

impl LogTypes {
    /// Creates it for the spool in a folder.
    pub fn new(spool: &Path) -> LogTypes {
        LogTypes { folder: folder(spool), known: BTreeMap::new() }
    }

    /// Stores the types of a log's columns. They are on the disk when this returns. If there are
    /// very many logs, those of further logs are not stored.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn add(&mut self, log: &str, line: &LogLine, fields: &[LogField]) -> io::Result<()> {
        let file = file(&self.folder, log);
        let mut columns = match self.known.get(log) {
            Some(known) => known.clone(),
            None if self.known.len() >= MAX => return Ok(()),
            None => match fs::read_to_string(&file) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Columns::default(),
                text => Columns::parse(&text?),
            },
        };
        let before = columns.clone();
        if line.path {
            columns.add("_path", "string");
        }
        if line.write_ts {
            columns.add("_write_ts", "time");
        }
        if let Some(peer) = &line.peer {
            columns.add(peer, "string");
        }
        for field in fields {
            if let Ok(name) = std::str::from_utf8(&field.name) {
                columns.add(name, &field.type_name().to_string());
            }
        }
        if columns != before {
            fs::create_dir_all(&self.folder)?;
            crate::spool::replace(&file, &columns.written())?;
        }
        self.known.insert(log.to_owned(), columns);
        Ok(())
    }
}

fn folder(spool: &Path) -> PathBuf {
    spool.join("types")
}

/// Returns the file of a log.
fn file(folder: &Path, log: &str) -> PathBuf {
    folder.join(file_name(log))
}

/// Returns a valid file name: only letters, digits, `-` and `_`, with a limited length.
pub(crate) fn file_name(log: &str) -> String {
    let character = |c: char| match c {
        c if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') => c,
        _ => '_',
    };
    let name: String = log.chars().take(100).map(character).collect();
    if name.is_empty() { "_".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use brocomm::data::TypeTag;

    use super::*;

    #[test]
    fn types_are_stored_and_merged() {
        let folder = std::env::temp_dir().join(format!("brocomm-types-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let line = LogLine { path: true, write_ts: true, peer: Some("peer".to_owned()) };
        let fields = [LogField::new("a", TypeTag::Count), LogField::set("b", TypeTag::Addr)];
        let mut types = LogTypes::new(&folder);
        types.add("x/y", &line, &fields).unwrap();
        let text = fs::read_to_string(folder.join("types/x_y")).unwrap();
        let expected = "brocomm-types-1\n_path\tstring\n_write_ts\ttime\npeer\tstring\na\tcount\n";
        assert_eq!(text, format!("{expected}b\tset[addr]\n"));

        // Another program continues. One sensor has another type for a column, and an additional
        // column.
        let mut types = LogTypes::new(&folder);
        let fields = [
            LogField::new("a", TypeTag::String),
            LogField::vector("b", TypeTag::String),
            LogField::new("c", TypeTag::Port),
            LogField::new("d\te", TypeTag::Port),
            LogField::new(bytes::Bytes::from_static(b"\xff"), TypeTag::Port),
        ];
        types.add("x/y", &LogLine::default(), &fields).unwrap();
        let columns = Columns::read(&folder, "x/y").unwrap();
        let all: Vec<_> = columns.iter().skip(3).collect();
        let list = ColumnType { scalar: Scalar::Text, is_list: true };
        let port = ColumnType { scalar: Scalar::Port, is_list: false };
        assert_eq!(all, [("a", ColumnType::TEXT), ("b", list), ("c", port)]);
        assert_eq!(Columns::read(&folder, "z").unwrap(), Columns::default());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_number_of_stored_types_is_bounded() {
        let mut columns = Columns::default();
        for number in 0..2 * MAX {
            columns.add(&format!("c{number}"), "count");
        }
        assert_eq!(columns.iter().count(), MAX);
        assert_eq!(file_name(&"x/".repeat(1000)).len(), 100);
        assert_eq!(file_name(""), "_");
        assert_eq!(file_name("../é"), "___\u{5f}");
    }
}
