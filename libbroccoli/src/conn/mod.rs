//! `bro_conn_*`: connections.

mod api;
mod data;
mod deliver;
mod driver;
mod incoming;
mod registry;
mod send;
mod shared;
mod socket;

use std::collections::{BTreeSet, VecDeque};
use std::ffi::{c_int, c_void};
use std::os::fd::RawFd;
use std::time::Instant;

use brocomm::data::Name;
use brocomm::lowlevel::connection::{
    Connection, ConnectionConfig, ConnectionNotification, Requests,
};
use brocomm::lowlevel::serial::Writer;
use brocomm::lowlevel::wire::Caps;
use brocomm::node::{Role, Undeclared};
use bytes::Bytes;

pub use api::*;
pub use data::*;
use deliver::Frame;
pub use deliver::bro_conn_process_input;
use driver::Driver;
use incoming::Incoming;
pub use registry::*;
pub(crate) use send::send_made;
pub use send::*;
use socket::Socket;

use crate::debug;
use crate::layout::flag;
use crate::library::Library;
use crate::memory::Text;
use crate::util;

/// The cache size that we announce, as the original library does. References are never written.
const CACHE: u32 = 1000;
/// The maximum number of decoded events: few, so that their memory is reused soon.
const WAITING: usize = 6;

/// A handle: a peer, its configuration, and the connection to it if there is one.
#[derive(Debug)]
pub struct BroConn {
    target: Target,
    flags: c_int,
    class: Option<Bytes>,
    library: &'static Library,
    driver: Option<Driver>,
    /// Whether there was any attempt to connect.
    attempted: bool,
    /// The time of the last attempt to reconnect.
    last_attempt: Option<Instant>,
    /// The number of connections so far.
    connections: u64,
    connecting: bool,
    peer_class: Option<Text>,
    /// The events that are sent although the peer did not request them.
    adopted: BTreeSet<Name>,
    /// The event that was last found to be requested, because usually the next one is the same.
    requested: Option<Name>,
    registry: Registry,
    /// Received events, except those still in the driver.
    pending: VecDeque<Incoming>,
    #[allow(clippy::vec_box, reason = "programs hold addresses within them")]
    frames: Vec<Box<Frame>>,
    /// A frame for reuse.
    spare: Option<Box<Frame>>,
    queue: VecDeque<send::Message>,
    writer: Writer,
    /// A buffer for encoding events.
    scratch: Vec<u8>,
    data: Vec<(Box<[u8]>, *mut c_void)>,
    pub(crate) link_type: c_int,
    /// Whether a callback that still runs has deleted it.
    deleted: bool,
}

/// The target of a connection.
#[derive(Debug)]
enum Target {
    /// A host and port.
    Address(Box<str>),
    /// A socket of the program. `None` once it is used.
    Socket(Option<RawFd>),
}

impl BroConn {
    fn new(target: Target, flags: c_int, library: &'static Library) -> Box<BroConn> {
        Box::new(BroConn {
            target,
            flags,
            class: None,
            library,
            driver: None,
            attempted: false,
            last_attempt: None,
            connections: 0,
            connecting: false,
            peer_class: None,
            adopted: BTreeSet::new(),
            requested: None,
            registry: Registry::default(),
            pending: VecDeque::new(),
            frames: Vec::new(),
            spare: None,
            queue: VecDeque::new(),
            writer: Writer::new(0),
            scratch: Vec::new(),
            data: Vec::new(),
            link_type: 0,
            deleted: false,
        })
    }

    fn has(&self, flag: c_int) -> bool {
        self.flags & flag != 0
    }

    fn is_alive(&self) -> bool {
        self.driver.as_ref().is_some_and(|driver| !driver.dead)
    }

    fn config(&self) -> ConnectionConfig {
        let caching = if self.has(flag::CACHE) { Caps::NONE } else { Caps::NO_CACHING };
        ConnectionConfig {
            description: Name::new(),
            class: self.class.clone(),
            cache_size: CACHE,
            capabilities: Caps::BROCCOLI_PEER.union(caching),
            #[cfg(feature = "tls")]
            tls: self.library.tls.clone().unwrap_or_default(),
            undeclared: Undeclared::Deliver,
            events_lazily: self.registry.has_compact(),
            notification_limit: if self.has(flag::YIELD) { 1 } else { WAITING },
            requests: Requests {
                events: self.registry.names(),
                accept_input: true,
                ..Requests::default()
            },
            ..ConnectionConfig::default()
        }
    }

