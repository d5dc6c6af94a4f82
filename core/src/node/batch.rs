//! Batches of log entries or prints for one peer (§6).

use std::time::Duration;

use bytes::Bytes;

use super::inbox::Outgoing;
use crate::Time;
use crate::wire::PrintItems;

/// The maximum size of the entries in one LOG_WRITE in bytes, unless a single entry is larger (§6).
pub const LOG_BATCH: usize = 50 << 10;

/// The maximum size of a REMOTE_PRINT in bytes (§6).
pub const PRINT_BATCH: usize = 10 << 10;

/// The maximum delay of a batched log entry or print. Bro keeps prints until the batch is full or
/// Bro terminates (§6).
pub const BATCH_DELAY: Duration = Duration::from_secs(1);

/// The kind of a batch's items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Batched {
    Logs,
    Prints,
}

impl Batched {
    const fn limit(self) -> usize {
        match self {
            Batched::Logs => LOG_BATCH,
            Batched::Prints => PRINT_BATCH,
        }
    }

    fn outgoing(self, argument: Vec<u8>, number: usize) -> Outgoing {
        let argument = Bytes::from(argument);
        match self {
            Batched::Logs => Outgoing::LogEntries { argument, number },
            Batched::Prints => {
                let weight = argument.len();
                let items = PrintItems::from_argument(argument).unwrap_or_default();
                Outgoing::Prints { items, number, weight }
            }
        }
    }
}

/// Items for one message. It is sent when the next item does not fit, when the first item is a
/// second old, and before this node closes the connection.
#[derive(Debug)]
pub(super) struct Batch {
    of: Batched,
    argument: Vec<u8>,
    /// The number of items.
    number: usize,
    /// When the first item was added.
    since: Option<Time>,
}

impl Batch {
    pub(super) fn new(of: Batched) -> Batch {
        Batch { of, argument: Vec::new(), number: 0, since: None }
    }

    /// Adds an item to an open batch that is neither due nor full with it. Returns whether it did.
    #[inline]
    pub(super) fn add_to_open(&mut self, item: &[u8], now: Time) -> bool {
        let fits = self.argument.len().saturating_add(item.len()) <= self.of.limit();
        let is_open = fits && self.since.is_some() && !self.is_due(now);
        if is_open {
            self.argument.extend_from_slice(item);
            self.number += 1;
        }
        is_open
    }

    /// Adds an item. Returns the message to send before it, if any.
    pub(super) fn add(&mut self, item: &[u8], now: Time) -> Option<Outgoing> {
        let limit = self.of.limit();
        let full = self.argument.len().saturating_add(item.len()) > limit;
        // A full batch is most probably followed by another.
        let next = if full { limit } else { 0 };
        let before = if full || self.is_due(now) { self.take(next) } else { None };
        self.since.get_or_insert(now);
        self.argument.extend_from_slice(item);
        self.number += 1;
        before
    }

    /// Returns the batch if it is due or full.
    pub(super) fn poll(&mut self, now: Time) -> Option<Outgoing> {
        if self.is_due(now) || self.argument.len() > self.of.limit() { self.flush() } else { None }
    }

    /// Returns the batch.
    pub(super) fn flush(&mut self) -> Option<Outgoing> {
        self.take(0)
    }

    /// Returns when to poll next.
    pub(super) fn next_timeout(&self) -> Option<Time> {
        self.since.map(|since| since + BATCH_DELAY)
    }

    fn is_due(&self, now: Time) -> bool {
        self.next_timeout().is_some_and(|due| now >= due)
    }

    /// Takes the batch, and reserves room for the next.
    fn take(&mut self, next: usize) -> Option<Outgoing> {
        self.since.take()?;
        let argument = std::mem::replace(&mut self.argument, Vec::with_capacity(next));
        Some(self.of.outgoing(argument, std::mem::take(&mut self.number)))
    }
}

/// Encodes the output of one print statement to a file, without its newline.
///
/// Bytes that are not printable ASCII become `\xHH`; backslashes are unchanged (§2.12). Text that
/// is too long for a message is truncated, as in Bro.
pub(super) fn print_item(file: &[u8], text: &[u8]) -> Vec<u8> {
    let mut item = Vec::with_capacity(file.len() + text.len() + 2);
    // Each string ends in a NUL.
    push_printable(file, PRINT_BATCH - 2, &mut item);
    item.push(0);
    push_printable(text, PRINT_BATCH - 1, &mut item);
    item.push(0);
    item
}

