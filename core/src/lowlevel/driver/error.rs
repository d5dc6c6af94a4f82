//! Transport errors.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use thiserror::Error;

use crate::ConfigErrors;
use crate::connection::ConfigError;
use crate::data::{CallError, ConversionError, Name, SignatureError};
use crate::logs::StreamError;
use crate::node::NodeConfigError;
use crate::notation::ParseError;
use crate::pattern::PatternError;
use crate::state::StateError;

/// A failure of the transport, with the address and the cause.
///
/// The end of an established connection is not an error of this type, but a
/// [`Notification::Closed`](crate::connection::ConnectionNotification::Closed).
#[derive(Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The address does not have the form `host:port`, or the host name cannot be resolved.
    #[error("cannot resolve {}: {cause}", if address.is_empty() { "\"\"" } else { address })]
    Resolve {
        /// The address as given.
        address: String,
        /// The resolver's error.
        cause: Cause,
    },
    /// The host name has no address.
    #[error("{address} has no address")]
    NoAddress {
        /// The address as given.
        address: String,
    },
    /// The connection was refused or failed.
    #[error("cannot connect to {}: {cause}", Tried(.address, *.tried))]
    Connect {
        /// The address as given.
        address: String,
        /// The last address tried.
        tried: SocketAddr,
        /// The error.
        cause: Cause,
    },
    /// The attempt timed out.
    #[error("cannot connect to {address}: no answer within {} s", .timeout.as_secs_f64())]
    ConnectTimedOut {
        /// The address as given.
        address: String,
        /// The timeout.
        timeout: Duration,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {}: {cause}", Tried(.address, *.tried))]
    Bind {
        /// The address as given.
        address: String,
        /// The last address tried.
        tried: SocketAddr,
        /// The error.
        cause: Cause,
    },
    /// A connection cannot be accepted. The listener still listens.
    #[error("cannot accept on {local}: {cause}")]
    Accept {
        /// The listening address.
        local: SocketAddr,
        /// The error.
        cause: Cause,
    },
    /// A system call for setting up or waiting for a socket failed.
    #[error("cannot {doing}: {cause}")]
    System {
        /// A description of the operation.
        doing: &'static str,
        /// The error.
        cause: Cause,
    },
    /// The configuration is invalid.
    #[error("configuration: {0}")]
    Config(ConfigErrors<ConfigError>),
}

crate::errors::debug_as_display!(TransportError);

/// The reason why a node cannot start.
///
/// `Debug` gives the message too, because a program whose `main` returns the error prints that.
#[derive(Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration is invalid.
    #[error("configuration: {0}")]
    NodeConfig(ConfigErrors<NodeConfigError>),
    /// The address of a peer, or the address to listen on, cannot be resolved.
    #[error(transparent)]
    Address(TransportError),
    /// The declarations are malformed.
    #[error("declarations: {0}")]
    Declarations(ParseError),
    /// The pattern of the events to request is malformed.
    #[error("events: {0}")]
    Events(PatternError),
    /// A variable cannot be shared.
    #[error("variables: {0}")]
    State(StateError),
    /// A log cannot be declared.
    #[error("logs: {0}")]
    Log(StreamError),
    /// A log was declared with something else than its path.
    #[error("logs: {0}")]
    LogPath(#[from] LogPathError),
    /// The node listens and expects something of its peers, but accepts no input from any host.
    #[error(
        "the node listens, but ignores what peers send, so it would not get {what}; \
         name their hosts with `accept`"
    )]
    IgnoresPeers {
        /// What would be missing.
        what: &'static str,
    },
    /// A system call failed.
    #[error("cannot {doing}: {cause}")]
    System {
        /// A description of the operation.
        doing: &'static str,
        /// The error.
        cause: Cause,
    },
}

crate::errors::debug_as_display!(StartError);

