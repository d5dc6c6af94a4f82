//! A node of our own, over one of the transports, in this process.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use brocomm::Time;
use brocomm::node::{Communication, Notification};

use super::application::{Place, answer, communication};
use crate::suite::{Connecting, Entry, Implementation, Listening, Role};

/// Names one of the transports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// `brocomm-std`
    Std,
    /// `brocomm-tokio`
    Tokio,
    /// `brocomm-async-std`
    AsyncStd,
}

impl Transport {
    /// All of them.
    pub const ALL: [Transport; 3] = [Transport::Std, Transport::Tokio, Transport::AsyncStd];

    /// Returns its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Transport::Std => "std",
            Transport::Tokio => "tokio",
            Transport::AsyncStd => "async-std",
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Is a node of this project, in this process.
///
/// One that listens is the same for all cases, so that each also shows that those before did it no
/// harm; one that connects begins anew with each connection.
#[derive(Debug)]
pub struct Own {
    transport: Transport,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Listens { _node: Running, at: Listening },
    Connects { to: Connecting, nodes: Vec<Running> },
}

impl Own {
    /// Starts it.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(transport: Transport, role: Role) -> io::Result<Own> {
        let here = Ipv4Addr::LOCALHOST;
        let kind = match role {
            Role::Listens => {
                let any = Place::Listen((here, 0).into());
                let (node, port) = Running::start(transport, any)?;
                let limit = Duration::from_secs(10);
                let port = port.recv_timeout(limit).map_err(io::Error::other)?;
                Kind::Listens { _node: node, at: Listening::at((here, port).into()) }
            }
            Role::Connects => {
                let any = SocketAddr::from((here, 0));
                Kind::Connects { to: Connecting::to(any)?, nodes: Vec::new() }
            }
        };
        Ok(Own { transport, kind })
    }
}

impl Implementation for Own {
    fn role(&self) -> Role {
        match self.kind {
            Kind::Listens { .. } => Role::Listens,
            Kind::Connects { .. } => Role::Connects,
        }
    }

    fn open(&mut self, entry: Entry, until: Instant) -> io::Result<TcpStream> {
        match &mut self.kind {
            Kind::Listens { at, .. } => at.open(entry, until),
            Kind::Connects { to, nodes } => {
                let place = Place::Connect(to.local_addr()?, entry);
                nodes.push(Running::start(self.transport, place)?.0);
                to.open(entry, until)
            }
        }
    }

    fn case_over(&mut self) {
        if let Kind::Connects { to, nodes } = &mut self.kind {
            nodes.clear();
            to.clear();
        }
    }
}

/// Runs a node of this project until the process is ended, so that it can be tested as any other.
///
/// # Errors
/// What the system says, and that the node has ended.
pub fn serve(transport: Transport, place: Place) -> io::Result<()> {
    let (mut running, _) = Running::start(transport, place)?;
    match running.thread.take().map(JoinHandle::join) {
        Some(Err(_)) => Err(io::Error::other("the node panicked")),
        _ => Err(io::Error::other("the node has ended")),
    }
}

/// A node that runs in a thread; it ends when this is dropped.
struct Running {
    stop: Box<dyn Fn() + Send>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").finish_non_exhaustive()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        (self.stop)();
        if let Some(thread) = self.thread.take() {
            // It has no more to say.
            let _ = thread.join();
        }
    }
}

/// What a node's thread tells: how to stop it, once it runs.
type Started = Result<Box<dyn Fn() + Send>, String>;

impl Running {
    /// Starts a node that listens, or connects; returns where its port will be told.
    fn start(transport: Transport, place: Place) -> io::Result<(Running, Receiver<u16>)> {
        let communication = communication(place).map_err(io::Error::other)?;
        let (started, starting) = channel();
        let (port, ports) = channel();
        let thread =
            thread::Builder::new().name("own node".to_owned()).spawn(move || match transport {
                Transport::Std => over_std(communication, &started, &port),
                Transport::Tokio => over_tokio(communication, &started, &port),
                Transport::AsyncStd => over_async_std(communication, &started, &port),
            })?;
        let stop = starting.recv().map_err(io::Error::other)?.map_err(io::Error::other)?;
        Ok((Running { stop, thread: Some(thread) }, ports))
    }
}

/// Handles a notification.
fn handle(
    communication: &mut Communication,
    notification: Notification,
    now: Time,
    port: &Sender<u16>,
) {
    if let Notification::Listening(endpoint) = &notification {
        // Nobody asks a node that connects.
        let _ = port.send(endpoint.port);
    }
    answer(communication, notification, now);
}

fn over_std(communication: Communication, started: &Sender<Started>, port: &Sender<u16>) {
    let (node, mut told) = match brocomm_std::NodeHandle::run(communication) {
        Ok(run) => run,
        Err(error) => return drop(started.send(Err(error.to_string()))),
    };
    let stopped = node.clone();
    let stop = move || stopped.with(|node, now| node.terminate_communication(now));
    let _ = started.send(Ok(Box::new(stop)));
    while let Some(notification) = told.next(None) {
        node.with(|node, now| handle(node, notification, now, port));
    }
}

fn over_tokio(communication: Communication, started: &Sender<Started>, port: &Sender<u16>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(started.send(Err(error.to_string()))),
    };
    runtime.block_on(async {
        let (node, mut told) = match brocomm_tokio::NodeHandle::run(communication) {
            Ok(run) => run,
            Err(error) => return drop(started.send(Err(error.to_string()))),
        };
        let stopped = node.clone();
        let stop = move || stopped.with(|node, now| node.terminate_communication(now));
        let _ = started.send(Ok(Box::new(stop)));
        while let Some(notification) = told.next().await {
            node.with(|node, now| handle(node, notification, now, port));
        }
    });
}

fn over_async_std(communication: Communication, started: &Sender<Started>, port: &Sender<u16>) {
    futures_lite::future::block_on(async {
        let (node, mut told) = match brocomm_async_std::NodeHandle::run(communication) {
            Ok(run) => run,
            Err(error) => return drop(started.send(Err(error.to_string()))),
        };
        let stopped = node.clone();
        let stop = move || stopped.with(|node, now| node.terminate_communication(now));
        let _ = started.send(Ok(Box::new(stop)));
        while let Some(notification) = told.next().await {
            node.with(|node, now| handle(node, notification, now, port));
        }
    });
}
