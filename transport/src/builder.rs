//! A node in a few lines.

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
use brocomm::lowlevel::driver::{Cause, StartError, TransportError};
use brocomm::node::{Backoff, EventPattern, NodeConfig, NodeMachine, Options, PeerConfig};
use brocomm::state::{Limits, Store};

use crate::naming::resolve;
use crate::{address, zone};

/// The number of the first log stream that is declared with [`Builder::log`]; far above those of Bro.
const FIRST_LOG: i32 = 10_000;

/// Starts a node that was built.
pub trait Start: Sized {
    /// Starts a node that was made but not [started](NodeMachine::start).
    ///
    /// # Errors
    /// [`StartError::System`].
    fn start_node(node: NodeMachine) -> Result<Self, StartError>;
}

/// Builds a node: what it exchanges with its peers, and who they are.
///
/// Everything that is exchanged is exchanged with all peers. What the methods here don't offer is set
/// on the [`Options`] and, for one peer, on its [`PeerConfig`].
///
/// By default it connects again after a lost connection, first after a second and then less often,
/// at least once in 30 s.
#[must_use = "nothing is started yet"]
pub struct Builder<N> {
    options: Options,
    declarations: Declarations,
    /// Events that every peer is asked for.
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
    /// Builds a node without peers.
    pub fn new() -> Builder<N> {
        let backoff = Backoff { factor: 2.0, max: Duration::from_secs(30), jitter: 0.1 };
        Builder {
            options: Options { retry_backoff: Some(backoff), ..Options::default() },
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

    /// Sets the name by which peers know the node, Bro's `peer_description`.
    pub fn name(mut self, name: impl Into<Name>) -> Builder<N> {
        self.options.peer_description = name.into();
        self
    }

    /// Requests all events of a type from every peer; `events` of the node then returns them.
    pub fn receive<E: EventType>(mut self) -> Builder<N> {
        self.requested.push(Name::from_static(E::NAME));
        self.send::<E>()
    }

    /// Declares an event that the node raises. Peers that request it get it.
    pub fn send<E: EventType>(mut self) -> Builder<N> {
        self.declarations.add_event(E::declaration());
        self
    }

    /// Shares a table with every peer, as a `&synchronized` variable of this name does in Bro.
    ///
    /// When a connection is established, the table of the node that accepted it replaces the other one.
    pub fn table<K: IndexType, V: BroType>(mut self, name: impl Into<Name>) -> Builder<N> {
        let ty = <BTreeMap<K, V> as BroType>::bro_type();
        self.declarations.globals.insert(Global::synchronized(name, ty));
        self.has_tables = true;
        self
    }

    /// Declares a log that the node writes, with a column for each field of the record that has
    /// `#[bro(log)]`. Peers that request logs get its entries.
    ///
    /// A Bro takes a stream's number for one of its own. The logs that are declared here have numbers
    /// that no Bro uses; declare a [`LogStream`] with [`NodeMachine::declare_log`] for another one.
    pub fn log<R: LogRecord>(mut self, path: impl Into<Name>) -> Builder<N> {
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

    /// Adds declarations in Bro's notation: types, events, and variables, of which those with
    /// `&synchronized` are shared.
    pub fn declare(mut self, bro: &str) -> Builder<N> {
        if let Err(error) = self.declarations.read(bro) {
            self.errors.push(StartError::Declarations(error));
        }
        let mut globals = self.declarations.globals.iter();
        self.has_tables |= globals.any(Global::is_synchronized);
        self
    }

    /// Connects to a peer: `HOST`, `HOST:PORT`, or an IPv6 address in brackets, with a zone if needed.
    /// The port is 47757 if none is given.
    ///
    /// Names are resolved when the node is started, which waits for the resolver.
    pub fn connect(self, address: &str) -> Builder<N> {
        self.connect_with(address, |_| {})
    }

    /// Connects to a peer, with changes to how.
    pub fn connect_with(
        mut self,
        address: &str,
        change: impl FnOnce(&mut PeerConfig),
    ) -> Builder<N> {
        let mut peer = PeerConfig {
            connect: true,
            retry: Duration::from_secs(1),
            ..PeerConfig::new(IpAddr::from([0, 0, 0, 0]))
        };
        change(&mut peer);
        self.connect.push((address.to_owned(), peer));
        self
    }

    /// Listens for peers: `ADDRESS` or `ADDRESS:PORT`, with port 0 for one that the system chooses. Only what
    /// [`accept`](Self::accept) names is listened to.
    pub fn listen(mut self, address: &str) -> Builder<N> {
        self.listen = Some(address.to_owned());
        self
    }

    /// Accepts input from a host that connects, and requests of it what the node wants. Any other
    /// host that connects may request events and logs, and what it sends is not looked at.
    pub fn accept(self, host: &str) -> Builder<N> {
        self.accept_with(host, |_| {})
    }

    /// Accepts input from a host that connects, with changes to how.
    pub fn accept_with(mut self, host: &str, change: impl FnOnce(&mut PeerConfig)) -> Builder<N> {
        let mut peer = PeerConfig::new(IpAddr::from([0, 0, 0, 0]));
        change(&mut peer);
        self.accept.push((host.to_owned(), peer));
        self
    }

    /// Adds a peer of which everything is set already. The events to request are those of
    /// [`receive`](Self::receive), unless it names others.
    pub fn peer(mut self, name: impl Into<String>, peer: PeerConfig) -> Builder<N> {
        self.peers.push((name.into(), peer));
        self
    }

    /// Changes options of the node.
    pub fn options(mut self, change: impl FnOnce(&mut Options)) -> Builder<N> {
        change(&mut self.options);
        self
    }

    /// Starts the node.
    ///
    /// # Errors
    /// [`StartError`]; the first of several. That a peer can't be reached, or the address not be
    /// listened on, is none: it is tried again, and the log says so.
    pub fn start(self) -> Result<N, StartError> {
        N::start_node(self.build()?)
    }

    /// Makes the state machine of the node, for more changes before it is started.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn build(mut self) -> Result<NodeMachine, StartError> {
        if !self.errors.is_empty() {
            return Err(self.errors.remove(0));
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
            // The state of whoever listens is the one that the others get.
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
            let mut store = Store::new(prefix(), Limits::default());
            store.declare_synchronized(&declarations).map_err(StartError::State)?;
            node.set_store(store);
        }
        for stream in self.logs {
            node.declare_log(stream).map_err(StartError::Log)?;
        }
        Ok(node)
    }

    /// Adds to a peer what is exchanged with all.
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

/// Writes a name as the pattern that matches nothing else.
fn escaped(name: &Name) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let name = String::from_utf8_lossy(name).into_owned();
    name.chars().flat_map(|c| (!is_plain(c)).then_some('\\').into_iter().chain([c])).collect()
}

/// Returns what the names of our containers begin with: Bro has `#host#pid#`. It is another one with
/// every start, as hashers of the standard library have random keys.
fn prefix() -> String {
    let random = RandomState::new().build_hasher().finish();
    format!("#brocomm#{}-{random:x}#", std::process::id())
}

/// Returns the first address of a host, with the zone that was written; the port is 47757 if none was.
fn resolved(text: &str) -> Result<(SocketAddr, Option<String>), StartError> {
    let address = address::parse(text).map_err(|error| misspelt(text, &error))?;
    let found = resolve(&address).map_err(|error| {
        let (address, cause) = (text.to_owned(), error.into());
        StartError::Address(TransportError::Resolve { address, cause })
    })?;
    let none = || StartError::Address(TransportError::NoAddress { address: text.to_owned() });
    Ok((found.into_iter().next().ok_or_else(none)?, zone::within(&address)))
}

/// Says what is wrong with an address as it is written.
fn misspelt(text: &str, error: &str) -> StartError {
    let cause = Cause { kind: io::ErrorKind::InvalidInput, text: error.into() };
    StartError::Address(TransportError::Resolve { address: text.to_owned(), cause })
}
