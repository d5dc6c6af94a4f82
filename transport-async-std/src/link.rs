//! One connected socket.

use std::future::Future;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_io::{Async, Timer};
use brocomm::node::KeepAlive;
use socket2::{SockRef, TcpKeepalive};

/// Carries bytes over a socket.
///
/// Each attempt either carries something, or fails with `WouldBlock` and has the task woken when
/// the socket is ready; there is nothing between that a dropped future could lose. That the system can't wait
/// is the outer error, what befalls the socket the inner one.
#[derive(Debug)]
pub(crate) struct Link {
    stream: Async<TcpStream>,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
}

impl Link {
    pub(crate) fn new(stream: Async<TcpStream>) -> io::Result<Link> {
        // Messages are small and often answered; nothing is gained by holding them back.
        let socket = stream.get_ref();
        socket.set_nodelay(true)?;
        let (local, remote) = (socket.local_addr()?, socket.peer_addr()?);
        Ok(Link { stream, local, remote })
    }

    /// Takes over a socket of a node.
    pub(crate) fn of(stream: Async<TcpStream>, keep_alive: Option<KeepAlive>) -> io::Result<Link> {
        if let Some(KeepAlive { idle, interval, probes }) = keep_alive {
            let asked = TcpKeepalive::new().with_time(idle);
            // Not every system can be told more.
            #[cfg(any(target_os = "linux", target_vendor = "apple", windows))]
            let asked = asked.with_interval(interval).with_retries(probes);
            #[cfg(not(any(target_os = "linux", target_vendor = "apple", windows)))]
            let _ = (interval, probes);
            SockRef::from(stream.get_ref()).set_tcp_keepalive(&asked)?;
        }
        Link::new(stream)
    }

    pub(crate) fn read(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> io::Result<io::Result<usize>> {
        attempt(|| self.stream.poll_readable(cx), || self.stream.get_ref().read(buffer))
    }

    pub(crate) fn write(
        &self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> io::Result<io::Result<usize>> {
        attempt(|| self.stream.poll_writable(cx), || self.stream.get_ref().write(bytes))
    }

    /// Tells the peer that nothing more comes.
    pub(crate) fn end_output(&self) {
        // It may be gone already.
        let _ = self.stream.get_ref().shutdown(Shutdown::Write);
    }

    /// Ends the connection in both directions.
    pub(crate) fn shutdown(&self) {
        let _ = self.stream.get_ref().shutdown(Shutdown::Both);
    }
}

/// Tries until it is done or the socket isn't ready.
fn attempt(
    mut poll_ready: impl FnMut() -> Poll<io::Result<()>>,
    mut attempt: impl FnMut() -> io::Result<usize>,
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

/// Wakes a task when it has waited long enough.
#[derive(Debug, Default)]
pub(crate) struct Alarm(Option<Timer>);

impl Alarm {
    /// Is set to go off when so much time has passed.
    pub(crate) fn new(wait: Duration) -> Alarm {
        Alarm(Some(Timer::after(wait)))
    }

    /// Is ready when the time that was set has passed, or none was set.
    pub(crate) fn poll_set(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().map_or(Poll::Ready(()), |timer| Pin::new(timer).poll(cx).map(drop))
    }

    /// Is ready when so much time has passed; replaces what was set before.
    pub(crate) fn poll_in(&mut self, cx: &mut Context<'_>, wait: Duration) -> Poll<()> {
        let timer = self.0.get_or_insert_with(|| Timer::after(wait));
        timer.set_after(wait);
        Pin::new(timer).poll(cx).map(drop)
    }
}
