//! The task that listens, accepts, and begins connections for a node.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use async_executor::Executor;
use async_io::Async;
use brocomm::node::{Action, Endpoint, KeepAlive, ListenTarget};
use brocomm::transport::{ACCEPT_PAUSE, Carrier, Cause, Task};

use crate::carrying::{Carrying, connect};
use crate::link::{Alarm, Link};
use crate::shared::Shared;
use crate::socket::listen;
use crate::zone::{address_of, zone_of};

/// Why nothing comes of an attempt to use TLS.
const NO_TLS: &str = "this transport has no TLS";

/// Does what a node asks for beside carrying its connections.
#[derive(Debug)]
pub(crate) struct Manager {
    executor: Arc<Executor<'static>>,
    shared: Arc<Shared>,
    keep_alive: Option<KeepAlive>,
    listening: Vec<Listening>,
    alarm: Alarm,
}

/// A socket on which the node listens.
#[derive(Debug)]
struct Listening {
    socket: Async<TcpListener>,
    ssl: bool,
    /// Runs while nothing is accepted, since that failed.
    pause: Option<Alarm>,
}

impl Manager {
    pub(crate) fn new(shared: Arc<Shared>, executor: Arc<Executor<'static>>) -> Manager {
        let keep_alive = shared.with(|hub, _| hub.communication().options().keep_alive);
        Manager { executor, shared, keep_alive, listening: Vec::new(), alarm: Alarm::default() }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Connect { connection, endpoint, ssl, keep_alive } => {
                let carrier = Carrier::new(connection);
                if ssl {
                    return self
                        .shared
                        .with(|hub, now| carrier.feed_connect_failed(hub, NO_TLS, now));
                }
                let shared = Arc::clone(&self.shared);
                self.executor.spawn(connect(shared, carrier, endpoint, keep_alive)).detach();
            }
            Action::CancelConnect(_) => {}
            Action::Listen(target) => self.listen(target),
            Action::StopListening => self.listening.clear(),
        }
    }

    fn listen(&mut self, target: ListenTarget) {
        let ListenTarget { mut endpoint, v6_only, ssl } = target;
        let opened = if ssl {
            Err(io::Error::new(io::ErrorKind::Unsupported, NO_TLS))
        } else {
            address_of(&endpoint).and_then(|address| listen(address, v6_only)).and_then(|socket| {
                endpoint.port = socket.get_ref().local_addr()?.port();
                Ok(socket)
            })
        };
        self.shared.with(|hub, now| match opened {
            Ok(socket) => {
                self.listening.push(Listening { socket, ssl, pause: None });
                hub.communication_mut().feed_listening(endpoint, ssl, now);
            }
            Err(error) => {
                let in_use = error.kind() == io::ErrorKind::AddrInUse;
                let Cause { text, .. } = error.into();
                hub.communication_mut().feed_listen_failed(endpoint, in_use, &text, now);
            }
        });
    }

    /// Accepts all who wait; this task is woken when more come.
    fn accept(&mut self, cx: &mut Context<'_>) {
        let Manager { executor, shared, keep_alive, listening, .. } = self;
        for Listening { socket, ssl, pause } in listening {
            loop {
                if pause.as_mut().is_some_and(|pause| pause.poll_set(cx).is_pending()) {
                    break;
                }
                *pause = None;
                let Poll::Ready(accepted) = poll_accept(socket, cx) else { break };
                // That one peer has gone again says nothing about the next.
                let (error, wait) = match accepted {
                    Err(error) => (error, Some(ACCEPT_PAUSE)),
                    Ok((stream, from)) => {
                        match Async::new(stream).and_then(|stream| Link::of(stream, *keep_alive)) {
                            Ok(link) => {
                                begin(executor, shared, link, from, *ssl);
                                continue;
                            }
                            Err(error) => (error, None),
                        }
                    }
                };
                if is_transient(error.kind()) {
                    continue;
                }
                let Cause { text, .. } = error.into();
                shared.with(|hub, now| hub.communication_mut().feed_accept_failed(&text, now));
                *pause = wait.map(Alarm::new);
            }
        }
    }
}

fn poll_accept(
    socket: &Async<TcpListener>,
    cx: &mut Context<'_>,
) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
    loop {
        match socket.get_ref().accept() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            result => return Poll::Ready(result),
        }
        ready!(socket.poll_readable(cx))?;
    }
}

fn is_transient(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, NotConnected};
    matches!(kind, ConnectionAborted | ConnectionReset | Interrupted | NotConnected)
}

/// Begins to carry a connection that was accepted, unless the node is ending.
fn begin(
    executor: &Executor<'static>,
    shared: &Arc<Shared>,
    link: Link,
    from: SocketAddr,
    ssl: bool,
) {
    let id = shared.with(|hub, now| {
        let zone = zone_of(from, hub.communication());
        let endpoint = Endpoint { host: from.ip(), zone, port: from.port() };
        hub.communication_mut().feed_accepted(endpoint, ssl, now)
    });
    if let Some(id) = id {
        executor.spawn(Carrying::new(Arc::clone(shared), Carrier::new(id), link)).detach();
    }
}

impl Future for Manager {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match self.shared.with(|hub, now| hub.poll_task(now, cx.waker())) {
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
