//! Options of TCP sockets.

use std::io;
use std::net::{SocketAddr, TcpListener};

use brocomm::lowlevel::driver::{CONNECT_TIMEOUT, Cause};
use brocomm::node::KeepAlive;
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};

/// The backlog of a listening socket.
const BACKLOG: i32 = 128;

/// Creates a listening, non-blocking socket.
///
/// # Errors
/// The error of the system, for example that the address is in use.
pub fn listen(address: SocketAddr, v6_only: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(v6_only)?;
    }
    // On other systems this would let two programs listen on the same address.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Sets the options of a connected socket.
///
/// # Errors
/// The error of the system, also if the peer has already disconnected.
pub fn set_up(socket: SockRef<'_>, keep_alive: Option<KeepAlive>) -> io::Result<()> {
    // Messages are small and often need an answer, so delaying them gains nothing.
    socket.set_tcp_nodelay(true)?;
    let Some(KeepAlive { idle, interval, probes }) = keep_alive else { return Ok(()) };
    let asked = TcpKeepalive::new().with_time(idle);
    // Not every system supports these options.
    #[cfg(any(target_os = "linux", target_vendor = "apple", windows))]
    let asked = asked.with_interval(interval).with_retries(probes);
    #[cfg(not(any(target_os = "linux", target_vendor = "apple", windows)))]
    let _ = (interval, probes);
    socket.set_tcp_keepalive(&asked)
}

/// Returns the addresses of both ends of a connected socket.
///
/// # Errors
/// `NotConnected` if it is not connected. `ConnectionRefused` if it is connected to itself, which
/// can happen on one host when nothing listens. Otherwise the error of the system.
pub fn ends(socket: SockRef<'_>) -> io::Result<(SocketAddr, SocketAddr)> {
    let address = |address: socket2::SockAddr| {
        address.as_socket().ok_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable))
    };
    let (local, remote) = (address(socket.local_addr()?)?, address(socket.peer_addr()?)?);
    if local == remote { Err(io::ErrorKind::ConnectionRefused.into()) } else { Ok((local, remote)) }
}

/// Returns whether an accept error concerns one peer only, which has disconnected or lost its
/// network, so the next can be accepted at once.
pub fn is_transient(error: io::ErrorKind) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionReset, HostUnreachable, Interrupted, NetworkDown,
        NetworkUnreachable, NotConnected, TimedOut,
    };
    matches!(
        error,
        ConnectionAborted
            | ConnectionReset
            | HostUnreachable
            | Interrupted
            | NetworkDown
            | NetworkUnreachable
            | NotConnected
            | TimedOut
    )
}

/// Returns the cause for a connection attempt without an answer within [`CONNECT_TIMEOUT`].
pub fn no_answer() -> Cause {
    let text = format!("no answer within {} s", CONNECT_TIMEOUT.as_secs());
    Cause { kind: io::ErrorKind::TimedOut, text: text.into() }
}
