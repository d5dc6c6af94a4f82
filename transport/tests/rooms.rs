//! Nothing in the transports knows the protocol: messages, phases and caches appear in the core only.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What a transport may name of the core.
const OF_THE_CORE: [&str; 7] = ["Time", "data", "logs", "lowlevel", "node", "state", "tls"];

/// What it may name of what lies below a node: not the layers below a connection.
const OF_THE_LOWER_LEVELS: [&str; 3] = ["connection", "driver", "logs"];

/// What it may name of a connection: what its user configures, commands and is told.
const OF_A_CONNECTION: [&str; 6] =
    ["Connection", "ConnectionConfig", "Notification", "Role", "Sent", "UsageError"];

/// What it may name of logs: what its user writes and gets, and why that is refused.
const OF_THE_LOGS: [&str; 6] =
    ["LogEntry", "LogRecord", "LogStream", "LogValue", "Mismatch", "StreamError"];

/// What it may distinguish of what it hands on: that nothing more comes, and what is for those who
/// subscribe to one kind. None of these is a message or a phase.
const OF_THE_NOTIFICATIONS: [&str; 6] =
    ["Closed", "Event", "Expired", "LogEntry", "StateAccessPerformed", "Terminated"];

/// The protocol's own things, wherever their names come from.
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

/// Returns the names and signs of what is compiled; comments and the examples in them are not.
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

/// Returns the names that follow the path: of `a::b` it is `b`, of `a::{b, c::d}` `b` and `c`.
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

/// Returns what a source names that is no business of a transport.
fn amiss(source: &str) -> Vec<String> {
    let tokens = tokens(source);
    let mut amiss = Vec::new();
    for (path, allowed) in [
        ("brocomm", &OF_THE_CORE[..]),
        ("brocomm::lowlevel", &OF_THE_LOWER_LEVELS),
        ("brocomm::lowlevel::connection", &OF_A_CONNECTION),
        ("brocomm::logs", &OF_THE_LOGS),
        ("brocomm::lowlevel::logs", &OF_THE_LOGS),
        ("Notification", &OF_THE_NOTIFICATIONS),
    ] {
        let taken = taken_from(&tokens, path).into_iter().filter(|name| !allowed.contains(name));
        amiss.extend(taken.map(|name| format!("{path}::{name}")));
    }
    let known = tokens.into_iter().filter(|token| OF_THE_PROTOCOL.contains(token));
    amiss.extend(known.map(str::to_owned));
    amiss
}

#[test]
fn the_transports_do_not_know_the_protocol() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for room in ["transport", "transport-std", "transport-tokio", "transport-async-std"] {
        sources(&workspace.join(room).join("src"), &mut files);
    }
    assert!(files.len() > 25, "{}", files.len());
    for file in files {
        let amiss = amiss(&fs::read_to_string(&file).unwrap());
        assert_eq!(amiss, [""; 0], "{}", file.display());
    }
}

#[test]
fn what_is_not_their_business_is_found() {
    for (source, expected) in [
        ("use brocomm::lowlevel::wire::Limits;", &["brocomm::lowlevel::wire", "wire"][..]),
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
        ("told == Notification::HandshakeDone", &["Notification::HandshakeDone"]),
        ("let kind = MessageType::Serial;", &["MessageType"]),
        ("use brocomm_transport::Shared; use brocomm::Time; f(Notification::Closed(a))", &[]),
        ("//! use brocomm::lowlevel::wire::Limits;\n    a; // MessageType", &[]),
    ] {
        assert_eq!(amiss(source), expected, "{source}");
    }
}
