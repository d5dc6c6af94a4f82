//! Streams of what a node tells its subscribers.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use brocomm::data::{DispatchError, Event, EventType};
use brocomm::lowlevel::driver::{Subscription, Ticket};
use brocomm::node::{EventPeer, NodeMachine, Notification};
use futures_core::Stream;

use crate::Handle;

/// Hands out a node's notifications, in order; see [`Handle::subscribe`].
///
/// Each has a queue of its own, which is freed when it is dropped.
pub struct Notifications {
    handle: Handle,
    ticket: Ticket,
}

impl Notifications {
    pub(crate) fn new(handle: Handle, subscription: Subscription) -> Notifications {
        let mut ticket = Ticket::default();
        handle.shared().with(|hub, _| hub.subscribe(&mut ticket, subscription));
        Notifications { handle, ticket }
    }

    /// Returns the next notification, as soon as there is one; `None` after
    /// [`Notification::Terminated`], which is the last, or if it was
    /// [disconnected](Self::is_disconnected).
    ///
    /// The future can be dropped at any time without losing anything: a notification leaves the
    /// queue only as the result.
    pub async fn next(&mut self) -> Option<Notification> {
        poll_fn(|cx| self.poll_notification(cx.waker())).await
    }

    /// Returns the next notification if there is one, or has somebody woken when there is.
    pub fn poll_notification(&mut self, waker: &Waker) -> Poll<Option<Notification>> {
        let Notifications { handle, ticket } = self;
        handle.shared().with(|hub, _| hub.poll_notification(ticket, waker))
    }

    /// Returns whether the last notification was taken.
    pub fn is_over(&self) -> bool {
        self.handle.shared().with(|hub, _| hub.is_over(&self.ticket))
    }

    /// Returns how many notifications were dropped because the queue was full, with
    /// [`Overflow::DropNewest`](brocomm::node::Overflow::DropNewest) or
    /// [`Overflow::DropOldest`](brocomm::node::Overflow::DropOldest).
    pub fn dropped(&self) -> u64 {
        self.handle.shared().with(|hub, _| hub.dropped(&self.ticket))
    }

    /// Returns whether the queue was full, with
    /// [`Overflow::Disconnect`](brocomm::node::Overflow::Disconnect), so that nothing more comes.
    pub fn is_disconnected(&self) -> bool {
        self.handle.shared().with(|hub, _| hub.is_disconnected(&self.ticket))
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
        self.handle.shared().with(|hub, _| hub.forget(&mut self.ticket));
    }
}

impl fmt::Debug for Notifications {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifications").finish_non_exhaustive()
    }
}

/// One event as a Rust value, and who raised it; or why it isn't one.
pub type ReceivedEvent<E> = Result<(Arc<EventPeer>, E), DispatchError>;

/// Hands out the events of one type that peers raise, in order, see [`Handle::events`].
///
/// An error says that an argument doesn't fit the Rust type, such as a number that is too big for
/// it; the events after it come nevertheless.
pub struct Events<E> {
    notifications: Notifications,
    event: PhantomData<fn() -> E>,
}

impl<E: EventType> Events<E> {
    pub(crate) const fn new(notifications: Notifications) -> Events<E> {
        Events { notifications, event: PhantomData }
    }

    /// Returns the next event, as soon as there is one; `None` when the node has ended, or if it was
    /// [disconnected](Self::is_disconnected).
    ///
    /// The future can be dropped at any time without losing anything.
    pub async fn next(&mut self) -> Option<ReceivedEvent<E>> {
        poll_fn(|cx| self.poll_event(cx.waker())).await
    }

    /// Returns the next event as [`next`](Self::next) does, the error first.
    ///
    /// # Errors
    /// Which argument doesn't fit the Rust type.
    pub async fn try_next(&mut self) -> Result<Option<(Arc<EventPeer>, E)>, DispatchError> {
        self.next().await.transpose()
    }

    /// Returns the next event if there is one, or has somebody woken when there is.
    pub fn poll_event(&mut self, waker: &Waker) -> Poll<Option<ReceivedEvent<E>>> {
        loop {
            match self.notifications.poll_notification(waker) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Notification::Event { peer, event })) => {
                    let received = match E::from_event(&event) {
                        Ok(value) => Ok((peer, value)),
                        Err(error) => Err(DispatchError { event: event.name.compact(), error }),
                    };
                    return Poll::Ready(Some(received));
                }
                // It subscribed to nothing else.
                Poll::Ready(Some(_)) => {}
            }
        }
    }

    /// Returns whether the last event was taken.
    pub fn is_over(&self) -> bool {
        self.notifications.is_over()
    }

    /// Returns how many events were dropped, as [`Notifications::dropped`] does.
    pub fn dropped(&self) -> u64 {
        self.notifications.dropped()
    }

    /// Returns what [`Notifications::is_disconnected`] does.
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

/// Awaits that a node gets somewhere, without taking notifications from subscribers.
pub struct Progress<T> {
    notifications: Notifications,
    look: fn(&NodeMachine) -> Option<T>,
}

impl<T> Progress<T> {
    pub(crate) fn new(handle: &Handle, look: fn(&NodeMachine) -> Option<T>) -> Progress<T> {
        let subscription = Subscription::new("progress").progress();
        Progress { notifications: Notifications::new(handle.clone(), subscription), look }
    }

    /// Returns what is looked for as soon as it is there; `None` if the node stops before.
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

/// Returns the condition that finds the answer to a question among the events of its name: an event that
/// does not fit the Rust type is an answer as well, for whoever asked to report.
pub fn answers<A: EventType>(
    mut matches: impl FnMut(&A) -> bool + Send + 'static,
) -> impl FnMut(&Event) -> bool + Send + 'static {
    move |event| A::from_event(event).map_or(true, |answer| matches(&answer))
}
