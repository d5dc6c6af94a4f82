//! Sending events to peers (§6).

use std::collections::BTreeSet;
use std::sync::Arc;

use thiserror::Error;

use super::super::log::CommLogLine;
use super::super::outbox::Outgoing;
use super::super::{Bound, EventPattern, Overflow, PeerId};
use super::{NodeMachine, PeerKey};
use crate::Time;
use crate::connection::{Phase, Sent, Undeclared, UsageError};
use crate::data::{CallError, Event, Name, StateAccess, VariableError};

/// The result of raising an event, or of writing a log entry or print.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Raised {
    /// The number of peers that receive it.
    pub peers: usize,
    /// The number of disconnected peers for which it is kept.
    pub kept: usize,
    /// The number of peers for which it was dropped because of a full send queue.
    pub dropped: usize,
}

/// Why an event was not raised; nothing changes on error.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RaiseError {
    /// The event does not match its declaration.
    #[error("{0}")]
    Event(Box<CallError>),
    /// The send queue of a peer that requested the event, or the total of all queues, is full.
    /// Retry when [`NodeMachine::can_raise`] returns true.
    #[error("send queue full for peer {0}")]
    Full(PeerId),
}

impl From<CallError> for RaiseError {
    fn from(error: CallError) -> RaiseError {
        RaiseError::Event(Box::new(error))
    }
}

impl NodeMachine {
    /// Raises an event: sends it to every peer in phase Running that has requested it (§6), and
    /// keeps it for disconnected peers whose entries require it. It is not delivered locally. A
    /// time of 0 is replaced by the current time.
    ///
    /// The arguments of a declared event are checked and coerced as by
    /// [`coerce_call`](crate::data::Declarations::coerce_call); other events are sent unchanged.
    ///
    /// # Errors
    /// [`RaiseError::Event`], whether or not a peer has requested it; [`RaiseError::Full`], only
    /// with [`Overflow::Block`].
    pub fn raise(&mut self, event: Event, now: Time) -> Result<Raised, RaiseError> {
        self.raise_or_return(event, now).map_err(|(_, error)| error)
    }

    /// Raises an event, or returns it with the error.
    pub(crate) fn raise_or_return(
        &mut self,
        mut event: Event,
        now: Time,
    ) -> Result<Raised, (Event, RaiseError)> {
        self.feed_time(now);
        match self.options.undeclared.coerce_call(&self.declarations, &event) {
            Ok(None) => {}
            Ok(Some(args)) => event.args = args,
            Err(error) => return Err((event, error.into())),
        }
        if let Some(peer) = self.hindrance(&event.name, None) {
            return Err((event, RaiseError::Full(peer.id())));
        }
        if event.time == 0.0 {
            event.time = self.wall_clock().as_secs_f64();
        }
        Ok(self.send(event, None))
    }

    /// Returns whether an event with this name can be raised now.
    pub fn can_raise(&self, name: &[u8]) -> bool {
        self.hindrance(name, None).is_none()
    }

    /// Returns a peer whose full queue prevents sending an event with this name, if any.
    pub(super) fn hindrance(&self, name: &[u8], origin: Option<PeerKey>) -> Option<PeerKey> {
        if self.options.outgoing.overflow != Overflow::Block {
            return None;
        }
        let peers = self.subscribers.of(name)?;
        let waits =
            |id: &&PeerKey| origin != Some(**id) && !self.is_away(**id) && self.is_full(**id);
        peers.iter().find(waits).copied()
    }

    pub(super) fn is_full(&self, id: PeerKey) -> bool {
        let Some(peer) = self.peers.get(id) else { return false };
        peer.outbox.is_full(self.options.outgoing.bound)
            || !peer.outbox.is_empty() && self.outgoing.reaches(self.options.outgoing_total)
    }

    /// Sends an event to all its subscribers except its origin.
    pub(super) fn send(&mut self, event: Event, origin: Option<PeerKey>) -> Raised {
        let mut raised = Raised::default();
        let mut later = Vec::new();
        let peers = self.subscribers.of(&event.name).map(Arc::clone);
        let peers = peers.iter().flat_map(|peers| peers.iter().copied());
        for id in peers.filter(|id| Some(*id) != origin) {
            // It has requested the event, but receives kept events first.
            if self.is_away(id) {
                continue;
            }
            match self.send_now(id, &event) {
                Some(true) => raised.peers += 1,
                Some(false) => {}
                None => later.push(id),
            }
        }
        let is_kept = |id: &PeerKey| Some(*id) != origin && self.is_kept_for(*id, &event.name);
        let keepers: Vec<PeerKey> = self.subscribers.keepers().filter(is_kept).collect();
        if later.is_empty() && keepers.is_empty() {
            return raised;
        }
        let event = Arc::new(event);
        for id in later {
            if self.queue(id, Arc::clone(&event)) {
                raised.peers += 1;
            } else {
                raised.dropped += 1;
            }
        }
        for id in keepers {
            self.keep(id, Outgoing::event(Arc::clone(&event)));
            raised.kept += 1;
        }
        raised
    }

