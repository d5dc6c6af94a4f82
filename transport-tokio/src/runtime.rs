//! The [`Runtime`] on tokio.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use brocomm::lowlevel::driver::StartError;
use brocomm_transport::asynchronous::Runtime;
use brocomm_transport::socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{self, Sleep, sleep};

/// The tokio runtime of the current context.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tokio;

impl Runtime for Tokio {
    type Stream = TcpStream;
    type Listener = tokio::net::TcpListener;
    type Alarm = Pin<Box<Sleep>>;

    fn run(&self, manager: impl Future<Output = ()> + Send + 'static) -> Result<(), StartError> {
        self.spawn(manager);
        Ok(())
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(task);
    }

    fn now() -> Instant {
        // Tests can pause tokio's clock.
        time::Instant::now().into_std()
    }

    fn alarm(wait: Duration) -> Self::Alarm {
        Box::pin(sleep(wait))
    }

    fn reset(alarm: &mut Self::Alarm, wait: Duration) {
        alarm.as_mut().reset(time::Instant::now() + wait);
    }

    async fn resolve(address: String) -> io::Result<impl Iterator<Item = SocketAddr> + Send> {
        let found: Vec<SocketAddr> = lookup_host(address).await?.collect();
        Ok(found.into_iter())
    }

    async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(address).await
    }

    fn listen(socket: TcpListener) -> io::Result<Self::Listener> {
        tokio::net::TcpListener::from_std(socket)
    }

    async fn accept(listener: &Self::Listener) -> io::Result<(TcpStream, SocketAddr)> {
        listener.accept().await
    }

    fn poll_accept(
        listener: &Self::Listener,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        listener.poll_accept(cx)
    }

    fn poll_readable(stream: &mut TcpStream, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        stream.poll_read_ready(cx)
    }

    fn read(
        stream: &mut TcpStream,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> io::Result<io::Result<usize>> {
        // Fails if the runtime is gone. Ready until a read would block.
        if let Poll::Ready(Err(error)) = stream.poll_read_ready(cx) {
            return Err(error);
        }
        let mut buffer = ReadBuf::new(buffer);
        let read = Pin::new(stream).poll_read(cx, &mut buffer);
        Ok(or_would_block(read.map_ok(|()| buffer.filled().len())))
    }

    fn write(
        stream: &mut TcpStream,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> io::Result<io::Result<usize>> {
        if let Poll::Ready(Err(error)) = stream.poll_write_ready(cx) {
            return Err(error);
        }
        Ok(or_would_block(Pin::new(stream).poll_write(cx, bytes)))
    }

    fn socket(stream: &TcpStream) -> SockRef<'_> {
        stream.into()
    }
}

fn or_would_block<T>(attempt: Poll<io::Result<T>>) -> io::Result<T> {
    match attempt {
        Poll::Ready(result) => result,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}
