//! Who gets what is sent, and what waits for them (§6).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::inbox::Outgoing;
use super::super::log::CommLogLine;
use super::super::{Bound, Depth, Options, Overflow, Queue};
use super::peers::{Peer, PeerKey};
use crate::connection::{Connection, Phase, Sent, UsageError};
use crate::data::{Event, Name};
use crate::serial::{Templates, WriteError};

/// Who gets an event, who gets it later, and what waits in all outboxes together.
#[derive(Debug)]
pub(super) struct Sending {
    /// Subscribers in order, by the event's name; shared while it is sent.
    subscribers: BTreeMap<Name, Arc<Vec<PeerKey>>>,
    /// The peers whose events are kept while they are away.
    keepers: BTreeSet<PeerKey>,
    depth: Depth,
    /// What may wait for one peer, and what happens with more.
    queue: Queue,
    /// What may wait for all peers.
    total: Bound,
}

/// What became of an attempt to send what waits.
#[derive(Debug, Default)]
pub(super) struct Pumped {
    /// Whether anything was taken out of the outbox.
    pub(super) some: bool,
    /// What is to be logged of it.
    pub(super) lines: Vec<CommLogLine>,
}

/// Whether there is room for something that is to wait.
#[derive(Debug)]
pub(super) enum Admission {
    /// There is, after what these lines say was dropped.
    Granted(Vec<CommLogLine>),
    /// There is none, and the newest is dropped.
    Dropped,
    /// There is none, and the peer is given up.
    Disconnect,
}

