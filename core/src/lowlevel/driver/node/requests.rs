//! Requests and their answers.

use std::sync::Arc;
use std::task::{Poll, Waker};

use super::waiting::Wanted;
use super::{NodeDriver, Ticket};
use crate::data::Event;
use crate::node::{EventPeer, Notification};

type IsAnswer = dyn FnMut(&EventPeer, &Event) -> bool + Send;

/// The predicate for an answer, and the answer once received.
pub(super) struct Asked {
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
        self.requests.insert(number, Asked { is_answer: Box::new(is_answer), answer: None });
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
        let Some(asked) = self.requests.get_mut(&number) else { return Poll::Ready(None) };
        if let Some(answer) = asked.answer.take() {
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
        self.requests.get(&number).is_none_or(|asked| asked.answer.is_some())
    }

    /// Delivers an expected event; returns any other notification.
    pub(super) fn answer(&mut self, notification: Notification) -> Option<Notification> {
        let Notification::Event { peer, event } = notification else { return Some(notification) };
        let mut expecting = self.requests.values_mut().filter(|asked| asked.answer.is_none());
        let found = expecting.find_map(|asked| (asked.is_answer)(&peer, &event).then_some(asked));
        match found {
            None => Some(Notification::Event { peer, event }),
            Some(asked) => {
                asked.answer = Some((peer, event));
                None
            }
        }
    }
}