    fn open(&mut self) -> Result<Socket, String> {
        let says = |error: std::io::Error| error.to_string();
        match &mut self.target {
            Target::Address(address) => {
                let timeout = self.library.timeout;
                Socket::connect(address, timeout).map_err(|error| format!("{address}: {error}"))
            }
            Target::Socket(fd) => match fd.take() {
                // SAFETY: the program passed it to us.
                Some(fd) => unsafe { Socket::adopt(fd) }.map_err(says),
                None => Err("a connection over a socket of the program can't be made again".into()),
            },
        }
    }

    /// Connects or reconnects, and performs the handshake.
    fn connect(&mut self) -> bool {
        if self.connecting {
            return false;
        }
        self.connecting = true;
        self.attempted = true;
        let result = self.try_connect();
        self.connecting = false;
        match result {
            Ok(()) => {
                self.connections += 1;
                self.flush_queue();
                true
            }
            Err(problem) => {
                debug::message(format_args!("cannot connect: {problem}"));
                false
            }
        }
    }

    fn try_connect(&mut self) -> Result<(), String> {
        if self.has(flag::SHAREABLE) {
            debug::warn(format_args!("WARNING: BRO_CFLAG_SHAREABLE is no longer supported."));
        }
        if self.library.tls.is_err() {
            return Err("TLS is configured, but can't be used".into());
        }
        // Any existing connection is over. Its socket is kept until there is a new one, which
        // takes over its file descriptor.
        if let Some(driver) = &mut self.driver {
            driver.dead = true;
        }
        let socket = self.open()?;
        let old = self.driver.take().and_then(|driver| driver.socket);
        let socket = socket.replace(old);
        self.adopted.clear();
        self.requested = None;
        let machine = Connection::new(self.config(), Role::Initiator, util::now());
        let mut driver = Driver::new(machine, socket);
        let mut events = VecDeque::new();
        let result = driver.shake_hands(self.library.timeout, |notification| {
            events.extend(self.take(notification));
        });
        self.driver = Some(driver);
        self.pending.append(&mut events);
        result.inspect_err(|problem| {
            // A peer that is only slow is not disconnected.
            if self.driver.as_ref().is_some_and(|driver| driver.machine.poll_close().is_some()) {
                self.lose(problem);
            }
        })
    }

    /// Reconnects if the connection is lost and the pause is over.
    fn reconnect(&mut self) -> bool {
        let is_early = self.last_attempt.is_some_and(|last| last.elapsed() < self.library.pause);
        if !self.attempted || is_early || self.connecting {
            return false;
        }
        self.last_attempt = Some(Instant::now());
        self.connect()
    }

    /// Reconnects if the program wants that.
    fn recover(&mut self) -> bool {
        !self.is_alive() && self.has(flag::RECONNECT) && self.reconnect()
    }

    /// Handles a notification; returns an event.
    fn take(&mut self, notification: ConnectionNotification) -> Option<Incoming> {
        match notification {
            ConnectionNotification::Event(event) => return Some(Incoming::Decoded(event)),
            ConnectionNotification::LazyEvent(event) => return Some(Incoming::Encoded(event)),
            ConnectionNotification::Established(version) => {
                self.peer_class = version.class.map(|class| Text::new(&class));
            }
            ConnectionNotification::Closed(cause) => self.lose(&driver::reason(&cause)),
            ConnectionNotification::Log(message) => debug::message(format_args!("{message}")),
            _ => {}
        }
        None
    }

    /// Moves events out of the driver, so that it continues with the input after them.
    fn drain(&mut self) {
        while let Some(notification) = self.poll() {
            let event = self.take(notification);
            self.pending.extend(event);
        }
    }

    fn poll(&mut self) -> Option<ConnectionNotification> {
        self.driver.as_mut()?.machine.poll_notification()
    }

    /// Marks a connection as unusable. If it is to be reconnected, the socket stays, closed in both
    /// directions, so that the next one takes over its file descriptor.
    fn lose(&mut self, why: &dyn std::fmt::Display) {
        let keep = self.has(flag::RECONNECT);
        let Some(driver) = self.driver.as_mut().filter(|driver| !driver.dead) else { return };
        debug::message(format_args!("connection lost: {why}"));
        // Only the reason for the peer, such as a TLS alert, can still be queued.
        let _ = driver.flush(false);
        driver.dead = true;
        if driver.is_owner()
            && let Some(socket) = &driver.socket
        {
            socket.shut_down();
        }
        if !keep {
            driver.socket = None;
        }
    }
}
