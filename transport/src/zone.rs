//! Zones of IPv6 addresses (RFC 4007), which the system numbers and people name.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6, ToSocketAddrs};

use brocomm::node::{Communication, Endpoint};

/// Returns the address of an endpoint, with its zone as a number.
///
/// # Errors
/// `NotFound` if there is no such zone.
pub fn address_of(endpoint: &Endpoint) -> io::Result<SocketAddr> {
    match (endpoint.host, endpoint.zone.as_deref()) {
        (IpAddr::V6(host), Some(zone)) => {
            let scope = scope_of(host, zone)?;
            Ok(SocketAddrV6::new(host, endpoint.port, 0, scope).into())
        }
        (host, _) => Ok(SocketAddr::new(host, endpoint.port)),
    }
}

/// Returns the number of a zone, which is a number or the name of an interface.
fn scope_of(host: Ipv6Addr, zone: &str) -> io::Result<u32> {
    if let Ok(scope) = zone.parse() {
        return Ok(scope);
    }
    // The system's resolver knows interfaces; with an address it asks nobody.
    let scope = (format!("{host}%{zone}"), 0).to_socket_addrs().ok().and_then(|mut found| {
        found.find_map(|address| match address {
            SocketAddr::V6(address) => Some(address.scope_id()),
            SocketAddr::V4(_) => None,
        })
    });
    let unknown = || io::Error::new(io::ErrorKind::NotFound, format!("no such zone {zone:?}"));
    scope.filter(|scope| *scope != 0).ok_or_else(unknown)
}

/// Returns the zone of an address that a peer connected from: as an entry calls it, or its number.
pub fn zone_of(address: SocketAddr, node: &Communication) -> Option<Box<str>> {
    let SocketAddr::V6(address) = address else { return None };
    let scope = address.scope_id();
    if scope == 0 {
        return None;
    }
    let mut zones = node.nodes().filter_map(|(_, entry)| entry.zone_id.as_deref());
    let named = zones.find(|zone| scope_of(*address.ip(), zone).is_ok_and(|it| it == scope));
    Some(named.map_or_else(|| scope.to_string(), str::to_owned).into())
}

#[cfg(test)]
mod tests {
    use brocomm::node::{Configuration, Node};

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
        assert_eq!(in_zone("nonesuch"), Err("no such zone \"nonesuch\"".to_owned()));
        // Every Linux has this one.
        #[cfg(target_os = "linux")]
        assert_eq!(in_zone("lo"), Ok(SocketAddrV6::new(link_local, 7, 0, 1).into()));
        let global = Endpoint::new([192, 0, 2, 1].into(), 7);
        assert_eq!(address_of(&global).ok(), Some(SocketAddr::from(([192, 0, 2, 1], 7))));
    }

    #[test]
    fn a_zone_is_called_what_the_entries_call_it() {
        let link_local: Ipv6Addr = "fe80::1".parse().unwrap();
        let entry = Node { zone_id: Some("lo".into()), ..Node::new(link_local.into()) };
        let nodes = vec![("peer".to_owned(), entry)];
        let node = Communication::new(Configuration { nodes, ..Configuration::default() }).unwrap();
        let zone = |scope| zone_of(SocketAddrV6::new(link_local, 7, 0, scope).into(), &node);
        assert_eq!(zone(0), None);
        assert_eq!(zone(12345).as_deref(), Some("12345"));
        #[cfg(target_os = "linux")]
        assert_eq!(zone(1).as_deref(), Some("lo"));
    }
}
