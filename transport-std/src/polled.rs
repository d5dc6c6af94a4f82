//! A connected socket and its readiness.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use brocomm_transport::socket::{ends, set_up};
use brocomm_transport::socket2::SockRef;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::StopHandle;
use crate::socket::{has_ended, is_drained};

const SOCKET: Token = Token(1);

/// A connected socket with the poller that waits for it.
///
/// The poller is edge-triggered: a socket stays ready until an attempt would block. So input can
/// stay unread, at no cost, while the core wants none.
#[derive(Debug)]
pub(crate) struct PolledSocket {
    stream: TcpStream,
    poll: Poll,
    events: Events,
    /// Whether the poller has reported the end of the input.
    ended: bool,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
}

/// The operations that a socket has become ready for.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    pub(crate) readable: bool,
    pub(crate) writable: bool,
}

impl PolledSocket {
    pub(crate) fn new(mut stream: TcpStream) -> io::Result<(PolledSocket, StopHandle)> {
        set_up(SockRef::from(&stream), None)?;
        let (local, remote) = ends(SockRef::from(&stream))?;
        let poll = Poll::new()?;
        let both = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut stream, SOCKET, both)?;
        let stop = StopHandle::new(&poll)?;
        let events = Events::with_capacity(4);
        let socket = PolledSocket { stream, poll, events, ended: false, local, remote };
        Ok((socket, stop))
    }

    /// Reads. Also returns whether nothing is left to read.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> (io::Result<usize>, bool) {
        let read = self.stream.read(buffer);
        let drained = is_drained(&read, buffer.len(), self.ended);
        (read, drained)
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    /// Waits until the socket becomes ready, the waker is used or the timeout elapses.
    pub(crate) fn wait(&mut self, timeout: Option<Duration>) -> io::Result<Ready> {
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(Ready::default()),
            result => result?,
        }
        let mut ready = Ready::default();
        for event in self.events.iter().filter(|event| event.token() == SOCKET) {
            self.ended |= has_ended(event);
            ready.readable |= event.is_readable() || has_ended(event);
            ready.writable |= event.is_writable() || event.is_write_closed() || event.is_error();
        }
        Ok(ready)
    }

    /// Shuts down the sending direction, so the peer sees the end of the stream.
    pub(crate) fn end_output(&self) {
        // Fails if the peer is gone already.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Shuts down both directions of the connection.
    pub(crate) fn shutdown(&self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}
