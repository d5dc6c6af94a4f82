//! One connected socket.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::task::{Context, Poll};

use brocomm::lowlevel::driver::{CONNECT_TIMEOUT, Cause};
use brocomm::node::{Endpoint, KeepAlive};

use super::Runtime;
use super::waiting::within;
use crate::socket::{ends, no_answer, set_up};
use crate::zone::address_of;

/// Carries bytes over a socket.
///
/// Each attempt either carries something, or fails with `WouldBlock` and has the task woken when
/// the socket is ready; there is nothing between that a dropped future could lose.
#[derive(Debug)]
pub(super) struct Link<R: Runtime> {
    stream: R::Stream,
    /// Nothing was left when it was read last, so that nobody has to ask the system before the
    /// runtime says that something has come.
    drained: bool,
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
}

impl<R: Runtime> Link<R> {
    /// Takes over a socket.
    pub(super) fn new(stream: R::Stream, keep_alive: Option<KeepAlive>) -> io::Result<Link<R>> {
        set_up(R::socket(&stream), keep_alive)?;
        let (local, remote) = ends(R::socket(&stream))?;
        Ok(Link { stream, drained: false, local, remote })
    }

    /// Connects to an endpoint of which a node was told.
    pub(super) async fn connect(
        endpoint: &Endpoint,
        keep_alive: Option<KeepAlive>,
    ) -> Result<Link<R>, Cause> {
        let address = address_of(endpoint)?;
        match within::<R, _>(CONNECT_TIMEOUT, R::connect(address)).await {
            Some(stream) => Ok(Link::new(stream?, keep_alive)?),
            None => Err(no_answer()),
        }
    }

    /// Reads what there is, see [`Runtime::read`].
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
            // At its end a socket is never drained.
            Ok(read) => (1..buffer.len()).contains(read),
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
        };
        Ok(read)
    }

    /// Returns whether reading would give nothing, as far as is known without an attempt; then the task
    /// is woken when it would.
    ///
    /// # Errors
    /// That the runtime can't wait any more.
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

    /// Writes what the socket takes, see [`Runtime::write`].
    pub(super) fn write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> io::Result<io::Result<usize>> {
        R::write(&mut self.stream, cx, bytes)
    }

    /// Tells the peer that nothing more comes.
    pub(super) fn end_output(&self) {
        // It may be gone already.
        let _ = R::socket(&self.stream).shutdown(Shutdown::Write);
    }

    /// Ends the connection in both directions.
    pub(super) fn shutdown(&self) {
        let _ = R::socket(&self.stream).shutdown(Shutdown::Both);
    }
}
