//! The state of a node shared by the tasks of a transport, with requests and their answers, and what
//! the tasks await.

mod socket_driver;
mod subscribing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::task::{Poll, Waker};

use crate::Time;
use crate::data::{CallError, Event, Name};
use crate::logs::{LogValue, StreamError};
use crate::node::queue::IncomingQueue;
use crate::node::{
    Action, ByConnection, ConnectionId, Endpoint, EventPeer, FanOut, NodeMachine, Notification,
    PeerId, RaiseError, Raised, WriteLogError,
};

pub use socket_driver::SocketDriver;
pub use subscribing::Subscription;

/// Drives a [`NodeMachine`] from several tasks, and wakes them.
///
/// A managing task performs the actions of [`poll_task`](Self::poll_task) and accepts connections.
/// One task per connection transfers bytes with a [`SocketDriver`]. The application's tasks await
/// room for events, and, as [subscribers](Self::subscribe), notifications. A task that has nothing
/// to do leaves its [`Waker`].
///
/// Each subscriber has its own queue. A full queue blocks only the peers that sent the subscriber's
/// next notifications, and only if its [policy](Subscription::overflow) requires it.
///
/// A transport keeps the driver behind a lock and holds it only for short calls, never while it
/// reads, writes or waits. Each time it holds the lock, it first [feeds the
/// time](Self::feed_clock), and finally [settles](Self::settle) and wakes the tasks.
pub struct NodeDriver {
    communication: NodeMachine,
    /// Actions that the managing task has not started.
    actions: VecDeque<Action>,
    manager: Option<Waker>,
    /// When the managing task continues without being woken.
    alarm: Option<Time>,
    sockets: ByConnection<Waker>,
    waiting: Waiting,
    requests: BTreeMap<u64, ExpectedAnswer>,
    subscribers: BTreeMap<u64, subscribing::Subscriber>,
    /// Notifications kept until the first read, for all who subscribe before it.
    early: Option<IncomingQueue>,
    /// The tasks to wake.
    wake: Vec<Waker>,
    /// Whether the last notification was delivered to all subscribers.
    all_notified: bool,
    /// Whether the application has dropped the node.
    abandoned: bool,
}

/// The next step of a node's managing task.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the node waits for this step to be done"]
pub enum Task {
    /// Perform this action. The [`SocketDriver`] reports [`Action::CancelConnect`].
    Do(Action),
    /// Wait until woken, or until this time.
    Wait {
        /// When to continue at the latest.
        until: Option<Time>,
    },
    /// The node is done: stop listening and end.
    End,
}

impl NodeDriver {
    /// Creates a driver for a node that is [started](NodeMachine::start) or will be soon.
    pub fn new(communication: NodeMachine) -> NodeDriver {
        NodeDriver {
            communication,
            actions: VecDeque::new(),
            manager: None,
            alarm: None,
            sockets: ByConnection::default(),
            waiting: Waiting::default(),
            requests: BTreeMap::new(),
            subscribers: BTreeMap::new(),
            early: Some(IncomingQueue::default()),
            wake: Vec::new(),
            all_notified: false,
            abandoned: false,
        }
    }

    /// Returns the node, for its getters.
    pub fn communication(&self) -> &NodeMachine {
        &self.communication
    }

    /// Returns the node, for its commands and the transport's input. Only this driver may poll it,
    /// including for notifications.
    pub fn communication_mut(&mut self) -> &mut NodeMachine {
        &mut self.communication
    }

    /// Records the time and the wall-clock time; see [`NodeMachine::feed_wall_clock`].
    pub fn feed_clock(&mut self, now: Time, wall: Time) {
        self.communication.feed_wall_clock(wall, now);
        self.feed_time(now);
    }

    fn feed_time(&mut self, now: Time) {
        self.communication.feed_time(now);
        self.report_stalled();
    }

