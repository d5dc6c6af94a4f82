//! What is asked of a socket of TCP.

use std::io;
use std::net::{SocketAddr, TcpListener};

use brocomm::lowlevel::driver::{CONNECT_TIMEOUT, Cause};
use brocomm::node::KeepAlive;
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};

/// How many peers may wait to be accepted.
const BACKLOG: i32 = 128;

/// Returns a socket that listens and never blocks.
///
/// # Errors
/// What the system says, such as that the address is in use.
pub fn listen(address: SocketAddr, v6_only: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(v6_only)?;
    }
    // Elsewhere this would let two programs listen on the same address.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Sets the options of a socket that is connected.
///
/// # Errors
/// What the system says, which is also how it tells that the peer has gone already.
pub fn set_up(socket: SockRef<'_>, keep_alive: Option<KeepAlive>) -> io::Result<()> {
    // Messages are small and often answered; nothing is gained by holding them back.
    socket.set_tcp_nodelay(true)?;
    let Some(KeepAlive { idle, interval, probes }) = keep_alive else { return Ok(()) };
    let asked = TcpKeepalive::new().with_time(idle);
    // Not every system can be told more.
    #[cfg(any(target_os = "linux", target_vendor = "apple", windows))]
    let asked = asked.with_interval(interval).with_retries(probes);
    #[cfg(not(any(target_os = "linux", target_vendor = "apple", windows)))]
    let _ = (interval, probes);
    socket.set_tcp_keepalive(&asked)
}

/// Returns the addresses of both ends of a socket that is connected.
///
/// # Errors
/// `NotConnected` if it isn't; `ConnectionRefused` if it is connected to itself, which happens on
/// one host with nobody listening; what else the system says.
pub fn ends(socket: SockRef<'_>) -> io::Result<(SocketAddr, SocketAddr)> {
    let address = |address: socket2::SockAddr| {
        address.as_socket().ok_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable))
    };
    let (local, remote) = (address(socket.local_addr()?)?, address(socket.peer_addr()?)?);
    if local == remote { Err(io::ErrorKind::ConnectionRefused.into()) } else { Ok((local, remote)) }
}

/// Returns whether an error of accepting concerns only the one peer that was to be accepted, which has
/// gone again or whose network has, so that the next can be accepted at once.
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

/// Says that a peer to which a node connects has not answered in [time](CONNECT_TIMEOUT).
pub fn no_answer() -> Cause {
    let text = format!("no answer within {} s", CONNECT_TIMEOUT.as_secs());
    Cause { kind: io::ErrorKind::TimedOut, text: text.into() }
}
