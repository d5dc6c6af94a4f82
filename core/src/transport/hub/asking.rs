//! Events that answer others.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Poll, Waker};

use super::waiting::Wanted;
use super::{Hub, Ticket};
use crate::data::Event;
use crate::node::{Bound, EventPeer, Notification, weight};

/// How much may be passed over in search for an answer; then the application has to take some.
const PASSED_OVER: Bound = Bound::new(1000, 16 << 20);

/// Notifications that were passed over in search for an answer, with the size of events.
#[derive(Debug, Default)]
pub(super) struct PassedOver {
    queue: VecDeque<(Notification, usize)>,
    bytes: usize,
}

impl PassedOver {
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    fn is_full(&self) -> bool {
        self.queue.len() >= PASSED_OVER.events || self.bytes >= PASSED_OVER.bytes
    }

    fn push(&mut self, notification: Notification) {
        let weight = match &notification {
            Notification::Event { event, .. } => weight::of_event(event),
            _ => 0,
        };
        self.bytes = self.bytes.saturating_add(weight);
        self.queue.push_back((notification, weight));
    }

    pub(super) fn pop(&mut self) -> Option<Notification> {
        let (notification, weight) = self.queue.pop_front()?;
        self.bytes = self.bytes.saturating_sub(weight);
        Some(notification)
    }
}

type IsAnswer = dyn FnMut(&EventPeer, &Event) -> bool + Send;

/// Tells whether an event is an answer.
/// What an answer looks like, and the answer once it is there.
pub(super) struct Asked {
    is_answer: Box<IsAnswer>,
    answer: Option<(Arc<EventPeer>, Event)>,
}

impl Hub {
    /// Takes note that somebody is to get the first event of which this is true; it is no
    /// notification then.
    pub fn expect(
        &mut self,
        ticket: &mut Ticket,
        is_answer: impl FnMut(&EventPeer, &Event) -> bool + Send + 'static,
    ) {
        let number = self.number(ticket);
        self.asked.insert(number, Asked { is_answer: Box::new(is_answer), answer: None });
    }

    /// Returns the event that was [expected](Self::expect), or `None` if it will not come since the
    /// node has ended.
    ///
    /// Looks for it behind notifications that the application has not taken; these stay, in order.
    pub fn poll_answer(
        &mut self,
        ticket: &mut Ticket,
        waker: &Waker,
    ) -> Poll<Option<(Arc<EventPeer>, Event)>> {
        let number = self.number(ticket);
        loop {
            let Some(asked) = self.asked.get_mut(&number) else { return Poll::Ready(None) };
            if let Some(answer) = asked.answer.take() {
                self.forget(ticket);
                return Poll::Ready(Some(answer));
            }
            if self.told_all {
                return Poll::Ready(None);
            }
            let passed_over = if self.can_look_for_answers() { self.take() } else { None };
            match passed_over {
                Some(notification) => self.passed_over.push(notification),
                // It may have been the last that `take` found.
                None if self.asked.get(&number).is_some_and(|asked| asked.answer.is_some()) => {}
                None => {
                    self.wait(ticket, Wanted::Answer, waker);
                    return Poll::Pending;
                }
            }
        }
    }

    pub(super) fn can_look_for_answers(&self) -> bool {
        self.told_all || self.communication.has_notifications() && !self.passed_over.is_full()
    }

    /// Gives an event to who expects it; returns what nobody expects.
    pub(super) fn answer(&mut self, notification: Notification) -> Option<Notification> {
        let Notification::Event { peer, event } = notification else { return Some(notification) };
        let mut expecting = self.asked.iter_mut().filter(|(_, asked)| asked.answer.is_none());
        let found = expecting.find_map(|(number, asked)| {
            (asked.is_answer)(&peer, &event).then_some((*number, asked))
        });
        match found {
            None => Some(Notification::Event { peer, event }),
            Some((number, asked)) => {
                asked.answer = Some((peer, event));
                self.rouse(number);
                None
            }
        }
    }
}