    /// Returns the tasks to wake, preferably after the lock is released.
    #[must_use = "these tasks must be woken"]
    pub fn settle(&mut self) -> Vec<Waker> {
        self.distribute();
        self.wake_connections();
        while let Some(action) = self.communication.poll_action() {
            match action {
                Action::CancelConnect(id) => self.wake.extend(self.sockets.remove(&id)),
                action => self.actions.push_back(action),
            }
        }
        let earlier = match (self.next_timeout(), self.alarm) {
            (Some(next), Some(alarm)) => next < alarm,
            (next, _) => next.is_some(),
        };
        let ended = self.communication.terminated().is_some();
        if earlier || ended || !self.actions.is_empty() {
            self.wake.extend(self.manager.take());
        }
        self.wake_waiting();
        std::mem::take(&mut self.wake)
    }

    /// Returns the latest time at which the managing task has work again.
    fn next_timeout(&self) -> Option<Time> {
        self.communication.next_timeout().into_iter().chain(self.next_report()).min()
    }

    /// Leaves the waker of a connection's task.
    fn wait_for(&mut self, id: ConnectionId, waker: &Waker) {
        self.wake.extend(self.sockets.insert(id, waker.clone()));
    }

    /// Wakes the tasks whose connections have work.
    fn wake_connections(&mut self) {
        while let Some(id) = self.communication.poll_connection() {
            self.wake.extend(self.sockets.remove(&id));
        }
    }

    /// Returns the next step of the managing task. After [`Task::Wait`], the task has nothing to do
    /// until it is woken or the time is reached.
    pub fn poll_task(&mut self, now: Time, waker: &Waker) -> Task {
        self.feed_time(now);
        if let Some(action) = self.actions.pop_front() {
            return Task::Do(action);
        }
        if self.abandoned || self.communication.terminated().is_some() {
            return Task::End;
        }
        self.manager = Some(waker.clone());
        self.alarm = self.next_timeout();
        Task::Wait { until: self.alarm }
    }

    /// Records that the application has dropped the node: all sockets must be closed immediately.
    /// Returns the peers that lose something by that, unless communication was terminated.
    pub fn abandon(&mut self) -> Vec<Endpoint> {
        self.abandoned = true;
        self.wake.extend(self.sockets.take());
        self.wake.extend(self.manager.take());
        let node = &self.communication;
        let undelivered = node.terminated().map_or_else(|| node.undelivered(), |_| Vec::new());
        let loses = |id: &PeerId| {
            // In earlier phases, only the handshake waits.
            node.running_peers().any(|peer| peer.id == *id)
                || node.counters(*id).is_some_and(|counters| counters.outgoing.events > 0)
        };
        let losers = undelivered.into_iter().filter(loses);
        losers.filter_map(|id| Some(node.peer(id)?.endpoint.clone())).collect()
    }
}

impl fmt::Debug for NodeDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeDriver")
            .field("communication", &self.communication)
            .finish_non_exhaustive()
    }
}

type IsAnswer = dyn FnMut(&EventPeer, &Event) -> bool + Send;

/// The predicate for an answer, and the answer once received.
pub(super) struct ExpectedAnswer {
    is_answer: Box<IsAnswer>,
    answer: Option<(Arc<EventPeer>, Event)>,
}

impl NodeDriver {
    /// Expects an answer: the first event that matches the predicate. It is not delivered as a
    /// notification.
    pub fn expect(
        &mut self,
        ticket: &mut Ticket,
        is_answer: impl FnMut(&EventPeer, &Event) -> bool + Send + 'static,
    ) {
        let number = self.number(ticket);
        self.requests
            .insert(number, ExpectedAnswer { is_answer: Box::new(is_answer), answer: None });
    }

    /// Returns the [expected](Self::expect) event, or `None` if the node has terminated. The event
    /// is found even behind unread notifications, unless a subscriber's queue is full and its
    /// policy is to block.
    pub fn poll_answer(
        &mut self,
        ticket: &mut Ticket,
        waker: &Waker,
    ) -> Poll<Option<(Arc<EventPeer>, Event)>> {
        let number = self.number(ticket);
        let Some(expected) = self.requests.get_mut(&number) else { return Poll::Ready(None) };
        if let Some(answer) = expected.answer.take() {
            self.forget(ticket);
            return Poll::Ready(Some(answer));
        }
        if self.all_notified {
            return Poll::Ready(None);
        }
        self.wait(ticket, Wanted::Answer, waker);
        Poll::Pending
    }

