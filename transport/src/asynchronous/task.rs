//! The task of one connection.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use brocomm::lowlevel::driver::{BLOCK, SocketDriver, Step};
use brocomm::node::{Endpoint, KeepAlive};

use super::Runtime;
use super::socket::Socket;
use super::waiting::Alarm;
use crate::Shared;

thread_local! {
    /// The read buffer of all tasks of a thread. It is empty while a task waits, so idle
    /// connections need no buffers.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; BLOCK].into());
}

/// The task that runs one connection of a node until it is closed.
#[derive(Debug)]
pub(super) struct SocketTask<R: Runtime> {
    shared: Arc<Shared>,
    driver: SocketDriver,
    socket: Socket<R>,
    alarm: Alarm<R>,
}

impl<R: Runtime> SocketTask<R> {
    pub(super) fn new(
        shared: Arc<Shared>,
        driver: SocketDriver,
        socket: Socket<R>,
    ) -> SocketTask<R> {
        SocketTask { shared, driver, socket, alarm: Alarm::new() }
    }

    fn poll_with(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<()> {
        let SocketTask { shared, driver, socket, alarm } = self;
        // The task does not know why it was woken.
        driver.feed_ready();
        if is_drained(socket, cx) {
            driver.feed_drained();
        }
        loop {
            match shared.with(|node, now| driver.poll_step(node, buffer, now, cx.waker())) {
                Step::Write(bytes) => {
                    let written = socket.write(cx, bytes).unwrap_or_else(Err);
                    driver.feed_write(written);
                }
                Step::Read => {
                    driver.feed_read(socket.read(cx, buffer).unwrap_or_else(Err));
                    if is_drained(socket, cx) {
                        driver.feed_drained();
                    }
                }
                Step::EndOutput => socket.end_output(),
                Step::Close => return Poll::Ready(()),
                Step::Yield => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Step::Wait { until: None } => return Poll::Pending,
                Step::Wait { until: Some(until) } => {
                    ready!(alarm.poll_in(cx, until - shared.now()));
                }
            }
        }
    }
}

/// Returns whether a read would block. If waiting fails, the next read returns the error.
fn is_drained<R: Runtime>(socket: &mut Socket<R>, cx: &mut Context<'_>) -> bool {
    socket.is_drained(cx).unwrap_or(false)
}

impl<R: Runtime> Future for SocketTask<R> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        BUFFER.with_borrow_mut(|buffer| self.poll_with(cx, buffer))
    }
}

impl<R: Runtime> Drop for SocketTask<R> {
    /// Closes the socket, even if the runtime stops before the connection is closed.
    fn drop(&mut self) {
        self.socket.shutdown();
        self.shared.with(|node, now| self.driver.feed_closed(node, now));
    }
}

/// Connects, unless the attempt is abandoned, and runs the connection.
pub(super) async fn connect<R: Runtime>(
    shared: Arc<Shared>,
    driver: SocketDriver,
    endpoint: Endpoint,
    keep_alive: Option<KeepAlive>,
) {
    let mut connecting = pin!(Socket::<R>::connect(&endpoint, keep_alive));
    let connected = poll_fn(|cx| {
        if shared.with(|node, _| driver.is_given_up(node, cx.waker())) {
            return Poll::Ready(None);
        }
        connecting.as_mut().poll(cx).map(Some)
    });
    match connected.await {
        None => {}
        Some(Ok(socket)) => {
            let id = driver.id();
            shared.with(|node, now| node.communication_mut().feed_connected(id, now));
            SocketTask::new(shared, driver, socket).await;
        }
        Some(Err(cause)) => shared.feed_connect_failed(&driver, cause),
    }
}
