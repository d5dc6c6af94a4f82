//! Sending to the implementation.

use std::io::ErrorKind;
use std::time::Duration;

use brocomm::lowlevel::wire::{Compression, Message};

use super::super::{LineKind, Outcome, Stop, describe};
use super::Exchange;

/// The pause between two pieces of a message, so that they are likely to arrive in two reads.
const PAUSE: Duration = Duration::from_millis(1);

/// Returns a chunk with this payload (§1.1).
pub(crate) fn chunk(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), payload].concat()
}

/// Returns a header chunk with this message type (§1.4).
pub(crate) fn header(number: u8) -> Vec<u8> {
    chunk(&[number, 0, 0, 0, 0, 0, 0, 0])
}

impl Exchange {
    /// Sends a message.
    ///
    /// # Errors
    /// As [`send_bytes`](Self::send_bytes).
    pub(crate) fn send(&mut self, message: &Message) -> Outcome {
        let (bytes, meaning) = (self.encode(message), describe::message(message, None));
        self.send_bytes(&bytes, &meaning)
    }

    /// Sends COMPRESS and compresses later messages at this level (§1.5).
    ///
    /// # Errors
    /// As [`send_bytes`](Self::send_bytes).
    pub(crate) fn send_compress(&mut self, level: Compression) -> Outcome {
        let mut bytes = Vec::new();
        self.encoder.start_compression(level, &mut bytes);
        self.send_bytes(&bytes, "COMPRESS")
    }

    /// Encodes a message to be sent next, and tracks it as sent.
    pub(crate) fn encode(&mut self, message: &Message) -> Vec<u8> {
        self.ledger.sent(message);
        let mut bytes = Vec::new();
        self.encoder.message(message, &mut bytes);
        bytes
    }

    /// Sends arbitrary bytes.
    ///
    /// A closed connection is not an error here: the next read reports it.
    ///
    /// # Errors
    /// Failed if the implementation does not read.
    pub(crate) fn send_bytes(&mut self, bytes: &[u8], meaning: &str) -> Outcome {
        self.recorder.add(self.number, LineKind::Sent, bytes, meaning);
        match self.socket.write(bytes) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                let (length, patience) = (bytes.len(), self.patience.as_secs_f64());
                Stop::failed(format!("it did not read {length} bytes in {patience} s"))
            }
            _ => Ok(()),
        }
    }

    /// Sends bytes in pieces, split at the offsets in `at`.
    ///
    /// Pauses between pieces, so that they are likely to be read one by one.
    ///
    /// # Errors
    /// As [`send_bytes`](Self::send_bytes).
    pub(crate) fn send_split(&mut self, bytes: &[u8], at: &[usize], meaning: &str) -> Outcome {
        let mut from = 0;
        for end in at.iter().copied().chain([bytes.len()]) {
            let end = end.clamp(from, bytes.len());
            let piece = bytes.get(from..end).unwrap_or_default();
            if from > 0 {
                std::thread::sleep(PAUSE);
            }
            let meaning = format!("{meaning}, bytes {from} to {end} of {}", bytes.len());
            self.send_bytes(piece, &meaning)?;
            from = end;
        }
        Ok(())
    }

    /// Shuts down this direction of the connection.
    pub(crate) fn finish(&mut self) {
        self.recorder.add(self.number, LineKind::Note, &[], "the suite closes its direction");
        self.socket.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_begin_with_their_length() {
        assert_eq!(chunk(b"ab"), [0, 0, 0, 2, b'a', b'b']);
        assert_eq!(header(0x0e), [0, 0, 0, 8, 0x0e, 0, 0, 0, 0, 0, 0, 0]);
    }
}
