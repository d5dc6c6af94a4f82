//! The builder of a node.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use brocomm::data::{BroType, Declarations, EventType, Global, IndexType, Name};
use brocomm::logs::{LogRecord, LogStream};
use brocomm::lowlevel::driver::{Cause, LogPathError, StartError, TransportError};
use brocomm::node::{Backoff, EventPattern, NodeConfig, NodeMachine, Options, PeerConfig};
use brocomm::state::{Store, StoreLimits};

use crate::naming::resolve;
use crate::{address, zone};

/// The number of the first log stream declared with [`Builder::log`], far above the numbers that
/// Bro uses.
const FIRST_LOG: i32 = 10_000;

/// A node handle that a [`Builder`] can start.
pub trait Start: Sized {
    /// Starts a node state machine that has not been [started](NodeMachine::start).
    ///
    /// # Errors
    /// [`StartError::System`].
    fn start_node(node: NodeMachine) -> Result<Self, StartError>;
}

/// Configures and starts a node: its peers, and what it exchanges with them.
///
/// The methods apply to all peers. Set anything else on the [`Options`] of the node or on the
/// [`PeerConfig`] of one peer.
///
/// By default the node reconnects after a lost connection: first after one second, then with
/// growing delays of up to 30 s.
#[must_use = "nothing is started yet"]
pub struct Builder<N> {
    options: Options,
    declarations: Declarations,
    /// The events requested from every peer.
    requested: Vec<Name>,
    connect: Vec<(String, PeerConfig)>,
    accept: Vec<(String, PeerConfig)>,
    peers: Vec<(String, PeerConfig)>,
    listen: Option<String>,
    logs: Vec<LogStream>,
    has_tables: bool,
    requests_logs: bool,
    errors: Vec<StartError>,
    node: PhantomData<fn() -> N>,
}

impl<N: Start> Builder<N> {
    /// Creates a builder for a node without peers.
    pub fn new() -> Builder<N> {
        let backoff = Backoff { factor: 2.0, max: Duration::from_secs(30), jitter: 0.1 };
        Builder {
            options: Options {
                peer_description: Name::from_static("brocomm"),
                retry_backoff: Some(backoff),
                ..Options::default()
            },
            declarations: Declarations::new(),
            requested: Vec::new(),
            connect: Vec::new(),
            accept: Vec::new(),
            peers: Vec::new(),
            listen: None,
            logs: Vec::new(),
            has_tables: false,
            requests_logs: false,
            errors: Vec::new(),
            node: PhantomData,
        }
    }

    /// Sets the node's name as seen by its peers, Bro's `peer_description`. Default `brocomm`.
    pub fn name(mut self, name: impl Into<Name>) -> Builder<N> {
        self.options.peer_description = name.into();
        self
    }

    /// Requests all events of a type from every peer. The node's `events` method returns them.
    pub fn receive<E: EventType>(mut self) -> Builder<N> {
        self.requested.push(Name::from_static(E::NAME));
        self.send::<E>()
    }

    /// Declares an event that the node raises. Peers that request the event receive it.
    pub fn send<E: EventType>(mut self) -> Builder<N> {
        self.declarations.add_event(E::declaration());
        self
    }

    /// Shares a table with every peer, like a `&synchronized` variable of this name in Bro.
    ///
    /// When a connection is established, the table of the node that listens replaces that of the
    /// node that connected. A node that listens applies changes only from the hosts named with
    /// [`accept`](Self::accept).
    pub fn table<K: IndexType, V: BroType>(mut self, name: impl Into<Name>) -> Builder<N> {
        let ty = <BTreeMap<K, V> as BroType>::bro_type();
        self.declarations.globals.insert(Global::synchronized(name, ty));
        self.has_tables = true;
        self
    }

    /// Declares a log that the node writes, with a column for each field marked `#[bro(log)]`, or
    /// for all fields if the struct is marked. Peers that request logs receive its entries.
    ///
    /// `path` names the log: the path of Bro's `conn.log` is `conn`. The ID of a log stream, such as
    /// `Conn::LOG`, and the name of a file are errors.
    ///
    /// A Bro interprets the number of a log stream as one of its own. Logs declared here get
    /// numbers that no Bro uses. To choose a number, declare a [`LogStream`] with
    /// [`NodeMachine::declare_log`].
    pub fn log<R: LogRecord>(mut self, path: impl Into<Name>) -> Builder<N> {
        let path = path.into();
        if let Err(error) = LogPathError::check(&path) {
            self.errors.push(error.into());
            return self;
        }
        let number = FIRST_LOG.saturating_add(i32::try_from(self.logs.len()).unwrap_or(i32::MAX));
        match LogStream::of::<R>(number, path) {
            Ok(stream) => self.logs.push(stream),
            Err(error) => self.errors.push(StartError::Log(error.into())),
        }
        self
    }

