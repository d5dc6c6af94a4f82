//! The address of a Zeek's WebSocket server.

use std::fmt;
use std::str::FromStr;

use brocomm_zeek::client::API_PATH;

use crate::address;

/// The default port of zeekctl.
const PORT: u16 = 27_759;

/// The URL of a Zeek's WebSocket server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Url {
    /// Whether TLS is used.
    pub(crate) secure: bool,
    /// The name or address, and the port, as in `localhost:27759`.
    pub(crate) authority: String,
    /// The path.
    pub(crate) path: String,
}

impl Url {
    /// Returns whether a text is meant to be such a URL.
    pub(crate) fn is_meant(text: &str) -> bool {
        text.contains("://")
    }

    /// Returns the name or address without the port, which a certificate has to be for.
    pub(crate) fn host(&self) -> &str {
        let host = self.authority.rsplit_once(':').map_or("", |(host, _)| host);
        host.trim_start_matches('[').trim_end_matches(']')
    }
}

impl FromStr for Url {
    type Err = String;

    fn from_str(text: &str) -> Result<Url, String> {
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| format!("expected ws://HOST:PORT{API_PATH}, found `{text}`"))?;
        let secure = match scheme {
            "ws" => false,
            "wss" => true,
            _ => return Err(format!("expected ws:// or wss://, found `{scheme}://`")),
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, API_PATH),
        };
        let has_port = authority.rsplit(']').next().is_some_and(|rest| rest.contains(':'));
        let authority = if has_port { authority.to_owned() } else { format!("{authority}:{PORT}") };
        let authority = address::parse_peer(&authority)?;
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("the path must not contain blanks".to_owned());
        }
        Ok(Url { secure, authority, path: path.to_owned() })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "wss" } else { "ws" };
        write!(f, "{scheme}://{}{}", self.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_and_path_have_the_defaults_of_zeek() {
        for (text, expected) in [
            ("ws://h", "ws://h:27759/v1/messages/json"),
            ("ws://h:1", "ws://h:1/v1/messages/json"),
            ("wss://10.0.0.1:9/x", "wss://10.0.0.1:9/x"),
            ("ws://[::1]", "ws://[::1]:27759/v1/messages/json"),
            ("ws://[::1]:5/", "ws://[::1]:5/"),
        ] {
            assert_eq!(text.parse::<Url>().unwrap().to_string(), expected);
        }
        assert_eq!("wss://[::1]:5".parse::<Url>().unwrap().host(), "::1");
        for text in ["h:1", "http://h:1", "ws://", "ws://h:x", "ws://h:0", "ws://h:1/a b"] {
            assert!(text.parse::<Url>().is_err(), "{text}");
        }
    }
}
