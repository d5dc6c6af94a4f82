//! Cases about remote logs (part 3).

mod broken;
mod received;
mod sent;

#[cfg(feature = "explore")]
pub(crate) use sent::texts;

use brocomm::data::TypeTag;
use brocomm::logs::LogField;
use brocomm::lowlevel::logs::{LogWriter, WRITER_ASCII};
use bytes::Bytes;

use crate::suite::{Capability, Case, Entry, chunk};

pub(super) fn cases() -> Vec<Case> {
    let received = received::cases().into_iter().chain(broken::cases());
    let received = received.map(|case| case.entry(Entry::Logs));
    sent::cases().into_iter().map(|case| case.needs(Capability::Logs)).chain(received).collect()
}

/// Returns the argument of a LOG_CREATE_WRITER for a log with the column `text`.
pub(crate) fn writer(path: &str) -> Bytes {
    writer_of(path, vec![LogField::new("text", TypeTag::String)])
}

fn writer_of(path: &str, fields: Vec<LogField>) -> Bytes {
    let writer = LogWriter {
        stream: 1,
        writer: WRITER_ASCII,
        path: path.into(),
        rotation_base: 0.0,
        rotation_interval: 0.0,
        network_time: 1.0,
        options: Vec::new(),
        fields,
    };
    let mut bytes = Vec::new();
    writer.encode(&mut bytes);
    bytes.into()
}

/// Returns an entry with one string.
pub(crate) fn filled(path: &str, text: &str) -> Vec<u8> {
    entry(path, &[&[0, 0, 0, 8, 1][..], &chunk(text.as_bytes())].concat())
}

/// Returns an entry with one value (3§2).
fn entry(path: &str, value: &[u8]) -> Vec<u8> {
    [entry_head(path, 1), value.to_vec()].concat()
}

fn entry_head(path: &str, fields: usize) -> Vec<u8> {
    let fields = u32::try_from(fields).unwrap_or(u32::MAX).to_be_bytes();
    let ids = [1_i32, WRITER_ASCII].map(i32::to_be_bytes).concat();
    [&ids[..], &chunk(path.as_bytes()), &fields].concat()
}

#[cfg(test)]
mod tests {
    use brocomm::logs::LogValue;
    use brocomm::lowlevel::logs::{LogLimits, LogReceiver, ReceivedEntry};

    use super::*;

    /// Returns the values of all entries, as decoded by the core.
    fn read(writer: &Bytes, entries: Vec<u8>) -> Vec<Vec<LogValue>> {
        let mut receiver = LogReceiver::new(LogLimits::default());
        receiver.announce(writer).unwrap();
        let entries = Bytes::from(entries);
        let values = receiver.entries(&entries).map(|entry| match entry.unwrap() {
            ReceivedEntry::Entry(entry) => entry.values,
            other => panic!("{other:?}"),
        });
        values.collect()
    }

    #[test]
    fn hand_encoded_entries_decode_to_the_expected_values() {
        let unset = entry("log", &[0, 0, 0, 8, 0]);
        let values = read(&writer("log"), [filled("log", "one"), unset].concat());
        assert_eq!(values, [[LogValue::String("one".into())], [LogValue::Unset(TypeTag::String)]]);
        let values = read(&received::writer_of_every_type("log"), received::every_type("log"));
        let types: Vec<_> = values.iter().flatten().map(LogValue::tag).collect();
        assert_eq!(types, received::EVERY.iter().map(|(ty, ..)| *ty).collect::<Vec<_>>());
    }
}
