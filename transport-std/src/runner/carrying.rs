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

use super::Runner;
use crate::socket::{has_ended, is_drained};

/// A connection or a connection attempt.
#[derive(Debug)]
pub(super) struct SocketTask {
    carrier: SocketDriver,
    stream: TcpStream,
    /// The deadline of the attempt, until it is connected.
    connecting: Option<Time>,
    keep_alive: Option<KeepAlive>,
    /// The poller has reported the end of the input.
    ended: bool,
    waker: Waker,
}

impl Runner {
    pub(super) fn connect(
        &mut self,
        id: ConnectionId,
        endpoint: &Endpoint,
        keep_alive: Option<KeepAlive>,
    ) {
        let carrier = SocketDriver::new(id);
        let (token, waker) = self.token();
        let begin = || -> io::Result<TcpStream> {
            let mut stream = TcpStream::connect(address_of(endpoint)?)?;
            self.register(&mut stream, token)?;
            Ok(stream)
        };
        match begin() {
            Ok(stream) => {
                let connecting = Some(self.shared.now() + CONNECT_TIMEOUT);
                let carrying =
                    SocketTask { carrier, stream, connecting, keep_alive, ended: false, waker };
                self.carrying.insert(token, carrying);
                self.carry(token);
            }
            Err(error) => self.shared.feed_connect_failed(&carrier, error),
        }
    }

    /// Starts the task of an accepted connection, unless the node is stopping.
    pub(super) fn begin(&mut self, mut stream: TcpStream, from: SocketAddr) -> io::Result<()> {
        let (token, waker) = self.token();
        let keep_alive = self.keep_alive;
        set_up(SockRef::from(&stream), keep_alive)?;
        self.register(&mut stream, token)?;
        if let Some(carrier) = accepted(&self.shared, from) {
            let (connecting, ended) = (None, false);
            let carrying = SocketTask { carrier, stream, connecting, keep_alive, ended, waker };
            self.carrying.insert(token, carrying);
            self.carry(token);
        }
        Ok(())
    }

    fn register(&self, stream: &mut TcpStream, token: Token) -> io::Result<()> {
        self.poll.registry().register(stream, token, Interest::READABLE | Interest::WRITABLE)
    }

    /// Records the readiness of a socket.
    pub(super) fn feed_ready(&mut self, event: &Event) {
        if let Some(SocketTask { carrier, ended, .. }) = self.carrying.get_mut(&event.token()) {
            carrier.feed_ready();
            *ended |= has_ended(event);
        }
    }

    /// Runs the task of a connection until it must wait. Does nothing if the token is not that of a
    /// connection.
    pub(super) fn carry(&mut self, token: Token) {
        if !self.is_connected(token) {
            return;
        }
        let Runner { shared, buffer, carrying, alarms, .. } = self;
        let Some(SocketTask { carrier, stream, ended, waker, .. }) = carrying.get_mut(&token)
        else {
            return;
        };
        loop {
            match shared.with(|hub, now| carrier.poll_step(hub, buffer, now, waker)) {
                Step::Write(bytes) => carrier.feed_write(stream.write(bytes)),
                Step::Read => {
                    let read = stream.read(buffer);
                    if is_drained(&read, buffer.len(), *ended) {
                        carrier.feed_drained();
                    }
                    carrier.feed_read(read);
                }
                Step::EndOutput => {
                    // Fails if the peer is gone already.
                    let _ = stream.shutdown(Shutdown::Write);
                }
                Step::Yield => return waker.wake_by_ref(),
                Step::Wait { until } => {
                    alarms.extend(until.map(|until| (token, until)));
                    return;
                }
                Step::Close => return self.close(token),
            }
        }
    }

    pub(super) fn close(&mut self, token: Token) {
        self.alarms.remove(&token);
        if let Some(SocketTask { carrier, stream, .. }) = self.carrying.remove(&token) {
            let _ = stream.shutdown(Shutdown::Both);
            drop(stream);
            self.shared.with(|hub, now| carrier.feed_closed(hub, now));
        }
    }

    /// Returns whether the token is that of an established connection. Ends the task if the attempt
    /// failed.
    fn is_connected(&mut self, token: Token) -> bool {
        let Some(carrying) = self.carrying.get_mut(&token) else { return false };
        let SocketTask { carrier, stream, connecting, keep_alive, waker, .. } = carrying;
        let Some(until) = *connecting else { return true };
        if self.shared.with(|hub, _| carrier.is_given_up(hub, waker)) {
            self.carrying.remove(&token);
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
                let id = carrier.id();
                self.shared.with(|hub, now| hub.communication_mut().feed_connected(id, now));
                return true;
            }
            Ok(false) if self.shared.now() < until => {
                self.alarms.insert(token, until);
                return false;
            }
            Ok(false) => no_answer(),
            Err(error) => error.into(),
        };
        if let Some(SocketTask { carrier, .. }) = self.carrying.remove(&token) {
            self.shared.feed_connect_failed(&carrier, cause);
        }
        false
    }
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
