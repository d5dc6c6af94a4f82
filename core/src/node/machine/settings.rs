//! The configuration of the node.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use super::super::{
    Endpoint, EventPattern, EventPeer, NodeConfig, NodeConfigError, Options, PeerConfig,
};
use super::peers::{Peer, PeerKey};
use crate::ConfigErrors;
use crate::connection::{ConnectionConfig, Handshake, Role, StateSource, Undeclared};
use crate::data::{Declarations, Name};
use crate::wire::{Caps, DataFormat};

/// The maximum serialized output of one connection in bytes. Further events wait unserialized.
const OUTPUT: usize = 64 << 10;

/// The maximum number of unprocessed notifications of one connection.
const NOTIFICATIONS: usize = 64;

/// The options, the nodes table, the declarations, and the node's own description.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) options: Options,
    pub(super) declarations: Arc<Declarations>,
    pub(super) local: Arc<EventPeer>,
    entries: Vec<Entry>,
}

/// An entry of the nodes table.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: Arc<str>,
    pub(super) node: PeerConfig,
    /// The peer to which it applies or connects.
    pub(super) peer: Option<PeerKey>,
}

impl Settings {
    pub(super) fn new(config: NodeConfig) -> Result<Settings, ConfigErrors<NodeConfigError>> {
        config.validate()?;
        let NodeConfig { options, nodes, declarations } = config;
        let entry =
            |(name, node): (String, PeerConfig)| Entry { name: name.into(), node, peer: None };
        let local = Arc::new(EventPeer::local(options.peer_description.clone()));
        let entries = nodes.into_iter().map(entry).collect();
        Ok(Settings { options, declarations, local, entries })
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the position of the entry with this name.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.entries.iter().position(|entry| &*entry.name == name)
    }

    /// Returns the entry that applies to a peer.
    pub(super) fn entry_of(&self, peer: &Peer) -> Option<&Entry> {
        self.entries.get(peer.node?)
    }

    /// Returns the position of the entry that applies to a peer that connected to us (§4).
    pub(super) fn position_for(&self, peer: &EventPeer) -> Option<usize> {
        self.entries.iter().position(|entry| entry.applies_to(peer))
    }

    /// Records the peer that an entry applies to, or connects to.
    pub(super) fn set_peer(&mut self, at: usize, peer: PeerKey) {
        if let Some(entry) = self.entries.get_mut(at) {
            entry.peer = Some(peer);
        }
    }

    /// Returns the endpoint that an entry connects to.
    pub(super) fn endpoint_of(&self, entry: &Entry) -> Endpoint {
        Endpoint {
            host: entry.node.host,
            zone: entry.node.zone_id.as_deref().map(Into::into),
            port: entry.node.p.unwrap_or(self.options.listen_port),
        }
    }

    /// Returns the configuration of a connection to a peer.
    pub(super) fn connection_config(
        &self,
        peer: &Peer,
        state: StateSource,
        runtime: u32,
    ) -> ConnectionConfig {
        let entry = self.entry_of(peer).filter(|_| peer.role == Role::Initiator);
        ConnectionConfig {
            description: self.options.peer_description.clone(),
            class: Some(entry.and_then(|entry| entry.node.class.clone()).unwrap_or_default()),
            cache_size: self.options.cache_size,
            data_format: self.data_format(peer),
            capabilities: Caps::BRO,
            runtime,
            #[cfg(feature = "__tls")]
            tls: self
                .options
                .tls
                .clone()
                .filter(|_| entry.map_or(self.options.listen_ssl, |entry| entry.node.ssl)),
            wire_limits: self.options.wire_limits,
            log_limits: self.options.log_limits,
            serial_limits: self.options.serial_limits,
            declarations: Arc::clone(&self.declarations),
            undeclared: self.options.undeclared,
            output_limit: OUTPUT,
            notification_limit: NOTIFICATIONS,
            state,
            // The node itself makes the requests.
            handshake: Handshake::Application,
            ..ConnectionConfig::default()
        }
    }

    /// Returns the data format to announce to a peer, or `None` to leave the choice to the peer. If
    /// the peer connected, its class and thus its entry are not known yet.
    fn data_format(&self, peer: &Peer) -> Option<DataFormat> {
        let of_entry = match peer.role {
            Role::Initiator => self.entry_of(peer).and_then(|entry| entry.node.data_format),
            Role::Acceptor => {
                let mut entries =
                    self.entries.iter().filter(|entry| entry.is_at(&peer.who.endpoint));
                entries.find_map(|entry| entry.node.data_format)
            }
        };
        of_entry.or(self.options.data_format)
    }

    /// Returns the names of the declared events that a pattern matches, or those that it lists
    /// explicitly if undeclared events are delivered.
    pub(super) fn events_matching(&self, pattern: &EventPattern) -> Vec<Name> {
        let declared = self.declarations.events.keys().filter(|name| pattern.matches(name));
        let mut names: BTreeSet<Name> = declared.cloned().collect();
        if self.options.undeclared == Undeclared::Deliver {
            names.extend(pattern.names_outright().into_iter().flatten());
        }
        names.into_iter().collect()
    }

    /// Returns the filter to send: the default if it is empty (part 4 §2).
    pub(super) fn capture_filter(&self, filter: &Bytes) -> Bytes {
        if filter.is_empty() { self.options.default_capture_filter.clone() } else { filter.clone() }
    }
}

impl Entry {
    /// Returns whether the entry applies to an accepted peer (§4): the addresses are equal, and the
    /// classes are equal or both absent.
    fn applies_to(&self, peer: &EventPeer) -> bool {
        let ours = self.node.class.as_deref().unwrap_or_default();
        let theirs = peer.class.as_deref().unwrap_or_default();
        self.is_at(&peer.endpoint) && ours == theirs
    }

    fn is_at(&self, endpoint: &Endpoint) -> bool {
        let zone = match (&self.node.zone_id, &endpoint.zone) {
            (Some(ours), Some(theirs)) => **ours == **theirs,
            _ => true,
        };
        self.node.host.to_canonical() == endpoint.host.to_canonical() && zone
    }
}
