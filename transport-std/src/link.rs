//! One connected socket, and whether it is ready.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::StopHandle;

const SOCKET: Token = Token(1);

/// Holds a socket and remembers what it is ready for.
///
/// The poller tells only once that a socket becomes ready, which then is true until an attempt says
/// otherwise. So input can be left alone as long as the core wants none, at no cost.
#[derive(Debug)]
pub(crate) struct Link {
    stream: TcpStream,
    poll: Poll,
    events: Events,
    readable: bool,
    writable: bool,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
}

/// Says how an attempt to read or write went.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// So many bytes were carried.
    Carried(usize),
    /// The socket isn't ready.
    NotReady,
    /// The peer sends no more.
    End,
    /// The socket is of no more use.
    Failed(io::Error),
}

impl Link {
    pub(crate) fn new(mut stream: TcpStream) -> io::Result<(Link, StopHandle)> {
        // Messages are small and often answered; nothing is gained by holding them back.
        socket2::SockRef::from(&stream).set_tcp_nodelay(true)?;
        let (local, remote) = (stream.local_addr()?, stream.peer_addr()?);
        let poll = Poll::new()?;
        let both = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut stream, SOCKET, both)?;
        let stop = StopHandle::new(&poll)?;
        let events = Events::with_capacity(4);
        let link = Link { stream, poll, events, readable: true, writable: true, local, remote };
        Ok((link, stop))
    }

    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Attempt {
        if !self.readable {
            return Attempt::NotReady;
        }
        let attempt = match repeat(|| self.stream.read(buffer)) {
            Attempt::Carried(0) => Attempt::End,
            attempt => attempt,
        };
        self.readable = matches!(attempt, Attempt::Carried(_));
        attempt
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Attempt {
        if !self.writable {
            return Attempt::NotReady;
        }
        let attempt = repeat(|| self.stream.write(bytes));
        self.writable = matches!(attempt, Attempt::Carried(_));
        attempt
    }

    /// Waits until the socket becomes ready for something, or somebody wakes us, or time is over.
    pub(crate) fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        for event in self.events.iter().filter(|event| event.token() == SOCKET) {
            self.readable |= event.is_readable() || event.is_read_closed() || event.is_error();
            self.writable |= event.is_writable() || event.is_write_closed() || event.is_error();
        }
        Ok(())
    }

    /// Tells the peer that nothing more comes.
    pub(crate) fn end_output(&self) {
        // It may be gone already.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Ends the connection in both directions.
    pub(crate) fn shutdown(&self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

fn repeat(mut attempt: impl FnMut() -> io::Result<usize>) -> Attempt {
    loop {
        return match attempt() {
            Ok(carried) => Attempt::Carried(carried),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Attempt::NotReady,
            Err(error) => Attempt::Failed(error),
        };
    }
}