/// Who gets what.
impl Sending {
    pub(super) fn new(options: &Options) -> Sending {
        Sending {
            subscribers: BTreeMap::new(),
            keepers: BTreeSet::new(),
            depth: Depth::default(),
            queue: options.outgoing,
            total: options.outgoing_total,
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

    /// Returns the subscribers of an event, if any.
    pub(super) fn subscribers(&self, name: &[u8]) -> Option<&Arc<Vec<PeerKey>>> {
        self.subscribers.get(name)
    }

    /// Records that the events of a peer are kept while it is away.
    pub(super) fn add_keeper(&mut self, peer: PeerKey) {
        self.keepers.insert(peer);
    }

    pub(super) fn keepers(&self) -> impl Iterator<Item = PeerKey> {
        self.keepers.iter().copied()
    }

    fn is_keeper(&self, peer: PeerKey) -> bool {
        // Most nodes have none.
        !self.keepers.is_empty() && self.keepers.contains(&peer)
    }

    /// Returns whether a peer for which events are kept is away: until it is in phase Running
    /// according to the processed notifications.
    pub(super) fn is_away(&self, key: PeerKey, peer: &Peer) -> bool {
        self.is_keeper(key) && !peer.running
    }

    /// Returns whether something has to wait until there is room, rather than being dropped.
    pub(super) fn blocks(&self) -> bool {
        self.queue.overflow == Overflow::Block
    }

    /// Returns whether as much waits for any peer as may: not if less waits for all together.
    pub(super) fn may_be_full(&self) -> bool {
        self.depth.reaches(self.queue.bound) || self.depth.reaches(self.total)
    }

    /// Returns whether as much waits for a peer as may.
    pub(super) fn is_full(&self, peer: &Peer) -> bool {
        peer.outbox.is_full(self.queue.bound)
            || !peer.outbox.is_empty() && self.depth.reaches(self.total)
    }
}

/// What waits.
impl Sending {
    /// Makes room for something that is to wait for a peer, as the policy has it. What is dropped is
    /// counted.
    pub(super) fn admit(&mut self, peer: &mut Peer) -> Admission {
        let mut lines = Vec::new();
        if !self.is_full(peer) {
            return Admission::Granted(lines);
        }
        match self.queue.overflow {
            Overflow::Block => {}
            Overflow::DropOldest => {
                // Only this peer's items are dropped: one for the total bound, otherwise as many as
                // needed.
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
    pub(super) fn push(&mut self, peer: &mut Peer, outgoing: Outgoing) {
        if let Some(weight) = outgoing.weight() {
            self.depth.add(weight);
        }
        peer.outbox.push(outgoing);
    }

    /// Keeps an event for a disconnected peer, dropping the oldest if necessary. Returns what is to
    /// be logged.
    pub(super) fn keep(
        &mut self,
        peer: &mut Peer,
        outgoing: Outgoing,
        bound: Bound,
    ) -> Vec<CommLogLine> {
        let mut lines = Vec::new();
        self.shrink_to(peer, bound, &mut lines);
        self.push(peer, outgoing);
        lines
    }

    /// Drops what has waited longest for a peer until there is room.
    fn shrink_to(&mut self, peer: &mut Peer, bound: Bound, lines: &mut Vec<CommLogLine>) {
        while peer.outbox.is_full(bound) {
            let Some(line) = self.drop_oldest(peer) else { break };
            lines.push(line);
        }
    }

    /// Drops what has waited longest for a peer; returns what is to be logged, if there was anything.
    fn drop_oldest(&mut self, peer: &mut Peer) -> Option<CommLogLine> {
        let oldest = peer.outbox.drop_oldest()?;
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
            // Never dropped.
            Outgoing::Access(_) | Outgoing::LogWriter(_) => return None,
        };
        peer.counters.dropped_outgoing += number as u64;
        Some(line)
    }

    /// Drops the queue of a peer whose connection is closed, unless it is kept for the next one.
    pub(super) fn lose(&mut self, key: PeerKey, peer: &mut Peer, is_ending: bool) {
        let before = peer.outbox.depth;
        if self.is_keeper(key) && !is_ending {
            peer.outbox.keep_events();
        } else {
            peer.outbox.clear();
        }
        self.depth.shrink(before, peer.outbox.depth);
    }

    /// Drops the events that were kept for a peer and that it has not requested, now that it is back.
    pub(super) fn drop_unwanted(&mut self, peer: &mut Peer, requests: &BTreeSet<Name>) {
        let before = peer.outbox.depth;
        peer.outbox.retain(|name| requests.contains(name));
        self.depth.shrink(before, peer.outbox.depth);
    }

    /// Sends a peer's queue, as far as its connection accepts it.
    pub(super) fn pump(&mut self, peer: &mut Peer, connection: &mut Connection) -> Pumped {
        let mut pumped = Pumped::default();
        while let Some(outgoing) = peer.outbox.front() {
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
            if let Some(weight) = peer.outbox.pop().and_then(|sent| sent.weight()) {
                self.depth.remove(weight);
            }
            pumped.some = true;
        }
        pumped
    }
}

/// What became of an event that was to be sent at once.
pub(super) enum SentNow {
    Sent,
    /// The peer does not want it, or it cannot be written, which the line says.
    Not(Option<CommLogLine>),
    /// It has to wait.
    Later,
}

/// Sends an event to a subscriber if nothing waits before it; with templates if it is one of many.
pub(super) fn send_now(
    peer: &mut Peer,
    connection: &mut Connection,
    event: &Event,
    templates: Option<&mut Templates>,
) -> SentNow {
    // The queue of a peer that is not in phase Running is kept for it, and so is this event.
    if !peer.outbox.is_empty() && connection.phase() == Phase::Running {
        return SentNow::Later;
    }
    let sent = match templates {
        Some(templates) => connection.send_to_one_of_many(event, templates),
        None => connection.send_checked_event(event),
    };
    match sent {
        Ok(Sent::Sent) => SentNow::Sent,
        Ok(_) => SentNow::Not(None),
        Err(UsageError::QueueFull { .. }) => SentNow::Later,
        Err(error) => {
            let count = &mut peer.counters.unwritable;
            SentNow::Not(Some(unwritable(count, &event.name, &error)))
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
