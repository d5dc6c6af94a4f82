//! Addresses, and the way to a socket.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use async_io::{Async, Timer};
use brocomm::node::{Endpoint, KeepAlive};
use brocomm::transport::{CONNECT_TIMEOUT, Cause};
use futures_lite::future;
use socket2::{Domain, Protocol, Socket, Type};

use crate::TransportError;
use crate::link::Link;
use crate::zone::address_of;

/// How many peers may wait to be accepted.
const BACKLOG: i32 = 128;

/// Returns all addresses of a name.
pub(crate) async fn resolve(
    address: &str,
) -> Result<impl Iterator<Item = SocketAddr>, TransportError> {
    let given = address.to_owned();
    blocking::unblock(move || given.to_socket_addrs()).await.map_err(|error| {
        TransportError::Resolve { address: address.to_owned(), cause: error.into() }
    })
}

/// Connects to the first of the addresses that answers.
pub(crate) async fn connect(
    address: String,
    timeout: Duration,
) -> Result<Async<TcpStream>, TransportError> {
    let deadline = Instant::now().checked_add(timeout);
    let Some(addresses) = within(deadline, resolve(&address)).await else {
        return Err(TransportError::ConnectTimedOut { address, timeout });
    };
    let mut refused = None;
    for tried in addresses? {
        let address = address.clone();
        match within(deadline, Async::<TcpStream>::connect(tried)).await {
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
pub(crate) async fn within<T>(
    deadline: Option<Instant>,
    what: impl Future<Output = T>,
) -> Option<T> {
    match deadline {
        None => Some(what.await),
        Some(deadline) if deadline <= Instant::now() => None,
        Some(deadline) => {
            let too_late = async {
                Timer::at(deadline).await;
                None
            };
            future::or(async { Some(what.await) }, too_late).await
        }
    }
}

pub(crate) fn listen(address: SocketAddr, v6only: bool) -> io::Result<Async<TcpListener>> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(v6only)?;
    }
    // Elsewhere this would let two programs listen on the same address.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Async::new(socket.into())
}

/// Connects to an endpoint of which a node was told.
pub(crate) async fn connect_to(
    endpoint: &Endpoint,
    keep_alive: Option<KeepAlive>,
) -> Result<Link, Cause> {
    let address = address_of(endpoint)?;
    let deadline = Instant::now().checked_add(CONNECT_TIMEOUT);
    let stream = match within(deadline, Async::<TcpStream>::connect(address)).await {
        Some(stream) => stream?,
        None => {
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
