//! What waits for the application, and whose turn it is.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::super::inbox::{self, may_be_dropped};
use super::super::log::{CommLogEntry, CommLogLine};
use super::super::{Bound, Depth, EventPeer, Notification, Options, Overflow, Queue};
use super::peers::{Peer, PeerKey};
use crate::Time;

/// What waits for the application, but for the inboxes of peers, and the turns of these.
#[derive(Debug)]
pub(super) struct Delivery {
    /// What may wait of one peer, and what happens with more.
    queue: Queue,
    /// What may wait of all peers.
    total: Bound,
    /// How many events of one peer are delivered before those of the next.
    events_per_turn: u32,
    /// Notifications about no peer.
    first: VecDeque<Notification>,
    /// What comes after everything else.
    last: VecDeque<Notification>,
    /// The peers with something in their inbox, in the order of their turns.
    turns: VecDeque<PeerKey>,
    /// How many events the first of them has had delivered in this turn.
    delivered: u32,
    /// The peers whose turn waits until what they sent can be sent on.
    blocked: BTreeSet<PeerKey>,
    /// What waits in all inboxes together.
    depth: Depth,
    /// The bytes of a peer's message that what is looked at keeps alive, until they are counted.
    held: usize,
    /// What waits, from all peers together, reached its bound and is still more than three quarters
    /// of it.
    is_full: bool,
    /// Where the last event that was taken came from; none if it is our own.
    event_peer: Option<Arc<EventPeer>>,
}

