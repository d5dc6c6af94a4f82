//! The transports do not know the protocol: messages, phases and caches appear only in the core.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules and types of the core that a transport may use.
const OF_THE_CORE: [&str; 7] = ["Time", "data", "logs", "lowlevel", "node", "state", "tls"];

/// The modules of `lowlevel` that a transport may use: none of the layers below a connection.
const OF_THE_LOWER_LEVELS: [&str; 3] = ["connection", "driver", "logs"];

/// The items of `connection` that a transport may use: its configuration, commands and
/// notifications.
const OF_A_CONNECTION: [&str; 6] =
    ["Connection", "ConnectionConfig", "ConnectionNotification", "Role", "Sent", "UsageError"];

/// The items of `logs` that a transport may use: values, columns, entries and errors.
const OF_THE_LOGS: [&str; 7] =
    ["LogEntry", "LogField", "LogRecord", "LogStream", "LogValue", "Mismatch", "StreamError"];

/// The notifications that a transport may match on: the last one, and those with their own
/// subscribers. None of them is a message or a phase.
const OF_THE_NOTIFICATIONS: [&str; 8] = [
    "Closed",
    "Event",
    "EventRejected",
    "Expired",
    "LogEntry",
    "StateAccessPerformed",
    "StateAccessRejected",
    "Terminated",
];

/// Names that belong to the protocol.
const OF_THE_PROTOCOL: [&str; 13] = [
    "CacheKey",
    "Caching",
    "Chunk",
    "Compression",
    "Framing",
    "LEGALITY",
    "Message",
    "MessageType",
    "Phase",
    "Reader",
    "Writer",
    "serial",
    "wire",
];

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

/// Returns the tokens of a source without comments.
fn tokens(source: &str) -> Vec<&str> {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut tokens = Vec::new();
    for line in source.lines() {
        let mut left = line.split("//").next().unwrap_or_default();
        while let Some(first) = left.chars().next() {
            let end = if part_of_name(first) {
                left.find(|c| !part_of_name(c)).unwrap_or(left.len())
            } else {
                first.len_utf8()
            };
            let (token, rest) = left.split_at(end);
            if !first.is_whitespace() {
                tokens.push(token);
            }
            left = rest;
        }
    }
    tokens
}

/// Returns the names that follow the path: `b` for `a::b`, `b` and `c` for `a::{b, c::d}`.
fn taken_from<'a>(tokens: &[&'a str], path: &'a str) -> BTreeSet<&'a str> {
    let path: Vec<&str> = path.split("::").flat_map(|name| [name, ":", ":"]).collect();
    let mut names = BTreeSet::new();
    for start in 0..tokens.len() {
        let Some(rest) = tokens[start..].strip_prefix(&path[..]) else { continue };
        let (mut depth, mut starts) = (0, true);
        for token in rest {
            match *token {
                "{" => depth += 1,
                "}" => depth -= 1,
                "," => starts = true,
                name => {
                    if starts && depth <= 1 {
                        names.insert(name);
                    }
                    starts = false;
                }
            }
            if depth <= 0 {
                break;
            }
        }
    }
    names
}

/// Returns the names in a source that a transport must not use.
fn forbidden(source: &str) -> Vec<String> {
    let tokens = tokens(source);
    let mut forbidden = Vec::new();
    for (path, allowed) in [
        ("brocomm", &OF_THE_CORE[..]),
        ("brocomm::lowlevel", &OF_THE_LOWER_LEVELS),
        ("brocomm::lowlevel::connection", &OF_A_CONNECTION),
        ("brocomm::logs", &OF_THE_LOGS),
        ("brocomm::lowlevel::logs", &OF_THE_LOGS),
        ("ConnectionNotification", &OF_THE_NOTIFICATIONS),
        ("Notification", &OF_THE_NOTIFICATIONS),
    ] {
        let taken = taken_from(&tokens, path).into_iter().filter(|name| !allowed.contains(name));
        forbidden.extend(taken.map(|name| format!("{path}::{name}")));
    }
    let known = tokens.into_iter().filter(|token| OF_THE_PROTOCOL.contains(token));
    forbidden.extend(known.map(str::to_owned));
    forbidden
}

#[test]
fn the_transports_do_not_know_the_protocol() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for folder in ["transport", "transport-std", "transport-tokio", "transport-async-std"] {
        sources(&workspace.join(folder).join("src"), &mut files);
    }
    assert!(files.len() > 25, "{}", files.len());
    for file in files {
        let forbidden = forbidden(&fs::read_to_string(&file).unwrap());
        assert_eq!(forbidden, [""; 0], "{}", file.display());
    }
}

#[test]
fn forbidden_names_are_found() {
    for (source, expected) in [
        ("use brocomm::lowlevel::wire::FramingLimits;", &["brocomm::lowlevel::wire", "wire"][..]),
        (
            "use brocomm::lowlevel::{driver, serial::Mode};",
            &["brocomm::lowlevel::serial", "serial"],
        ),
        (
            "use brocomm::lowlevel::connection::{ConnectionConfig,\n    Phase, Role};",
            &["brocomm::lowlevel::connection::Phase", "Phase"],
        ),
        ("fn f(table: brocomm::notation::Table) {}", &["brocomm::notation"]),
        ("use brocomm::logs::{LogSender, LogValue};", &["brocomm::logs::LogSender"]),
        ("next == Notification::HandshakeDone", &["Notification::HandshakeDone"]),
        (
            "next == ConnectionNotification::HandshakeDone",
            &["ConnectionNotification::HandshakeDone"],
        ),
        ("let kind = MessageType::Serial;", &["MessageType"]),
        ("use brocomm_transport::Shared; use brocomm::Time; f(Notification::Closed(a))", &[]),
        ("//! use brocomm::lowlevel::wire::FramingLimits;\n    a; // MessageType", &[]),
    ] {
        assert_eq!(forbidden(source), expected, "{source}");
    }
}
