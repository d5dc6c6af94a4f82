//! Receivers of events, and the send queues (§6).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::log::CommLogLine;
use super::super::{Bound, Depth, Options, Overflow, Queue};
use super::peers::{Peer, PeerKey};
use crate::connection::{Connection, Phase, Sent, UsageError};
use crate::data::{Event, Name};
use crate::node::queue::Outgoing;
use crate::serial::{Templates, WriteError};

/// The receivers of events, the peers for which events are kept, and the total depth of all send
/// queues.
#[derive(Debug)]
pub(super) struct Sending {
    /// The peers that have requested each event, in order. Shared while the event is sent.
    subscribers: BTreeMap<Name, Arc<Vec<PeerKey>>>,
    /// The peers for which events are kept while they are disconnected.
    kept_for: BTreeSet<PeerKey>,
    /// The peers whose own send queues have become full since they were last sent, in order.
    full: Vec<PeerKey>,
    depth: Depth,
    /// The bound and policy of one peer's send queue.
    queue: Queue,
    /// The bound on all send queues together.
    total: Bound,
    /// The buffers of an earlier event.
    pub(super) templates: Option<Box<Templates>>,
}

/// The result of sending a send queue.
#[derive(Debug, Default)]
pub(super) struct Pumped {
    /// Whether anything was removed from the queue.
    pub(super) some: bool,
    /// The lines to log.
    pub(super) lines: Vec<CommLogLine>,
}

/// The result of making room for an item.
#[derive(Debug)]
pub(super) enum Admission {
    /// It can. Log these lines about dropped items.
    Granted(Vec<CommLogLine>),
    /// There is no room, and the new item is dropped.
    Dropped,
    /// There is no room, and the peer must be disconnected.
    Disconnect,
}

/// Receivers of events.
impl Sending {
    pub(super) fn new(options: &Options) -> Sending {
        Sending {
            subscribers: BTreeMap::new(),
            kept_for: BTreeSet::new(),
            full: Vec::new(),
            depth: Depth::default(),
            queue: options.outgoing,
            total: options.outgoing_total,
            templates: None,
        }
    }

    /// Records that a peer has requested an event.
    pub(super) fn subscribe(&mut self, name: &Name, peer: PeerKey) {
        let peers = Arc::make_mut(self.subscribers.entry(name.clone()).or_default());
        // Nearly always the last: numbers only grow.
        if let Err(at) = peers.binary_search(&peer) {
            peers.insert(at, peer);
        }
    }

    /// Records that a peer no longer receives these events.
    pub(super) fn unsubscribe<'a>(&mut self, names: impl Iterator<Item = &'a Name>, peer: PeerKey) {
        for name in names {
            let Some(peers) = self.subscribers.get_mut(name) else { continue };
            if let Ok(at) = peers.binary_search(&peer) {
                Arc::make_mut(peers).remove(at);
            }
            if peers.is_empty() {
                self.subscribers.remove(name);
            }
        }
    }

    /// Returns the receivers of an event, if any.
    pub(super) fn subscribers(&self, name: &[u8]) -> Option<&Arc<Vec<PeerKey>>> {
        self.subscribers.get(name)
    }

    /// Records that events for a peer are kept while it is disconnected.
    pub(super) fn keep_events_for(&mut self, peer: PeerKey) {
        self.kept_for.insert(peer);
    }

    pub(super) fn kept_for(&self) -> impl Iterator<Item = PeerKey> {
        self.kept_for.iter().copied()
    }

    fn keeps_events_for(&self, peer: PeerKey) -> bool {
        // Most nodes have no such peers.
        !self.kept_for.is_empty() && self.kept_for.contains(&peer)
    }

    /// Returns whether events are kept for a peer now: until it is in phase Running according to
    /// the processed notifications.
    pub(super) fn is_away(&self, key: PeerKey, peer: &Peer) -> bool {
        self.keeps_events_for(key) && !peer.running
    }

    /// Returns whether items may have to wait for room, judging by the total of all send queues.
    pub(super) fn may_block(&self) -> bool {
        self.queue.overflow == Overflow::Block && self.may_be_full()
    }

    /// Returns whether any peer's send queue may be full, judging by the total of all.
    pub(super) fn may_be_full(&self) -> bool {
        self.depth.reaches(self.queue.bound) || self.depth.reaches(self.total)
    }

    /// Returns the first of these peers, which are in order, for which `is_full` is true. Looks only
    /// at those that may be, unless the total is full: there may be many peers.
    pub(super) fn find_full(
        &self,
        peers: &[PeerKey],
        is_full: impl Fn(&PeerKey) -> bool,
    ) -> Option<PeerKey> {
        if self.depth.reaches(self.total) {
            return peers.iter().find(|key| is_full(key)).copied();
        }
        let is_one = |key: &&PeerKey| peers.binary_search(key).is_ok() && is_full(key);
        self.full.iter().find(is_one).copied()
    }

    /// Records whether a peer's own send queue is full.
    fn note_full(&mut self, key: PeerKey, peer: &Peer) {
        match (self.full.binary_search(&key), peer.outgoing.is_full(self.queue.bound)) {
            (Err(at), true) => self.full.insert(at, key),
            (Ok(at), false) => _ = self.full.remove(at),
            _ => {}
        }
    }

    /// Returns whether a peer's send queue is full.
    pub(super) fn is_full(&self, peer: &Peer) -> bool {
        peer.outgoing.is_full(self.queue.bound)
            || !peer.outgoing.is_empty() && self.depth.reaches(self.total)
    }
}

