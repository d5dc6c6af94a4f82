//! The way to a connected socket, and deadlines.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use brocomm_transport::naming::{self, Refusals, unresolved};

use crate::TransportError;

/// Returns all addresses of a name.
pub(crate) fn resolve(
    address: &(impl ToSocketAddrs + fmt::Display),
) -> Result<Vec<SocketAddr>, TransportError> {
    naming::resolve(address).map_err(|error| unresolved(&address.to_string(), error))
}

/// Connects to the first of the addresses that answers.
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

/// Returns whether reading has shown that nothing is left, so that the poller tells when there is
/// more; `ended` if it has told of the end, and so will not again.
pub(crate) fn is_drained(read: &io::Result<usize>, room: usize, ended: bool) -> bool {
    // That of Windows tells only after an attempt that failed.
    cfg!(unix) && !ended && matches!(read, Ok(read @ 1..) if *read < room)
}

/// Returns whether the poller tells of the end of what comes, or of a failure.
pub(crate) fn has_ended(event: &mio::event::Event) -> bool {
    event.is_read_closed() || event.is_error()
}

/// Returns how long may be waited, `Some(None)` for ever; `None` if the deadline has passed.
#[allow(clippy::option_option, reason = "the inner one is what a poller takes")]
pub(crate) fn remaining(deadline: Option<Instant>) -> Option<Option<Duration>> {
    let Some(deadline) = deadline else { return Some(None) };
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { None } else { Some(Some(left)) }
}
