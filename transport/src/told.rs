//! What a node tells.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use brocomm::data::{DispatchError, EventType, Name};
use brocomm::node::{EventPeer, Notification};
use brocomm::transport::Ticket;
use futures_core::Stream;

use crate::Handle;

/// Hands out what a node tells, in order.
///
/// There is one to begin with, and others who [subscribe](Handle::subscribe). When the first is
/// dropped, the node goes on, and what it tells is dropped too, but for those others.
pub struct Notifications {
    handle: Handle,
    /// That of one who subscribed.
    ticket: Option<Ticket>,
}

impl Notifications {
    pub(crate) const fn new(handle: Handle) -> Notifications {
        Notifications { handle, ticket: None }
    }

    pub(crate) fn subscribe(handle: Handle, event: Option<Name>) -> Notifications {
        let mut ticket = Ticket::default();
        handle.shared().with(|hub, _| hub.subscribe(&mut ticket, event));
        Notifications { handle, ticket: Some(ticket) }
    }

    /// Returns the next notification, as soon as there is one; `None` after
    /// [`Notification::Terminated`], which is the last.
    ///
    /// The future can be dropped at any time without losing anything: a notification leaves the
    /// node only as the result.
    pub async fn next(&mut self) -> Option<Notification> {
        poll_fn(|cx| self.poll_told(cx.waker())).await
    }

    /// Returns the next notification if there is one, or has somebody woken when there is.
    pub fn poll_told(&mut self, waker: &Waker) -> Poll<Option<Notification>> {
        let Notifications { handle, ticket } = self;
        handle.shared().with(|hub, _| match ticket {
            None => hub.poll_notification(waker),
            Some(ticket) => hub.poll_subscribed(ticket, waker),
        })
    }

    /// Tells whether the last notification was taken.
    pub fn is_over(&self) -> bool {
        self.handle.shared().with(|hub, _| match &self.ticket {
            None => hub.has_told_all(),
            Some(ticket) => hub.has_told_all_to(ticket),
        })
    }
}

impl Stream for Notifications {
    type Item = Notification;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Notification>> {
        self.poll_told(cx.waker())
    }
}

impl Drop for Notifications {
    fn drop(&mut self) {
        self.handle.shared().with(|hub, _| match &mut self.ticket {
            None => hub.stop_telling(),
            Some(ticket) => hub.forget(ticket),
        });
    }
}

impl fmt::Debug for Notifications {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifications").finish_non_exhaustive()
    }
}

/// One event as a Rust value, and who raised it; or why it isn't one.
pub type Received<E> = Result<(Arc<EventPeer>, E), DispatchError>;

/// Hands out the events of one type that peers raise, in order, see [`Handle::events`].
///
/// An error says that an argument doesn't fit the Rust type, such as a number that is too big for
/// it; the events after it come nevertheless.
pub struct Events<E> {
    told: Notifications,
    event: PhantomData<fn() -> E>,
}

impl<E: EventType> Events<E> {
    pub(crate) const fn new(told: Notifications) -> Events<E> {
        Events { told, event: PhantomData }
    }

    /// Returns the next event, as soon as there is one; `None` when the node has ended.
    ///
    /// The future can be dropped at any time without losing anything.
    pub async fn next(&mut self) -> Option<Received<E>> {
        poll_fn(|cx| self.poll_event(cx.waker())).await
    }

    /// Returns the next event if there is one, or has somebody woken when there is.
    pub fn poll_event(&mut self, waker: &Waker) -> Poll<Option<Received<E>>> {
        loop {
            match self.told.poll_told(waker) {
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

    /// Tells whether the last event was taken.
    pub fn is_over(&self) -> bool {
        self.told.is_over()
    }
}

impl<E: EventType> Stream for Events<E> {
    type Item = Received<E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Received<E>>> {
        self.poll_event(cx.waker())
    }
}

impl<E> fmt::Debug for Events<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}
