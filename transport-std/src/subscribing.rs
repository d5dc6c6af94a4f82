//! Streams of what a node tells its subscribers.

use std::time::Instant;

use brocomm::data::EventType;
use brocomm::node::Notification;
use brocomm_transport::Received;

use crate::sleeping::wait_for;

/// Hands out a node's notifications, in order; all that come, if it is iterated. See
/// [`NodeHandle::subscribe`](crate::NodeHandle::subscribe).
///
/// Each has a queue of its own, which is freed when it is dropped.
#[derive(Debug)]
pub struct Notifications(pub(crate) brocomm_transport::Notifications);

impl Notifications {
    /// Returns the next notification, as soon as there is one; `None` if the deadline passes, after
    /// [`Notification::Terminated`], which is the last, or if it was
    /// [disconnected](Self::is_disconnected).
    pub fn next(&mut self, deadline: Option<Instant>) -> Option<Notification> {
        wait_for(deadline, |waker| self.0.poll_notification(waker)).flatten()
    }

    /// Tells whether the last notification was taken.
    pub fn is_over(&self) -> bool {
        self.0.is_over()
    }

    /// Returns how many notifications were dropped because the queue was full, with
    /// [`Overflow::DropNewest`](brocomm::node::Overflow::DropNewest) or
    /// [`Overflow::DropOldest`](brocomm::node::Overflow::DropOldest).
    pub fn dropped(&self) -> u64 {
        self.0.dropped()
    }

    /// Tells whether the queue was full, with
    /// [`Overflow::Disconnect`](brocomm::node::Overflow::Disconnect), so that nothing more comes.
    pub fn is_disconnected(&self) -> bool {
        self.0.is_disconnected()
    }
}

impl Iterator for Notifications {
    type Item = Notification;

    fn next(&mut self) -> Option<Notification> {
        Notifications::next(self, None)
    }
}

/// Hands out the events of one type that peers raise, in order, see
/// [`NodeHandle::events`](crate::NodeHandle::events); all that come, if it is iterated.
///
/// An error says that an argument doesn't fit the Rust type, such as a number that is too big for
/// it; the events after it come nevertheless.
#[derive(Debug)]
pub struct Events<E>(pub(crate) brocomm_transport::Events<E>);

impl<E: EventType> Events<E> {
    /// Returns the next event, as soon as there is one; `None` if the deadline passes, when the
    /// node has ended, or if it was [disconnected](Self::is_disconnected).
    pub fn next(&mut self, deadline: Option<Instant>) -> Option<Received<E>> {
        wait_for(deadline, |waker| self.0.poll_event(waker)).flatten()
    }

    /// Tells whether the last event was taken.
    pub fn is_over(&self) -> bool {
        self.0.is_over()
    }

    /// Returns how many events were dropped, as [`Notifications::dropped`] does.
    pub fn dropped(&self) -> u64 {
        self.0.dropped()
    }

    /// Tells what [`Notifications::is_disconnected`] does.
    pub fn is_disconnected(&self) -> bool {
        self.0.is_disconnected()
    }
}

impl<E: EventType> Iterator for Events<E> {
    type Item = Received<E>;

    fn next(&mut self) -> Option<Received<E>> {
        Events::next(self, None)
    }
}
