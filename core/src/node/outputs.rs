//! What a node reports to the application and requires of its driver: notifications and actions
//! (part 4 §4).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use bytes::Bytes;

use super::{CommLogEntry, ConnectionId, Endpoint, EventPeer, KeepAlive, Options, PeerId};
use crate::connection::{CloseCause, SyncRole};
use crate::data::{DispatchError, Event, Id, Name, Packet, StateAccess};
use crate::logs::{LogValues, LogWriter};
use crate::state::{Expired, Inconsistency, StateError};
use crate::wire::{PrintItems, SyncPoint};

/// A notification of a node. Notifications about one peer are in order.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Notification {
    /// A peer's VERSION was received (§3.2): `remote_connection_established`.
    ConnectionEstablished {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The name of the entry that applies (§4), if any.
        node: Option<Arc<str>>,
    },
    /// A peer reached phase Running (§3.5): `remote_connection_handshake_done`.
    ConnectionHandshakeDone(Arc<EventPeer>),
    /// A connection was closed: `remote_connection_closed`, which Bro does not raise for a
    /// connection that was never established.
    ConnectionClosed {
        /// The peer.
        peer: Arc<EventPeer>,
        /// Whether [`ConnectionEstablished`](Self::ConnectionEstablished) came before.
        established: bool,
        /// The reason.
        cause: CloseCause,
    },
    /// An attempt to connect failed. The node may retry (§3.6).
    ConnectFailed {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The transport's message.
        reason: Box<str>,
        /// Whether the node will retry.
        retries: bool,
    },
    /// Input from a peer was invalid (§5): `remote_connection_error`. The connection may stay open.
    ConnectionError {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The error, with Bro's message if it has one.
        reason: Box<str>,
    },
    /// A peer requested an event for the first time: `remote_event_registered`.
    EventRegistered {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The event's name.
        name: Name,
    },
    /// A peer requests a capture filter: `remote_capture_filter`. The application must apply it.
    CaptureFilter {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The filter in pcap's syntax.
        filter: Bytes,
    },
    /// Sync begins (§3.4). As the sender, and with [`StateSource::Application`], the application
    /// sends its state now and calls
    /// [`state_done`](super::NodeMachine::state_done).
    ///
    /// [`StateSource::Application`]: crate::connection::StateSource::Application
    SyncStarted {
        /// The peer.
        peer: Arc<EventPeer>,
        /// Our role.
        role: SyncRole,
    },
    /// A peer raised a declared event, and its input is accepted.
    Event {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The event.
        event: Event,
    },
    /// A peer's event was dropped, because its arguments are not those that are declared here. A
    /// [`ConnectionError`](Self::ConnectionError) comes before.
    EventRejected {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The event and the argument.
        error: Box<DispatchError>,
    },
    /// A peer's operation on synchronized state was applied: `remote_state_access_performed`.
    /// [`Store::get`](crate::state::Store::get) returns the new value of the operation's target.
    StateAccessPerformed {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The operation.
        access: Box<StateAccess>,
    },
    /// A peer's operation on synchronized state could not be applied and changed nothing. This is
    /// normal while operations cross, except for [`StateError::Type`]: then the peer declares the
    /// variable with another type, and a [`ConnectionError`](Self::ConnectionError) comes before.
    StateAccessRejected {
        /// The peer.
        peer: Arc<EventPeer>,
        /// Its target: a variable, or the unique ID of a container.
        target: Name,
        /// The reason.
        error: Box<StateError>,
    },
    /// The old value in a peer's change differed from the local value:
    /// `remote_state_inconsistency`. The change was still applied.
    StateInconsistency {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The difference.
        inconsistency: Box<Inconsistency>,
    },
    /// A table entry expired. The application should call its `&expire_func`, if any.
    Expired(Box<Expired>),
    /// A peer changed synchronized state, and we have requested sync. Only if the node itself has
    /// no [variables](super::NodeMachine::set_store).
    StateAccess {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The operation.
        access: Box<StateAccess>,
    },
    /// A peer answered a PING: `remote_pong`. The times are in seconds; see
    /// [`ConnectionNotification::Pong`](crate::connection::ConnectionNotification::Pong).
    Pong {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The sequence number of our PING.
        seq: u32,
        /// The time since our PING was issued.
        d1: f64,
        /// The time since our PING was written.
        d2: f64,
        /// The part of `d2` that the peer claims to have spent.
        d3: f64,
    },
    /// A peer sent an ID with its value (2§8).
    Id {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The ID.
        id: Arc<Id>,
    },
    /// A peer sent a packet (2§2).
    Packet {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The packet.
        packet: Packet,
    },
    /// A peer printed to files: `print_hook` for each item.
    RemotePrint {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The printed texts and their files.
        items: PrintItems,
    },
    /// A peer announced a log writer (§2.13, 3§1): the beginning of a log. Repeated announcements
    /// on the same connection are ignored.
    LogWriterAnnounced {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The stream, the path and the columns.
        writer: Arc<LogWriter>,
    },
    /// A peer sent an entry of an announced log (§2.14, 3§2), regardless of
    /// [`accept_input`](super::PeerConfig::accept_input).
    LogEntry {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The writer to which it belongs.
        writer: Arc<LogWriter>,
        /// The values of the writer's columns. They share the message's buffer.
        values: LogValues,
    },
    /// A peer reached a point of its trace (§2.11).
    SyncPoint {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The point.
        point: SyncPoint,
    },
    /// The node listens at this endpoint.
    Listening(Endpoint),
    /// A line for the communication log: `remote_log` and `remote_log_peer`.
    Log(Box<CommLogEntry>),
    /// [`terminate_communication`](super::NodeMachine::terminate_communication) is done: all
    /// connections are closed. This is the last notification.
    Terminated {
        /// The peers that did not receive their whole queue in time.
        undelivered: Vec<PeerId>,
    },
}

