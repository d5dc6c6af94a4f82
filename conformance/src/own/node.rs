//! brocomm's own node, on one of the transports, in this process.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use brocomm::Time;
use brocomm::lowlevel::wire::Framing;
use brocomm::node::{NodeError, NodeMachine, Notification};
use brocomm::tls::TlsConfig;
use brocomm_async_std::AsyncIo;
use brocomm_tokio::Tokio;
use brocomm_transport::Handle;
use brocomm_transport::asynchronous::{Node, Runtime};
use futures_lite::future::block_on;

use super::application::{Mode, answer, communication, names};
use super::relay::{Authority, Relay};
use crate::suite::{Connecting, Entry, Implementation, Listening, Role};

/// A transport.
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

/// brocomm's own node, in this process.
///
/// All cases use the same node, so each one also shows that the previous ones did no damage.
#[derive(Debug)]
pub struct Own {
    node: Running,
    /// The address to which the suite or the node connects. With TLS, that of the relay.
    at: SocketAddr,
    /// The suite's listener, if the node connects.
    suite: Option<Connecting>,
    /// The TLS relay between the two.
    relay: Option<Relay>,
}

impl Own {
    /// Starts the node, over clear TCP or over TLS with generated certificates.
    ///
    /// # Errors
    /// The error of the system.
    pub fn start(transport: Transport, role: Role, framing: Framing) -> io::Result<Own> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let authority = (framing == Framing::Tls).then(Authority::new).transpose()?;
        let tls = authority.as_ref().map(Authority::node).transpose()?;
        let relayed = |to| authority.as_ref().map(|tls| Relay::start(tls, role, to)).transpose();
        match role {
            Role::Listens => {
                let (node, port) = Running::start(transport, role, any, tls)?;
                let port = port.recv_timeout(Duration::from_secs(10)).map_err(io::Error::other)?;
                let address = SocketAddr::from((any.ip(), port));
                let relay = relayed(address)?;
                let at = relay.as_ref().map_or(address, Relay::address);
                Ok(Own { node, at, suite: None, relay })
            }
            Role::Connects => {
                let suite = Connecting::to(any)?;
                let address = suite.local_addr()?;
                let relay = relayed(address)?;
                let at = relay.as_ref().map_or(address, Relay::address);
                let (node, _) = Running::start(transport, role, at, tls)?;
                Ok(Own { node, at, suite: Some(suite), relay })
            }
        }
    }
}

impl Implementation for Own {
    fn role(&self) -> Role {
        if self.suite.is_some() { Role::Connects } else { Role::Listens }
    }

    fn framing(&self) -> Framing {
        if self.relay.is_some() { Framing::Tls } else { Framing::Clear }
    }

    fn open(&mut self, entry: Entry, until: Instant) -> io::Result<TcpStream> {
        match &mut self.suite {
            None => Listening::at(self.at).open(entry, until),
            Some(suite) => {
                self.node.connect(entry, until)?;
                suite.open(entry, until)
            }
        }
    }

    fn begin(&mut self, _: Instant) -> io::Result<()> {
        // The node is already running.
        Ok(())
    }

    fn case_over(&mut self) {
        if let Some(suite) = &mut self.suite {
            suite.clear();
        }
    }
}

/// Runs brocomm's own node until the process is stopped, so that it can be tested like any other.
///
/// # Errors
/// The error of the system, or that the node has stopped.
pub fn serve(transport: Transport, mode: Mode) -> io::Result<()> {
    let mut running = match mode {
        Mode::Listen(address) => Running::start(transport, Role::Listens, address, None)?.0,
        Mode::Connect(address, entry) => {
            let running = Running::start(transport, Role::Connects, address, None)?.0;
            running.connect(entry, Instant::now())?;
            running
        }
    };
    match running.thread.take().map(JoinHandle::join) {
        Some(Err(_)) => Err(io::Error::other("the node panicked")),
        _ => Err(io::Error::other("the node has ended")),
    }
}

/// A node that runs in a thread, stopped when this is dropped.
#[derive(Debug)]
struct Running {
    node: Handle,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.node.with(|node, now| node.terminate_communication(now));
        if let Some(thread) = self.thread.take() {
            // A panic has already been reported.
            let _ = thread.join();
        }
    }
}

/// The result of starting the node's thread.
type Started = io::Result<Handle>;

/// The polling interval for the end of a closed connection.
const LOOK: Duration = Duration::from_millis(1);

impl Running {
    /// Starts a node, and returns a channel with its port if it listens.
    fn start(
        transport: Transport,
        role: Role,
        address: SocketAddr,
        tls: Option<TlsConfig>,
    ) -> io::Result<(Running, Receiver<u16>)> {
        let communication = communication(role, address, tls).map_err(io::Error::other)?;
        let (started, starting) = channel();
        let (port, ports) = channel();
        let thread =
            thread::Builder::new().name("own node".to_owned()).spawn(move || match transport {
                Transport::Std => over_std(communication, &started, &port),
                Transport::Tokio => over_tokio(communication, &started, &port),
                Transport::AsyncStd => {
                    block_on(over_async::<AsyncIo>(communication, &started, &port));
                }
            })?;
        let node = starting.recv().map_err(io::Error::other)??;
        Ok((Running { node, thread: Some(thread) }, ports))
    }

    /// Makes the node connect with a peer entry of this class that is not connected.
    fn connect(&self, entry: Entry, until: Instant) -> io::Result<()> {
        loop {
            for name in names(entry) {
                match self.node.connect_peer(&name) {
                    Err(NodeError::AlreadyConnected(_)) => {}
                    result => return result.map(drop).map_err(io::Error::other),
                }
            }
            if Instant::now() >= until {
                let what = format!("all nodes of class {:?} are connected", entry.class());
                return Err(io::Error::new(io::ErrorKind::TimedOut, what));
            }
            thread::sleep(LOOK);
        }
    }
}

/// Handles a notification.
fn handle(
    communication: &mut NodeMachine,
    notification: Notification,
    now: Time,
    port: &Sender<u16>,
) {
    if let Notification::Listening(endpoint) = &notification {
        // For a node that connects, the receiver is gone.
        let _ = port.send(endpoint.port);
    }
    answer(communication, notification, now);
}

fn over_std(communication: NodeMachine, started: &Sender<Started>, port: &Sender<u16>) {
    let node = match brocomm_std::Node::run(communication) {
        Ok(node) => node,
        Err(error) => return drop(started.send(Err(io::Error::other(error)))),
    };
    let mut notifications = node.subscribe();
    let _ = started.send(Ok(Handle::clone(node.as_ref())));
    while let Some(notification) = notifications.next(None) {
        node.with(|node, now| handle(node, notification, now, port));
    }
}

fn over_tokio(communication: NodeMachine, started: &Sender<Started>, port: &Sender<u16>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(started.send(Err(error))),
    };
    runtime.block_on(over_async::<Tokio>(communication, started, port));
}

async fn over_async<R: Runtime>(
    communication: NodeMachine,
    started: &Sender<Started>,
    port: &Sender<u16>,
) {
    let node = match Node::<R>::run(communication) {
        Ok(node) => node,
        Err(error) => return drop(started.send(Err(io::Error::other(error)))),
    };
    let mut notifications = node.subscribe();
    let _ = started.send(Ok(Handle::clone(node.as_ref())));
    while let Some(notification) = notifications.next().await {
        node.with(|node, now| handle(node, notification, now, port));
    }
}
