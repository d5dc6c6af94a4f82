//! Streams of a node's notifications and events.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use brocomm::data::{ConversionError, Event, EventType, Name};
use brocomm::lowlevel::driver::{Subscription, Ticket};
use brocomm::node::{EventPeer, NodeMachine, Notification};
use futures_core::Stream;

use crate::{Handle, ReceiveError, Received, ReceivedEvent};

/// A subscriber that returns a node's notifications in order. See [`Handle::subscribe`].
///
/// Each subscriber has its own queue. Drop it to unsubscribe.
pub struct Notifications {
    handle: Handle,
    ticket: Ticket,
    /// What was taken from the queue and not returned yet.
    taken: VecDeque<Notification>,
}

impl Notifications {
    pub(crate) fn new(handle: Handle, subscription: Subscription) -> Notifications {
        let mut ticket = Ticket::default();
        handle.shared().with(|node, _| node.subscribe(&mut ticket, subscription));
        Notifications { handle, ticket, taken: VecDeque::new() }
    }

    /// Waits for the next notification. Returns `None` after [`Notification::Terminated`], which is
    /// the last, or if the subscriber was [disconnected](Self::is_disconnected).
    ///
    /// Cancel safe: no notification is lost.
    pub async fn next(&mut self) -> Option<Notification> {
        poll_fn(|cx| self.poll_notification(cx.waker())).await
    }

    /// Returns the next notification, or registers the waker.
    pub fn poll_notification(&mut self, waker: &Waker) -> Poll<Option<Notification>> {
        let Notifications { handle, ticket, taken } = self;
        if taken.is_empty() {
            handle.shared().take_notifications(ticket, taken);
        }
        if let Some(notification) = taken.pop_front() {
            return Poll::Ready(Some(notification));
        }
        handle.shared().with(|node, _| node.poll_notification(ticket, waker))
    }

    /// Returns whether the last notification has been returned.
    pub fn is_over(&self) -> bool {
        self.taken.is_empty() && self.handle.shared().with(|node, _| node.is_over(&self.ticket))
    }

    /// Returns how many notifications were dropped because the queue was full, with
    /// [`Overflow::DropNewest`](brocomm::node::Overflow::DropNewest) or
    /// [`Overflow::DropOldest`](brocomm::node::Overflow::DropOldest).
    pub fn dropped(&self) -> u64 {
        self.handle.shared().with(|node, _| node.dropped(&self.ticket))
    }

    /// Returns whether the subscriber was disconnected because its queue was full, with
    /// [`Overflow::Disconnect`](brocomm::node::Overflow::Disconnect).
    pub fn is_disconnected(&self) -> bool {
        self.handle.shared().with(|node, _| node.is_disconnected(&self.ticket))
    }
}

impl Stream for Notifications {
    type Item = Notification;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Notification>> {
        self.poll_notification(cx.waker())
    }
}

impl Drop for Notifications {
    fn drop(&mut self) {
        self.handle.shared().with(|node, _| node.forget(&mut self.ticket));
    }
}

impl fmt::Debug for Notifications {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifications").finish_non_exhaustive()
    }
}

/// A subscriber that returns the events of one type in order. See [`Handle::events`].
///
/// An error means that a peer raised the event with other arguments than are declared here, or that
/// an argument does not fit the Rust type, for example a number out of range. Later events are not
/// affected.
pub struct Events<E> {
    notifications: Notifications,
    event: PhantomData<fn() -> E>,
}

impl<E: EventType> Events<E> {
    pub(crate) const fn new(notifications: Notifications) -> Events<E> {
        Events { notifications, event: PhantomData }
    }

    /// Waits for the next event. Returns `None` when the node has stopped, or if the subscriber was
    /// [disconnected](Self::is_disconnected). Cancel safe.
    pub async fn next(&mut self) -> Option<ReceivedEvent<E>> {
        poll_fn(|cx| self.poll_event(cx.waker())).await
    }

    /// Waits for the next event like [`next`](Self::next), but with the error outside of the
    /// `Option`, for use with `?`.
    ///
    /// # Errors
    /// A peer's arguments do not fit the declaration or the Rust type.
    pub async fn try_next(&mut self) -> Result<Option<(Arc<EventPeer>, E)>, ReceiveError> {
        self.next().await.transpose()
    }

    /// Returns the next event, or registers the waker.
    pub fn poll_event(&mut self, waker: &Waker) -> Poll<Option<ReceivedEvent<E>>> {
        loop {
            match self.notifications.poll_notification(waker) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Notification::Event { peer, event })) => {
                    let received = match E::from_event(&event) {
                        Ok(value) => Ok((peer, value)),
                        Err(error) => Err(misfit(peer, event.name.compact(), error)),
                    };
                    return Poll::Ready(Some(received));
                }
                Poll::Ready(Some(Notification::EventRejected { peer, error })) => {
                    return Poll::Ready(Some(Err(misfit(peer, error.event, error.error))));
                }
                // This subscriber gets nothing else.
                Poll::Ready(Some(_)) => {}
            }
        }
    }

    /// Returns whether the last event has been returned.
    pub fn is_over(&self) -> bool {
        self.notifications.is_over()
    }

    /// Returns how many events were dropped because the queue was full. See
    /// [`Notifications::dropped`].
    pub fn dropped(&self) -> u64 {
        self.notifications.dropped()
    }

    /// Returns whether the subscriber was disconnected. See [`Notifications::is_disconnected`].
    pub fn is_disconnected(&self) -> bool {
        self.notifications.is_disconnected()
    }
}

impl<E: EventType> Stream for Events<E> {
    type Item = ReceivedEvent<E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ReceivedEvent<E>>> {
        self.poll_event(cx.waker())
    }
}

impl<E> fmt::Debug for Events<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

fn misfit(peer: Arc<EventPeer>, event: Name, error: ConversionError) -> ReceiveError {
    ReceiveError { peer, received: Received::Event(event), error }
}

/// A wait for a state of the node that does not take notifications from subscribers.
pub struct Progress<T> {
    notifications: Notifications,
    look: fn(&NodeMachine) -> Option<T>,
}

impl<T> Progress<T> {
    pub(crate) fn new(handle: &Handle, look: fn(&NodeMachine) -> Option<T>) -> Progress<T> {
        let subscription = Subscription::new("progress").progress();
        Progress { notifications: Notifications::new(handle.clone(), subscription), look }
    }

    /// Returns the result as soon as it is available, or `None` if the node stops.
    pub fn poll(&mut self, waker: &Waker) -> Poll<Option<T>> {
        loop {
            let found = self.notifications.handle.with(|node, _| (self.look)(node));
            if found.is_some() {
                return Poll::Ready(found);
            }
            match self.notifications.poll_notification(waker) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(_)) => {}
            }
        }
    }
}

impl<T> fmt::Debug for Progress<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress").finish_non_exhaustive()
    }
}

/// Returns the condition that finds the answer to a request among the events with its name. An
/// event that does not fit the Rust type counts as the answer, so that the caller gets the error.
pub fn answers<A: EventType>(
    mut matches: impl FnMut(&A) -> bool + Send + 'static,
) -> impl FnMut(&Event) -> bool + Send + 'static {
    move |event| A::from_event(event).map_or(true, |answer| matches(&answer))
}
