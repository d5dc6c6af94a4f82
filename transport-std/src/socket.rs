//! Addresses, and the way to a connected socket.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use crate::TransportError;

/// Returns all addresses of a name.
pub(crate) fn resolve(
    address: &(impl ToSocketAddrs + fmt::Display),
) -> Result<impl Iterator<Item = SocketAddr>, TransportError> {
    address.to_socket_addrs().map_err(|error| TransportError::Resolve {
        address: address.to_string(),
        cause: error.into(),
    })
}

/// Connects to the first of the addresses that answers.
pub(crate) fn connect(
    address: &(impl ToSocketAddrs + fmt::Display),
    timeout: Duration,
) -> Result<TcpStream, TransportError> {
    let deadline = Instant::now().checked_add(timeout);
    let given = address.to_string();
    let mut refused = None;
    for tried in resolve(address)? {
        let attempt = match remaining(deadline) {
            None => Err(io::ErrorKind::TimedOut.into()),
            Some(None) => TcpStream::connect(tried),
            Some(Some(timeout)) => TcpStream::connect_timeout(&tried, timeout),
        };
        match attempt {
            Ok(stream) => return Ok(stream),
            Err(error) => {
                let address = given.clone();
                let timed_out = error.kind() == io::ErrorKind::TimedOut;
                // What an address answered says more than the silence of the next.
                if timed_out && refused.is_none() {
                    refused = Some(TransportError::ConnectTimedOut { address, timeout });
                } else if !timed_out {
                    let cause = error.into();
                    refused = Some(TransportError::Connect { address, tried, cause });
                }
            }
        }
    }
    Err(refused.unwrap_or(TransportError::NoAddress { address: given }))
}

/// Returns how long may be waited, `Some(None)` for ever; `None` if the deadline has passed.
#[allow(clippy::option_option, reason = "the inner one is what a poller takes")]
pub(crate) fn remaining(deadline: Option<Instant>) -> Option<Option<Duration>> {
    let Some(deadline) = deadline else { return Some(None) };
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { None } else { Some(Some(left)) }
}
