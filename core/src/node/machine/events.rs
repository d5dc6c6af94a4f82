//! Sending events to peers (§6).

use std::sync::Arc;

use thiserror::Error;

use super::super::log::CommLogLine;
use super::super::{Bound, PeerId};
use super::NodeMachine;
use super::peers::PeerKey;
use super::sending::{self, Admission, Pumped, SentNow};
use crate::Time;
use crate::connection::Phase;
use crate::data::{CallError, Event, StateAccess, VariableError};
use crate::node::queue;
use crate::node::queue::Outgoing;
use crate::serial::Templates;

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

/// The reason why an event was not raised. Nothing has changed.
#[derive(Clone, PartialEq, Eq, Error)]
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

crate::errors::debug_as_display!(RaiseError);

impl From<CallError> for RaiseError {
    fn from(error: CallError) -> RaiseError {
        RaiseError::Event(Box::new(error))
    }
}

/// The number of peers that get an event in one step. Between steps, others may use the node.
const AT_ONCE: usize = 64;

/// An event that is being sent to its receivers, the peers that have requested it.
#[derive(Debug)]
pub(crate) struct FanOut {
    event: Event,
    origin: Option<PeerKey>,
    peers: Option<Arc<Vec<PeerKey>>>,
    /// The number of receivers that were handled.
    passed: usize,
    /// `None` if there is only one receiver.
    templates: Option<Box<Templates>>,
    raised: Raised,
    done: bool,
}

impl FanOut {
    /// Returns the result once the event was sent to all receivers, or `None` before.
    pub(crate) fn raised(&self) -> Option<Raised> {
        self.done.then_some(self.raised)
    }

    /// Returns the estimated size of the event in bytes.
    pub(crate) fn size(&self) -> usize {
        queue::of_event(&self.event)
    }
}

impl NodeMachine {
    /// Raises an event: sends it to every peer in phase Running that has requested it (§6), and
    /// keeps it for disconnected peers whose entries require it. It is not delivered locally. A
    /// time of 0 is replaced by the current time.
    ///
    /// The arguments are checked and coerced to the declared types, as
    /// [`coerce_call`](crate::data::Declarations::coerce_call) does. An undeclared event can be
    /// raised only with [`Undeclared::Deliver`](crate::node::Undeclared::Deliver).
    ///
    /// # Errors
    /// [`RaiseError::Event`], whether or not any peer has requested it; [`RaiseError::Full`], only
    /// with [`Overflow::Block`](super::super::Overflow::Block).
    pub fn raise(&mut self, event: Event, now: Time) -> Result<Raised, RaiseError> {
        let mut fan_out = self.begin_raise(event, now).map_err(|(_, error)| error)?;
        Ok(self.end_fan_out(&mut fan_out))
    }