/// Send queues.
impl Sending {
    /// Makes room for an item in a peer's send queue according to the policy. Counts dropped items.
    pub(super) fn admit(&mut self, peer: &mut Peer) -> Admission {
        let mut lines = Vec::new();
        if !self.is_full(peer) {
            return Admission::Granted(lines);
        }
        match self.queue.overflow {
            Overflow::Block => {}
            Overflow::DropOldest => {
                // Only this peer's items are dropped: one for the total bound, or as many as needed
                // for its own.
                lines.extend(self.drop_oldest(peer));
                self.shrink_to(peer, self.queue.bound, &mut lines);
            }
            Overflow::DropNewest => {
                peer.counters.dropped_outgoing += 1;
                return Admission::Dropped;
            }
            Overflow::Disconnect => {
                peer.counters.dropped_outgoing += 1;
                return Admission::Disconnect;
            }
        }
        Admission::Granted(lines)
    }

    /// Adds an item to a peer's queue.
    pub(super) fn push(&mut self, key: PeerKey, peer: &mut Peer, outgoing: Outgoing) {
        if let Some(weight) = outgoing.weight() {
            self.depth.add(weight);
        }
        peer.outgoing.push(outgoing);
        self.note_full(key, peer);
    }

    /// Keeps an event for a disconnected peer, dropping the oldest if necessary. Returns the lines
    /// to log.
    pub(super) fn keep(
        &mut self,
        key: PeerKey,
        peer: &mut Peer,
        outgoing: Outgoing,
        bound: Bound,
    ) -> Vec<CommLogLine> {
        let mut lines = Vec::new();
        self.shrink_to(peer, bound, &mut lines);
        self.push(key, peer, outgoing);
        lines
    }

    /// Drops the oldest items for a peer until there is room.
    fn shrink_to(&mut self, peer: &mut Peer, bound: Bound, lines: &mut Vec<CommLogLine>) {
        while peer.outgoing.is_full(bound) {
            let Some(line) = self.drop_oldest(peer) else { break };
            lines.push(line);
        }
    }

    /// Drops the oldest item for a peer. Returns the line to log, if there was an item.
    fn drop_oldest(&mut self, peer: &mut Peer) -> Option<CommLogLine> {
        let oldest = peer.outgoing.drop_oldest()?;
        self.depth.remove(oldest.weight().unwrap_or(0));
        let (number, line) = match oldest {
            Outgoing::Event { event, .. } => {
                (1, CommLogLine::EventDropped { incoming: false, name: event.name.compact() })
            }
            Outgoing::LogEntries { number, .. } => {
                (number, CommLogLine::LogEntriesDropped { incoming: false, number })
            }
            Outgoing::Prints { number, .. } => {
                (number, CommLogLine::PrintsDropped { incoming: false, number })
            }
            // These are never dropped.
            Outgoing::Access(_) | Outgoing::LogWriter(_) => return None,
        };
        peer.counters.dropped_outgoing += number as u64;
        Some(line)
    }