/// The reason why a subscriber would never receive anything.
#[derive(Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// The event is not declared, or a parameter differs from its declaration.
    #[error(transparent)]
    Event(#[from] SignatureError),
    /// This is not the path of a log.
    #[error(transparent)]
    LogPath(#[from] LogPathError),
    /// The node requests this from no peer.
    #[error("the node does not request {what} from any peer; call `{method}` on its builder")]
    NotRequested {
        /// The event's name, or `logs`.
        what: Name,
        /// The method of the builder that requests it.
        method: &'static str,
    },
}

crate::errors::debug_as_display!(SubscribeError);

/// The ID of a log stream, or the name of a log's file, in place of the log's path.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected the path of a log, such as `{expected}`, found `{found}`")]
pub struct LogPathError {
    /// A path: that of the file, or the part of the ID that Bro makes paths from, in lower case.
    pub expected: String,
    /// What was given, such as `Conn::LOG` or `conn.log`.
    pub found: Name,
}

impl LogPathError {
    /// Checks that a name can be the path of a log.
    ///
    /// # Errors
    /// It is the ID of a log stream, such as `Conn::LOG` for `conn` or `Notice::ALARM_LOG` for
    /// `alarm`, or the name of a log's file.
    pub fn check(found: &Name) -> Result<(), LogPathError> {
        let name = String::from_utf8_lossy(found);
        let expected = match name.split_once("::") {
            Some((module, "LOG")) => Some(module.to_lowercase()),
            Some((_, id)) => id.strip_suffix("_LOG").map(str::to_lowercase),
            None => name.strip_suffix(".log").map(str::to_owned),
        };
        expected.map_or(Ok(()), |expected| Err(LogPathError { expected, found: found.clone() }))
    }
}

/// The reason why a request got no answer.
#[derive(Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The event does not match its declaration.
    #[error("{0}")]
    Event(#[from] CallError),
    /// No peer in phase Running has requested the event.
    #[error("no peer has requested the event")]
    NobodyAsked,
    /// The answer does not match the requested Rust type.
    #[error("answer: {0}")]
    Answer(ConversionError),
    /// No answer arrived in time.
    #[error("no answer within {} s", .timeout.as_secs_f64())]
    TimedOut {
        /// The timeout.
        timeout: Duration,
    },
    /// The node has ended.
    #[error("communication is terminated")]
    Terminated,
}

crate::errors::debug_as_display!(RequestError);

/// The cause of a failure: an [`io::Error`] that can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The kind of error, for programs.
    pub kind: io::ErrorKind,
    /// The message, for people.
    pub text: Box<str>,
}

impl From<&io::Error> for Cause {
    fn from(error: &io::Error) -> Cause {
        let text = error.to_string();
        // Drops the error number, and text that other libraries add after a colon.
        let text = text.split(" (os error ").next().unwrap_or_default();
        let text = text.rsplit(": ").next().unwrap_or_default();
        let mut chars = text.chars();
        let text = match chars.next() {
            Some(first) if chars.clone().next().is_some_and(char::is_lowercase) => {
                first.to_lowercase().chain(chars).collect()
            }
            _ => text.to_owned(),
        };
        Cause { kind: error.kind(), text: text.into() }
    }
}

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Cause {
        Cause::from(&error)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Prints an address as given, and the resolved one if it differs.
struct Tried<'a>(&'a str, SocketAddr);

impl fmt::Display for Tried<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tried(given, tried) = self;
        if *given == tried.to_string() {
            f.write_str(given)
        } else {
            write!(f, "{given} ({tried})")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_readable() {
        let resolver = "failed to lookup address information: Name or service not known";
        let cause = Cause::from(io::Error::other(resolver));
        assert_eq!(cause.to_string(), "name or service not known");
        #[cfg(target_os = "linux")]
        assert_eq!(
            Cause::from(io::Error::from_raw_os_error(111)).to_string(),
            "connection refused"
        );
        assert_eq!(Cause::from(io::Error::other("IO")).to_string(), "IO");
    }

    #[test]
    fn an_error_contains_the_given_and_the_resolved_address() {
        let error = |address: &str| TransportError::Connect {
            address: address.into(),
            tried: SocketAddr::from(([127, 0, 0, 1], 47757)),
            cause: io::Error::other("connection refused").into(),
        };
        assert_eq!(
            error("localhost:47757").to_string(),
            "cannot connect to localhost:47757 (127.0.0.1:47757): connection refused"
        );
        assert_eq!(
            error("127.0.0.1:47757").to_string(),
            "cannot connect to 127.0.0.1:47757: connection refused"
        );
    }
}