    /// Raises an event and sends it to its first receivers, or returns it with the error.
    pub(crate) fn begin_raise(
        &mut self,
        mut event: Event,
        now: Time,
    ) -> Result<FanOut, (Event, RaiseError)> {
        self.feed_time(now);
        match self.settings.options.undeclared.coerce_call(&self.settings.declarations, &event) {
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
        let mut fan_out = self.fan_out(event, None);
        self.send_further(&mut fan_out);
        Ok(fan_out)
    }

    /// Returns whether an event with this name can be raised now.
    pub fn can_raise(&self, name: &[u8]) -> bool {
        self.hindrance(name, None).is_none()
    }

    /// Returns a peer whose full queue prevents sending an event with this name, if any.
    pub(super) fn hindrance(&self, name: &[u8], origin: Option<PeerKey>) -> Option<PeerKey> {
        if !self.sending.may_block() {
            return None;
        }
        let waits = |key: &PeerKey| {
            let peer = self.peers.get(*key).filter(|_| origin != Some(*key));
            peer.is_some_and(|p| !self.sending.is_away(*key, p) && self.sending.is_full(p))
        };
        self.sending.find_full(self.sending.subscribers(name)?, waits)
    }

    /// Sends an event to all its receivers except its origin.
    pub(super) fn send(&mut self, event: Event, origin: Option<PeerKey>) {
        let mut fan_out = self.fan_out(event, origin);
        self.end_fan_out(&mut fan_out);
    }

    /// Prepares to send an event to all its receivers except its origin.
    fn fan_out(&mut self, event: Event, origin: Option<PeerKey>) -> FanOut {
        let peers = self.sending.subscribers(&event.name).map(Arc::clone);
        let is_to_many = peers.as_ref().is_some_and(|peers| peers.len() > 1);
        let templates = is_to_many.then(|| {
            let mut templates = self.sending.templates.take().unwrap_or_default();
            templates.begin(&event);
            templates
        });
        FanOut {
            event,
            origin,
            peers,
            passed: 0,
            templates,
            raised: Raised::default(),
            done: false,
        }
    }

    /// Sends an event to all remaining receivers.
    fn end_fan_out(&mut self, fan_out: &mut FanOut) -> Raised {
        loop {
            if let Some(raised) = fan_out.raised() {
                return raised;
            }
            self.send_further(fan_out);
        }
    }

    /// Sends an event to its next receivers. After the last, keeps it for disconnected peers.
    pub(crate) fn send_further(&mut self, fan_out: &mut FanOut) {
        let FanOut { event, origin, peers, passed, templates, raised, done } = fan_out;
        let mut waiting: Option<Arc<Event>> = None;
        let mut shared = || Arc::clone(waiting.get_or_insert_with(|| Arc::new(event.clone())));
        let left = peers.as_deref().and_then(|peers| peers.get(*passed..)).unwrap_or_default();
        *done = left.len() <= AT_ONCE;
        *passed += AT_ONCE;
        let mut line = None;
        for id in left.get(..AT_ONCE).unwrap_or(left).iter().copied() {
            if Some(id) == *origin {
                continue;
            }
            match self.send_now(id, event, templates.as_deref_mut(), &mut line) {
                Some(SentNow::Sent) => raised.peers += 1,
                Some(SentNow::Later) => match self.send_later(id, event, &mut shared) {
                    true => raised.peers += 1,
                    false => raised.dropped += 1,
                },
                Some(SentNow::Not) => line.take().into_iter().for_each(|l| self.log_peer(id, l)),
                None => {}
            }
        }
        if !*done {
            return;
        }
        if let Some(mut templates) = templates.take() {
            templates.clear();
            self.sending.templates = Some(templates);
        }
        let is_kept = |id: &PeerKey| Some(*id) != *origin && self.is_kept_for(*id, &event.name);
        let away: Vec<PeerKey> = self.sending.kept_for().filter(is_kept).collect();
        for id in away {
            let bound = self.entry(id).and_then(|entry| entry.node.store_and_forward);
            let Some(peer) = self.peers.get_mut(id) else { continue };
            let outgoing = Outgoing::event(shared());
            let lines = self.sending.keep(id, peer, outgoing, bound.unwrap_or(Bound::new(0, 0)));
            lines.into_iter().for_each(|line| self.log_peer(id, line));
            raised.kept += 1;
        }
    }

    /// Adds an event to a peer's queue. Returns whether it had room.
    #[inline(never)]
    fn send_later(
        &mut self,
        id: PeerKey,
        event: &Event,
        shared: &mut impl FnMut() -> Arc<Event>,
    ) -> bool {
        let dropped = || CommLogLine::EventDropped { incoming: false, name: event.name.compact() };
        let has_room = self.admit(id, dropped);
        if has_room {
            self.push_outgoing(id, Outgoing::event(shared()));
        }
        has_room
    }

    /// Sends an event to a peer if nothing is queued before it, or sets `line` to the reason why
    /// not. Returns `None` if there is no connection, or if events kept for the peer must be sent
    /// first.
    fn send_now(
        &mut self,
        id: PeerKey,
        event: &Event,
        templates: Option<&mut Templates>,
        line: &mut Option<CommLogLine>,
    ) -> Option<SentNow> {
        let peer = self.peers.get_mut(id)?;
        if self.sending.is_away(id, peer) {
            return None;
        }
        let Some(socket) = peer.socket else { return Some(SentNow::Later) };
        let sent = self.transport.send(socket, |connection| {
            let sent = sending::send_now(peer, connection, event, templates, line);
            (sent, sent != SentNow::Later)
        });
        sent.or(Some(SentNow::Later))
    }

    /// Makes room in a peer's queue according to the policy. Returns whether the item can be
    /// queued. A dropped item is counted, and logged with this line.
    pub(super) fn admit(&mut self, id: PeerKey, dropped: impl FnOnce() -> CommLogLine) -> bool {
        let Some(peer) = self.peers.get_mut(id) else { return false };
        match self.sending.admit(peer) {
            Admission::Granted(lines) => {
                lines.into_iter().for_each(|line| self.log_peer(id, line));
                return true;
            }
            Admission::Dropped => self.log_peer(id, dropped()),
            Admission::Disconnect => {
                self.give_up(id, CommLogLine::OutgoingFull, "send queue full");
                self.drain(id);
            }
        }
        false
    }

    /// Adds an item to a peer's queue.
    pub(super) fn push_outgoing(&mut self, id: PeerKey, outgoing: Outgoing) {
        if let Some(peer) = self.peers.get_mut(id) {
            self.sending.push(id, peer, outgoing);
        }
    }

    /// Sends a peer's queue, as far as its connection accepts it.
    pub(super) fn pump(&mut self, id: PeerKey) {
        if let Some(peer) = self.peers.get_mut(id)
            && let Some(socket) = peer.socket
            && let Some(connection) = self.transport.begun_mut(socket)
        {
            let Pumped { some, lines } = self.sending.pump(id, peer, connection);
            lines.into_iter().for_each(|line| self.log_peer(id, line));
            if some {
                self.transport.touch(socket);
                self.unblock();
            }
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
    /// [`VariableError`]. In that case, nothing is sent.
    pub fn broadcast_state_access(
        &mut self,
        access: StateAccess,
        origin: Option<PeerId>,
        now: Time,
    ) -> Result<(), VariableError> {
        self.feed_time(now);
        let coerced = match origin {
            None => self.settings.declarations.coerce_access(&access)?,
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
                peer.outgoing.push(Outgoing::Access(Arc::clone(&access)));
                self.pump(id);
            }
        }
        Ok(())
    }

    /// Returns whether an event is kept for a peer: it is disconnected, will reconnect, and may
    /// request it.
    fn is_kept_for(&self, id: PeerKey, name: &[u8]) -> bool {
        let Some(peer) = self.peers.get(id) else { return false };
        let wanted = peer.last_requests.as_ref().is_none_or(|requests| requests.contains(name));
        let comes_back = peer.socket.is_some() || self.waits_to_connect(id);
        self.sending.is_away(id, peer) && wanted && comes_back && !self.ending.is_under_way()
    }

    /// Sends the kept events that a reconnected peer has requested again.
    pub(super) fn send_what_was_kept(&mut self, id: PeerKey) {
        if let Some(peer) = self.peers.get_mut(id)
            && let Some(connection) =
                peer.socket.and_then(|socket| self.transport.get(socket)?.begun())
        {
            self.sending.drop_unwanted(peer, connection.peer_events());
            self.pump(id);
            self.unblock();
        }
    }
}
