//! Actions that the transport performs for a node, and the sockets to listen on.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{ConnectionId, Endpoint, KeepAlive, Options};

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
