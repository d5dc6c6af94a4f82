//! One connected socket.

use std::future::Future;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use brocomm::node::KeepAlive;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// Carries bytes over a socket.
///
/// Each attempt either carries something, or fails with `WouldBlock` and has the task woken when
/// the socket is ready; there is nothing between that a dropped future could lose. That the runtime is gone
/// is the outer error, what befalls the socket the inner one.
#[derive(Debug)]
pub(crate) struct Link {
    stream: TcpStream,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
}

impl Link {
    pub(crate) fn new(stream: TcpStream) -> io::Result<Link> {
        // Messages are small and often answered; nothing is gained by holding them back.
        stream.set_nodelay(true)?;
        let (local, remote) = (stream.local_addr()?, stream.peer_addr()?);
        Ok(Link { stream, local, remote })
    }

    /// Takes over a socket of a node.
    pub(crate) fn of(stream: TcpStream, keep_alive: Option<KeepAlive>) -> io::Result<Link> {
        if let Some(KeepAlive { idle, interval, probes }) = keep_alive {
            let asked = TcpKeepalive::new().with_time(idle);
            // Not every system can be told more.
            #[cfg(any(target_os = "linux", target_vendor = "apple", windows))]
            let asked = asked.with_interval(interval).with_retries(probes);
            #[cfg(not(any(target_os = "linux", target_vendor = "apple", windows)))]
            let _ = (interval, probes);
            SockRef::from(&stream).set_tcp_keepalive(&asked)?;
        }
        Link::new(stream)
    }

    pub(crate) fn read(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> io::Result<io::Result<usize>> {
        // Its readiness also lets other tasks have their turn when this one never runs out of bytes.
        attempt(|| self.stream.poll_read_ready(cx), || self.stream.try_read(buffer))
    }

    pub(crate) fn write(
        &self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> io::Result<io::Result<usize>> {
        attempt(|| self.stream.poll_write_ready(cx), || self.stream.try_write(bytes))
    }

    /// Tells the peer that nothing more comes.
    pub(crate) fn end_output(&self) {
        // It may be gone already.
        let _ = SockRef::from(&self.stream).shutdown(Shutdown::Write);
    }

    /// Ends the connection in both directions.
    pub(crate) fn shutdown(&self) {
        let _ = SockRef::from(&self.stream).shutdown(Shutdown::Both);
    }
}

/// Tries until it is done or the socket isn't ready.
fn attempt(
    mut poll_ready: impl FnMut() -> Poll<io::Result<()>>,
    mut attempt: impl FnMut() -> io::Result<usize>,
) -> io::Result<io::Result<usize>> {
    loop {
        match poll_ready() {
            Poll::Pending => return Ok(Err(io::ErrorKind::WouldBlock.into())),
            Poll::Ready(ready) => ready?,
        }
        match attempt() {
            // It wasn't ready after all, and has to be asked again, or nobody is woken.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            result => return Ok(result),
        }
    }
}

/// Wakes a task when it has waited long enough.
#[derive(Debug, Default)]
pub(crate) struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    /// Is set to go off when so much time has passed.
    pub(crate) fn new(wait: Duration) -> Alarm {
        Alarm(Some(Box::pin(sleep(wait))))
    }

    /// Is ready when the time that was set has passed, or none was set.
    pub(crate) fn poll_set(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().map_or(Poll::Ready(()), |sleep| sleep.as_mut().poll(cx))
    }

    /// Is ready when so much time has passed; replaces what was set before.
    pub(crate) fn poll_in(&mut self, cx: &mut Context<'_>, wait: Duration) -> Poll<()> {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep(wait)));
        sleep.as_mut().reset(Instant::now() + wait);
        sleep.as_mut().poll(cx)
    }
}
