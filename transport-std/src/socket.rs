//! Connecting sockets, and deadlines.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use brocomm_transport::naming::{self, Refusals, unresolved};

use crate::TransportError;

/// Resolves a name to all its addresses.
pub(crate) fn resolve(
    address: &(impl ToSocketAddrs + fmt::Display),
) -> Result<Vec<SocketAddr>, TransportError> {
    naming::resolve(address).map_err(|error| unresolved(&address.to_string(), error))
}

/// Connects to the first address that answers.
pub(crate) fn connect(
    address: &(impl ToSocketAddrs + fmt::Display),
    timeout: Duration,
) -> Result<TcpStream, TransportError> {
    let deadline = Instant::now().checked_add(timeout);
    let mut refusals = Refusals::new(address.to_string(), timeout);
    for tried in resolve(address)? {
        let attempt = match remaining(deadline) {
            None => Err(io::ErrorKind::TimedOut.into()),
            Some(None) => TcpStream::connect(tried),
            Some(Some(timeout)) => TcpStream::connect_timeout(&tried, timeout),
        };
        match attempt {
            Ok(stream) => return Ok(stream),
            Err(error) => refusals.feed(tried, error),
        }
    }
    Err(refusals.into_error())
}

/// Returns whether a read has drained the socket, so that the poller reports new input. `ended`
/// says whether the poller has already reported the end of the input, which it reports only once.
pub(crate) fn is_drained(read: &io::Result<usize>, room: usize, ended: bool) -> bool {
    // On Windows, the poller reports new input only after an attempt that would block.
    cfg!(unix) && !ended && matches!(read, Ok(read @ 1..) if *read < room)
}

/// Returns whether the poller reports the end of the input or an error.
pub(crate) fn has_ended(event: &mio::event::Event) -> bool {
    event.is_read_closed() || event.is_error()
}

/// Returns the time until the deadline, `Some(None)` without a deadline, or `None` if it has
/// passed.
#[allow(clippy::option_option, reason = "the inner one is the poller's timeout")]
pub(crate) fn remaining(deadline: Option<Instant>) -> Option<Option<Duration>> {
    let Some(deadline) = deadline else { return Some(None) };
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { None } else { Some(Some(left)) }
}
