//! The [`Runtime`] on `async-io`, which smol and async-std are built on.

use std::fmt;
use std::future::Future;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::thread;
use std::time::{Duration, Instant};

use async_executor::Executor;
use async_io::{Async, Timer, block_on};
use brocomm::lowlevel::driver::StartError;
use brocomm_transport::asynchronous::Runtime;
use brocomm_transport::socket2::SockRef;

/// The `async-io` reactor, and the executor of a node's tasks.
///
/// By default each node has an executor in its own thread, so the program's tasks cannot delay it.
/// On the program's [own executor](Self::on), a round trip takes a tenth of the time, since nothing
/// passes between threads.
#[derive(Clone)]
pub struct AsyncIo(Tasks);

/// The executor of a node's tasks.
#[derive(Clone)]
enum Tasks {
    Own(Arc<Executor<'static>>),
    Given(Arc<dyn Fn(Task) + Send + Sync>),
}

/// A task of a node.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

impl AsyncIo {
    /// Runs nodes on the program's executor. `spawn` starts a task there without waiting for it.
    ///
    /// ```no_run
    /// use brocomm_async_std::{AsyncIo, Node};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let machine = Node::builder().connect("sensor.example.org").build()?;
    /// let node = Node::run_on(AsyncIo::on(|task| smol::spawn(task).detach()), machine)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on(spawn: impl Fn(Task) + Send + Sync + 'static) -> AsyncIo {
        AsyncIo(Tasks::Given(Arc::new(spawn)))
    }
}

impl Default for AsyncIo {
    /// Returns an executor in its own thread, which is started with the node.
    fn default() -> AsyncIo {
        AsyncIo(Tasks::Own(Arc::default()))
    }
}

impl fmt::Debug for AsyncIo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks = match &self.0 {
            Tasks::Own(_) => "its own thread",
            Tasks::Given(_) => "the program's executor",
        };
        f.debug_tuple("AsyncIo").field(&tasks).finish()
    }
}

impl Runtime for AsyncIo {
    type Stream = Async<TcpStream>;
    type Listener = Async<TcpListener>;
    type Alarm = Timer;

    fn run(&self, manager: impl Future<Output = ()> + Send + 'static) -> Result<(), StartError> {
        let executor = match &self.0 {
            Tasks::Own(executor) => Arc::clone(executor),
            Tasks::Given(spawn) => {
                spawn(Box::pin(manager));
                return Ok(());
            }
        };
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
        match &self.0 {
            Tasks::Own(executor) => executor.spawn(task).detach(),
            Tasks::Given(spawn) => spawn(Box::pin(task)),
        }
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
