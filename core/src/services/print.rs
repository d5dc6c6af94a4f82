//! Remote print to one peer (1§6).

use std::collections::VecDeque;
use std::time::Duration;

use crate::Time;
use crate::wire::{PrintItem, PrintItems};

/// How many bytes a REMOTE_PRINT takes at most (1§6).
pub const PRINT_BATCH: usize = 10 << 10;

/// How long what was printed waits for more; a Bro keeps it until it has enough or ends (1§6).
pub const PRINT_DELAY: Duration = Duration::from_secs(1);

/// Batches what is printed to files, for one peer that has requested `print_hook` (1§6).
///
/// A batch is sent when the next item doesn't fit, when its first item is a second old, and on
/// [`flush`](PrintBuffer::flush): before a close of our own. Each connection has a new one.
///
/// ```
/// use brocomm::Time;
/// use brocomm::services::{PRINT_DELAY, PrintBuffer};
///
/// let now = Time::from_secs_f64(1_500_000_000.0);
/// let mut buffer = PrintBuffer::new();
/// buffer.print(b"/dev/stdout", b"a\tb", now);
/// assert_eq!(buffer.poll_items(now), None);
/// let items = buffer.poll_items(now + PRINT_DELAY).expect("a second has passed");
/// assert_eq!(items.iter().next().map(|item| item.text), Some(&b"a\\x09b"[..]));
/// ```
#[derive(Debug, Default)]
pub struct PrintBuffer {
    batch: Vec<(Vec<u8>, Vec<u8>)>,
    bytes: usize,
    /// When the first item of the batch was printed.
    since: Option<Time>,
    ready: VecDeque<PrintItems>,
    ready_bytes: usize,
}

impl PrintBuffer {
    /// Makes a buffer for a new connection.
    pub fn new() -> PrintBuffer {
        PrintBuffer::default()
    }

    /// Adds what was printed to a file by one statement, without its newline; standard output is
    /// `/dev/stdout`.
    ///
    /// What is not printable ASCII becomes `\xHH` (§2.12). What is too long for a message is cut,
    /// as Bro does.
    pub fn print(&mut self, file: &[u8], text: &[u8], now: Time) {
        // Each ends in a NUL.
        let mut file = printable(file);
        file.truncate(PRINT_BATCH - 2);
        let mut text = printable(text);
        text.truncate((PRINT_BATCH - 2).saturating_sub(file.len()));
        let bytes = file.len().saturating_add(text.len()).saturating_add(2);
        if self.is_due(now) || self.bytes.saturating_add(bytes) > PRINT_BATCH {
            self.flush();
        }
        self.since.get_or_insert(now);
        self.bytes = self.bytes.saturating_add(bytes);
        self.batch.push((file, text));
    }

    /// Closes the batch, so that its items are sent now.
    pub fn flush(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let items = self.batch.iter().map(|(file, text)| PrintItem { file, text }).collect();
        self.ready.push_back(items);
        self.ready_bytes = self.ready_bytes.saturating_add(self.bytes);
        self.batch.clear();
        (self.bytes, self.since) = (0, None);
    }

    /// Returns the argument of the next REMOTE_PRINT to send.
    #[must_use = "the peer waits for them"]
    pub fn poll_items(&mut self, now: Time) -> Option<PrintItems> {
        if self.is_due(now) {
            self.flush();
        }
        let items = self.ready.pop_front()?;
        let bytes: usize = items.iter().map(|item| item.file.len() + item.text.len() + 2).sum();
        self.ready_bytes = self.ready_bytes.saturating_sub(bytes);
        Some(items)
    }

    /// Returns when to poll at the latest.
    pub fn next_timeout(&self) -> Option<Time> {
        self.since.map(|since| since + PRINT_DELAY)
    }

    /// Returns how many bytes of messages wait to be polled. What has not been polled takes
    /// memory, so no more is to be printed while the peer takes nothing.
    pub fn queued(&self) -> usize {
        self.ready_bytes
    }

    fn is_due(&self, now: Time) -> bool {
        self.next_timeout().is_some_and(|due| now >= due)
    }
}

/// Returns text with every byte that is not printable ASCII as `\xHH`; the backslash stays.
fn printable(text: &[u8]) -> Vec<u8> {
    let mut printable = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            b' '..=b'~' => printable.push(*byte),
            _ => printable.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
        }
    }
    printable
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_nanos(1_500_000_000_000_000_000);

    /// What is sent, as sizes of messages.
    fn sent(buffer: &mut PrintBuffer, now: Time) -> Vec<usize> {
        let size = |items: PrintItems| {
            let items = items.iter();
            items.map(|item| item.file.len() + item.text.len() + 2).sum()
        };
        std::iter::from_fn(|| buffer.poll_items(now)).map(size).collect()
    }

    #[test]
    fn a_message_takes_10_kib() {
        let mut buffer = PrintBuffer::new();
        buffer.print(b"file", &[b'x'; 94], NOW);
        buffer.print(b"file", &[b'x'; PRINT_BATCH - 106], NOW);
        assert_eq!(sent(&mut buffer, NOW), [0; 0]);
        buffer.print(b"", b"", NOW);
        assert_eq!(buffer.queued(), PRINT_BATCH);
        assert_eq!(sent(&mut buffer, NOW), [PRINT_BATCH]);
        assert_eq!(buffer.queued(), 0);
        buffer.flush();
        buffer.flush();
        assert_eq!(sent(&mut buffer, NOW), [2]);
    }

    #[test]
    fn what_is_longer_is_cut() {
        let mut buffer = PrintBuffer::new();
        let long = [b'x'; 2 * PRINT_BATCH];
        buffer.print(b"file", &long, NOW);
        buffer.print(&long, b"text", NOW);
        buffer.flush();
        let texts: Vec<_> = std::iter::from_fn(|| buffer.poll_items(NOW))
            .flat_map(|items| {
                items.iter().map(|i| (i.file.len(), i.text.len())).collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(texts, [(4, PRINT_BATCH - 6), (PRINT_BATCH - 2, 0)]);
    }

    #[test]
    fn an_item_waits_a_second() {
        let mut buffer = PrintBuffer::new();
        assert_eq!(buffer.next_timeout(), None);
        buffer.print(b"f", b"1", NOW);
        let (half, due) = (NOW + PRINT_DELAY / 2, NOW + PRINT_DELAY);
        buffer.print(b"f", b"2", half);
        assert_eq!(buffer.next_timeout(), Some(due));
        assert_eq!(sent(&mut buffer, half), [0; 0]);
        assert_eq!(sent(&mut buffer, due), [8]);
        assert_eq!(buffer.next_timeout(), None);
        buffer.print(b"f", b"3", due);
        buffer.print(b"f", b"45", due + PRINT_DELAY);
        assert_eq!(sent(&mut buffer, due + PRINT_DELAY), [4]);
    }

    #[test]
    fn unusual_bytes_are_escaped() {
        let mut buffer = PrintBuffer::new();
        buffer.print(b"a\0b", b"x\n\xff\\", NOW);
        buffer.flush();
        let items = buffer.poll_items(NOW).unwrap();
        let all: Vec<_> = items.iter().map(|item| (item.file, item.text)).collect();
        assert_eq!(all, [(&b"a\\x00b"[..], &b"x\\x0a\\xff\\"[..])]);
    }
}
