//! Awaiting events of a node.

use std::collections::BTreeMap;
use std::task::{Poll, Waker};

use super::NodeDriver;
use crate::Time;
use crate::data::{CallError, Event, Name};
use crate::logs::{LogValue, StreamError};
use crate::node::{FanOut, PeerId, RaiseError, Raised, WriteLogError};

/// Identifies a waiting task from the first call to the last. Pass it to [`NodeDriver::forget`]
/// when it is no longer needed.
#[derive(Debug, Default)]
pub struct Ticket(pub(super) Option<u64>);

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
pub(super) struct Waiting {
    pub(super) by_ticket: BTreeMap<u64, (Wanted, Waker)>,
    next: u64,
}

impl Waiting {
    /// Takes the waker of a task, if it waits.
    pub(super) fn take(&mut self, number: u64) -> Option<Waker> {
        self.by_ticket.remove(&number).map(|(_, waker)| waker)
    }
}

#[derive(Debug)]
pub(super) enum Wanted {
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

    pub(super) fn number(&mut self, ticket: &mut Ticket) -> u64 {
        *ticket.0.get_or_insert_with(|| {
            self.waiting.next += 1;
            self.waiting.next
        })
    }

    pub(super) fn wait(&mut self, ticket: &mut Ticket, wanted: Wanted, waker: &Waker) {
        let number = self.number(ticket);
        self.waiting.by_ticket.insert(number, (wanted, waker.clone()));
    }

    /// Wakes a task, whatever it waits for.
    pub(super) fn wake_waiter(&mut self, number: u64) {
        self.wake.extend(self.waiting.take(number));
    }

    /// Wakes the tasks whose awaited condition is met.
    pub(super) fn wake_waiting(&mut self) {
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
        come.into_iter().for_each(|number| self.wake_waiter(number));
    }
}
