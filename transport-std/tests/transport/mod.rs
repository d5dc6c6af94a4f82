//! Blocking calls as futures. Each poll blocks for a short time at most.

#![allow(dead_code, reason = "not every test needs all of it")]

use std::ops::Deref;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use brocomm::data::{CallError, Event, EventType, Name};
use brocomm::logs::{LogValue, StreamError};
use brocomm::node::{
    EventPeer, NodeConfig, Notification, PeerId, RaiseError, Raised, WriteLogError,
};
use brocomm_std::{ReceivedEvent, RequestError, StartError, SubscribeError, Subscription};
use futures_lite::future::yield_now;

/// The time that a poll blocks.
const SHORT: Duration = Duration::from_millis(1);

fn soon() -> Option<Instant> {
    Some(Instant::now() + SHORT)
}

/// Makes a call that blocks for longer in a thread of its own.
async fn blocking<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, result) = channel();
    thread::spawn(move || sender.send(call()));
    loop {
        match result.recv_timeout(SHORT) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Timeout) => yield_now().await,
            Err(RecvTimeoutError::Disconnected) => panic!("the call panicked"),
        }
    }
}

pub(crate) struct Node(brocomm_std::Node);

pub(crate) struct Notifications(brocomm_std::Notifications);

impl Deref for Node {
    type Target = brocomm_std::Node;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Node {
    pub(crate) fn start(configuration: NodeConfig) -> Result<Node, StartError> {
        brocomm_std::Node::start(configuration).map(Node)
    }

    pub(crate) async fn raise(&self, event: Event) -> Result<Raised, CallError> {
        loop {
            match self.0.raise(event.clone(), soon()) {
                Ok(raised) => return Ok(raised),
                Err(RaiseError::Event(error)) => return Err(*error),
                Err(_) => yield_now().await,
            }
        }
    }

    pub(crate) async fn write_log(
        &self,
        stream: i32,
        values: &[LogValue],
    ) -> Result<Raised, StreamError> {
        loop {
            match self.0.write_log(stream, values, soon()) {
                Ok(raised) => return Ok(raised),
                Err(WriteLogError::Stream(error)) => return Err(error),
                Err(_) => yield_now().await,
            }
        }
    }

    pub(crate) async fn request(
        &self,
        event: Event,
        answer: impl Into<Name>,
        matches: impl FnMut(&Event) -> bool + Send + 'static,
        timeout: Duration,
    ) -> Result<(Arc<EventPeer>, Event), RequestError> {
        let (node, answer) = (self.0.clone(), answer.into());
        blocking(move || node.request(event, answer, matches, timeout)).await
    }

    pub(crate) async fn flush(&self, limit: Duration) -> Vec<PeerId> {
        let end = Instant::now() + limit;
        loop {
            let undelivered = self.0.flush(SHORT);
            if undelivered.is_empty() || end <= Instant::now() {
                return undelivered;
            }
            yield_now().await;
        }
    }

    pub(crate) async fn terminate(&self) -> Vec<PeerId> {
        self.with(|node, now| node.terminate_communication(now));
        let node = self.0.clone();
        blocking(move || node.terminate()).await
    }
}

impl Node {
    #[track_caller]
    pub(crate) fn subscribe(&self) -> Notifications {
        Notifications(self.0.subscribe())
    }

    pub(crate) fn subscribe_with(&self, subscription: Subscription) -> Notifications {
        Notifications(self.0.subscribe_with(subscription))
    }

    #[track_caller]
    pub(crate) fn events<E: EventType>(&self) -> Result<Events<E>, SubscribeError> {
        self.0.events().map(Events)
    }
}

pub(crate) struct Events<E>(brocomm_std::Events<E>);

impl<E: EventType> Events<E> {
    pub(crate) async fn next(&mut self) -> Option<ReceivedEvent<E>> {
        loop {
            let next = self.0.next(soon());
            if next.is_some() || self.0.is_over() {
                return next;
            }
            yield_now().await;
        }
    }
}

impl Deref for Notifications {
    type Target = brocomm_std::Notifications;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Notifications {
    pub(crate) async fn next(&mut self) -> Option<Notification> {
        loop {
            let next = self.0.next(soon());
            if next.is_some() || self.0.is_over() {
                return next;
            }
            yield_now().await;
        }
    }
}
