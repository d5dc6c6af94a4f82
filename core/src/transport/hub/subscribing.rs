//! Several who take notifications.

use std::task::{Poll, Waker};

use super::backlog::Backlog;
use super::waiting::Wanted;
use super::{Hub, Ticket};
use crate::data::Name;
use crate::node::Notification;

/// One who takes notifications beside the application.
#[derive(Debug)]
pub(super) struct Subscriber {
    /// The events that it gets, and nothing else; all notifications if none.
    event: Option<Name>,
    backlog: Backlog,
}

impl Subscriber {
    fn wants(&self, notification: &Notification) -> bool {
        match (&self.event, notification) {
            (None, _) => true,
            (Some(name), Notification::Event { event, .. }) => event.name == *name,
            (Some(_), _) => false,
        }
    }
}

impl Hub {
    /// Takes note that somebody wants all notifications from now on too, or all events of a name;
    /// until it is [forgotten](Self::forget).
    ///
    /// For each as much is kept as [`Options::incoming`](crate::node::Options::incoming) says. While
    /// somebody's is full, nobody gets more, and what comes stays with the peers at last; so one who
    /// takes nothing has to be forgotten.
    pub fn subscribe(&mut self, ticket: &mut Ticket, event: Option<Name>) {
        let number = self.number(ticket);
        let backlog = Backlog::new(self.communication.options().incoming.bound);
        self.subscribers.insert(number, Subscriber { event, backlog });
    }

    /// Returns the next notification to which somebody [subscribed](Self::subscribe); none after
    /// [`Notification::Terminated`], or if it is forgotten.
    ///
    /// Does not depend on the application's taking its own, unless these become too many.
    pub fn poll_subscribed(
        &mut self,
        ticket: &mut Ticket,
        waker: &Waker,
    ) -> Poll<Option<Notification>> {
        let number = self.number(ticket);
        loop {
            let Some(subscriber) = self.subscribers.get_mut(&number) else {
                return Poll::Ready(None);
            };
            if let Some(notification) = subscriber.backlog.pop() {
                return Poll::Ready(Some(notification));
            }
            if self.told_all || self.abandoned {
                return Poll::Ready(None);
            }
            if !self.look_ahead() {
                self.wait(ticket, Wanted::Subscribed, waker);
                return Poll::Pending;
            }
        }
    }

    /// Tells whether nothing waits for a subscriber any more, nor will.
    pub fn has_told_all_to(&self, ticket: &Ticket) -> bool {
        let subscriber = ticket.0.and_then(|number| self.subscribers.get(&number));
        let waiting = subscriber.map_or(0, |subscriber| subscriber.backlog.len());
        waiting == 0 && (self.told_all || self.abandoned)
    }

    /// Tells whether a subscriber has something to take, or can look for it.
    pub(super) fn has_for(&self, number: u64) -> bool {
        let subscriber = self.subscribers.get(&number);
        subscriber.is_none_or(|subscriber| subscriber.backlog.len() > 0)
            || self.told_all
            || self.can_look_ahead()
    }

    /// Tells whether there is a notification, and room for it with all subscribers.
    pub(super) fn can_take(&self) -> bool {
        self.communication.has_notifications()
            && self.subscribers.values().all(|subscriber| !subscriber.backlog.is_full())
    }

    /// Takes the next notification that is nobody's answer, for the application; and for the
    /// subscribers.
    pub(super) fn take(&mut self) -> Option<Notification> {
        while self.can_take() {
            let notification = self.communication.poll_notification()?;
            self.told_all |= matches!(notification, Notification::Terminated { .. });
            let Some(notification) = self.answer(notification) else { continue };
            let wanting = self.subscribers.values_mut().filter(|one| one.wants(&notification));
            wanting.for_each(|subscriber| subscriber.backlog.push(notification.clone()));
            return Some(notification);
        }
        None
    }

    /// Tells whether a notification can be taken before the application wants it.
    pub(super) fn can_look_ahead(&self) -> bool {
        self.can_take() && !self.passed_over.is_full()
    }

    /// Takes a notification before the application wants it, if that can be; it is kept.
    pub(super) fn look_ahead(&mut self) -> bool {
        let taken = if self.can_look_ahead() { self.take() } else { None };
        let has_taken = taken.is_some();
        taken.into_iter().for_each(|notification| self.passed_over.push(notification));
        has_taken
    }
}
