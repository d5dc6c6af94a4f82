//! Delivery of notifications to the application, with peers taking turns.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::super::log::{CommLogEntry, CommLogLine};
use super::super::{Bound, Depth, EventPeer, Notification, Options, Overflow, Queue};
use super::peers::{Peer, PeerKey};
use crate::Time;
use crate::node::queue;
use crate::node::queue::may_be_dropped;

/// The notifications outside of peers' receive queues, and the turns of peers.
#[derive(Debug)]
pub(super) struct Delivery {
    /// The bound and policy of one peer's receive queue.
    queue: Queue,
    /// The bound on all receive queues together.
    total: Bound,
    /// The number of events of one peer that are delivered before those of the next.
    events_per_turn: u32,
    /// Notifications that concern no peer.
    first: VecDeque<Notification>,
    /// Notifications that come after all others.
    last: VecDeque<Notification>,
    /// The peers with notifications in their receive queues, in the order of their turns.
    turns: VecDeque<PeerKey>,
    /// The number of events delivered in the first peer's turn.
    delivered: u32,
    /// The peers whose turn waits until their events can be forwarded.
    blocked: BTreeSet<PeerKey>,
    /// The total depth of all receive queues.
    depth: Depth,
    /// The size of the message that the next notification keeps alive, until it is counted.
    held: usize,
    /// Whether the total depth reached its bound and is still above three quarters of it.
    is_full: bool,
    /// The peer that raised the last delivered notification, if it was an event.
    event_peer: Option<Arc<EventPeer>>,
}

/// The peers that can continue after a notification was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unblocked {
    /// No peer waited.
    Nobody,
    /// The peer that sent it waited.
    Sender,
    /// All peers may have waited.
    All,
}

impl Delivery {
    pub(super) fn new(options: &Options) -> Delivery {
        Delivery {
            queue: options.incoming,
            total: options.incoming_total,
            events_per_turn: options.max_remote_events_processed.max(1),
            first: VecDeque::new(),
            last: VecDeque::new(),
            turns: VecDeque::new(),
            delivered: 0,
            blocked: BTreeSet::new(),
            depth: Depth::default(),
            held: 0,
            is_full: false,
            event_peer: None,
        }
    }

    /// Adds a notification that concerns no peer.
    pub(super) fn push(&mut self, notification: Notification) {
        self.first.push_back(notification);
    }

    /// Adds a notification that comes after all others.
    pub(super) fn push_last(&mut self, notification: Notification) {
        self.last.push_back(notification);
    }

    /// Sets the number of bytes that the next notification keeps alive.
    pub(super) fn hold(&mut self, bytes: usize) {
        self.held = bytes;
    }

    /// Adds a notification to a peer's receive queue.
    pub(super) fn tell(&mut self, key: PeerKey, peer: &mut Peer, notification: Notification) {
        if !std::mem::replace(&mut peer.has_turn, true) {
            self.turns.push_back(key);
        }
        let weight = queue::weigh(&notification, &mut self.held);
        let counts = may_be_dropped(&notification);
        peer.incoming.push(notification, weight);
        let Queue { bound, overflow } = self.queue;
        let blocks = overflow == Overflow::Block;
        // Dropping makes no room for notifications that are never dropped.
        peer.must_wait |=
            peer.incoming.is_full_for_good(bound) || blocks && peer.incoming.is_full(bound);
        if counts {
            self.depth.add(weight);
            self.is_full |= blocks && self.depth.reaches(self.total);
        }
    }

    /// Adds a droppable notification to a peer's receive queue, according to the policy. Returns an
    /// error if there is no room and the peer must be disconnected.
    pub(super) fn tell_bounded(
        &mut self,
        key: PeerKey,
        peer: &mut Peer,
        notification: Notification,
        wall: Time,
    ) -> Result<(), Disconnect> {
        let full = peer.incoming.is_full(self.queue.bound) || self.depth.reaches(self.total);
        match self.queue.overflow {
            Overflow::DropNewest if full => self.drop_one(key, peer, &notification, wall),
            Overflow::DropOldest if full => {
                // Only this peer's notifications are dropped; if it has none, the new one.
                if !self.drop_oldest(key, peer, wall) {
                    self.drop_one(key, peer, &notification, wall);
                    return Ok(());
                }
                while peer.incoming.is_full(self.queue.bound) && self.drop_oldest(key, peer, wall) {
                }
                self.tell(key, peer, notification);
            }
            Overflow::Disconnect if full => {
                peer.counters.dropped_incoming += 1;
                return Err(Disconnect);
            }
            // A blocked peer is not read from, but earlier input is still delivered.
            _ => self.tell(key, peer, notification),
        }
        Ok(())
    }

    /// Drops the oldest droppable notification from a peer. Returns whether there was one.
    fn drop_oldest(&mut self, key: PeerKey, peer: &mut Peer, wall: Time) -> bool {
        let Some((dropped, weight)) = peer.incoming.drop_oldest() else { return false };
        self.depth.remove(weight);
        self.drop_one(key, peer, &dropped, wall);
        true
    }

