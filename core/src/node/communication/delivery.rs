//! What waits for the application, and whose turn it is.

use std::collections::{BTreeSet, VecDeque};

use super::super::inbox::{self, may_be_dropped};
use super::super::{Bound, Depth, Notification, Options, Overflow};
use super::{Peer, PeerKey};

/// What waits for the application, but for the inboxes of peers, and the turns of these.
#[derive(Debug, Default)]
pub(super) struct Delivery {
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
    pub(super) fn tell(
        &mut self,
        key: PeerKey,
        peer: &mut Peer,
        notification: Notification,
        options: &Options,
    ) {
        if !std::mem::replace(&mut peer.has_turn, true) {
            self.turns.push_back(key);
        }
        let weight = inbox::weigh(&notification, &mut self.held);
        let counts = may_be_dropped(&notification);
        peer.inbox.push(notification, weight);
        let bound = options.incoming.bound;
        let blocks = options.incoming.overflow == Overflow::Block;
        // Dropping makes no room for what is never dropped.
        peer.must_wait |= peer.inbox.is_full_for_good(bound) || blocks && peer.inbox.is_full(bound);
        if counts {
            self.depth.add(weight);
            self.is_full |= blocks && self.reaches(options.incoming_total);
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
    pub(super) fn take(
        &mut self,
        peer: &mut Peer,
        options: &Options,
    ) -> Option<(Notification, usize, Room)> {
        let waited = self.must_wait(peer);
        let (notification, weight) = peer.inbox.pop()?;
        if may_be_dropped(&notification) {
            self.depth.remove(weight);
            self.delivered += 1;
        }
        let half = options.incoming.bound.part(1, 2);
        peer.must_wait &= peer.inbox.is_full(half) || peer.inbox.is_full_for_good(half);
        let was_full = self.is_full;
        self.is_full &= self.reaches(options.incoming_total.part(3, 4));
        let room = if was_full && !self.is_full {
            Room::All
        } else if waited && !self.must_wait(peer) {
            Room::Sender
        } else {
            Room::Nobody
        };
        Some((notification, weight, room))
    }

    /// Drops what has waited longest in a peer's inbox and may be dropped.
    pub(super) fn drop_oldest(&mut self, peer: &mut Peer) -> Option<Notification> {
        let (dropped, weight) = peer.inbox.drop_oldest()?;
        self.depth.remove(weight);
        Some(dropped)
    }

    pub(super) fn reaches(&self, total: Bound) -> bool {
        self.depth.reaches(total)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_empty()
            && self.turns.is_empty()
            && (!self.blocked.is_empty() || self.last.is_empty())
    }

    /// Returns whose turn it is, which ends after so many events.
    pub(super) fn turn(&mut self, events: u32) -> Option<PeerKey> {
        if self.delivered >= events && !self.turns.is_empty() {
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

/// Takes the first of a queue, if it is wanted.
fn pop_if(
    queue: &mut VecDeque<Notification>,
    is_wanted: impl FnOnce(&Notification) -> bool,
) -> Option<Notification> {
    queue.front().filter(|next| is_wanted(next))?;
    queue.pop_front()
}
