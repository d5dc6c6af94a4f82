//! Addresses on the command line.

pub(crate) use brocomm_transport::address::{PORT, parse};
pub(crate) use brocomm_transport::naming::resolve;

/// Parses the address of a peer to connect to.
pub(crate) fn parse_peer(text: &str) -> Result<String, String> {
    match parse(text)? {
        address if address.ends_with(":0") => {
            Err("a peer cannot listen on port 0: must be 1 to 65535".to_owned())
        }
        address => Ok(address),
    }
}

/// Parses an address with a mandatory port.
pub(crate) fn parse_with_port(text: &str) -> Result<String, String> {
    match parse(text)? {
        address if address == text => Ok(address),
        _ => Err("a port is missing; write `HOST:PORT`, or `[IPV6]:PORT`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_have_a_port() {
        for text in ["h:0", "[::1]:0", "10.0.0.1:00000"] {
            assert!(parse_peer(text).unwrap_err().contains("port 0"), "{text}");
            assert!(parse(text).is_ok(), "{text}");
        }
        for text in ["h", "::", "[fe80::%1]:10", "10.0.0.0"] {
            assert_eq!(parse_peer(text), parse(text));
        }
    }

    #[test]
    fn a_missing_port_is_an_error() {
        for text in ["127.0.0.1:0", "[::1]:9100", "localhost:9100"] {
            assert_eq!(parse_with_port(text).as_deref(), Ok(text));
        }
        for text in ["127.0.0.1", "::1", "[::1]", "localhost"] {
            assert!(parse_with_port(text).unwrap_err().starts_with("a port is missing"), "{text}");
        }
        assert_eq!(parse_with_port("x:y"), parse("x:y"));
    }
}
