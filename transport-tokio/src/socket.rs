//! Addresses, and the way to a socket.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use brocomm::node::{Endpoint, KeepAlive};
use brocomm::transport::{CONNECT_TIMEOUT, Cause};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream, lookup_host};
use tokio::time::{Instant, timeout, timeout_at};

use crate::TransportError;
use crate::link::Link;
use crate::zone::address_of;

/// How many peers may wait to be accepted.
const BACKLOG: i32 = 128;

/// Returns all addresses of a name.
pub(crate) async fn resolve(
    address: &str,
) -> Result<impl Iterator<Item = SocketAddr>, TransportError> {
    lookup_host(address).await.map_err(|error| TransportError::Resolve {
        address: address.to_owned(),
        cause: error.into(),
    })
}

/// Connects to the first of the addresses that answers.
pub(crate) async fn connect(
    address: String,
    timeout: Duration,
) -> Result<TcpStream, TransportError> {
    let deadline = Instant::now().checked_add(timeout);
    let Some(addresses) = within(deadline, resolve(&address)).await else {
        return Err(TransportError::ConnectTimedOut { address, timeout });
    };
    let mut refused = None;
    for tried in addresses? {
        let address = address.clone();
        match within(deadline, TcpStream::connect(tried)).await {
            Some(Ok(stream)) => return Ok(stream),
            Some(Err(error)) if error.kind() != io::ErrorKind::TimedOut => {
                let cause = error.into();
                refused = Some(TransportError::Connect { address, tried, cause });
            }
            // What an address answered says more than the silence of the next.
            _ if refused.is_some() => {}
            _ => refused = Some(TransportError::ConnectTimedOut { address, timeout }),
        }
    }
    Err(refused.unwrap_or(TransportError::NoAddress { address }))
}

/// Waits for the future, but not past the deadline.
async fn within<T>(deadline: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
    match deadline {
        None => Some(future.await),
        Some(deadline) if deadline <= Instant::now() => None,
        Some(deadline) => timeout_at(deadline, future).await.ok(),
    }
}

pub(crate) fn listen(address: SocketAddr, v6only: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(v6only)?;
    }
    // Elsewhere this would let two programs listen on the same address.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket.into())
}

/// Connects to an endpoint of which a node was told.
pub(crate) async fn connect_to(
    endpoint: &Endpoint,
    keep_alive: Option<KeepAlive>,
) -> Result<Link, Cause> {
    let address = address_of(endpoint)?;
    let stream = match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
        Ok(stream) => stream?,
        Err(_) => {
            let text = format!("no answer within {} s", CONNECT_TIMEOUT.as_secs());
            return Err(Cause { kind: io::ErrorKind::TimedOut, text: text.into() });
        }
    };
    let link = Link::of(stream, keep_alive)?;
    // On one host, with nobody listening, a socket can connect to itself.
    if link.local == link.remote {
        return Err(Cause::from(io::Error::from(io::ErrorKind::ConnectionRefused)));
    }
    Ok(link)
}
