//! One connected socket.

use std::future::Future;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

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
/// runtime is gone is the error of a poll, what befalls the socket is an [`Attempt`].
#[derive(Debug)]
pub(crate) struct Link {
    stream: TcpStream,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
}

impl Link {
    pub(crate) fn new(stream: TcpStream) -> io::Result<Link> {
        // Messages are small and often answered; nothing is gained by holding them back.
        stream.set_nodelay(true)?;
        let (local, remote) = (stream.local_addr()?, stream.peer_addr()?);
        Ok(Link { stream, local, remote })
    }

    pub(crate) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<Attempt>> {
        loop {
            // Also lets other tasks have their turn when this one never runs out of bytes.
            ready!(self.stream.poll_read_ready(cx))?;
            match attempt(self.stream.try_read(buffer)) {
                Some(Attempt::Carried(0)) => return Poll::Ready(Ok(Attempt::End)),
                Some(attempt) => return Poll::Ready(Ok(attempt)),
                None => {}
            }
        }
    }

    pub(crate) fn poll_write(
        &self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<Attempt>> {
        loop {
            ready!(self.stream.poll_write_ready(cx))?;
            if let Some(attempt) = attempt(self.stream.try_write(bytes)) {
                return Poll::Ready(Ok(attempt));
            }
        }
    }

    /// Tells the peer that nothing more comes.
    pub(crate) fn end_output(&self) {
        // It may be gone already.
        let _ = SockRef::from(&self.stream).shutdown(Shutdown::Write);
    }

    /// Ends the connection in both directions.
    pub(crate) fn shutdown(&self) {
        let _ = SockRef::from(&self.stream).shutdown(Shutdown::Both);
    }
}

/// Returns nothing if it is to be tried again.
fn attempt(result: io::Result<usize>) -> Option<Attempt> {
    match result {
        Ok(carried) => Some(Attempt::Carried(carried)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
        Err(error) if error.kind() == io::ErrorKind::Interrupted => None,
        Err(error) => Some(Attempt::Failed(error)),
    }
}

/// Runs out some time after it was started last, once it was started.
#[derive(Debug, Default)]
pub(crate) struct Patience(Option<Pin<Box<Sleep>>>);

impl Patience {
    pub(crate) fn is_started(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn start(&mut self, duration: Duration) {
        match &mut self.0 {
            Some(sleep) => sleep.as_mut().reset(Instant::now() + duration),
            None => self.0 = Some(Box::pin(sleep(duration))),
        }
    }

    pub(crate) fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        self.0.as_mut().is_some_and(|sleep| sleep.as_mut().poll(cx).is_ready())
    }
}