    /// Counts and logs a dropped notification.
    fn drop_one(&mut self, key: PeerKey, peer: &mut Peer, dropped: &Notification, wall: Time) {
        let (number, line) = match dropped {
            Notification::Event { event, .. } => {
                (1, CommLogLine::EventDropped { incoming: true, name: event.name.compact() })
            }
            Notification::RemotePrint { items, .. } => {
                let number = items.iter().count();
                (number, CommLogLine::PrintsDropped { incoming: true, number })
            }
            Notification::Packet { .. } => (1, CommLogLine::PacketDropped),
            Notification::Id { id, .. } => (1, CommLogLine::IdDropped { name: id.name.compact() }),
            _ => (1, CommLogLine::LogEntriesDropped { incoming: true, number: 1 }),
        };
        peer.counters.dropped_incoming += number as u64;
        self.log(key, peer, line, wall);
    }

    /// Logs a line about a peer, in order with its other notifications.
    pub(super) fn log(&mut self, key: PeerKey, peer: &mut Peer, line: CommLogLine, wall: Time) {
        if !(peer.ends_with_node && line.is_of_close()) {
            let who = Arc::clone(&peer.who);
            self.tell(key, peer, logged(Some(who), line, wall));
        }
    }

    /// Returns whether a peer's input must wait, until half of its own receive queue, or a quarter
    /// of the total, is taken. Without this hysteresis every taken event would wake its connection,
    /// or those of all peers.
    ///
    /// A peer with an empty receive queue never waits because of others.
    pub(super) fn must_wait(&self, peer: &Peer) -> bool {
        peer.must_wait || self.is_full && !peer.incoming.is_empty()
    }

    /// Ends a peer's wait if there is any room in its receive queue. Returns whether it waited.
    pub(super) fn stop_waiting(&self, peer: &mut Peer) -> bool {
        let bound = self.queue.bound;
        let ends = peer.must_wait
            && !peer.incoming.is_full(bound)
            && !peer.incoming.is_full_for_good(bound);
        peer.must_wait &= !ends;
        ends
    }

    /// Takes the oldest notification from the receive queue of the peer whose turn it is.
    pub(super) fn take(&mut self, peer: &mut Peer) -> Option<(Notification, usize, Unblocked)> {
        let waited = self.must_wait(peer);
        let (notification, weight) = peer.incoming.pop()?;
        if may_be_dropped(&notification) {
            self.depth.remove(weight);
            self.delivered += 1;
        }
        let half = self.queue.bound.part(1, 2);
        peer.must_wait &= peer.incoming.is_full(half) || peer.incoming.is_full_for_good(half);
        let was_full = self.is_full;
        self.is_full &= self.depth.reaches(self.total.part(3, 4));
        let room = if was_full && !self.is_full {
            Unblocked::All
        } else if waited && !self.must_wait(peer) {
            Unblocked::Sender
        } else {
            Unblocked::Nobody
        };
        Some((notification, weight, room))
    }

    /// Returns whose turn it is.
    pub(super) fn turn(&mut self) -> Option<PeerKey> {
        if self.delivered >= self.events_per_turn && !self.turns.is_empty() {
            self.delivered = 0;
            self.turns.rotate_left(1);
        }
        self.turns.front().copied()
    }

    /// Ends a turn. Returns the peer whose turn it was.
    pub(super) fn end_turn(&mut self) -> Option<PeerKey> {
        self.delivered = 0;
        self.turns.pop_front()
    }

    /// Skips a peer's turns until [`unblock`](Self::unblock).
    pub(super) fn block(&mut self, key: PeerKey) {
        self.blocked.insert(key);
    }

    /// Resumes the turns of blocked peers.
    pub(super) fn unblock(&mut self) {
        self.turns.extend(std::mem::take(&mut self.blocked));
    }

    /// Records the peer that raised the delivered event; `None` for another notification.
    pub(super) fn set_event_peer(&mut self, peer: Option<&Arc<EventPeer>>) {
        match (&self.event_peer, peer) {
            (Some(last), Some(next)) if Arc::ptr_eq(last, next) => {}
            _ => self.event_peer = peer.map(Arc::clone),
        }
    }

    /// Returns the peer that raised the last delivered notification, if it was an event.
    pub(super) fn event_peer(&self) -> Option<&Arc<EventPeer>> {
        self.event_peer.as_ref()
    }

    /// Takes the next notification that concerns no peer, if it is wanted.
    pub(super) fn pop_if(
        &mut self,
        is_wanted: impl FnOnce(&Notification) -> bool,
    ) -> Option<Notification> {
        pop_if(&mut self.first, is_wanted)
    }

    /// Takes the next notification that comes after all others, if it is wanted.
    pub(super) fn pop_last_if(
        &mut self,
        is_wanted: impl FnOnce(&Notification) -> bool,
    ) -> Option<Notification> {
        // Removing a peer may have added a log line.
        let ends = self.blocked.is_empty() && self.first.is_empty();
        pop_if(if ends { &mut self.last } else { &mut self.first }, is_wanted)
    }
}

/// The error that there is no room for a notification and its peer must be disconnected.
#[derive(Debug)]
pub(super) struct Disconnect;

/// Returns a line of the communication log.
pub(super) fn logged(peer: Option<Arc<EventPeer>>, line: CommLogLine, wall: Time) -> Notification {
    Notification::Log(Box::new(CommLogEntry { time: wall, peer, line }))
}

/// Takes the first notification of a queue, if it is wanted.
fn pop_if(
    queue: &mut VecDeque<Notification>,
    is_wanted: impl FnOnce(&Notification) -> bool,
) -> Option<Notification> {
    queue.front().filter(|next| is_wanted(next))?;
    queue.pop_front()
}