    /// Drops the queue of a peer whose connection is closed, except for events kept for the next
    /// one. Returns the line to log if anything was dropped.
    pub(super) fn lose(
        &mut self,
        key: PeerKey,
        peer: &mut Peer,
        is_ending: bool,
    ) -> Option<CommLogLine> {
        let before = peer.outgoing.depth;
        if self.keeps_events_for(key) && !is_ending {
            peer.outgoing.keep_events();
        } else {
            peer.outgoing.clear();
        }
        self.depth.shrink(before, peer.outgoing.depth);
        self.note_full(key, peer);
        let number = before.events - peer.outgoing.depth.events;
        peer.counters.dropped_outgoing += number as u64;
        (number > 0).then_some(CommLogLine::Unsent { number })
    }

    /// Drops the events kept for a peer that it has not requested again after reconnecting.
    pub(super) fn drop_unwanted(&mut self, peer: &mut Peer, requests: &BTreeSet<Name>) {
        let before = peer.outgoing.depth;
        peer.outgoing.retain(|name| requests.contains(name));
        self.depth.shrink(before, peer.outgoing.depth);
    }

    /// Sends a peer's queue, as far as its connection accepts it.
    pub(super) fn pump(
        &mut self,
        key: PeerKey,
        peer: &mut Peer,
        connection: &mut Connection,
    ) -> Pumped {
        let mut pumped = Pumped::default();
        while let Some(outgoing) = peer.outgoing.front() {
            if connection.phase() != Phase::Running {
                break;
            }
            let result = match outgoing {
                Outgoing::Event { event, .. } => connection.send_checked_event(event),
                Outgoing::Access(access) => connection.send_checked_access(access),
                Outgoing::LogWriter(writer) => connection.send_log_create_writer(writer.clone()),
                Outgoing::LogEntries { argument, .. } => {
                    connection.send_log_write(argument.clone())
                }
                Outgoing::Prints { items, .. } => connection.send_print(items),
            };
            match result {
                Err(UsageError::QueueFull { .. }) => break,
                Ok(_) => {}
                Err(error) => match outgoing {
                    Outgoing::Event { event, .. } => {
                        let count = &mut peer.counters.unwritable;
                        pumped.lines.push(unwritable(count, &event.name, &error));
                    }
                    Outgoing::Access(_) => {
                        pumped.lines.push(CommLogLine::StateNotSent(error.to_string().into()));
                    }
                    _ => {}
                },
            }
            if let Some(weight) = peer.outgoing.pop().and_then(|sent| sent.weight()) {
                self.depth.remove(weight);
            }
            pumped.some = true;
        }
        if pumped.some {
            self.note_full(key, peer);
        }
        pumped
    }
}

/// The result of sending an event immediately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SentNow {
    Sent,
    /// The peer has not requested it, or it cannot be written, as a line says.
    Not,
    /// It must be queued.
    Later,
}

/// Sends an event to a peer if nothing is queued before it, with templates if it is one of many.
#[inline]
pub(super) fn send_now(
    peer: &mut Peer,
    connection: &mut Connection,
    event: &Event,
    templates: Option<&mut Templates>,
    line: &mut Option<CommLogLine>,
) -> SentNow {
    // Before phase Running, the queue consists of kept events, and this event is kept too.
    if !peer.outgoing.is_empty() && connection.phase() == Phase::Running {
        return SentNow::Later;
    }
    let sent = match templates {
        Some(templates) => connection.send_to_one_of_many(event, templates),
        None => connection.send_checked_event(event),
    };
    match sent {
        Ok(Sent::Sent) => SentNow::Sent,
        other => not_sent(other, peer, event, line),
    }
}

#[cold]
fn not_sent(
    result: Result<Sent, UsageError>,
    peer: &mut Peer,
    event: &Event,
    line: &mut Option<CommLogLine>,
) -> SentNow {
    match result {
        Ok(_) => SentNow::Not,
        Err(UsageError::QueueFull { .. }) => SentNow::Later,
        Err(error) => {
            let count = &mut peer.counters.unwritable;
            *line = Some(unwritable(count, &event.name, &error));
            SentNow::Not
        }
    }
}

fn unwritable(count: &mut u64, name: &Name, error: &UsageError) -> CommLogLine {
    *count += 1;
    let lacks = match error {
        UsageError::Unwritable(WriteError::DataFormat { .. }) => Some(error.to_string().into()),
        _ => None,
    };
    CommLogLine::Unwritable { name: name.compact(), lacks }
}
