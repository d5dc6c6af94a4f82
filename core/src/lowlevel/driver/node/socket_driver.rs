//! One connection of a node over one socket.

use std::io;
use std::task::Waker;

use super::NodeDriver;
use crate::Time;
use crate::connection::{Connection, PollClose};
#[cfg(doc)]
use crate::driver::Driver;
use crate::driver::{Socket, SocketConnection, Step};
use crate::node::{ConnectionId, NodeMachine};

/// Drives the socket of one connection of a node, as a [`Driver`] does for a single connection.
///
/// Only [`poll_step`](Self::poll_step) needs the [`NodeDriver`]; it is not needed while the step is
/// performed.
#[derive(Debug)]
pub struct SocketDriver {
    id: ConnectionId,
    socket: Socket,
    outcome: Option<Outcome>,
    /// The bytes that the connection lends while they are written.
    lent: Option<Vec<u8>>,
}

/// The result of a step.
#[derive(Debug)]
enum Outcome {
    Write(io::Result<usize>),
    Read(io::Result<usize>),
}

impl SocketDriver {
    /// Creates a driver for a connection that is established or connecting.
    pub const fn new(id: ConnectionId) -> SocketDriver {
        SocketDriver { id, socket: Socket::new(), outcome: None, lent: None }
    }

    /// Returns the connection's id.
    pub const fn id(&self) -> ConnectionId {
        self.id
    }

    /// Returns whether an attempt to connect was canceled. If not, the task is woken when it is
    /// canceled.
    #[must_use = "a canceled attempt should be dropped"]
    pub fn is_given_up(&self, driver: &mut NodeDriver, waker: &Waker) -> bool {
        let given_up = driver.abandoned || !driver.communication.is_known(self.id);
        if !given_up {
            driver.wait_for(self.id, waker);
        }
        given_up
    }

    /// Records that the attempt to connect failed, and removes the connection.
    pub fn feed_connect_failed(&self, driver: &mut NodeDriver, reason: &str, now: Time) {
        driver.sockets.remove(&self.id);
        driver.communication.feed_connect_failed(self.id, reason, now);
    }

    /// Returns the next step, see [`Driver::poll_step`]. Received bytes must be read into the
    /// buffer, which has about the size of a [`BLOCK`](crate::driver::BLOCK).
    ///
    /// After [`Step::Close`], call [`feed_closed`](Self::feed_closed).
    pub fn poll_step<'a>(
        &'a mut self,
        driver: &mut NodeDriver,
        buffer: &'a mut [u8],
        now: Time,
        waker: &Waker,
    ) -> Step<'a> {
        let SocketDriver { id, socket, outcome, lent } = self;
        let id = *id;
        let connection = driver.communication.transport_mut(id);
        if let (Some(block), Some(connection)) = (lent.take(), connection) {
            connection.take_back(block);
        }
        let mut session = NodeSession { node: &mut driver.communication, id };
        match outcome.take() {
            Some(Outcome::Write(result)) => socket.feed_write(&mut session, result, now),
            Some(Outcome::Read(result)) => {
                let bytes = result.map(|read| buffer.get(..read).unwrap_or_default());
                socket.feed_read(&mut session, bytes, now);
            }
            None => {}
        }
        if driver.abandoned {
            socket.give_up();
        }
        // All changes of this connection so far are handled in this call.
        driver.sockets.remove(&id);
        driver.wake_connections();
        let mut session = NodeSession { node: &mut driver.communication, id };
        let step = match socket.poll_step(&mut session, now) {
            Step::Write(bytes) => {
                let length = bytes.len().min(buffer.len());
                match driver.communication.transport_mut(id).and_then(Connection::lend) {
                    Some((block, start)) => {
                        Step::Write(lent.insert(block).get(start..).unwrap_or_default())
                    }
                    None => {
                        let bytes = driver.communication.poll_transmit(id);
                        if let (Some(to), Some(from)) =
                            (buffer.get_mut(..length), bytes.get(..length))
                        {
                            to.copy_from_slice(from);
                        }
                        Step::Write(buffer.get(..length).unwrap_or_default())
                    }
                }
            }
            Step::Read => Step::Read,
            Step::EndOutput => Step::EndOutput,
            Step::Yield => Step::Yield,
            Step::Wait { until } => Step::Wait { until },
            Step::Close => Step::Close,
        };
        if step != Step::Close {
            driver.wait_for(id, waker);
        }
        step
    }

    /// Records the result of a write, like [`Driver::feed_write`].
    pub fn feed_write(&mut self, result: io::Result<usize>) {
        self.outcome = Some(Outcome::Write(result));
    }

    /// Records how many bytes were read into the buffer, like [`Driver::feed_read`]. The buffer
    /// must not change until the next [`poll_step`](Self::poll_step).
    pub fn feed_read(&mut self, result: io::Result<usize>) {
        self.outcome = Some(Outcome::Read(result));
    }

    /// Records that the last read drained the socket, like [`Driver::feed_drained`].
    pub fn feed_drained(&mut self) {
        self.socket.feed_drained();
    }

    /// Records that the socket may be ready again.
    pub fn feed_ready(&mut self) {
        self.socket.feed_readable();
        self.socket.feed_writable();
    }

    /// Records that the socket is closed.
    pub fn feed_closed(&self, driver: &mut NodeDriver, now: Time) {
        driver.sockets.remove(&self.id);
        driver.communication.feed_closed(self.id, now);
    }
}

/// One connection of a node.
struct NodeSession<'a> {
    node: &'a mut NodeMachine,
    id: ConnectionId,
}

impl SocketConnection for NodeSession<'_> {
    fn connection(&self) -> Option<&Connection> {
        self.node.transport(self.id)
    }

    fn feed_time(&mut self, now: Time) -> Time {
        self.node.feed_time(now);
        self.node.now()
    }

    fn poll_transmit(&mut self) -> &[u8] {
        self.node.poll_transmit(self.id)
    }

    fn advance(&mut self, written: usize, now: Time) {
        self.node.advance(self.id, written, now);
    }

    fn feed_bytes(&mut self, bytes: &[u8], now: Time) {
        self.node.feed_bytes(self.id, bytes, now);
    }

    fn feed_eof(&mut self, now: Time) {
        self.node.feed_eof(self.id, now);
    }

    fn feed_read_failure(&mut self, reason: &str, now: Time) {
        self.node.feed_read_failure(self.id, reason, now);
    }

    fn feed_write_failure(&mut self, reason: &str, now: Time) {
        self.node.feed_write_failure(self.id, reason, now);
    }

    fn next_timeout(&self) -> Option<Time> {
        // The node handles timeouts itself.
        None
    }

    fn poll_close(&self) -> Option<PollClose> {
        self.node.poll_close(self.id)
    }

    fn wants_input(&self) -> bool {
        self.node.wants_input(self.id)
    }

    fn is_forgotten(&self) -> bool {
        !self.node.is_known(self.id)
    }
}