/// An action for the transport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Connect, and report the result with [`feed_connected`](super::NodeMachine::feed_connected)
    /// or [`feed_connect_failed`](super::NodeMachine::feed_connect_failed).
    Connect {
        /// The ID of the connection.
        connection: ConnectionId,
        /// The endpoint to connect to.
        endpoint: Endpoint,
        /// The TCP keep-alive settings.
        keep_alive: Option<KeepAlive>,
    },
    /// Cancel an attempt to connect.
    CancelConnect(ConnectionId),
    /// Listen, and report the result with [`feed_listening`](super::NodeMachine::feed_listening) or
    /// [`feed_listen_failed`](super::NodeMachine::feed_listen_failed). There may be several, one
    /// socket each.
    Listen(ListenTarget),
    /// Close all listening sockets.
    StopListening,
}

/// A listening socket that the transport must open.
///
/// Displayed as in the communication log: `0.0.0.0:47757 (clear)`, `[fe80::1%eth0]:47757 (ssl)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListenTarget {
    /// The address and port. For port 0 the system chooses one.
    pub endpoint: Endpoint,
    /// Whether to set `IPV6_V6ONLY`, as for every IPv6 socket.
    pub v6_only: bool,
    /// Whether peers must use TLS, which the node itself handles.
    pub ssl: bool,
}

impl fmt::Display for ListenTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.endpoint, if self.ssl { "ssl" } else { "clear" })
    }
}

impl Options {
    /// Returns the listening sockets, whether or not [`listen`](Self::listen) is on. For a
    /// wildcard, these are the IPv4 wildcard and, if [`listen_ipv6`](Self::listen_ipv6) is on, the
    /// IPv6 wildcard; otherwise the interface.
    ///
    /// Returns none if the interface is IPv6 and `listen_ipv6` is off, which
    /// [`validate`](super::NodeConfig::validate) reports.
    pub fn listen_targets(&self) -> Vec<ListenTarget> {
        let interface = self.listen_interface;
        let addresses: &[IpAddr] = if interface.is_unspecified() {
            &[IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)]
        } else {
            &[interface]
        };
        let zone = Some(&self.listen_ipv6_zone_id).filter(|zone| !zone.is_empty());
        addresses
            .iter()
            .filter(|address| address.is_ipv4() || self.listen_ipv6)
            .map(|&address| ListenTarget {
                endpoint: Endpoint {
                    host: address,
                    zone: zone
                        .filter(|_| address.is_ipv6() && !address.is_unspecified())
                        .map(|zone| zone.as_str().into()),
                    port: self.listen_port,
                },
                v6_only: address.is_ipv6(),
                ssl: self.listen_ssl,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(interface: &str, listen_ipv6: bool, zone: &str) -> Vec<String> {
        let options = Options {
            listen_interface: interface.parse().unwrap(),
            listen_ipv6,
            listen_ipv6_zone_id: zone.into(),
            ..Options::default()
        };
        let targets = options.listen_targets();
        assert!(targets.iter().all(|target| target.v6_only == target.endpoint.host.is_ipv6()));
        targets.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_wildcard_is_for_ipv4_unless_ipv6_is_on() {
        let v4 = "0.0.0.0:47757 (clear)";
        for wildcard in ["0.0.0.0", "::"] {
            assert_eq!(shown(wildcard, false, ""), [v4]);
            assert_eq!(shown(wildcard, true, ""), [v4, "[::]:47757 (clear)"]);
        }
    }

    #[test]
    fn an_interface_gives_one_socket_of_its_family() {
        assert_eq!(shown("192.0.2.1", true, ""), ["192.0.2.1:47757 (clear)"]);
        assert_eq!(shown("2001:db8::1", true, ""), ["[2001:db8::1]:47757 (clear)"]);
        assert_eq!(shown("fe80::1", true, "eth0"), ["[fe80::1%eth0]:47757 (clear)"]);
        assert_eq!(shown("2001:db8::1", false, ""), [""; 0]);
    }

    #[test]
    fn tls_and_port_are_taken_from_the_options() {
        let options = Options { listen_ssl: true, listen_port: 0, ..Options::default() };
        let shown: Vec<String> = options.listen_targets().iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["0.0.0.0:0 (ssl)"]);
    }
}