    /// Requests the logs of every peer.
    pub fn receive_logs(mut self) -> Builder<N> {
        self.requests_logs = true;
        self
    }

    /// Adds declarations in Bro's notation: types, events and variables. Variables with
    /// `&synchronized` are shared.
    pub fn declare(mut self, bro: &str) -> Builder<N> {
        if let Err(error) = self.declarations.read(bro) {
            self.errors.push(StartError::Declarations(error));
        }
        let mut globals = self.declarations.globals.iter();
        self.has_tables |= globals.any(Global::is_synchronized);
        self
    }

    /// Connects to a peer: `HOST`, `HOST:PORT`, or an IPv6 address in brackets, with a zone if
    /// needed. The port is 47757 if none is given.
    ///
    /// Starting the node resolves the name, which blocks.
    pub fn connect(self, address: impl AsRef<str>) -> Builder<N> {
        self.connect_with(address, |_| {})
    }

    /// Connects to a peer, after `change` has modified its [`PeerConfig`].
    pub fn connect_with(
        mut self,
        address: impl AsRef<str>,
        change: impl FnOnce(&mut PeerConfig),
    ) -> Builder<N> {
        let mut peer = PeerConfig {
            connect: true,
            retry: Duration::from_secs(1),
            ..PeerConfig::new(IpAddr::from([0, 0, 0, 0]))
        };
        change(&mut peer);
        self.connect.push((address.as_ref().to_owned(), peer));
        self
    }

    /// Listens for peers on `ADDRESS` or `ADDRESS:PORT`. With port 0 the system chooses a port.
    ///
    /// Every host may connect and request events and logs. What peers send is used only if their
    /// host is named with [`accept`](Self::accept).
    pub fn listen(mut self, address: impl AsRef<str>) -> Builder<N> {
        self.listen = Some(address.as_ref().to_owned());
        self
    }

    /// Accepts input from a host when it connects, and requests events and logs from it. Any other
    /// host that connects may request events and logs, but its input is ignored. As in Bro, a host
    /// is one address, not a subnet; call this for each host.
    pub fn accept(self, host: impl AsRef<str>) -> Builder<N> {
        self.accept_with(host, |_| {})
    }

    /// Accepts input from a host when it connects, after `change` has modified its [`PeerConfig`].
    pub fn accept_with(
        mut self,
        host: impl AsRef<str>,
        change: impl FnOnce(&mut PeerConfig),
    ) -> Builder<N> {
        let mut peer = PeerConfig::new(IpAddr::from([0, 0, 0, 0]));
        change(&mut peer);
        self.accept.push((host.as_ref().to_owned(), peer));
        self
    }

    /// Adds a peer with its own [`PeerConfig`]. Requests the events of [`receive`](Self::receive)
    /// from it, unless the configuration names others.
    pub fn peer(mut self, name: impl Into<String>, peer: PeerConfig) -> Builder<N> {
        self.peers.push((name.into(), peer));
        self
    }

    /// Changes the options of the node.
    pub fn options(mut self, change: impl FnOnce(&mut Options)) -> Builder<N> {
        change(&mut self.options);
        self
    }

    /// Starts the node.
    ///
    /// # Errors
    /// The first [`StartError`]. An unreachable peer or an address that is in use is not an error:
    /// the node retries and logs it.
    pub fn start(self) -> Result<N, StartError> {
        N::start_node(self.build()?)
    }

