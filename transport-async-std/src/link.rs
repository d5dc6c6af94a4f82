//! One connected socket.

use std::future::Future;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_io::{Async, Timer};

/// Says how an attempt to read or write went.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// So many bytes were carried.
    Carried(usize),
    /// The peer sends no more.
    End,
    /// The socket is of no more use.
    Failed(io::Error),
}

/// Carries bytes over a socket.
///
/// Each attempt either waits until the socket is ready, with nothing carried yet, or carries
/// something and is done; there is nothing between that a dropped future could lose. That the
/// system can't wait is the error of a poll, what befalls the socket is an [`Attempt`].
#[derive(Debug)]
pub(crate) struct Link {
    stream: Async<TcpStream>,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
}

impl Link {
    pub(crate) fn new(stream: Async<TcpStream>) -> io::Result<Link> {
        // Messages are small and often answered; nothing is gained by holding them back.
        let socket = stream.get_ref();
        socket.set_nodelay(true)?;
        let (local, remote) = (socket.local_addr()?, socket.peer_addr()?);
        Ok(Link { stream, local, remote })
    }

    pub(crate) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<Attempt>> {
        loop {
            match attempt(|| self.stream.get_ref().read(buffer)) {
                Some(Attempt::Carried(0)) => return Poll::Ready(Ok(Attempt::End)),
                Some(attempt) => return Poll::Ready(Ok(attempt)),
                None => ready!(self.stream.poll_readable(cx))?,
            }
        }
    }

    pub(crate) fn poll_write(
        &self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<Attempt>> {
        loop {
            match attempt(|| self.stream.get_ref().write(bytes)) {
                Some(attempt) => return Poll::Ready(Ok(attempt)),
                None => ready!(self.stream.poll_writable(cx))?,
            }
        }
    }

    /// Tells the peer that nothing more comes.
    pub(crate) fn end_output(&self) {
        // It may be gone already.
        let _ = self.stream.get_ref().shutdown(Shutdown::Write);
    }

    /// Ends the connection in both directions.
    pub(crate) fn shutdown(&self) {
        let _ = self.stream.get_ref().shutdown(Shutdown::Both);
    }
}

/// Returns nothing if the socket isn't ready.
fn attempt(mut attempt: impl FnMut() -> io::Result<usize>) -> Option<Attempt> {
    loop {
        return match attempt() {
            Ok(carried) => Some(Attempt::Carried(carried)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            Err(error) => Some(Attempt::Failed(error)),
        };
    }
}

/// Runs out some time after it was started last, once it was started.
#[derive(Debug, Default)]
pub(crate) struct Patience(Option<Timer>);

impl Patience {
    pub(crate) fn is_started(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn start(&mut self, duration: Duration) {
        match &mut self.0 {
            Some(timer) => timer.set_after(duration),
            None => self.0 = Some(Timer::after(duration)),
        }
    }

    pub(crate) fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        self.0.as_mut().is_some_and(|timer| Pin::new(timer).poll(cx).is_ready())
    }
}
