//! Zones of IPv6 addresses (RFC 4007): names of interfaces and their numbers.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6, ToSocketAddrs};

use brocomm::node::{Endpoint, NodeMachine};

/// Returns the address of an endpoint with the number of its zone.
///
/// # Errors
/// `NotFound` if there is no such zone.
pub fn address_of(endpoint: &Endpoint) -> io::Result<SocketAddr> {
    match (endpoint.host, endpoint.zone.as_deref()) {
        (IpAddr::V6(host), Some(zone)) => {
            let scope = scope_of(zone)?;
            Ok(SocketAddrV6::new(host, endpoint.port, 0, scope).into())
        }
        (host, _) => Ok(SocketAddr::new(host, endpoint.port)),
    }
}

/// Parses `[IPV6%ZONE]:PORT`, where the zone is a number or the name of an interface. Returns
/// `None` if the text has another form.
///
/// # Errors
/// `NotFound` if there is no such zone.
pub fn parse(address: &str) -> Option<io::Result<SocketAddr>> {
    let (host, port) = address.strip_prefix('[')?.rsplit_once("]:")?;
    let (host, zone) = host.split_once('%')?;
    let (host, port) = (host.parse::<Ipv6Addr>().ok()?, port.parse().ok()?);
    Some(scope_of(zone).map(|scope| SocketAddrV6::new(host, port, 0, scope).into()))
}

/// Returns the zone within `[IPV6%ZONE]`, with or without a port.
pub fn within(address: &str) -> Option<String> {
    let (host, _) = address.strip_prefix('[')?.split_once(']')?;
    host.split_once('%').map(|(_, zone)| zone.to_owned())
}

/// Returns the number of a zone given by number or by interface name.
fn scope_of(zone: &str) -> io::Result<u32> {
    if let Ok(scope) = zone.parse() {
        return Ok(scope);
    }
    // The system's resolver knows the interfaces, and resolves a numeric address without asking a
    // server. It accepts zones with link-local addresses only.
    let scope = (format!("fe80::1%{zone}"), 0).to_socket_addrs().ok().and_then(|mut found| {
        found.find_map(|address| match address {
            SocketAddr::V6(address) => Some(address.scope_id()),
            SocketAddr::V4(_) => None,
        })
    });
    let unknown =
        || io::Error::new(io::ErrorKind::NotFound, format!("no network interface {zone:?}"));
    scope.filter(|scope| *scope != 0).ok_or_else(unknown)
}

/// Returns the zone of a peer's address: its name in a peer entry, or else its number.
pub fn zone_of(address: SocketAddr, node: &NodeMachine) -> Option<Box<str>> {
    let SocketAddr::V6(address) = address else { return None };
    let scope = address.scope_id();
    if scope == 0 {
        return None;
    }
    let mut zones = node.nodes().filter_map(|(_, entry)| entry.zone_id.as_deref());
    let named = zones.find(|zone| scope_of(zone).is_ok_and(|it| it == scope));
    Some(named.map_or_else(|| scope.to_string(), str::to_owned).into())
}

#[cfg(test)]
mod tests {
    use brocomm::node::{NodeConfig, PeerConfig};

    use super::*;

    #[test]
    fn zones_are_numbers_or_names() {
        let link_local: Ipv6Addr = "fe80::1".parse().unwrap();
        let in_zone = |zone: &str| {
            let endpoint =
                Endpoint { zone: Some(zone.into()), ..Endpoint::new(link_local.into(), 7) };
            address_of(&endpoint).map_err(|error| error.to_string())
        };
        assert_eq!(in_zone("3"), Ok(SocketAddrV6::new(link_local, 7, 0, 3).into()));
        assert_eq!(in_zone("nonesuch"), Err("no network interface \"nonesuch\"".to_owned()));
        // Every Linux system has this interface.
        #[cfg(target_os = "linux")]
        assert_eq!(in_zone("lo"), Ok(SocketAddrV6::new(link_local, 7, 0, 1).into()));
        let global = Endpoint::new([192, 0, 2, 1].into(), 7);
        assert_eq!(address_of(&global).ok(), Some(SocketAddr::from(([192, 0, 2, 1], 7))));
    }

    #[test]
    fn addresses_with_zones_are_read() {
        let read =
            |text: &str| parse(text).map(|address| address.map_err(|error| error.to_string()));
        let address = |host: &str, scope| {
            Some(Ok(SocketAddrV6::new(host.parse().unwrap(), 7, 0, scope).into()))
        };
        assert_eq!(read("[fe80::1%3]:7"), address("fe80::1", 3));
        #[cfg(target_os = "linux")]
        for host in ["fe80::1", "::1", "2001:db8::1", "ff02::1"] {
            assert_eq!(read(&format!("[{host}%lo]:7")), address(host, 1));
        }
        for zone in ["nonesuch", "", "a b", "lo%lo"] {
            let unknown = format!("no network interface {zone:?}");
            assert_eq!(read(&format!("[fe80::1%{zone}]:7")), Some(Err(unknown)));
        }
        for other in
            ["[::1]:7", "name:7", "fe80::1%lo", "[192.0.2.1%lo]:7", "[::1%lo]", "[::1%lo]:x"]
        {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn zone_names_are_taken_from_the_peer_entries() {
        let link_local: Ipv6Addr = "fe80::1".parse().unwrap();
        let entry = PeerConfig { zone_id: Some("lo".into()), ..PeerConfig::new(link_local.into()) };
        let nodes = vec![("peer".to_owned(), entry)];
        let node = NodeMachine::new(NodeConfig { nodes, ..NodeConfig::default() }).unwrap();
        let zone = |scope| zone_of(SocketAddrV6::new(link_local, 7, 0, scope).into(), &node);
        assert_eq!(zone(0), None);
        assert_eq!(zone(12345).as_deref(), Some("12345"));
        #[cfg(target_os = "linux")]
        assert_eq!(zone(1).as_deref(), Some("lo"));
    }
}
