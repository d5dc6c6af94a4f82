//! The connections of a node.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::task::Waker;

use brocomm::Time;
use brocomm::lowlevel::driver::{CONNECT_TIMEOUT, SocketDriver, Step};
use brocomm::node::{ConnectionId, Endpoint, KeepAlive};
use brocomm_transport::listening::accepted;
use brocomm_transport::socket::{ends, no_answer, set_up};
use brocomm_transport::socket2::SockRef;
use brocomm_transport::zone::address_of;
use mio::event::Event;
use mio::net::TcpStream;
use mio::{Interest, Token};

use super::sockets::Sockets;
use crate::socket::{has_ended, is_drained};

/// A connection or a connection attempt.
#[derive(Debug)]
pub(super) struct SocketTask {
    driver: SocketDriver,
    stream: TcpStream,
    /// The deadline of the attempt, until it is connected.
    connecting: Option<Time>,
    keep_alive: Option<KeepAlive>,
    /// Whether the poller has reported the end of the input.
    ended: bool,
    waker: Waker,
}

impl Sockets {
    pub(super) fn connect(
        &mut self,
        id: ConnectionId,
        endpoint: &Endpoint,
        keep_alive: Option<KeepAlive>,
    ) {
        let driver = SocketDriver::new(id);
        let (token, waker) = self.token();
        let begin = || -> io::Result<TcpStream> {
            let mut stream = TcpStream::connect(address_of(endpoint)?)?;
            self.register(&mut stream, token)?;
            Ok(stream)
        };
        match begin() {
            Ok(stream) => {
                let connecting = Some(self.shared.now() + CONNECT_TIMEOUT);
                let task =
                    SocketTask { driver, stream, connecting, keep_alive, ended: false, waker };
                self.tasks.insert(token, task);
                self.run_task(token);
            }
            Err(error) => self.shared.feed_connect_failed(&driver, error),
        }
    }

    /// Starts the task of an accepted connection, unless the node is stopping.
    pub(super) fn begin(&mut self, mut stream: TcpStream, from: SocketAddr) -> io::Result<()> {
        let (token, waker) = self.token();
        let keep_alive = self.keep_alive;
        set_up(SockRef::from(&stream), keep_alive)?;
        self.register(&mut stream, token)?;
        if let Some(driver) = accepted(&self.shared, from) {
            let (connecting, ended) = (None, false);
            let task = SocketTask { driver, stream, connecting, keep_alive, ended, waker };
            self.tasks.insert(token, task);
            self.run_task(token);
        }
        Ok(())
    }

    fn register(&self, stream: &mut TcpStream, token: Token) -> io::Result<()> {
        self.registry.register(stream, token, Interest::READABLE | Interest::WRITABLE)
    }

    /// Records the readiness of a socket.
    pub(super) fn feed_ready(&mut self, event: &Event) {
        if let Some(SocketTask { driver, ended, .. }) = self.tasks.get_mut(&event.token()) {
            driver.feed_ready();
            *ended |= has_ended(event);
        }
    }

    /// Runs the task of a connection until it must wait. Does nothing if the token is not that of a
    /// connection.
    pub(super) fn run_task(&mut self, token: Token) {
        if !self.is_connected(token) {
            return;
        }
        let Sockets { shared, buffer, tasks, alarms, .. } = self;
        let Some(SocketTask { driver, stream, ended, waker, .. }) = tasks.get_mut(&token) else {
            return;
        };
        loop {
            match shared.with(|node, now| driver.poll_step(node, buffer, now, waker)) {
                Step::Write(bytes) => {
                    let written = stream.write(bytes);
                    driver.feed_write(written);
                }
                Step::Read => {
                    let read = stream.read(buffer);
                    if is_drained(&read, buffer.len(), *ended) {
                        driver.feed_drained();
                    }
                    driver.feed_read(read);
                }
                Step::EndOutput => end_output(stream),
                Step::Yield => return waker.wake_by_ref(),
                Step::Wait { until } => {
                    alarms.extend(until.map(|until| (token, until)));
                    return;
                }
                Step::Close => return self.close(token),
            }
        }
    }

    /// Writes once what the task of a connection has to write, but does nothing else for it.
    /// Returns whether it must wait now.
    pub(super) fn write_task(&mut self, token: Token) -> bool {
        let Sockets { shared, buffer, tasks, .. } = self;
        let Some(SocketTask { driver, stream, connecting: None, waker, .. }) =
            tasks.get_mut(&token)
        else {
            return false;
        };
        let mut has_written = false;
        loop {
            match shared.with(|node, now| driver.poll_step(node, buffer, now, waker)) {
                Step::Write(bytes) if !has_written => {
                    let written = stream.write(bytes);
                    driver.feed_write(written);
                    has_written = true;
                }
                // This step is not repeated.
                Step::EndOutput => end_output(stream),
                step => return step == Step::Wait { until: None },
            }
        }
    }

    pub(super) fn close(&mut self, token: Token) {
        self.alarms.remove(&token);
        if let Some(SocketTask { driver, stream, .. }) = self.tasks.remove(&token) {
            let _ = stream.shutdown(Shutdown::Both);
            drop(stream);
            self.shared.with(|node, now| driver.feed_closed(node, now));
        }
    }

    /// Returns whether the token is that of an established connection. Ends the task if the attempt
    /// failed.
    fn is_connected(&mut self, token: Token) -> bool {
        let Some(task) = self.tasks.get_mut(&token) else { return false };
        let SocketTask { driver, stream, connecting, keep_alive, waker, .. } = task;
        let Some(until) = *connecting else { return true };
        if self.shared.with(|node, _| driver.is_given_up(node, waker)) {
            self.tasks.remove(&token);
            return false;
        }
        let cause = match outcome(stream).and_then(|up| {
            if up {
                set_up(SockRef::from(&*stream), *keep_alive)?;
            }
            Ok(up)
        }) {
            Ok(true) => {
                *connecting = None;
                let id = driver.id();
                self.shared.with(|node, now| node.communication_mut().feed_connected(id, now));
                return true;
            }
            Ok(false) if self.shared.now() < until => {
                self.alarms.insert(token, until);
                return false;
            }
            Ok(false) => no_answer(),
            Err(error) => error.into(),
        };
        if let Some(SocketTask { driver, .. }) = self.tasks.remove(&token) {
            self.shared.feed_connect_failed(&driver, cause);
        }
        false
    }
}

/// Shuts down the sending direction.
fn end_output(stream: &TcpStream) {
    // Fails if the peer is gone already.
    let _ = stream.shutdown(Shutdown::Write);
}

/// Returns whether a socket is connected, or why the attempt failed.
fn outcome(stream: &TcpStream) -> io::Result<bool> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    match ends(SockRef::from(stream)) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
        Err(error) => Err(error),
    }
}