    /// Sends an event to a peer if its queue is empty: returns whether it was sent, or `None` if it
    /// has to wait.
    fn send_now(&mut self, id: PeerKey, event: &Event) -> Option<bool> {
        let peer = self.peers.get(id)?;
        let (link, waits) = (peer.link?, !peer.outbox.is_empty());
        let connection = self.connection_mut(id)?;
        // The queue of a peer that is not in phase Running is kept for it, and so is this event.
        if waits && connection.phase() == Phase::Running {
            return None;
        }
        let sent = match connection.send_checked_event(event) {
            Ok(sent) => sent == Sent::Sent,
            Err(UsageError::QueueFull { .. }) => return None,
            Err(_) => {
                self.unwritable(id, &event.name);
                false
            }
        };
        self.links.touch(link);
        Some(sent)
    }

    fn unwritable(&mut self, id: PeerKey, name: &Name) {
        if let Some(peer) = self.peers.get_mut(id) {
            peer.counters.unwritable += 1;
        }
        self.log_peer(id, CommLogLine::Unwritable { name: name.compact() });
    }

    /// Queues an event for a peer according to the policy; returns whether it is queued.
    fn queue(&mut self, id: PeerKey, event: Arc<Event>) -> bool {
        let dropped = || CommLogLine::EventDropped { incoming: false, name: event.name.compact() };
        let admitted = self.admit(id, dropped);
        if admitted {
            self.push_outgoing(id, Outgoing::event(event));
        }
        admitted
    }

    /// Makes room in a peer's queue according to the policy; returns whether the item can be
    /// queued. If it is dropped, that is counted, and logged with this line.
    pub(super) fn admit(&mut self, id: PeerKey, dropped: impl FnOnce() -> CommLogLine) -> bool {
        let (full, bound) = (self.is_full(id), self.options.outgoing.bound);
        let Some(peer) = self.peers.get_mut(id) else { return false };
        match self.options.outgoing.overflow {
            Overflow::DropNewest if full => {
                peer.counters.dropped_outgoing += 1;
                self.log_peer(id, dropped());
                return false;
            }
            Overflow::DropOldest if full => {
                // Only this peer's items are dropped: one for the total bound, otherwise as many as
                // needed.
                self.drop_oldest(id);
                while self.peers.get(id).is_some_and(|p| p.outbox.is_full(bound)) {
                    if !self.drop_oldest(id) {
                        break;
                    }
                }
            }
            Overflow::Disconnect if full => {
                peer.counters.dropped_outgoing += 1;
                self.give_up(id, CommLogLine::OutgoingFull, "send queue full");
                self.drain(id);
                return false;
            }
            _ => {}
        }
        true
    }