/// What taking a notification made room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// Nobody waited for it.
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

    /// Adds something about no peer.
    pub(super) fn push(&mut self, notification: Notification) {
        self.first.push_back(notification);
    }

    /// Adds what comes after everything else.
    pub(super) fn push_last(&mut self, notification: Notification) {
        self.last.push_back(notification);
    }

    /// Says how many bytes what is added next keeps alive.
    pub(super) fn hold(&mut self, bytes: usize) {
        self.held = bytes;
    }

    /// Adds something to a peer's inbox.
    pub(super) fn tell(&mut self, key: PeerKey, peer: &mut Peer, notification: Notification) {
        if !std::mem::replace(&mut peer.has_turn, true) {
            self.turns.push_back(key);
        }
        let weight = inbox::weigh(&notification, &mut self.held);
        let counts = may_be_dropped(&notification);
        peer.inbox.push(notification, weight);
        let Queue { bound, overflow } = self.queue;
        let blocks = overflow == Overflow::Block;
        // Dropping makes no room for what is never dropped.
        peer.must_wait |= peer.inbox.is_full_for_good(bound) || blocks && peer.inbox.is_full(bound);
        if counts {
            self.depth.add(weight);
            self.is_full |= blocks && self.depth.reaches(self.total);
        }
    }

    /// Adds something that may be dropped to a peer's inbox, as the policy has it. Returns what there
    /// is no room for, if the peer is to be given up for that.
    pub(super) fn tell_bounded(
        &mut self,
        key: PeerKey,
        peer: &mut Peer,
        notification: Notification,
        wall: Time,
    ) -> Result<(), Disconnect> {
        let full = peer.inbox.is_full(self.queue.bound) || self.depth.reaches(self.total);
        match self.queue.overflow {
            Overflow::DropNewest if full => self.drop_one(key, peer, &notification, wall),
            Overflow::DropOldest if full => {
                // What others have waiting is theirs; without any of its own it is the newest.
                if !self.drop_oldest(key, peer, wall) {
                    self.drop_one(key, peer, &notification, wall);
                    return Ok(());
                }
                while peer.inbox.is_full(self.queue.bound) && self.drop_oldest(key, peer, wall) {}
                self.tell(key, peer, notification);
            }
            Overflow::Disconnect if full => {
                peer.counters.dropped_incoming += 1;
                return Err(Disconnect);
            }
            // A peer that blocks is not read from, but what was read before still comes.
            _ => self.tell(key, peer, notification),
        }
        Ok(())
    }

    /// Drops what has waited longest of what a peer sent and may be dropped; returns whether there
    /// was anything.
    fn drop_oldest(&mut self, key: PeerKey, peer: &mut Peer, wall: Time) -> bool {
        let Some((dropped, weight)) = peer.inbox.drop_oldest() else { return false };
        self.depth.remove(weight);
        self.drop_one(key, peer, &dropped, wall);
        true
    }

    /// Counts and logs what is dropped.
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

    /// Logs what concerns a peer, in order with what else is told of it.
    pub(super) fn log(&mut self, key: PeerKey, peer: &mut Peer, line: CommLogLine, wall: Time) {
        if !(peer.ends_with_node && line.is_of_close()) {
            let who = Arc::clone(&peer.who);
            self.tell(key, peer, logged(Some(who), line, wall));
        }
    }

    /// Returns whether what a peer sends has to wait: until half of its own inbox is taken, or until a
    /// quarter is of what all sent. Were it let in for each one that is taken, every event would wake
    /// its connection, or those of all peers.
    ///
    /// A peer that has nothing waiting never waits for what others sent.
    pub(super) fn must_wait(&self, peer: &Peer) -> bool {
        peer.must_wait || self.is_full && !peer.inbox.is_empty()
    }

    /// Takes the oldest notification out of the inbox of the peer whose turn it is.
    pub(super) fn take(&mut self, peer: &mut Peer) -> Option<(Notification, usize, Room)> {
        let waited = self.must_wait(peer);
        let (notification, weight) = peer.inbox.pop()?;
        if may_be_dropped(&notification) {
            self.depth.remove(weight);
            self.delivered += 1;
        }
        let half = self.queue.bound.part(1, 2);
        peer.must_wait &= peer.inbox.is_full(half) || peer.inbox.is_full_for_good(half);
        let was_full = self.is_full;
        self.is_full &= self.depth.reaches(self.total.part(3, 4));
        let room = if was_full && !self.is_full {
            Room::All
        } else if waited && !self.must_wait(peer) {
            Room::Sender
        } else {
            Room::Nobody
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

    /// Ends a turn; returns whose it was.
    pub(super) fn end_turn(&mut self) -> Option<PeerKey> {
        self.delivered = 0;
        self.turns.pop_front()
    }

    /// Gives a peer no turn until [`unblock`](Self::unblock).
    pub(super) fn block(&mut self, key: PeerKey) {
        self.blocked.insert(key);
    }

    /// Gives peers their turn again.
    pub(super) fn unblock(&mut self) {
        self.turns.extend(std::mem::take(&mut self.blocked));
    }

    /// Records who raised the event that is taken, or that what is taken is none.
    pub(super) fn set_event_peer(&mut self, peer: Option<&Arc<EventPeer>>) {
        self.event_peer = peer.map(Arc::clone);
    }

    /// Returns who raised the event that was taken last, if that is a peer.
    pub(super) fn event_peer(&self) -> Option<&Arc<EventPeer>> {
        self.event_peer.as_ref()
    }

    /// Returns what is about no peer, if it is wanted.
    pub(super) fn pop_if(
        &mut self,
        is_wanted: impl FnOnce(&Notification) -> bool,
    ) -> Option<Notification> {
        pop_if(&mut self.first, is_wanted)
    }

    /// Returns what comes when no peer has a turn, if it is wanted.
    pub(super) fn pop_last_if(
        &mut self,
        is_wanted: impl FnOnce(&Notification) -> bool,
    ) -> Option<Notification> {
        // Forgetting a peer may have left a line.
        let ends = self.blocked.is_empty() && self.first.is_empty();
        pop_if(if ends { &mut self.last } else { &mut self.first }, is_wanted)
    }
}

/// There is no room for what a peer sent, and it is to be given up for that.
#[derive(Debug)]
pub(super) struct Disconnect;

/// Returns a line of the communication log.
pub(super) fn logged(peer: Option<Arc<EventPeer>>, line: CommLogLine, wall: Time) -> Notification {
    Notification::Log(CommLogEntry { time: wall, peer, line })
}

/// Takes the first of a queue, if it is wanted.
fn pop_if(
    queue: &mut VecDeque<Notification>,
    is_wanted: impl FnOnce(&Notification) -> bool,
) -> Option<Notification> {
    queue.front().filter(|next| is_wanted(next))?;
    queue.pop_front()
}
