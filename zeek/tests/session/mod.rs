//! Reads recorded sessions.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use brocomm::Time;
use bytes::Bytes;
use serde_json::Value;

/// The sender of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    Client,
    Zeek,
}

/// The content of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Http(Vec<u8>),
    Frame { opcode: u8, fin: bool, head: Vec<u8>, payload: Vec<u8> },
    Eof,
    Reset,
}

#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) time: Time,
    pub(crate) from: From,
    pub(crate) content: Content,
}

/// A recorded session: the rows of each connection.
pub(crate) struct Session {
    pub(crate) name: String,
    pub(crate) connections: BTreeMap<u64, Vec<Row>>,
}

impl Row {
    /// Returns the bytes on the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match &self.content {
            Content::Http(bytes) => bytes.clone(),
            Content::Frame { head, payload, .. } => {
                let is_masked = head[1] & 0x80 != 0;
                let mut bytes = head.clone();
                let mask = head[head.len().saturating_sub(4)..].to_vec();
                let masked = |(at, byte): (usize, &u8)| match is_masked {
                    true => byte ^ mask[at % 4],
                    false => *byte,
                };
                bytes.extend(payload.iter().enumerate().map(masked));
                bytes
            }
            Content::Eof | Content::Reset => Vec::new(),
        }
    }
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

pub(crate) fn all() -> Vec<Session> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder().join("sessions"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 40, "{} sessions", files.len());
    files.iter().map(|file| read(file)).collect()
}

pub(crate) fn named(name: &str) -> Session {
    all().into_iter().find(|session| session.name == name).unwrap()
}

fn read(path: &Path) -> Session {
    let bytes = std::fs::read(path).unwrap();
    let mut text = String::new();
    if path.extension().unwrap() == "gz" {
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    let name = path.file_name().unwrap().to_str().unwrap();
    let name = name.split('.').next().unwrap().to_owned();
    let mut connections: BTreeMap<u64, Vec<Row>> = BTreeMap::new();
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        connections.entry(row["conn"].as_u64().unwrap()).or_default().push(row_of(&row));
    }
    Session { name, connections }
}

fn row_of(row: &Value) -> Row {
    let from = if row["from"] == "client" { From::Client } else { From::Zeek };
    let payload = match (row["hex"].as_str(), row["text"].as_str()) {
        (Some(digits), _) => hex::decode(digits).unwrap(),
        (None, text) => text.unwrap_or_default().as_bytes().to_vec(),
    };
    let content = match row["opcode"].as_str() {
        Some("http") => Content::Http(payload),
        Some("eof") => Content::Eof,
        Some("reset") => Content::Reset,
        Some(other) => panic!("{other}"),
        None => Content::Frame {
            opcode: row["opcode"].as_u64().unwrap() as u8,
            fin: row["fin"].as_bool().unwrap(),
            head: hex::decode(row["head"].as_str().unwrap()).unwrap(),
            payload,
        },
    };
    Row { time: Time::from_secs_f64(1e9 + row["t"].as_f64().unwrap()), from, content }
}

/// Joins the fragments of messages. Leaves out control frames.
pub(crate) fn messages<'r>(rows: impl Iterator<Item = &'r Row>) -> Vec<Bytes> {
    let mut messages: Vec<Vec<u8>> = Vec::new();
    for row in rows {
        match &row.content {
            Content::Frame { opcode: 1 | 2, payload, .. } => messages.push(payload.clone()),
            Content::Frame { opcode: 0, payload, .. } => {
                messages.last_mut().unwrap().extend(payload);
            }
            _ => {}
        }
    }
    messages.into_iter().map(Bytes::from).collect()
}

pub(crate) fn of(rows: &[Row], from: From) -> impl Iterator<Item = &Row> {
    rows.iter().filter(move |row| row.from == from)
}
