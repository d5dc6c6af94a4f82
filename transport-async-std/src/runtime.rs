//! The [`Runtime`] on `async-io`, which smol and async-std are built on.

use std::future::Future;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::thread;
use std::time::{Duration, Instant};

use async_executor::Executor;
use async_io::{Async, Timer, block_on};
use brocomm::lowlevel::driver::StartError;
use brocomm_transport::asynchronous::Runtime;
use brocomm_transport::socket2::SockRef;

/// The `async-io` reactor, with one executor thread per node.
#[derive(Debug, Clone, Default)]
pub struct AsyncIo {
    executor: Arc<Executor<'static>>,
}

impl Runtime for AsyncIo {
    type Stream = Async<TcpStream>;
    type Listener = Async<TcpListener>;
    type Alarm = Timer;

    fn run(&self, manager: impl Future<Output = ()> + Send + 'static) -> Result<(), StartError> {
        let executor = Arc::clone(&self.executor);
        // As a separate task, the manager is polled only when it was woken itself.
        let manager = executor.spawn(manager);
        // Tasks that still run when the manager ends are dropped with the executor.
        thread::Builder::new()
            .name("brocomm".to_owned())
            .spawn(move || block_on(executor.run(manager)))
            .map_err(|error| StartError::System { doing: "begin a thread", cause: error.into() })?;
        Ok(())
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.executor.spawn(task).detach();
    }

    fn now() -> Instant {
        Instant::now()
    }

    fn alarm(wait: Duration) -> Timer {
        Timer::after(wait)
    }

    fn reset(alarm: &mut Timer, wait: Duration) {
        alarm.set_after(wait);
    }

    async fn resolve(address: String) -> io::Result<impl Iterator<Item = SocketAddr> + Send> {
        blocking::unblock(move || address.to_socket_addrs()).await
    }

    async fn connect(address: SocketAddr) -> io::Result<Self::Stream> {
        Async::<TcpStream>::connect(address).await
    }

    fn listen(socket: TcpListener) -> io::Result<Self::Listener> {
        Async::new(socket)
    }

    async fn accept(listener: &Self::Listener) -> io::Result<(Self::Stream, SocketAddr)> {
        listener.accept().await
    }

    fn poll_accept(
        listener: &Self::Listener,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<(Self::Stream, SocketAddr)>> {
        loop {
            match listener.get_ref().accept() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                accepted => {
                    return Poll::Ready(
                        accepted.and_then(|(stream, from)| Ok((Async::new(stream)?, from))),
                    );
                }
            }
            ready!(listener.poll_readable(cx))?;
        }
    }

    fn poll_readable(stream: &mut Self::Stream, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        stream.poll_readable(cx)
    }

    fn read(
        stream: &mut Self::Stream,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> io::Result<io::Result<usize>> {
        attempt(|| stream.get_ref().read(buffer), || stream.poll_readable(cx))
    }

    fn write(
        stream: &mut Self::Stream,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> io::Result<io::Result<usize>> {
        attempt(|| stream.get_ref().write(bytes), || stream.poll_writable(cx))
    }

    fn socket(stream: &Self::Stream) -> SockRef<'_> {
        stream.get_ref().into()
    }
}

/// Repeats an attempt until it succeeds or the socket is not ready.
fn attempt(
    mut attempt: impl FnMut() -> io::Result<usize>,
    mut poll_ready: impl FnMut() -> Poll<io::Result<()>>,
) -> io::Result<io::Result<usize>> {
    loop {
        match attempt() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            result => return Ok(result),
        }
        match poll_ready() {
            Poll::Pending => return Ok(Err(io::ErrorKind::WouldBlock.into())),
            Poll::Ready(ready) => ready?,
        }
    }
}