    /// Adds an item to a peer's queue.
    pub(super) fn push_outgoing(&mut self, id: PeerKey, outgoing: Outgoing) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        if let Some(weight) = outgoing.weight() {
            self.outgoing.add(weight);
        }
        peer.outbox.push(outgoing);
    }

    /// Drops the oldest droppable item of a peer's queue; returns whether there was one.
    fn drop_oldest(&mut self, id: PeerKey) -> bool {
        let Some(peer) = self.peers.get_mut(id) else { return false };
        let Some(oldest) = peer.outbox.drop_oldest() else { return false };
        self.outgoing.remove(oldest.weight().unwrap_or(0));
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
            Outgoing::Access(_) | Outgoing::LogWriter(_) => return true,
        };
        peer.counters.dropped_outgoing += number as u64;
        self.log_peer(id, line);
        true
    }

    /// Sends a peer's queue, as far as its connection accepts it.
    pub(super) fn pump(&mut self, id: PeerKey) {
        let mut sent = false;
        while let Some(outgoing) = self.peers.get(id).and_then(|peer| peer.outbox.front()).cloned()
        {
            let Some(connection) = self.connection_mut(id) else { break };
            if connection.phase() != Phase::Running {
                break;
            }
            let result = match &outgoing {
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
                Err(_) => {
                    if let Outgoing::Event { event, .. } = &outgoing {
                        self.unwritable(id, &event.name);
                    }
                }
            }
            if let Some(peer) = self.peers.get_mut(id) {
                peer.outbox.pop();
                sent = true;
            }
            if let Some(weight) = outgoing.weight() {
                self.outgoing.remove(weight);
            }
        }
        if sent {
            self.touch_peer(id);
            self.unblock();
        }
        self.close_when_sent(id);
    }

    /// Sends an operation on state to every peer in phase Running that has requested sync, except
    /// its origin. It is queued after earlier items.
    ///
    /// The operands for a declared variable are coerced to the declared types, unless the operation
    /// came from a peer.
    ///
    /// # Errors
    /// [`VariableError`]; nothing is sent then.
    pub fn broadcast_state_access(
        &mut self,
        access: StateAccess,
        origin: Option<PeerId>,
        now: Time,
    ) -> Result<(), VariableError> {
        self.feed_time(now);
        let coerced = match origin {
            None => self.declarations.coerce_access(&access)?,
            Some(_) => None,
        };
        let access = coerced.unwrap_or(access);
        let running = |key: &PeerKey| {
            let connection = self.connection(*key);
            Some(key.id()) != origin
                && connection.is_some_and(|c| c.phase() == Phase::Running && c.is_sync_requested())
        };
        let peers: Vec<_> = self.peers.keys().filter(running).collect();
        let access = Arc::new(access);
        for id in peers {
            if let Some(peer) = self.peers.get_mut(id) {
                peer.outbox.push(Outgoing::Access(Arc::clone(&access)));
                self.pump(id);
            }
        }
        Ok(())
    }

    /// Returns the names of the declared events that a pattern matches, or those that it lists
    /// explicitly if undeclared events are delivered.
    pub(super) fn events_matching(&self, pattern: &EventPattern) -> Vec<Name> {
        let declared = self.declarations.events.keys().filter(|name| pattern.matches(name));
        let mut names: BTreeSet<Name> = declared.cloned().collect();
        if self.options.undeclared == Undeclared::Deliver {
            names.extend(pattern.names_outright().into_iter().flatten());
        }
        names.into_iter().collect()
    }
}

/// Store and forward.
impl NodeMachine {
    /// Returns whether an event is kept for a peer: it is disconnected, will reconnect, and may
    /// request it.
    fn is_kept_for(&self, id: PeerKey, name: &[u8]) -> bool {
        let Some(peer) = self.peers.get(id) else { return false };
        let away = self.is_away(id);
        let wanted = peer.last_requests.as_ref().is_none_or(|requests| requests.contains(name));
        let comes_back = peer.link.is_some() || self.waits_to_connect(id);
        away && wanted && comes_back && !self.ending.is_under_way()
    }

    /// Returns whether a peer for which events are kept is away: until it is in phase Running
    /// according to the processed notifications.
    fn is_away(&self, id: PeerKey) -> bool {
        self.subscribers.is_keeper(id) && self.peers.get(id).is_some_and(|peer| !peer.running)
    }

    /// Keeps an event for a disconnected peer, dropping the oldest if necessary.
    fn keep(&mut self, id: PeerKey, outgoing: Outgoing) {
        let bound = self.entry(id).and_then(|entry| entry.node.store_and_forward);
        let bound = bound.unwrap_or(Bound::new(0, 0));
        while self.peers.get(id).is_some_and(|peer| peer.outbox.is_full(bound)) {
            if !self.drop_oldest(id) {
                break;
            }
        }
        self.push_outgoing(id, outgoing);
    }

    /// Sends the kept events that a reconnected peer has requested.
    pub(super) fn send_what_was_kept(&mut self, id: PeerKey) {
        let Some(requests) = self.connection(id).map(|c| c.peer_events().clone()) else { return };
        if let Some(peer) = self.peers.get_mut(id) {
            let before = peer.outbox.depth;
            peer.outbox.retain(|name| requests.contains(name));
            self.outgoing.shrink(before, peer.outbox.depth);
        }
        self.pump(id);
        self.unblock();
    }

    /// Drops the queue of a peer whose connection is closed, unless it is kept for the next one.
    pub(super) fn lose_outbox(&mut self, id: PeerKey) {
        let keeps = self.subscribers.is_keeper(id) && !self.ending.is_under_way();
        let Some(peer) = self.peers.get_mut(id) else { return };
        let before = peer.outbox.depth;
        if keeps {
            peer.outbox.keep_events();
        } else {
            peer.outbox.clear();
        }
        self.outgoing.shrink(before, peer.outbox.depth);
    }
}
