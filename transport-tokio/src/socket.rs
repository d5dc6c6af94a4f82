//! Addresses, and the way to a socket.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6, ToSocketAddrs};
use std::time::Duration;

use brocomm::node::{Communication, Endpoint, KeepAlive};
use brocomm::transport::{CONNECT_TIMEOUT, Cause};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream, lookup_host};
use tokio::time::{Instant, timeout, timeout_at};

use crate::TransportError;
use crate::link::Link;

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

/// Returns the address of an endpoint, with its zone as a number.
pub(crate) fn address_of(endpoint: &Endpoint) -> io::Result<SocketAddr> {
    match (endpoint.host, endpoint.zone.as_deref()) {
        (IpAddr::V6(host), Some(zone)) => {
            let scope = scope_of(host, zone)?;
            Ok(SocketAddrV6::new(host, endpoint.port, 0, scope).into())
        }
        (host, _) => Ok(SocketAddr::new(host, endpoint.port)),
    }
}

/// Returns the number of a zone, which is a number or the name of an interface.
fn scope_of(host: Ipv6Addr, zone: &str) -> io::Result<u32> {
    if let Ok(scope) = zone.parse() {
        return Ok(scope);
    }
    // The system's resolver knows interfaces; with an address it asks nobody.
    let scope = (format!("{host}%{zone}"), 0).to_socket_addrs().ok().and_then(|mut found| {
        found.find_map(|address| match address {
            SocketAddr::V6(address) => Some(address.scope_id()),
            SocketAddr::V4(_) => None,
        })
    });
    let unknown = || io::Error::new(io::ErrorKind::NotFound, format!("no such zone {zone:?}"));
    scope.filter(|scope| *scope != 0).ok_or_else(unknown)
}

/// Returns the zone of an address that a peer connected from: as an entry calls it, or its number.
pub(crate) fn zone_of(address: SocketAddr, node: &Communication) -> Option<Box<str>> {
    let SocketAddr::V6(address) = address else { return None };
    let scope = address.scope_id();
    if scope == 0 {
        return None;
    }
    let mut zones = node.nodes().filter_map(|(_, entry)| entry.zone_id.as_deref());
    let named = zones.find(|zone| scope_of(*address.ip(), zone).is_ok_and(|it| it == scope));
    Some(named.map_or_else(|| scope.to_string(), str::to_owned).into())
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
