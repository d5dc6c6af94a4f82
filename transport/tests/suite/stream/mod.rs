//! The streams that the suite runs over.

#[cfg(feature = "tls")]
mod tls;

use std::process::Command;

use brocomm::lowlevel::connection::ConnectionConfig;
use brocomm::node::NodeConfig;

/// The layer between the sockets and the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Clear,
    #[cfg(feature = "tls")]
    Tls,
}

impl Stream {
    pub(crate) fn is_clear(self) -> bool {
        self == Stream::Clear
    }

    /// Returns the start of a long message: a chunk of one megabyte (§1.1), or a TLS record of the
    /// maximum length with a handshake message (RFC 5246, section 6.2.1).
    pub(crate) fn long_message(self) -> &'static [u8] {
        match self {
            Stream::Clear => &[0, 0x10],
            #[cfg(feature = "tls")]
            Stream::Tls => &[22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, 3, 3],
        }
    }

    /// Returns the configuration of a node with this stream.
    pub(crate) fn node(self, configuration: NodeConfig) -> NodeConfig {
        match self {
            Stream::Clear => configuration,
            #[cfg(feature = "tls")]
            Stream::Tls => tls::node(configuration),
        }
    }

    /// Returns the configuration of a single connection with this stream.
    pub(crate) fn peer(self, config: ConnectionConfig) -> ConnectionConfig {
        match self {
            Stream::Clear => config,
            #[cfg(feature = "tls")]
            Stream::Tls => tls::peer(config),
        }
    }

    /// Configures a child process that [is invited](Self::is_invited).
    pub(crate) fn invite(self, process: &mut Command) {
        match self {
            Stream::Clear => {}
            #[cfg(feature = "tls")]
            Stream::Tls => tls::invite(process),
        }
        process.env(INVITED, format!("{self:?}"));
    }

    /// Returns whether a test has started this process to run over this stream.
    pub(crate) fn is_invited(self) -> bool {
        std::env::var(INVITED).is_ok_and(|stream| stream == format!("{self:?}"))
    }
}

/// The environment variable with the stream of a child process.
const INVITED: &str = "BROCOMM_TEST_STREAM";