    /// Creates the state machine of the node without starting it.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn build(mut self) -> Result<NodeMachine, StartError> {
        if !self.errors.is_empty() {
            return Err(self.errors.remove(0));
        }
        if let Some(what) = self.ignored() {
            return Err(StartError::IgnoresPeers { what });
        }
        if let Some(address) = &self.listen {
            let (at, zone) = resolved(address)?;
            self.options.listen = true;
            self.options.listen_interface = at.ip();
            self.options.listen_port = at.port();
            self.options.listen_ipv6 |= at.is_ipv6();
            if let Some(zone) = zone {
                self.options.listen_ipv6_zone_id = zone;
            }
        }
        let mut nodes = Vec::new();
        for (address, mut peer) in std::mem::take(&mut self.connect) {
            let (at, zone) = resolved(&address)?;
            (peer.host, peer.p) = (at.ip(), Some(at.port()));
            peer.zone_id = peer.zone_id.or(zone);
            nodes.push((address, self.exchanging(peer)?));
        }
        for (host, mut peer) in std::mem::take(&mut self.accept) {
            let (at, zone) = resolved(&host)?;
            if address::parse(&host).as_ref() == Ok(&host) {
                return Err(misspelt(&host, "peers connect from any port; write the host alone"));
            }
            peer.host = at.ip();
            peer.zone_id = peer.zone_id.or(zone);
            // The acceptor's state is authoritative.
            peer.auth |= self.has_tables;
            nodes.push((host, self.exchanging(peer)?));
        }
        for (name, peer) in std::mem::take(&mut self.peers) {
            nodes.push((name, self.exchanging(peer)?));
        }
        let declarations = Arc::new(self.declarations);
        let configuration =
            NodeConfig { options: self.options, nodes, declarations: Arc::clone(&declarations) };
        let mut node = NodeMachine::new(configuration).map_err(StartError::NodeConfig)?;
        if self.has_tables {
            let mut store = Store::new(prefix(), StoreLimits::default());
            store.declare_synchronized(&declarations).map_err(StartError::State)?;
            node.set_store(store);
        }
        for stream in self.logs {
            node.declare_log(stream).map_err(StartError::Log)?;
        }
        Ok(node)
    }

    /// Returns what the node expects of its peers, if it only listens, and accepts no input.
    fn ignored(&self) -> Option<&'static str> {
        let has_peers = [&self.connect, &self.accept, &self.peers].iter().any(|it| !it.is_empty());
        if self.listen.is_none() || has_peers {
            None
        } else if self.has_tables {
            Some("their changes of variables")
        } else if !self.requested.is_empty() {
            Some("their events")
        } else {
            self.requests_logs.then_some("their logs")
        }
    }

    /// Adds everything that is exchanged with all peers to a peer entry.
    fn exchanging(&self, mut peer: PeerConfig) -> Result<PeerConfig, StartError> {
        if peer.events.is_none() && !self.requested.is_empty() {
            let names: Vec<String> = self.requested.iter().map(escaped).collect();
            let pattern = EventPattern::new(&names.join("|")).map_err(StartError::Events)?;
            peer.events = Some(pattern);
        }
        peer.sync |= self.has_tables;
        peer.request_logs |= self.requests_logs;
        Ok(peer)
    }
}

impl<N: Start> Default for Builder<N> {
    fn default() -> Builder<N> {
        Builder::new()
    }
}

impl<N> fmt::Debug for Builder<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").finish_non_exhaustive()
    }
}

/// Returns the pattern that matches only this name.
fn escaped(name: &Name) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let name = String::from_utf8_lossy(name).into_owned();
    name.chars().flat_map(|c| (!is_plain(c)).then_some('\\').into_iter().chain([c])).collect()
}

/// Returns the prefix of this node's container names; Bro uses `#host#pid#`. The random keys of the
/// standard library's hashers make it different at each start.
fn prefix() -> String {
    let random = RandomState::new().build_hasher().finish();
    format!("#brocomm#{}-{random:x}#", std::process::id())
}

/// Returns the first address of a host with its zone, if any. The port is 47757 by default.
fn resolved(text: &str) -> Result<(SocketAddr, Option<String>), StartError> {
    let address = address::parse(text).map_err(|error| misspelt(text, &error))?;
    let found = resolve(&address).map_err(|error| {
        let (address, cause) = (text.to_owned(), error.into());
        StartError::Address(TransportError::Resolve { address, cause })
    })?;
    let none = || StartError::Address(TransportError::NoAddress { address: text.to_owned() });
    Ok((found.into_iter().next().ok_or_else(none)?, zone::within(&address)))
}

/// Returns the error for an address that cannot be parsed.
fn misspelt(text: &str, error: &str) -> StartError {
    let cause = Cause { kind: io::ErrorKind::InvalidInput, text: error.into() };
    StartError::Address(TransportError::Resolve { address: text.to_owned(), cause })
}
