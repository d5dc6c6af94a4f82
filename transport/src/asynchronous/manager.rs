//! The task that listens, accepts and connects for a node.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use brocomm::lowlevel::driver::{ACCEPT_PAUSE, SocketDriver, Task};
use brocomm::node::{Action, KeepAlive};

use super::Runtime;
use super::socket::Socket;
use super::task::{SocketTask, connect};
use super::waiting::Alarm;
use crate::{Shared, listening};

/// The task that does everything a node asks for, except running its connections.
#[derive(Debug)]
pub(super) struct Manager<R: Runtime> {
    runtime: R,
    shared: Arc<Shared>,
    keep_alive: Option<KeepAlive>,
    listening: Vec<Listening<R>>,
    alarm: Alarm<R>,
}

/// A listening socket of the node.
#[derive(Debug)]
struct Listening<R: Runtime> {
    socket: R::Listener,
    /// Set while accepting is paused after an error.
    pause: Alarm<R>,
}

impl<R: Runtime> Manager<R> {
    pub(super) fn new(runtime: R, shared: Arc<Shared>) -> Manager<R> {
        let keep_alive = shared.with(|node, _| node.communication().options().keep_alive);
        Manager { runtime, shared, keep_alive, listening: Vec::new(), alarm: Alarm::new() }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Connect { connection, endpoint, keep_alive, .. } => {
                let (shared, driver) = (Arc::clone(&self.shared), SocketDriver::new(connection));
                self.runtime.spawn(connect::<R>(shared, driver, endpoint, keep_alive));
            }
            Action::CancelConnect(_) => {}
            Action::Listen(target) => {
                let opened = listening::open(&self.shared, target, R::listen);
                let pause = Alarm::new();
                self.listening.extend(opened.map(|socket| Listening { socket, pause }));
            }
            Action::StopListening => self.listening.clear(),
        }
    }

    /// Accepts all pending connections, and has this task woken when more arrive.
    fn accept(&mut self, cx: &mut Context<'_>) {
        let Manager { runtime, shared, keep_alive, listening, .. } = self;
        for Listening { socket, pause } in listening {
            while pause.poll_set(cx).is_ready() {
                *pause = Alarm::new();
                // If one peer has disconnected already, the next can still be accepted.
                let (error, wait) = match R::poll_accept(socket, cx) {
                    Poll::Pending => break,
                    Poll::Ready(Err(error)) => (error, Alarm::set(ACCEPT_PAUSE)),
                    Poll::Ready(Ok((stream, from))) => match Socket::new(stream, *keep_alive) {
                        Ok(socket) => {
                            if let Some(driver) = listening::accepted(shared, from) {
                                let shared = Arc::clone(shared);
                                runtime.spawn(SocketTask::<R>::new(shared, driver, socket));
                            }
                            continue;
                        }
                        Err(error) => (error, Alarm::new()),
                    },
                };
                if listening::accept_failed(shared, error) {
                    *pause = wait;
                }
            }
        }
    }
}

impl<R: Runtime> Future for Manager<R> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match self.shared.with(|node, now| node.poll_task(now, cx.waker())) {
                Task::Do(action) => self.act(action),
                Task::End => return Poll::Ready(()),
                Task::Wait { until } => {
                    self.accept(cx);
                    let wait = until.map(|until| until - self.shared.now());
                    match wait {
                        Some(wait) if self.alarm.poll_in(cx, wait).is_ready() => {}
                        _ => return Poll::Pending,
                    }
                }
            }
        }
    }
}
