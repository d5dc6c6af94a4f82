//! What a node tells.

use std::time::Instant;

use brocomm::data::EventType;
use brocomm::node::Notification;
use brocomm_transport::Received;

use crate::sleeping::wait_for;

/// Hands out what a node tells, in order; all that comes, if it is iterated.
///
/// There is one to begin with, and others who [subscribe](crate::NodeHandle::subscribe). When the
/// first is dropped, the node goes on, and what it tells is dropped too, but for those others.
#[derive(Debug)]
pub struct Notifications(pub(crate) brocomm_transport::Notifications);

impl Notifications {
    /// Returns the next notification, as soon as there is one; `None` if the deadline passes, or
    /// after [`Notification::Terminated`], which is the last.
    pub fn next(&mut self, deadline: Option<Instant>) -> Option<Notification> {
        wait_for(deadline, |waker| self.0.poll_told(waker)).flatten()
    }

    /// Tells whether the last notification was taken.
    pub fn is_over(&self) -> bool {
        self.0.is_over()
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
    /// Returns the next event, as soon as there is one; `None` if the deadline passes, or when the
    /// node has ended.
    pub fn next(&mut self, deadline: Option<Instant>) -> Option<Received<E>> {
        wait_for(deadline, |waker| self.0.poll_event(waker)).flatten()
    }

    /// Tells whether the last event was taken.
    pub fn is_over(&self) -> bool {
        self.0.is_over()
    }
}

impl<E: EventType> Iterator for Events<E> {
    type Item = Received<E>;

    fn next(&mut self) -> Option<Received<E>> {
        Events::next(self, None)
    }
}
