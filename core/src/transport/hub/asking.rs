//! Events that answer others.

use std::sync::Arc;
use std::task::{Poll, Waker};

use super::waiting::Wanted;
use super::{Hub, Ticket};
use crate::data::Event;
use crate::node::{EventPeer, Notification};

type IsAnswer = dyn FnMut(&EventPeer, &Event) -> bool + Send;

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
            // It may have been the last that was taken.
            let is_there = |asked: &Asked| asked.answer.is_some();
            if !self.look_ahead() && !self.asked.get(&number).is_some_and(is_there) {
                self.wait(ticket, Wanted::Answer, waker);
                return Poll::Pending;
            }
        }
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
