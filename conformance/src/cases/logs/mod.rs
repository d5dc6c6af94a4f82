//! Cases about remote logs (part 3).

mod broken;
mod received;
mod sent;

use brocomm::data::TypeTag;
use brocomm::logs::LogField;
use brocomm::lowlevel::logs::{LogLimits, LogReceiver, LogWriter, WRITER_ASCII};
use brocomm::lowlevel::wire::DataFormat;
use bytes::Bytes;

use crate::suite::{Capability, Case, Entry, Exchange, chunk};

pub(super) fn cases() -> Vec<Case> {
    let received = received::cases().into_iter().chain(broken::cases());
    let received = received.map(|case| case.entry(Entry::Logs));
    sent::cases().into_iter().map(|case| case.needs(Capability::Logs)).chain(received).collect()
}

/// An encoder of log messages in a data format (2§13).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Logs(DataFormat);

impl Logs {
    /// Returns the encoder for a connection.
    pub(crate) fn on(peer: &Exchange) -> Logs {
        Logs(peer.data_format())
    }

    /// Returns the argument of a LOG_CREATE_WRITER for a log with the column `text`.
    pub(crate) fn writer(self, path: &str) -> Bytes {
        self.writer_of(path, vec![LogField::new("text", TypeTag::String)])
    }

    fn writer_of(self, path: &str, fields: Vec<LogField>) -> Bytes {
        let writer = LogWriter {
            stream: 1,
            writer: self.ascii(),
            path: path.into(),
            rotation_base: 0.0,
            rotation_interval: 0.0,
            network_time: 1.0,
            options: Vec::new(),
            fields,
        };
        let mut bytes = Vec::new();
        writer.encode_in(self.0, &mut bytes);
        bytes.into()
    }

    /// Returns the number of the ASCII writer. For data format 25, it is that of Bro 2.4.
    fn ascii(self) -> i32 {
        if self.0 <= DataFormat::V23 { 2 } else { WRITER_ASCII }
    }

    /// Returns an entry with one string.
    pub(crate) fn filled(self, path: &str, text: &str) -> Vec<u8> {
        self.entry(path, &[&[0, 0, 0, 8, 1][..], &chunk(text.as_bytes())].concat())
    }

    /// Returns an entry with one value (3§2).
    fn entry(self, path: &str, value: &[u8]) -> Vec<u8> {
        [self.entry_head(path, 1), value.to_vec()].concat()
    }

    fn entry_head(self, path: &str, fields: usize) -> Vec<u8> {
        let fields = u32::try_from(fields).unwrap_or(u32::MAX).to_be_bytes();
        let ids = [1_i32, self.ascii()].map(i32::to_be_bytes).concat();
        [&ids[..], &chunk(path.as_bytes()), &fields].concat()
    }

    /// Returns a receiver for logs that the implementation sends.
    fn receiver(self) -> LogReceiver {
        LogReceiver::new(LogLimits::default()).with_data_format(self.0)
    }
}

#[cfg(test)]
mod tests {
    use brocomm::logs::LogValue;
    use brocomm::lowlevel::logs::ReceivedEntry;

    use super::*;

    /// Returns the values of all entries, as decoded by the core.
    fn read(logs: Logs, writer: &Bytes, entries: Vec<u8>) -> Vec<Vec<LogValue>> {
        let mut receiver = logs.receiver();
        receiver.announce(writer).unwrap();
        let entries = Bytes::from(entries);
        let values = receiver.entries(&entries).map(|entry| match entry.unwrap() {
            ReceivedEntry::Entry(entry) if entry.writer.writer == WRITER_ASCII => {
                entry.values.into()
            }
            other => panic!("{other:?}"),
        });
        values.collect()
    }

    #[test]
    fn hand_encoded_entries_decode_to_the_expected_values() {
        for format in DataFormat::ALL {
            let logs = Logs(format);
            let unset = logs.entry("log", &[0, 0, 0, 8, 0]);
            let entries = [logs.filled("log", "one"), unset].concat();
            let values = read(logs, &logs.writer("log"), entries);
            let expected = [[LogValue::String("one".into())], [LogValue::Unset(TypeTag::String)]];
            assert_eq!(values, expected, "{format}");
            let values = read(logs, &logs.writer_of_every_type("log"), logs.every_type("log"));
            let values = values.concat();
            let types: Vec<_> = values.iter().map(LogValue::tag).collect();
            let lacks_one = usize::from(!format.has_ipv6());
            assert_eq!(types.len(), received::EVERY.len() - lacks_one, "{format}");
            // Data format 21 has ports without their protocol.
            let number = |value: &LogValue| matches!(value, LogValue::Port(p) if p.number == 80);
            assert!(values.iter().any(number), "{format}: {values:?}");
            for value in [
                LogValue::Addr([192, 0, 2, 1].into()),
                LogValue::Subnet("192.0.2.0/24".parse().unwrap()),
            ] {
                assert!(values.contains(&value), "{format}: {value:?} in {values:?}");
            }
        }
    }
}