/// Appends text, up to this total length.
fn push_printable(text: &[u8], end: usize, out: &mut Vec<u8>) {
    for byte in text.iter().take(end) {
        match byte {
            b' '..=b'~' => out.push(*byte),
            _ => out.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
        }
    }
    out.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::PrintItem;

    const NOW: Time = Time::from_nanos(1_500_000_000_000_000_000);

    /// Returns the number of items and bytes of a message.
    fn size(outgoing: Option<Outgoing>) -> Option<(usize, usize)> {
        outgoing.map(|outgoing| match outgoing {
            Outgoing::LogEntries { argument, number } => (number, argument.len()),
            Outgoing::Prints { items, number, weight } => {
                let size = |item: PrintItem<'_>| item.file.len() + item.text.len() + 2;
                let sizes: Vec<usize> = items.iter().map(size).collect();
                assert_eq!((sizes.len(), sizes.iter().sum()), (number, weight));
                (number, weight)
            }
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn a_message_has_a_maximum_size() {
        for of in [Batched::Logs, Batched::Prints] {
            let (mut batch, limit) = (Batch::new(of), of.limit());
            let item = |bytes: usize| print_item(b"file", &vec![b'x'; bytes - 6]);
            assert_eq!(size(batch.add(&item(100), NOW)), None);
            let rest = limit - 100;
            let rest = if of == Batched::Prints { item(rest) } else { vec![b'x'; rest] };
            assert_eq!(size(batch.add(&rest, NOW)), None);
            assert_eq!(size(batch.poll(NOW)), None);
            assert_eq!(size(batch.add(&item(100), NOW)), Some((2, limit)));
            assert_eq!(size(batch.flush()), Some((1, 100)));
            assert_eq!(size(batch.flush()), None);
        }
    }

    #[test]
    fn a_longer_entry_is_sent_alone() {
        let mut batch = Batch::new(Batched::Logs);
        assert_eq!(size(batch.add(&[0; 100], NOW)), None);
        assert_eq!(size(batch.add(&[0; LOG_BATCH + 1], NOW)), Some((1, 100)));
        assert_eq!(size(batch.poll(NOW)), Some((1, LOG_BATCH + 1)));
        assert_eq!(batch.next_timeout(), None);
        assert_eq!(size(batch.add(&[0; LOG_BATCH], NOW)), None);
        assert_eq!(size(batch.poll(NOW)), None);
    }

    #[test]
    fn an_item_is_delayed_by_up_to_a_second() {
        let mut batch = Batch::new(Batched::Logs);
        assert_eq!(batch.next_timeout(), None);
        assert_eq!(size(batch.add(&[0; 100], NOW)), None);
        let (half, due) = (NOW + BATCH_DELAY / 2, NOW + BATCH_DELAY);
        assert_eq!(size(batch.add(&[0; 50], half)), None);
        assert_eq!(batch.next_timeout(), Some(due));
        assert_eq!(size(batch.poll(Time::from_nanos(due.as_nanos() - 1))), None);
        assert_eq!(size(batch.poll(due)), Some((2, 150)));
        assert_eq!(batch.next_timeout(), None);
        // Without a poll, the next item sends the batch.
        assert_eq!(size(batch.add(&[0; 100], due)), None);
        let later = due + 3 * BATCH_DELAY;
        assert_eq!(size(batch.add(&[0; 70], later)), Some((1, 100)));
        assert_eq!(batch.next_timeout(), Some(later + BATCH_DELAY));
        // Time that goes back changes nothing.
        assert_eq!(size(batch.poll(NOW)), None);
    }

    #[test]
    fn prints_are_truncated_and_escaped() {
        let long = vec![b'x'; 2 * PRINT_BATCH];
        for (file, text, lengths) in [
            (&b"file"[..], &long[..], (4, PRINT_BATCH - 6)),
            (&long, b"text", (PRINT_BATCH - 2, 0)),
            (b"", b"", (0, 0)),
        ] {
            let items = PrintItems::from_argument(print_item(file, text).into()).unwrap();
            let all: Vec<_> = items.iter().map(|i| (i.file.len(), i.text.len())).collect();
            assert_eq!(all, [lengths]);
        }
        assert_eq!(print_item(b"a\0b", b"x\n\xff\\"), b"a\\x00b\0x\\x0a\\xff\\\0");
    }
}
