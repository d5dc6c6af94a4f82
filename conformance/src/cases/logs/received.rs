//! Cases about received logs (3§1, 3§2).

use brocomm::data::TypeTag;
use brocomm::logs::LogField;
use brocomm::lowlevel::wire::{DataFormat, Message};
use bytes::Bytes;

use super::Logs;
use crate::suite::{Case, Stop, chunk};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::must(
            "3:1/10",
            "logs are requested in the handshake",
            "Waits for REQUEST_LOGS before PHASE_DONE.",
            |trial| {
                let peer = trial.running()?;
                Stop::unless(peer.theirs().logs, || "REQUEST_LOGS did not arrive".to_owned())
            },
        ),
        Case::must(
            "3:1/11",
            "a writer and entries are accepted",
            "Announces a log, and sends three entries in one LOG_WRITE. The column of one entry is \
             unset.",
            |trial| {
                let mut peer = trial.running()?;
                let logs = Logs::on(&peer);
                peer.send(&Message::LogCreateWriter(logs.writer("taken")))?;
                let unset = logs.entry("taken", &[0, 0, 0, 8, 0]);
                let entries =
                    [logs.filled("taken", "one"), unset, logs.filled("taken", "three")].concat();
                peer.send(&Message::LogWrite(entries.into()))?;
                peer.answers()
            },
        ),
        Case::must(
            "3:1/12",
            "a writer may be announced again",
            "Announces the same log twice, as Bro does for a writer that is created late in the \
             handshake.",
            |trial| {
                let mut peer = trial.running()?;
                let logs = Logs::on(&peer);
                for _ in 0..2 {
                    peer.send(&Message::LogCreateWriter(logs.writer("again")))?;
                    peer.send(&Message::LogWrite(logs.filled("again", "text").into()))?;
                }
                peer.answers()
            },
        ),
        Case::must(
            "3:2/10",
            "values of every type are accepted",
            "Sends an entry with a value of each column type.",
            |trial| {
                let mut peer = trial.running()?;
                let logs = Logs::on(&peer);
                peer.send(&Message::LogCreateWriter(logs.writer_of_every_type("every")))?;
                peer.send(&Message::LogWrite(logs.every_type("every").into()))?;
                peer.answers()
            },
        ),
        Case::should(
            "3:2/11",
            "an entry for a writer that was not announced is dropped alone",
            "Sends an entry for a log that was not announced, then events on the same connection.",
            |trial| {
                let mut peer = trial.running()?;
                let logs = Logs::on(&peer);
                peer.send(&Message::LogWrite(logs.filled("unannounced", "text").into()))?;
                peer.answers()
            },
        ),
        Case::should(
            "3:2/12",
            "an entry with more columns than announced does no damage",
            "Announces one column and sends an entry with two.",
            |trial| {
                let mut peer = trial.running()?;
                let logs = Logs::on(&peer);
                peer.send(&Message::LogCreateWriter(logs.writer("wide")))?;
                let value = [&[0, 0, 0, 8, 1][..], &chunk(b"x")].concat();
                let entry = [logs.entry_head("wide", 2), value.repeat(2)].concat();
                peer.send(&Message::LogWrite(entry.into()))?;
                trial.still_serves()
            },
        ),
    ]
}

/// A value of each column type, with the type of its elements.
pub(super) const EVERY: &[(TypeTag, Option<TypeTag>, &[u8])] = &[
    (TypeTag::Bool, None, &[0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1]),
    (TypeTag::Int, None, &[0, 0, 0, 2, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    (TypeTag::Count, None, &[0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0, 0, 7]),
    (TypeTag::Double, None, &[0, 0, 0, 5, 1, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0]),
    (TypeTag::Time, None, &[0, 0, 0, 6, 1, 0x41, 0xda, 0xc0, 0xd7, 0xc8, 0, 0, 0]),
    (TypeTag::Interval, None, &[0, 0, 0, 7, 1, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0]),
    (TypeTag::String, None, &[0, 0, 0, 8, 1, 0, 0, 0, 3, 0, 0xff, b'\t']),
    (TypeTag::Enum, None, &[0, 0, 0, 10, 1, 0, 0, 0, 3, b't', b'c', b'p']),
    (TypeTag::Port, None, &[0, 0, 0, 12, 1, 0, 0, 0, 0, 0, 0, 0, 80, 0, 0, 0, 1]),
    (TypeTag::Addr, None, &[0, 0, 0, 13, 1, 4, 192, 0, 2, 1]),
    (TypeTag::Addr, None, &[0, 0, 0, 13, 1, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
    (TypeTag::Subnet, None, &[0, 0, 0, 14, 1, 120, 4, 192, 0, 2, 0]),
    (
        TypeTag::Table,
        Some(TypeTag::Count),
        &[0, 0, 0, 16, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0, 0, 7],
    ),
    (TypeTag::Vector, Some(TypeTag::String), &[0, 0, 0, 22, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
    (TypeTag::String, None, &[0, 0, 0, 8, 0]),
];

impl Logs {
    /// Returns an entry with these values.
    pub(super) fn every_type(self, path: &str) -> Vec<u8> {
        let values: Vec<_> = self.every().map(|(.., value)| value).collect();
        [self.entry_head(path, values.len()), values.concat()].concat()
    }

    pub(super) fn writer_of_every_type(self, path: &str) -> Bytes {
        let field = |(at, (ty, elements, _)): (usize, (TypeTag, Option<TypeTag>, _))| {
            let name = format!("f{at}");
            match (ty, elements) {
                (TypeTag::Table, Some(elements)) => LogField::set(name, elements),
                (_, Some(elements)) => LogField::vector(name, elements),
                (ty, None) => LogField::new(name, ty).optional(),
            }
        };
        self.writer_of(path, self.every().enumerate().map(field).collect())
    }

    /// Returns the values of [`EVERY`] that the data format has.
    fn every(self) -> impl Iterator<Item = (TypeTag, Option<TypeTag>, Vec<u8>)> {
        EVERY.iter().filter_map(move |(ty, elements, value)| {
            Some((*ty, *elements, in_data_format(value, self.0)?))
        })
    }
}

/// Returns a value of data format 26 in another one, if that has it (2§13).
fn in_data_format(value: &[u8], format: DataFormat) -> Option<Vec<u8>> {
    let words = |[a, b, c, d]: [u8; 4]| [d, c, b, a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    match (format, value) {
        (DataFormat::V23, [a, b, c, 22, rest @ ..]) => Some([&[*a, *b, *c, 23], rest].concat()),
        (DataFormat::V21, [0, 0, 0, 12, 1, rest @ ..]) => {
            let (number, _protocol) = rest.split_at_checked(8)?;
            Some([&[0, 0, 0, 12, 1], number].concat())
        }
        (DataFormat::V21, [0, 0, 0, 13, 1, 4, a, b, c, d]) => {
            Some([&[0, 0, 0, 13, 1], &words([*a, *b, *c, *d])[..]].concat())
        }
        (DataFormat::V21, [0, 0, 0, 14, 1, width, 4, a, b, c, d]) => {
            let width = [0, 0, 0, *width - 96];
            Some([&[0, 0, 0, 14, 1], &words([*a, *b, *c, *d])[..], &width].concat())
        }
        // It has no IPv6.
        (DataFormat::V21, [0, 0, 0, 13 | 14, ..]) => None,
        _ => Some(value.to_vec()),
    }
}