    pub(super) fn has_answer(&self, number: u64) -> bool {
        self.requests.get(&number).is_none_or(|expected| expected.answer.is_some())
    }

    /// Delivers an expected event; returns any other notification.
    pub(super) fn answer(&mut self, notification: Notification) -> Option<Notification> {
        let Notification::Event { peer, event } = notification else { return Some(notification) };
        let mut expecting = self.requests.values_mut().filter(|expected| expected.answer.is_none());
        let found =
            expecting.find_map(|expected| (expected.is_answer)(&peer, &event).then_some(expected));
        match found {
            None => Some(Notification::Event { peer, event }),
            Some(expected) => {
                expected.answer = Some((peer, event));
                None
            }
        }
    }
}

/// Identifies a waiting task from the first call to the last. Pass it to [`NodeDriver::forget`]
/// when it is no longer needed.
#[derive(Debug, Default)]
pub struct Ticket(Option<u64>);

/// The progress of a [flush](NodeDriver::poll_flush).
#[derive(Debug)]
pub struct Flush {
    /// Whether the batches were sent.
    begun: bool,
    /// The peers before this one are done.
    from: PeerId,
}

impl Default for Flush {
    fn default() -> Flush {
        Flush { begun: false, from: PeerId::LOCAL }
    }
}

/// A raised event that is being sent to its receivers. If there are many, they get it in several
/// steps, between which the lock is released.
#[derive(Debug)]
#[must_use = "some receivers have not got it"]
pub struct Raising(Option<FanOut>);

impl Raising {
    /// Returns the receivers once it was sent to all, or `None` before.
    pub fn done(&self) -> Option<Raised> {
        self.0.as_ref().map_or(Some(Raised::default()), FanOut::raised)
    }

    /// Returns the estimated size of the event in bytes.
    pub fn size(&self) -> usize {
        self.0.as_ref().map_or(0, FanOut::size)
    }
}

#[derive(Debug, Default)]
struct Waiting {
    by_ticket: BTreeMap<u64, (Wanted, Waker)>,
    next: u64,
}

impl Waiting {
    /// Takes the waker of a task, if it waits.
    fn take(&mut self, number: u64) -> Option<Waker> {
        self.by_ticket.remove(&number).map(|(_, waker)| waker)
    }
}

#[derive(Debug)]
enum Wanted {
    /// Room for an event with this name.
    Room(Name),
    /// Room for an entry of a log.
    RoomForLogs,
    /// Delivery of everything queued for this peer.
    Delivery(PeerId),
    /// The end of communication.
    End,
    /// The answer to a request.
    Answer,
    /// A notification.
    Notification,
}

impl NodeDriver {
    /// Raises an event as soon as there is room in the queues of all its receivers, and takes it
    /// out of `event`. Once taken, the event counts as having no receivers.
    ///
    /// Unless it is [`Raising::done`], call [`raise_further`](Self::raise_further) until it is.
    ///
    /// # Errors
    /// Fails if the event does not match its declaration. It is then not taken.
    pub fn poll_raise(
        &mut self,
        ticket: &mut Ticket,
        event: &mut Option<Event>,
        now: Time,
        waker: &Waker,
    ) -> Poll<Result<Raising, CallError>> {
        let Some(raised) = event.take() else { return Poll::Ready(Ok(Raising(None))) };
        match self.communication.begin_raise(raised, now) {
            Ok(fan_out) => Poll::Ready(Ok(Raising(Some(fan_out)))),
            Err((raised, RaiseError::Event(error))) => {
                *event = Some(raised);
                Poll::Ready(Err(*error))
            }
            Err((raised, RaiseError::Full(_))) => {
                self.wait(ticket, Wanted::Room(raised.name.clone()), waker);
                *event = Some(raised);
                Poll::Pending
            }
        }
    }

