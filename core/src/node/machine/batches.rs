//! Batching of log entries and prints per peer, before they are queued (§6).

use std::time::Duration;

use bytes::Bytes;

use super::NodeMachine;
use super::clock::Timer;
use super::peers::PeerKey;
use crate::Time;
use crate::connection::{Connection, Phase};
use crate::logs::{ActiveWriter, EncodedEntry, LogStreams};
use crate::node::queue::Outgoing;
use crate::wire::PrintItems;

/// The maximum size of the entries in one LOG_WRITE in bytes, unless a single entry is larger (§6).
pub const LOG_BATCH: usize = 50 << 10;

/// The maximum size of a REMOTE_PRINT in bytes (§6).
pub const PRINT_BATCH: usize = 10 << 10;

/// The maximum delay of a batched log entry or print. Bro keeps prints until the batch is full or
/// Bro terminates (§6).
pub const BATCH_DELAY: Duration = Duration::from_secs(1);

/// The batches for the connection to one peer. They use little memory while idle.
#[derive(Debug, Default)]
pub(super) struct Batches {
    /// Log entries, for a peer that has requested them.
    logs: Option<Box<LogBatch>>,
    /// The number of writers passed to the connection before phase Running. The connection
    /// announces them when the handshake is complete (§3.3).
    given: usize,
    /// Prints, for a peer that has requested `print_hook`.
    prints: Option<Box<Batch>>,
    /// Whether a timer is set for the batches.
    timed: bool,
}

#[derive(Debug)]
struct LogBatch {
    /// Whether the peer knows the writer at each position.
    announced: Vec<bool>,
    entries: Batch,
}

impl Default for LogBatch {
    fn default() -> LogBatch {
        LogBatch { announced: Vec::new(), entries: Batch::new(Batched::Logs) }
    }
}

impl LogBatch {
    /// Records that the peer knows a writer. Returns whether it did not before.
    fn announce(&mut self, writer: usize) -> bool {
        if self.announced.len() <= writer {
            self.announced.resize(writer + 1, false);
        }
        self.announced.get_mut(writer).is_some_and(|known| !std::mem::replace(known, true))
    }

    fn knows(&self, writer: usize) -> bool {
        self.announced.get(writer) == Some(&true)
    }
}

impl Batches {
    /// Returns when a batch is due; `None` if all are empty.
    pub(super) fn due(&self) -> Option<Time> {
        let logs = self.logs.as_ref().and_then(|logs| logs.entries.next_timeout());
        let prints = self.prints.as_ref().and_then(|prints| prints.next_timeout());
        logs.into_iter().chain(prints).min()
    }

    fn of(&mut self, batched: Batched) -> Option<&mut Batch> {
        match batched {
            Batched::Logs => self.logs.as_mut().map(|logs| &mut logs.entries),
            Batched::Prints => self.prints.as_deref_mut(),
        }
    }

    /// Passes a new writer to a connection before phase Running.
    pub(super) fn give_writer(&mut self, connection: &mut Connection, writer: &ActiveWriter) {
        if matches!(connection.phase(), Phase::Running | Phase::Closed)
            || connection.send_log_create_writer(writer.announcement().clone()).is_err()
        {
            return;
        }
        self.given += 1;
        if let Some(logs) = &mut self.logs {
            logs.announce(writer.place);
        }
    }

    /// Records that the peer requested logs. If it does so in phase Running, each writer is
    /// announced with its next entry (§2.15).
    pub(super) fn request_logs(&mut self, streams: &LogStreams, is_running: bool) {
        let logs = self.logs.get_or_insert_default();
        if !is_running {
            streams.writers().take(self.given).for_each(|writer| _ = logs.announce(writer.place));
        }
    }

    /// Adds a log entry of a writer that the peer knows to an open batch, if it has room. Returns
    /// whether it did.
    #[inline]
    fn add_to_open(&mut self, entry: &EncodedEntry<'_>, now: Time) -> bool {
        let logs = self.logs.as_mut().filter(|logs| logs.knows(entry.active_writer().place));
        logs.is_some_and(|logs| logs.entries.add_to_open(entry.as_bytes(), now))
    }

    /// Adds a log entry, if the peer has requested logs. Returns its writer if the peer does not
    /// know it, and the full batch before the entry, if any.
    fn add_entry(&mut self, entry: &EncodedEntry<'_>, now: Time) -> [Option<Outgoing>; 2] {
        let Some(logs) = &mut self.logs else { return [None, None] };
        let writer = entry.active_writer();
        let new = logs.announce(writer.place).then(|| Outgoing::writer(writer));
        [new, logs.entries.add(entry.as_bytes(), now)]
    }

    /// Returns the active writers that the peer does not know, if it has requested logs.
    fn new_writers(&mut self, streams: &LogStreams) -> Vec<Outgoing> {
        let Some(logs) = &mut self.logs else { return Vec::new() };
        let new = streams.writers().filter(|writer| logs.announce(writer.place));
        new.map(|writer| Outgoing::writer(writer)).collect()
    }

