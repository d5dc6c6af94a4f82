//! Resolving host names, which may have several addresses.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::time::Duration;

use brocomm::lowlevel::driver::{Cause, TransportError};

use crate::socket::{is_transient, listen};
use crate::zone;

/// Resolves a name to all its addresses, or `[IPV6%ZONE]:PORT` to its one address. Blocks.
///
/// # Errors
/// The error of the resolver.
pub fn resolve(address: &(impl ToSocketAddrs + fmt::Display)) -> io::Result<Vec<SocketAddr>> {
    match zone::parse(&address.to_string()) {
        Some(zoned) => Ok(vec![zoned?]),
        None => Ok(address.to_socket_addrs()?.collect()),
    }
}

/// Returns the error for a name that cannot be resolved.
pub fn unresolved(address: &str, error: io::Error) -> TransportError {
    TransportError::Resolve { address: address.to_owned(), cause: error.into() }
}

/// Listens on the first address of a name that works; on an IPv6 address for IPv6 only. Returns the
/// socket and its address with the port that the system chose.
///
/// # Errors
/// [`TransportError::NoAddress`], [`TransportError::Bind`], [`TransportError::System`].
pub fn listen_on(
    address: &str,
    addresses: impl IntoIterator<Item = SocketAddr>,
) -> Result<(TcpListener, SocketAddr), TransportError> {
    let mut refused = TransportError::NoAddress { address: address.to_owned() };
    for tried in addresses {
        match listen(tried, true) {
            Ok(socket) => {
                let local = socket.local_addr().map_err(listener_unusable)?;
                return Ok((socket, local));
            }
            Err(error) => {
                let (address, cause) = (address.to_owned(), error.into());
                refused = TransportError::Bind { address, tried, cause };
            }
        }
    }
    Err(refused)
}

/// Returns the error for a listening socket that cannot be set up.
pub fn listener_unusable(error: io::Error) -> TransportError {
    TransportError::System { doing: "set up a listener", cause: error.into() }
}

/// Returns the error for a connected socket that cannot be set up.
pub fn stream_unusable(error: io::Error) -> TransportError {
    TransportError::System { doing: "set up a connection", cause: error.into() }
}

/// Returns the error of accepting a peer, or `None` if it concerns that peer only.
pub fn accept_failed(local: SocketAddr, cause: Cause) -> Option<TransportError> {
    (!is_transient(cause.kind)).then_some(TransportError::Accept { local, cause })
}

/// The errors of connecting to the addresses of a name.
#[derive(Debug)]
pub struct Refusals {
    address: String,
    timeout: Duration,
    refused: Option<TransportError>,
}

impl Refusals {
    /// Creates an empty list for a name and the timeout for all its addresses together.
    pub const fn new(address: String, timeout: Duration) -> Refusals {
        Refusals { address, timeout, refused: None }
    }

    /// Records the error of an address. The kind `TimedOut` means that it did not answer.
    pub fn feed(&mut self, tried: SocketAddr, error: io::Error) {
        let address = self.address.clone();
        if error.kind() != io::ErrorKind::TimedOut {
            self.refused = Some(TransportError::Connect { address, tried, cause: error.into() });
        } else if self.refused.is_none() {
            // An answer from one address is more useful than a timeout of the next.
            self.refused = Some(self.timed_out());
        }
    }

    /// Returns the error for a timeout.
    pub fn timed_out(&self) -> TransportError {
        TransportError::ConnectTimedOut { address: self.address.clone(), timeout: self.timeout }
    }

    /// Returns the error to report after all addresses have failed.
    pub fn into_error(self) -> TransportError {
        self.refused.unwrap_or(TransportError::NoAddress { address: self.address })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_reported_rather_than_a_timeout() {
        let timeout = Duration::from_secs(3);
        let tried: SocketAddr = "192.0.2.1:1".parse().unwrap();
        let of = |kinds: &[io::ErrorKind]| {
            let mut refusals = Refusals::new("name:1".into(), timeout);
            kinds.iter().for_each(|kind| refusals.feed(tried, (*kind).into()));
            refusals.into_error()
        };
        use io::ErrorKind::{ConnectionRefused, TimedOut};
        assert_eq!(of(&[]), TransportError::NoAddress { address: "name:1".into() });
        let silence = TransportError::ConnectTimedOut { address: "name:1".into(), timeout };
        assert_eq!(of(&[TimedOut]), silence);
        let cause = io::Error::from(ConnectionRefused).into();
        let answer = TransportError::Connect { address: "name:1".into(), tried, cause };
        assert_eq!(of(&[TimedOut, ConnectionRefused]), answer);
        assert_eq!(of(&[ConnectionRefused, TimedOut]), answer);
    }

    #[test]
    fn listens_on_the_first_address_that_works() {
        // No host has this address (RFC 5737).
        let nobodys: SocketAddr = "192.0.2.1:0".parse().unwrap();
        let ours: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let (_, local) = listen_on("name:0", [nobodys, ours]).unwrap();
        assert_eq!(local.ip(), ours.ip());
        let error = listen_on("name:0", [nobodys]).unwrap_err();
        assert!(
            matches!(error, TransportError::Bind { tried, .. } if tried == nobodys),
            "{error:?}"
        );
        let error = listen_on("name:0", []).unwrap_err();
        assert_eq!(error, TransportError::NoAddress { address: "name:0".into() });
    }
}