    /// Raises an event without waiting, see [`poll_raise`](Self::poll_raise).
    ///
    /// # Errors
    /// As [`NodeMachine::raise`](crate::node::NodeMachine::raise).
    pub fn try_raise(&mut self, event: Event, now: Time) -> Result<Raising, RaiseError> {
        let begun = self.communication.begin_raise(event, now);
        begun.map(|fan_out| Raising(Some(fan_out))).map_err(|(_, error)| error)
    }

    /// Sends a raised event to further receivers.
    pub fn raise_further(&mut self, raising: &mut Raising) {
        raising.0.iter_mut().for_each(|fan_out| self.communication.send_further(fan_out));
    }

    /// Writes an entry to the log of a stream as soon as there is room in the queues of all its
    /// receivers.
    ///
    /// # Errors
    /// Fails if there is no such stream, or the entry does not match its columns.
    pub fn poll_write_log(
        &mut self,
        ticket: &mut Ticket,
        stream: i32,
        values: &[LogValue],
        now: Time,
        waker: &Waker,
    ) -> Poll<Result<Raised, StreamError>> {
        match self.communication.write_log(stream, values, now) {
            Ok(raised) => Poll::Ready(Ok(raised)),
            Err(WriteLogError::Stream(error)) => Poll::Ready(Err(error)),
            Err(WriteLogError::Full(_)) => {
                self.wait(ticket, Wanted::RoomForLogs, waker);
                Poll::Pending
            }
        }
    }

    /// Sends all batches immediately. Ready when everything raised, written or printed before the
    /// first call is written to the sockets, or lost with its connection. It may also wait for
    /// events raised meanwhile for the same peers.
    pub fn poll_flush(
        &mut self,
        ticket: &mut Ticket,
        flush: &mut Flush,
        now: Time,
        waker: &Waker,
    ) -> Poll<()> {
        if !std::mem::replace(&mut flush.begun, true) {
            self.communication.flush_batches(now);
        }
        match self.communication.next_unsent(flush.from) {
            None => Poll::Ready(()),
            Some(peer) => {
                flush.from = peer;
                self.wait(ticket, Wanted::Delivery(peer), waker);
                Poll::Pending
            }
        }
    }

    /// Ready when communication is [terminated](crate::node::NodeMachine::terminated); returns the
    /// peers that did not receive everything.
    pub fn poll_terminated(&mut self, ticket: &mut Ticket, waker: &Waker) -> Poll<Vec<PeerId>> {
        if let Some(undelivered) = self.communication.terminated() {
            return Poll::Ready(undelivered.to_vec());
        }
        self.wait(ticket, Wanted::End, waker);
        Poll::Pending
    }

    /// Removes a waiting task.
    pub fn forget(&mut self, ticket: &mut Ticket) {
        if let Some(number) = ticket.0.take() {
            self.waiting.by_ticket.remove(&number);
            self.requests.remove(&number);
            self.unsubscribe(number);
        }
    }

    fn number(&mut self, ticket: &mut Ticket) -> u64 {
        *ticket.0.get_or_insert_with(|| {
            self.waiting.next += 1;
            self.waiting.next
        })
    }

    fn wait(&mut self, ticket: &mut Ticket, wanted: Wanted, waker: &Waker) {
        let number = self.number(ticket);
        self.waiting.by_ticket.insert(number, (wanted, waker.clone()));
    }

    /// Wakes the tasks whose awaited condition is met.
    fn wake_waiting(&mut self) {
        let come = |(number, (wanted, _)): (&u64, &(Wanted, Waker))| {
            let come = match wanted {
                Wanted::Room(name) => self.communication.can_raise(name),
                Wanted::RoomForLogs => self.communication.can_write_log(),
                Wanted::Delivery(peer) => self.communication.next_unsent(*peer) != Some(*peer),
                Wanted::End => self.communication.terminated().is_some(),
                Wanted::Answer => self.all_notified || self.has_answer(*number),
                Wanted::Notification => self.has_for(*number),
            };
            come.then_some(*number)
        };
        let come: Vec<u64> = self.waiting.by_ticket.iter().filter_map(come).collect();
        self.wake.extend(come.into_iter().filter_map(|number| self.waiting.take(number)));
    }
}
