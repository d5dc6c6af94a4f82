//! What the tasks and handles of one node share.

use std::sync::{Mutex, PoisonError};
use std::task::Waker;
use std::time::{Instant, SystemTime};

use brocomm::Time;
use brocomm::node::Communication;
use brocomm::transport::{Hub, Ticket};

/// Holds the node behind a lock, and its clock.
#[derive(Debug)]
pub(crate) struct Shared {
    hub: Mutex<Hub>,
    /// The wall clock and the monotonic clock, as they were when the node began.
    start: (Time, Instant),
}

impl Shared {
    pub(crate) fn new(communication: Communication) -> Shared {
        let start = (Time::from(SystemTime::now()), Instant::now());
        Shared { hub: Mutex::new(Hub::new(communication)), start }
    }

    pub(crate) fn now(&self) -> Time {
        let (wall, start) = self.start;
        wall + start.elapsed()
    }

    /// Does something with the node, and wakes those whom it concerns. The lock is held meanwhile.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Hub, Time) -> T) -> T {
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
}

/// Awaits something of the node, and is forgotten when it does so no longer.
#[derive(Debug)]
pub(crate) struct Awaiting<'a> {
    shared: &'a Shared,
    pub(crate) ticket: Ticket,
}

impl Awaiting<'_> {
    pub(crate) fn new(shared: &Shared) -> Awaiting<'_> {
        Awaiting { shared, ticket: Ticket::default() }
    }
}

impl Drop for Awaiting<'_> {
    fn drop(&mut self) {
        self.shared.with(|hub, _| hub.forget(&mut self.ticket));
    }
}
