//! A connected socket.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::task::{Context, Poll};

use brocomm::lowlevel::driver::{CONNECT_TIMEOUT, Cause};
use brocomm::node::{Endpoint, KeepAlive};

use super::Runtime;
use super::waiting::within;
use crate::socket::{ends, no_answer, set_up};
use crate::zone::address_of;

/// Reads and writes a socket.
///
/// Each attempt either transfers bytes, or fails with `WouldBlock` and has the task woken when the
/// socket is ready. So a dropped future loses nothing.
#[derive(Debug)]
pub(super) struct Socket<R: Runtime> {
    stream: R::Stream,
    /// Whether the last read drained the socket, so that the next read can wait until the runtime
    /// reports new input.
    drained: bool,
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
}

impl<R: Runtime> Socket<R> {
    /// Takes ownership of a connected socket.
    pub(super) fn new(stream: R::Stream, keep_alive: Option<KeepAlive>) -> io::Result<Socket<R>> {
        set_up(R::socket(&stream), keep_alive)?;
        let (local, remote) = ends(R::socket(&stream))?;
        Ok(Socket { stream, drained: false, local, remote })
    }

    /// Connects to an endpoint that the node asked for.
    pub(super) async fn connect(
        endpoint: &Endpoint,
        keep_alive: Option<KeepAlive>,
    ) -> Result<Socket<R>, Cause> {
        let address = address_of(endpoint)?;
        match within::<R, _>(CONNECT_TIMEOUT, R::connect(address)).await {
            Some(stream) => Ok(Socket::new(stream?, keep_alive)?),
            None => Err(no_answer()),
        }
    }

    /// Reads available bytes. See [`Runtime::read`].
    pub(super) fn read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> io::Result<io::Result<usize>> {
        if self.is_drained(cx)? {
            return Ok(Err(io::ErrorKind::WouldBlock.into()));
        }
        let read = R::read(&mut self.stream, cx, buffer)?;
        self.drained = match &read {
            // A socket at the end of its input is never drained.
            Ok(read) => (1..buffer.len()).contains(read),
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
        };
        Ok(read)
    }

    /// Returns whether the socket is known to have no input. If so, the task is woken when input
    /// arrives.
    ///
    /// # Errors
    /// The runtime can no longer wait.
    pub(super) fn is_drained(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        if self.drained {
            match R::poll_readable(&mut self.stream, cx) {
                Poll::Pending => return Ok(true),
                Poll::Ready(ready) => ready?,
            }
            self.drained = false;
        }
        Ok(false)
    }

    /// Writes as much as the socket accepts. See [`Runtime::write`].
    pub(super) fn write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> io::Result<io::Result<usize>> {
        R::write(&mut self.stream, cx, bytes)
    }

    /// Shuts down the sending direction, so the peer sees the end of the stream.
    pub(super) fn end_output(&self) {
        // Fails if the peer is gone already.
        let _ = R::socket(&self.stream).shutdown(Shutdown::Write);
    }

    /// Shuts down both directions of the connection.
    pub(super) fn shutdown(&self) {
        let _ = R::socket(&self.stream).shutdown(Shutdown::Both);
    }
}
