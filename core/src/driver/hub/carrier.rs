//! One connection of a node over one socket.

use std::io;
use std::task::Waker;

use super::Hub;
use super::security::Security;
use crate::Time;
#[cfg(doc)]
use crate::driver::Driver;
use crate::driver::{Socket, Step};
use crate::node::{ConnectionId, Endpoint};

/// Carries the bytes of one connection of a node over one socket, as a [`Driver`] does for a single
/// connection.
///
/// The hub is needed at each [`poll_step`](Self::poll_step) only, not while the step is done.
#[derive(Debug)]
pub struct Carrier {
    id: ConnectionId,
    socket: Socket,
    outcome: Option<Outcome>,
    security: Security,
}

/// What a step gave.
#[derive(Debug)]
enum Outcome {
    Write(io::Result<usize>),
    Read(io::Result<usize>),
}

impl Carrier {
    /// Takes over a connection that is up, or being made.
    pub const fn new(id: ConnectionId) -> Carrier {
        Carrier { id, socket: Socket::new(), outcome: None, security: Security::Unknown }
    }

    /// Takes over a connection that a peer has made, on a socket where it has to use TLS or not;
    /// `None` if it is to be closed, because the node is ending.
    pub fn accept(hub: &mut Hub, endpoint: Endpoint, ssl: bool, now: Time) -> Option<Carrier> {
        let node = &mut hub.communication;
        let id = if ssl {
            node.feed_securing(endpoint, now)?
        } else {
            node.feed_accepted(endpoint, ssl, now)?
        };
        Some(Carrier::new(id))
    }

    /// Returns which connection it is.
    pub const fn id(&self) -> ConnectionId {
        self.id
    }

    /// Tells whether a connection that is being made is no longer wanted. While it is, who makes it
    /// is woken when that changes.
    #[must_use = "nobody waits for the connection"]
    pub fn is_given_up(&self, hub: &mut Hub, waker: &Waker) -> bool {
        let given_up = hub.abandoned || !hub.communication.is_known(self.id);
        if !given_up {
            hub.carriers.insert(self.id, waker.clone());
        }
        given_up
    }

    /// Takes note that the connection is up; TLS, if there is to be any, is made next.
    pub fn feed_connected(&self, hub: &mut Hub, now: Time) {
        if hub.communication.is_to_be_secured(self.id).is_none() {
            hub.communication.feed_connected(self.id, now);
        }
    }

    /// Takes note that the connection did not come about; that is the end of it.
    pub fn feed_connect_failed(&self, hub: &mut Hub, reason: &str, now: Time) {
        hub.carriers.remove(&self.id);
        hub.communication.feed_connect_failed(self.id, reason, now);
    }

    /// Says what to do next, see [`Driver::poll_step`]. What is to be written is in the buffer then,
    /// and what is read belongs there; its size is about a [`BLOCK`](crate::driver::BLOCK).
    ///
    /// Whoever has done [`Step::Close`] calls [`feed_closed`](Self::feed_closed).
    pub fn poll_step<'a>(
        &mut self,
        hub: &mut Hub,
        buffer: &'a mut [u8],
        now: Time,
        waker: &Waker,
    ) -> Step<'a> {
        let Carrier { id, socket, outcome, security } = self;
        let id = *id;
        let mut session = security.around(&mut hub.communication, id, now);
        match outcome.take() {
            Some(Outcome::Write(result)) => socket.feed_write(&mut session, result, now),
            Some(Outcome::Read(result)) => {
                let bytes = result.map(|read| buffer.get(..read).unwrap_or_default());
                socket.feed_read(&mut session, bytes, now);
            }
            None => {}
        }
        security.take_back(session);
        if hub.abandoned {
            socket.give_up();
        }
        // All that has happened to this connection so far is heeded now.
        hub.carriers.remove(&id);
        hub.heed_connections();
        let mut session = security.around(&mut hub.communication, id, now);
        let step = match socket.poll_step(&mut session, now) {
            Step::Write(bytes) => {
                let length = bytes.len().min(buffer.len());
                if let (Some(to), Some(from)) = (buffer.get_mut(..length), bytes.get(..length)) {
                    to.copy_from_slice(from);
                }
                Step::Write(buffer.get(..length).unwrap_or_default())
            }
            Step::Read => Step::Read,
            Step::EndOutput => Step::EndOutput,
            Step::Yield => Step::Yield,
            Step::Wait { until } => Step::Wait { until },
            Step::Close => Step::Close,
        };
        security.take_back(session);
        if step != Step::Close {
            hub.carriers.insert(id, waker.clone());
        }
        step
    }

    /// Takes note of what writing gave, as [`Driver::feed_write`] does.
    pub fn feed_write(&mut self, result: io::Result<usize>) {
        self.outcome = Some(Outcome::Write(result));
    }

    /// Takes note of how many bytes of the buffer were read, as [`Driver::feed_read`] does. The
    /// buffer has to stay as it is until the next [`poll_step`](Self::poll_step).
    pub fn feed_read(&mut self, result: io::Result<usize>) {
        self.outcome = Some(Outcome::Read(result));
    }

    /// Takes note that nothing was left after what was read last, as [`Driver::feed_drained`] does.
    pub fn feed_drained(&mut self) {
        self.socket.feed_drained();
    }

    /// Takes note that what the socket was not ready for when it was tried last may go now.
    pub fn feed_ready(&mut self) {
        self.socket.feed_readable();
        self.socket.feed_writable();
    }

    /// Takes note that the socket is closed.
    pub fn feed_closed(&self, hub: &mut Hub, now: Time) {
        hub.carriers.remove(&self.id);
        hub.communication.feed_closed(self.id, now);
    }
}
