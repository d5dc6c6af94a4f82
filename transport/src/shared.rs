//! The state shared by the tasks and handles of one node.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker, ready};

use brocomm::Time;
use brocomm::data::{CallError, Event};
use brocomm::logs::{LogValue, StreamError};
use brocomm::lowlevel::driver::{Cause, Flush, NodeDriver, Raising, SocketDriver, Ticket};
use brocomm::node::{EventPeer, NodeMachine, Notification, PeerId, RaiseError, Raised};

use crate::{Clock, Handle};

/// A node behind a lock, and its clock.
#[derive(Debug)]
pub struct Shared {
    node: Mutex<NodeDriver>,
    /// Held while an event is raised, so that all peers get events in the same order.
    raising: Mutex<()>,
    clock: Clock,
    /// The size of the events raised and log entries written since a sender yielded, in bytes.
    raised: AtomicUsize,
}

/// The number of bytes after which a sender yields to the tasks that write them.
const TURN: usize = 64 << 10;

/// The size that a log entry counts as, in bytes.
const LOG_ENTRY: usize = 256;

impl Shared {
    /// Wraps a node state machine, which must be [started](NodeMachine::start) before or soon
    /// after.
    pub(crate) fn new(communication: NodeMachine, clock: Clock) -> Shared {
        Shared {
            node: Mutex::new(NodeDriver::new(communication)),
            raising: Mutex::new(()),
            clock,
            raised: AtomicUsize::new(0),
        }
    }

    /// Returns the current time for the node's timers.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    pub(crate) fn wall_clock(&self) -> Time {
        self.clock.wall_clock()
    }

    /// Calls a closure with the locked node, and wakes the tasks that are affected.
    pub fn with<T>(&self, act: impl FnOnce(&mut NodeDriver, Time) -> T) -> T {
        let (result, wake) = {
            let mut node = self.lock();
            // Read under the lock, so that later events have later times.
            let now = self.now();
            node.feed_clock(now, self.wall_clock());
            let result = act(&mut node, now);
            (result, node.settle())
        };
        wake.into_iter().for_each(Waker::wake);
        result
    }

    /// Takes queued notifications, see [`NodeDriver::take_notifications`].
    pub(crate) fn take_notifications(&self, ticket: &Ticket, taken: &mut VecDeque<Notification>) {
        let wake = {
            let mut node = self.lock();
            let now = self.now();
            if !node.take_notifications(ticket, now, taken) {
                return;
            }
            node.feed_clock(now, self.wall_clock());
            node.settle()
        };
        wake.into_iter().for_each(Waker::wake);
    }

    /// Locks the node. It stays usable after a panic.
    fn lock(&self) -> MutexGuard<'_, NodeDriver> {
        self.node.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the node against other raises until the result is dropped.
    fn turn(&self) -> MutexGuard<'_, ()> {
        self.raising.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends an event to all its receivers. Each lock covers only some of them, so that the tasks
    /// of the node do not wait long.
    fn send_to_all(&self, mut raising: Raising) -> Raised {
        loop {
            if let Some(raised) = raising.done() {
                return raised;
            }
            self.with(|node, _| node.raise_further(&mut raising));
        }
    }

    /// Raises an event without waiting.
    pub(crate) fn try_raise(&self, event: Event) -> Result<Raised, RaiseError> {
        let _turn = self.turn();
        let raising = self.with(|node, now| node.try_raise(event, now))?;
        Ok(self.send_to_all(raising))
    }

    /// Returns whether the sender should yield before it sends more.
    ///
    /// On a single thread, an application that raises events as long as there is room would delay
    /// sending until the queue is full, when the data is no longer in the CPU caches.
    pub(crate) fn is_turn_over(&self) -> bool {
        let is_over = self.raised.load(Ordering::Relaxed) >= TURN;
        if is_over {
            self.raised.store(0, Ordering::Relaxed);
        }
        is_over
    }

    fn count(&self, bytes: usize) {
        self.raised.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Reports a failed connection attempt to the node.
    pub fn feed_connect_failed(&self, driver: &SocketDriver, cause: impl Into<Cause>) {
        let Cause { text, .. } = cause.into();
        self.with(|node, now| driver.feed_connect_failed(node, &text, now));
    }
}

/// A registered wait for something in the node. Dropping it unregisters it.
#[derive(Debug)]
pub struct Awaiting<'a> {
    shared: &'a Shared,
    ticket: Ticket,
    /// Whether the wait is registered with the driver.
    is_known: bool,
}

impl Awaiting<'_> {
    /// Creates a wait that is not registered yet.
    pub fn new(handle: &Handle) -> Awaiting<'_> {
        Awaiting { shared: handle.shared(), ticket: Ticket::default(), is_known: false }
    }

    /// Raises an event when there is room. See [`NodeDriver::poll_raise`].
    ///
    /// # Errors
    /// As [`NodeDriver::poll_raise`].
    pub fn poll_raise(
        &mut self,
        event: &mut Option<Event>,
        waker: &Waker,
    ) -> Poll<Result<Raised, CallError>> {
        let shared = self.shared;
        let _turn = shared.turn();
        let raise =
            |node: &mut NodeDriver, ticket: &mut _, now| node.poll_raise(ticket, event, now, waker);
        let raising = ready!(self.poll(raise))?;
        shared.count(raising.size());
        Poll::Ready(Ok(shared.send_to_all(raising)))
    }

    /// Writes a log entry when there is room. See [`NodeDriver::poll_write_log`].
    ///
    /// # Errors
    /// As [`NodeDriver::poll_write_log`].
    pub fn poll_write_log(
        &mut self,
        stream: i32,
        values: &[LogValue],
        waker: &Waker,
    ) -> Poll<Result<Raised, StreamError>> {
        self.shared.count(LOG_ENTRY);
        self.poll(|node, ticket, now| node.poll_write_log(ticket, stream, values, now, waker))
    }

    /// Registers for the first event for which `is_answer` returns true. See
    /// [`NodeDriver::expect`].
    pub fn expect(&mut self, is_answer: impl FnMut(&EventPeer, &Event) -> bool + Send + 'static) {
        self.is_known = true;
        self.shared.with(|node, _| node.expect(&mut self.ticket, is_answer));
    }

    /// Returns the [expected](Self::expect) event. See [`NodeDriver::poll_answer`].
    pub fn poll_answer(&mut self, waker: &Waker) -> Poll<Option<(Arc<EventPeer>, Event)>> {
        self.poll(|node, ticket, _| node.poll_answer(ticket, waker))
    }

    /// Ready when everything raised before is written. See [`NodeDriver::poll_flush`].
    pub fn poll_flush(&mut self, flush: &mut Flush, waker: &Waker) -> Poll<()> {
        self.poll(|node, ticket, now| node.poll_flush(ticket, flush, now, waker))
    }

    /// Ready when communication is terminated. See [`NodeDriver::poll_terminated`].
    pub fn poll_terminated(&mut self, waker: &Waker) -> Poll<Vec<PeerId>> {
        self.poll(|node, ticket, _| node.poll_terminated(ticket, waker))
    }

    fn poll<T>(
        &mut self,
        poll: impl FnOnce(&mut NodeDriver, &mut Ticket, Time) -> Poll<T>,
    ) -> Poll<T> {
        let polled = self.shared.with(|node, now| poll(node, &mut self.ticket, now));
        self.is_known |= polled.is_pending();
        polled
    }
}

impl Drop for Awaiting<'_> {
    fn drop(&mut self) {
        if self.is_known {
            self.shared.with(|node, _| node.forget(&mut self.ticket));
        }
    }
}
