//! What the tasks and handles of one node share.

use std::sync::{Mutex, PoisonError};
use std::task::{Poll, Waker};

use brocomm::Time;
use brocomm::data::Event;
use brocomm::node::{Communication, EventPeer, PeerId, Raised};
use brocomm::transport::{Carrier, Cause, Hub, Ticket};

use crate::Clock;

/// Holds the node behind a lock, and its clock.
#[derive(Debug)]
pub struct Shared {
    hub: Mutex<Hub>,
    clock: Clock,
}

impl Shared {
    /// Takes over a node, which should have been [started](Communication::start) or be so soon.
    pub fn new(communication: Communication, clock: Clock) -> Shared {
        Shared { hub: Mutex::new(Hub::new(communication)), clock }
    }

    /// Returns what time it is on the node's clock.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Does something with the node, and wakes those whom it concerns. The lock is held meanwhile.
    pub fn with<T>(&self, act: impl FnOnce(&mut Hub, Time) -> T) -> T {
        let now = self.now();
        let (result, wake) = {
            // The node stays usable when its user panics in the midst of a call.
            let mut hub = self.hub.lock().unwrap_or_else(PoisonError::into_inner);
            let result = act(&mut hub, now);
            (result, hub.settle())
        };
        wake.into_iter().for_each(Waker::wake);
        result
    }

    /// Tells the node that a connection did not come about, and why.
    pub fn feed_connect_failed(&self, carrier: &Carrier, cause: impl Into<Cause>) {
        let Cause { text, .. } = cause.into();
        self.with(|hub, now| carrier.feed_connect_failed(hub, &text, now));
    }
}

/// Awaits something of the node, and is forgotten when it is dropped.
#[derive(Debug)]
pub struct Awaiting<'a> {
    shared: &'a Shared,
    ticket: Ticket,
}

impl Awaiting<'_> {
    /// Awaits nothing so far.
    pub fn new(shared: &Shared) -> Awaiting<'_> {
        Awaiting { shared, ticket: Ticket::default() }
    }

    /// Raises an event when there is room for it, as [`Hub::poll_raise`] does.
    pub fn poll_raise(&mut self, event: &mut Option<Event>, waker: &Waker) -> Poll<Raised> {
        self.shared.with(|hub, now| hub.poll_raise(&mut self.ticket, event, now, waker))
    }

    /// Is to get the first event of which this is true, as [`Hub::expect`] has it.
    pub fn expect(&mut self, is_answer: impl FnMut(&EventPeer, &Event) -> bool + Send + 'static) {
        self.shared.with(|hub, _| hub.expect(&mut self.ticket, is_answer));
    }

    /// Returns the event that was [expected](Self::expect), as [`Hub::poll_answer`] does.
    pub fn poll_answer(
        &mut self,
        waker: &Waker,
    ) -> Poll<Option<(std::sync::Arc<EventPeer>, Event)>> {
        self.shared.with(|hub, _| hub.poll_answer(&mut self.ticket, waker))
    }

    /// Tells when nothing of what waited at first waits to be sent any more, as
    /// [`Hub::poll_flush`] does.
    pub fn poll_flush(&mut self, from: &mut PeerId, waker: &Waker) -> Poll<()> {
        self.shared.with(|hub, _| hub.poll_flush(&mut self.ticket, from, waker))
    }

    /// Tells when communication is terminated, as [`Hub::poll_terminated`] does.
    pub fn poll_terminated(&mut self, waker: &Waker) -> Poll<Vec<PeerId>> {
        self.shared.with(|hub, _| hub.poll_terminated(&mut self.ticket, waker))
    }
}

impl Drop for Awaiting<'_> {
    fn drop(&mut self) {
        self.shared.with(|hub, _| hub.forget(&mut self.ticket));
    }
}
