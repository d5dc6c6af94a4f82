//! Parsing of addresses.

use std::net::Ipv6Addr;

/// The protocol's assigned port.
pub const PORT: u16 = 47757;

/// Parses `HOST`, `HOST:PORT`, `[IPV6]`, `[IPV6]:PORT` or `IPV6`, where an IPv6 address may have a
/// zone. Returns it with a port, [`PORT`] by default.
///
/// # Errors
/// A message that says what is wrong and what is allowed.
pub fn parse(text: &str) -> Result<String, String> {
    if is_ipv6(text) {
        check_zone(text)?;
        return Ok(format!("[{text}]:{PORT}"));
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or("a `]` is missing")?;
            if !is_ipv6(host) {
                return Err(format!("`{host}` is not an IPv6 address"));
            }
            check_zone(host)?;
            (format!("[{host}]"), port.strip_prefix(':').or(port.is_empty().then_some("")))
        }
        None => match text.split_once(':') {
            Some((_, port)) if port.contains(':') => {
                return Err("an IPv6 address with a port is written `[IPV6]:PORT`".to_owned());
            }
            Some((host, port)) => (host.to_owned(), Some(port)),
            None => (text.to_owned(), Some("")),
        },
    };
    if host.is_empty() {
        return Err("a host is missing; write `HOST` or `HOST:PORT`".to_owned());
    }
    // The system takes a number for an address.
    if host.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("`{host}` is not a host; a port is written `HOST:PORT`"));
    }
    if host.contains(['/', '*']) {
        return Err(format!("`{host}` is not a host; name each host by itself"));
    }
    match port {
        Some("") if !text.ends_with(':') => Ok(format!("{host}:{PORT}")),
        Some(port) => match port.parse::<u16>() {
            Ok(port) => Ok(format!("{host}:{port}")),
            Err(_) => Err(format!("`{port}` is not a port: must be 0 to 65535")),
        },
        None => Err("after `]` only `:PORT` may follow".to_owned()),
    }
}

/// Returns whether a text is an IPv6 address with or without a zone, such as `fe80::1%eth0`.
fn is_ipv6(text: &str) -> bool {
    let (address, zone) = text.split_once('%').unwrap_or((text, "none"));
    address.parse::<Ipv6Addr>().is_ok() && !zone.is_empty()
}

/// Checks that a link-local address has a zone.
fn check_zone(ipv6: &str) -> Result<(), String> {
    match ipv6.parse::<Ipv6Addr>() {
        Ok(address) if address.is_unicast_link_local() => {
            Err(format!("`{ipv6}` is link-local; name the interface to use, as in `{ipv6}%eth0`"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_optional() {
        for (text, address) in [
            ("sensor", "sensor:47757"),
            ("sensor:1", "sensor:1"),
            ("10.0.0.1", "10.0.0.1:47757"),
            ("::1", "[::1]:47757"),
            ("[::1]", "[::1]:47757"),
            ("[::1]:5", "[::1]:5"),
            ("fe80::1%eth0", "[fe80::1%eth0]:47757"),
            ("[fe80::1%eth0]", "[fe80::1%eth0]:47757"),
            ("[fe80::1%2]:5", "[fe80::1%2]:5"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(address));
        }
    }

    #[test]
    fn invalid_addresses_are_explained() {
        for (text, error) in [
            ("", "a host is missing; write `HOST` or `HOST:PORT`"),
            (":5", "a host is missing; write `HOST` or `HOST:PORT`"),
            ("h:", "`` is not a port: must be 0 to 65535"),
            ("h:70000", "`70000` is not a port: must be 0 to 65535"),
            ("47757", "`47757` is not a host; a port is written `HOST:PORT`"),
            ("0:47757", "`0` is not a host; a port is written `HOST:PORT`"),
            ("10.0.0.0/8", "`10.0.0.0/8` is not a host; name each host by itself"),
            ("*", "`*` is not a host; name each host by itself"),
            ("::1:47757", "an IPv6 address with a port is written `[IPV6]:PORT`"),
            ("10.0.0.1:5:6", "an IPv6 address with a port is written `[IPV6]:PORT`"),
            ("[::1", "a `]` is missing"),
            ("[x]:1", "`x` is not an IPv6 address"),
            ("[fe80::1%]:1", "`fe80::1%` is not an IPv6 address"),
            ("[192.0.2.1%eth0]:1", "`192.0.2.1%eth0` is not an IPv6 address"),
            (
                "[fe80::1]",
                "`fe80::1` is link-local; name the interface to use, as in `fe80::1%eth0`",
            ),
            ("fe80::9", "`fe80::9` is link-local; name the interface to use, as in `fe80::9%eth0`"),
            ("[::1]5", "after `]` only `:PORT` may follow"),
        ] {
            assert_eq!(parse(text), Err(error.to_owned()));
        }
    }
}
