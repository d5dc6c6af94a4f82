//! What the tasks and handles of one node share.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

use brocomm::Time;
use brocomm::data::{CallError, Event};
use brocomm::logs::{LogValue, StreamError};
use brocomm::lowlevel::driver::{Cause, Flush, NodeDriver, SocketDriver, Ticket};
use brocomm::node::{EventPeer, NodeMachine, PeerId, Raised};

use crate::{Clock, Handle};

/// Holds the node behind a lock, and its clock.
#[derive(Debug)]
pub struct Shared {
    hub: Mutex<NodeDriver>,
    clock: Clock,
    /// How many events were raised, and log entries written.
    raised: AtomicU32,
}

/// How many events are raised, or log entries written, before those who carry them have their turn.
const TURN: u32 = 256;

impl Shared {
    /// Takes over a node, which should have been [started](NodeMachine::start) or be so soon.
    pub(crate) fn new(communication: NodeMachine, clock: Clock) -> Shared {
        Shared { hub: Mutex::new(NodeDriver::new(communication)), clock, raised: AtomicU32::new(0) }
    }

    /// Returns what time it is for the node's timers.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    pub(crate) fn wall_clock(&self) -> Time {
        self.clock.wall_clock()
    }

    /// Does something with the node, and wakes those whom it concerns. The lock is held meanwhile.
    pub fn with<T>(&self, act: impl FnOnce(&mut NodeDriver, Time) -> T) -> T {
        let (result, wake) = {
            // The node stays usable when its user panics in the midst of a call.
            let mut hub = self.hub.lock().unwrap_or_else(PoisonError::into_inner);
            // Behind the lock, so that the times of events are in the order of the events.
            let now = self.now();
            hub.feed_clock(now, self.wall_clock());
            let result = act(&mut hub, now);
            (result, hub.settle())
        };
        wake.into_iter().for_each(Waker::wake);
        result
    }

    /// Counts one who raises an event or writes a log entry; tells whether it should let others have their turn before.
    ///
    /// Where one thread does everything, an application that raises as long as there is room would
    /// let nothing be sent meanwhile, and the caches of the processor forget it all.
    pub(crate) fn is_turn_over(&self) -> bool {
        self.raised.fetch_add(1, Ordering::Relaxed) % TURN == TURN - 1
    }

    /// Tells the node that a connection did not come about, and why.
    pub fn feed_connect_failed(&self, carrier: &SocketDriver, cause: impl Into<Cause>) {
        let Cause { text, .. } = cause.into();
        self.with(|hub, now| carrier.feed_connect_failed(hub, &text, now));
    }
}

/// Awaits something of the node, and is forgotten when it is dropped.
#[derive(Debug)]
pub struct Awaiting<'a> {
    shared: &'a Shared,
    ticket: Ticket,
    /// The hub knows of it.
    is_known: bool,
}

impl Awaiting<'_> {
    /// Awaits nothing so far.
    pub fn new(handle: &Handle) -> Awaiting<'_> {
        Awaiting { shared: handle.shared(), ticket: Ticket::default(), is_known: false }
    }

    /// Raises an event when there is room for it, as [`NodeDriver::poll_raise`] does.
    ///
    /// # Errors
    /// As [`NodeDriver::poll_raise`].
    pub fn poll_raise(
        &mut self,
        event: &mut Option<Event>,
        waker: &Waker,
    ) -> Poll<Result<Raised, CallError>> {
        self.poll(|hub, ticket, now| hub.poll_raise(ticket, event, now, waker))
    }

    /// Writes an entry to the log of a stream when there is room for it, as
    /// [`NodeDriver::poll_write_log`] does.
    ///
    /// # Errors
    /// As [`NodeDriver::poll_write_log`].
    pub fn poll_write_log(
        &mut self,
        stream: i32,
        values: &[LogValue],
        waker: &Waker,
    ) -> Poll<Result<Raised, StreamError>> {
        self.poll(|hub, ticket, now| hub.poll_write_log(ticket, stream, values, now, waker))
    }

    /// Is to get the first event of which this is true, as [`NodeDriver::expect`] has it.
    pub fn expect(&mut self, is_answer: impl FnMut(&EventPeer, &Event) -> bool + Send + 'static) {
        self.is_known = true;
        self.shared.with(|hub, _| hub.expect(&mut self.ticket, is_answer));
    }

    /// Returns the event that was [expected](Self::expect), as [`NodeDriver::poll_answer`] does.
    pub fn poll_answer(&mut self, waker: &Waker) -> Poll<Option<(Arc<EventPeer>, Event)>> {
        self.poll(|hub, ticket, _| hub.poll_answer(ticket, waker))
    }

    /// Returns when all that was raised before is written, as [`NodeDriver::poll_flush`] does.
    pub fn poll_flush(&mut self, flush: &mut Flush, waker: &Waker) -> Poll<()> {
        self.poll(|hub, ticket, now| hub.poll_flush(ticket, flush, now, waker))
    }

    /// Returns when communication is terminated, as [`NodeDriver::poll_terminated`] does.
    pub fn poll_terminated(&mut self, waker: &Waker) -> Poll<Vec<PeerId>> {
        self.poll(|hub, ticket, _| hub.poll_terminated(ticket, waker))
    }

    fn poll<T>(
        &mut self,
        poll: impl FnOnce(&mut NodeDriver, &mut Ticket, Time) -> Poll<T>,
    ) -> Poll<T> {
        let polled = self.shared.with(|hub, now| poll(hub, &mut self.ticket, now));
        self.is_known |= polled.is_pending();
        polled
    }
}

impl Drop for Awaiting<'_> {
    fn drop(&mut self) {
        if self.is_known {
            self.shared.with(|hub, _| hub.forget(&mut self.ticket));
        }
    }
}
