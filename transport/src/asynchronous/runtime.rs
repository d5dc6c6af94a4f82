//! What a runtime is to offer.

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use brocomm::lowlevel::driver::StartError;
use socket2::SockRef;

use crate::zone;

/// Spawns futures, knows the time, and waits for sockets.
///
/// Its default value is one to run a node; for a single connection nothing is spawned. A future of
/// this trait that is dropped gives up what it was to do.
pub trait Runtime: Clone + Debug + Default + Send + Sync + Unpin + 'static {
    /// A connected socket of TCP.
    type Stream: Debug + Send + Sync + Unpin + 'static;
    /// A socket of TCP that listens.
    type Listener: Debug + Send + Sync + Unpin + 'static;
    /// Is ready when the time that was set has passed.
    type Alarm: Future + Debug + Send + Sync + Unpin + 'static;

    /// Runs the managing task of a node. What it [spawns](Self::spawn) may end when it does.
    ///
    /// # Errors
    /// [`StartError::System`].
    fn run(&self, manager: impl Future<Output = ()> + Send + 'static) -> Result<(), StartError>;

    /// Runs a task beside others.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static);

    /// Returns what time it is on the clock of the [alarms](Self::alarm), which never goes back.
    fn now() -> Instant;

    /// Sets an alarm to so much time from now.
    fn alarm(wait: Duration) -> Self::Alarm;

    /// Sets an alarm anew, whether or not it went off.
    fn reset(alarm: &mut Self::Alarm, wait: Duration);

    /// Returns all addresses of a `host:port`.
    ///
    /// # Errors
    /// What the resolver says.
    fn resolve(
        address: String,
    ) -> impl Future<Output = io::Result<impl Iterator<Item = SocketAddr> + Send>> + Send;

    /// Connects to an address, however long that takes.
    ///
    /// # Errors
    /// What the system says.
    fn connect(address: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>> + Send;

    /// Takes over a socket that listens and never blocks.
    ///
    /// # Errors
    /// What the system says.
    fn listen(socket: TcpListener) -> io::Result<Self::Listener>;

    /// Accepts the next who connects. Any number of tasks may await it.
    ///
    /// # Errors
    /// What the system says.
    fn accept(
        listener: &Self::Listener,
    ) -> impl Future<Output = io::Result<(Self::Stream, SocketAddr)>> + Send;

    /// Accepts the next who connects, or has the task woken when there is one. One task may poll it.
    ///
    /// # Errors
    /// What the system says.
    fn poll_accept(
        listener: &Self::Listener,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<(Self::Stream, SocketAddr)>>;

    /// Returns whether something may have come since the socket was found unready to be read, or has
    /// the task woken when something does. One task may poll it.
    ///
    /// # Errors
    /// That the runtime can't wait any more.
    fn poll_readable(stream: &mut Self::Stream, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Reads what there is, or fails with `WouldBlock` and has the task woken when there is more.
    /// One task may do so.
    ///
    /// # Errors
    /// That the runtime can't wait any more is the outer error, what befalls the socket the inner.
    fn read(
        stream: &mut Self::Stream,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> io::Result<io::Result<usize>>;

    /// Writes what the socket takes, or fails with `WouldBlock` and has the task woken when it takes
    /// more. One task may do so.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn write(
        stream: &mut Self::Stream,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> io::Result<io::Result<usize>>;

    /// Returns the socket itself, for its options and addresses.
    fn socket(stream: &Self::Stream) -> SockRef<'_>;
}

/// Returns all addresses of a `host:port`, or the one of `[IPV6%ZONE]:port`.
pub(super) async fn resolve<R: Runtime>(address: String) -> io::Result<Vec<SocketAddr>> {
    match zone::parse(&address) {
        Some(zoned) => Ok(vec![zoned?]),
        None => Ok(R::resolve(address).await?.collect()),
    }
}