    /// Adds a print. Returns the full batch before it, if any.
    fn add_print(&mut self, item: &[u8], now: Time) -> Option<Outgoing> {
        let new = || Box::new(Batch::new(Batched::Prints));
        self.prints.get_or_insert_with(new).add(item, now)
    }
}

impl NodeMachine {
    /// Adds a log entry to the batch of a peer that has requested logs, after its writer if the
    /// peer does not know it.
    pub(super) fn batch_entry(&mut self, id: PeerKey, entry: &EncodedEntry<'_>) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        if !self.ending.is_under_way() && peer.batches.add_to_open(entry, self.clock.now()) {
            return;
        }
        let outgoing = peer.batches.add_entry(entry, self.clock.now());
        self.send_batched(id, outgoing.into_iter().flatten());
    }

    /// Announces the active writers that a peer does not know, if it has requested logs.
    pub(super) fn announce_writers(&mut self, id: PeerKey) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let writers = peer.batches.new_writers(&self.logs.streams);
        self.send_batched(id, writers);
    }

    /// Adds a print to the batch of a peer.
    pub(super) fn batch_print(&mut self, id: PeerKey, item: &[u8]) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let before = peer.batches.add_print(item, self.clock.now());
        self.send_batched(id, before);
    }

    /// Sends all batches now, without waiting for more items or for the delay.
    pub fn flush_batches(&mut self, now: Time) {
        self.feed_time(now);
        let all: Vec<_> = self.peers.keys().collect();
        all.into_iter().for_each(|id| self.flush_batch(id));
    }

    /// Sends the batches of a peer now.
    pub(super) fn flush_batch(&mut self, id: PeerKey) {
        let some = self.take_batches(id, Batch::flush);
        self.send_batches(id, some);
    }

    /// Sends these items, and the batches that are due.
    fn send_batched(&mut self, id: PeerKey, outgoing: impl IntoIterator<Item = Outgoing>) {
        let mut some = false;
        for outgoing in outgoing {
            self.push_outgoing(id, outgoing);
            some = true;
        }
        self.send_batches(id, some);
    }

    /// Sends a peer's full or due batches, as far as its connection accepts them, and earlier items
    /// of its send queue. Sets a timer for the other batches.
    fn send_batches(&mut self, id: PeerKey, some: bool) {
        let now = self.clock.now();
        let is_last = self.ending.is_under_way();
        let ready = move |batch: &mut Batch| if is_last { batch.flush() } else { batch.poll(now) };
        if self.take_batches(id, ready) | some {
            self.pump(id);
        }
        let Some(peer) = self.peers.get_mut(id) else { return };
        if let Some(due) = peer.batches.due().filter(|_| !peer.batches.timed) {
            peer.batches.timed = true;
            self.clock.set(due, Timer::Batch(id));
        }
    }

    /// Moves a peer's batches to its send queue. Returns whether there were any.
    fn take_batches(&mut self, id: PeerKey, take: impl Fn(&mut Batch) -> Option<Outgoing>) -> bool {
        let mut some = false;
        let Some(peer) = self.peers.get_mut(id) else { return some };
        for batched in [Batched::Logs, Batched::Prints] {
            if let Some(outgoing) = peer.batches.of(batched).and_then(&take) {
                self.sending.push(id, peer, outgoing);
                some = true;
            }
        }
        some
    }

    /// Handles the batch timer of a peer.
    pub(super) fn batch_due(&mut self, id: PeerKey) {
        if let Some(peer) = self.peers.get_mut(id) {
            peer.batches.timed = false;
            self.send_batches(id, false);
        }
    }

    /// Drops the batches of a connection that is closed or new (§3.6).
    pub(super) fn lose_batches(&mut self, id: PeerKey) {
        self.clock.cancel(Timer::Batch(id));
        self.logs.forget(id);
        if let Some(peer) = self.peers.get_mut(id) {
            peer.batches = Batches::default();
        }
    }
}

/// The kind of a batch's items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Batched {
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
struct Batch {
    of: Batched,
    argument: Vec<u8>,
    /// The number of items.
    number: usize,
    /// When the first item was added.
    since: Option<Time>,
}

impl Batch {
    fn new(of: Batched) -> Batch {
        Batch { of, argument: Vec::new(), number: 0, since: None }
    }

    /// Adds an item to an open batch that is neither due nor full with it. Returns whether it did.
    #[inline]
    fn add_to_open(&mut self, item: &[u8], now: Time) -> bool {
        let fits = self.argument.len().saturating_add(item.len()) <= self.of.limit();
        let is_open = fits && self.since.is_some() && !self.is_due(now);
        if is_open {
            self.argument.extend_from_slice(item);
            self.number += 1;
        }
        is_open
    }

    /// Adds an item. Returns the message to send before it, if any.
    fn add(&mut self, item: &[u8], now: Time) -> Option<Outgoing> {
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
    fn poll(&mut self, now: Time) -> Option<Outgoing> {
        if self.is_due(now) || self.argument.len() > self.of.limit() { self.flush() } else { None }
    }

    /// Returns the batch.
    fn flush(&mut self) -> Option<Outgoing> {
        self.take(0)
    }

    /// Returns when to poll next.
    fn next_timeout(&self) -> Option<Time> {
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
