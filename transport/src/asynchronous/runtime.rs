//! The interface to an async runtime.

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use brocomm::lowlevel::driver::StartError;
use socket2::SockRef;

use crate::zone;

/// An async runtime: it spawns futures, measures time and waits for sockets.
///
/// The default value runs a node. A single connection spawns nothing. Dropping a future of this
/// trait abandons the operation.
pub trait Runtime: Clone + Debug + Default + Send + Sync + Unpin + 'static {
    /// A connected TCP socket.
    type Stream: Debug + Send + Sync + Unpin + 'static;
    /// A listening TCP socket.
    type Listener: Debug + Send + Sync + Unpin + 'static;
    /// A timer: a future that is ready when its time has passed.
    type Alarm: Future + Debug + Send + Sync + Unpin + 'static;

    /// Runs the managing task of a node. Tasks that it [spawns](Self::spawn) may be dropped when it
    /// ends.
    ///
    /// # Errors
    /// [`StartError::System`].
    fn run(&self, manager: impl Future<Output = ()> + Send + 'static) -> Result<(), StartError>;

    /// Spawns a task.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static);

    /// Returns the current time of the clock that [alarms](Self::alarm) use. It never goes back.
    fn now() -> Instant;

    /// Creates a timer that is ready after `wait`.
    fn alarm(wait: Duration) -> Self::Alarm;

    /// Resets a timer to be ready after `wait`.
    fn reset(alarm: &mut Self::Alarm, wait: Duration);

    /// Resolves a `host:port` to all its addresses.
    ///
    /// # Errors
    /// The error of the resolver.
    fn resolve(
        address: String,
    ) -> impl Future<Output = io::Result<impl Iterator<Item = SocketAddr> + Send>> + Send;

    /// Connects to an address, without a timeout.
    ///
    /// # Errors
    /// The error of the system.
    fn connect(address: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>> + Send;

    /// Registers a listening, non-blocking socket.
    ///
    /// # Errors
    /// The error of the system.
    fn listen(socket: TcpListener) -> io::Result<Self::Listener>;

    /// Accepts the next connection. Any number of tasks may await it.
    ///
    /// # Errors
    /// The error of the system.
    fn accept(
        listener: &Self::Listener,
    ) -> impl Future<Output = io::Result<(Self::Stream, SocketAddr)>> + Send;

    /// Accepts the next connection, or has the task woken when there is one. Only one task may poll
    /// it.
    ///
    /// # Errors
    /// The error of the system.
    fn poll_accept(
        listener: &Self::Listener,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<(Self::Stream, SocketAddr)>>;

    /// Returns ready if input may have arrived since a read last would have blocked. Otherwise has
    /// the task woken when input arrives. Only one task may poll it.
    ///
    /// # Errors
    /// The runtime can no longer wait.
    fn poll_readable(stream: &mut Self::Stream, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Reads available bytes, or fails with `WouldBlock` and has the task woken when more arrive.
    /// Only one task may read.
    ///
    /// # Errors
    /// The outer error means that the runtime can no longer wait. The inner error is that of the
    /// socket.
    fn read(
        stream: &mut Self::Stream,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> io::Result<io::Result<usize>>;

    /// Writes as much as the socket accepts, or fails with `WouldBlock` and has the task woken when
    /// it accepts more. Only one task may write.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn write(
        stream: &mut Self::Stream,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> io::Result<io::Result<usize>>;

    /// Returns the underlying socket, for its options and addresses.
    fn socket(stream: &Self::Stream) -> SockRef<'_>;
}

/// Resolves a `host:port` to all its addresses, or `[IPV6%ZONE]:port` to its one address.
pub(super) async fn resolve<R: Runtime>(address: String) -> io::Result<Vec<SocketAddr>> {
    match zone::parse(&address) {
        Some(zoned) => Ok(vec![zoned?]),
        None => Ok(R::resolve(address).await?.collect()),
    }
}
