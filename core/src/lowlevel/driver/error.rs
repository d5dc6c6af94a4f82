//! What can go wrong between two hosts.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use thiserror::Error;

use crate::ConfigErrors;
use crate::connection::ConfigError;
use crate::data::{CallError, ConversionError};
use crate::logs::StreamError;
use crate::node::NodeConfigError;
use crate::notation::ParseError;
use crate::pattern::PatternError;
use crate::state::StateError;

/// What failed, with which address, and why.
///
/// What ends a connection that was established is no error of this kind: it comes as
/// [`Notification::Closed`](crate::connection::Notification::Closed).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The address is not of the form `host:port`, or the host's name is not known.
    #[error("cannot resolve {address}: {cause}")]
    Resolve {
        /// The address as it was given.
        address: String,
        /// What the resolver says.
        cause: Cause,
    },
    /// The host's name is known but has no address.
    #[error("{address} has no address")]
    NoAddress {
        /// The address as it was given.
        address: String,
    },
    /// Nobody there accepts the connection.
    #[error("cannot connect to {}: {cause}", Tried(.address, *.tried))]
    Connect {
        /// The address as it was given.
        address: String,
        /// What was tried last.
        tried: SocketAddr,
        /// What happened then.
        cause: Cause,
    },
    /// There was no answer in time.
    #[error("cannot connect to {address}: no answer within {} s", .timeout.as_secs_f64())]
    ConnectTimedOut {
        /// The address as it was given.
        address: String,
        /// The time that was allowed.
        timeout: Duration,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {}: {cause}", Tried(.address, *.tried))]
    Bind {
        /// The address as it was given.
        address: String,
        /// What was tried last.
        tried: SocketAddr,
        /// What happened then.
        cause: Cause,
    },
    /// A connection cannot be accepted. The listener still listens.
    #[error("cannot accept on {local}: {cause}")]
    Accept {
        /// Where we listen.
        local: SocketAddr,
        /// What happened.
        cause: Cause,
    },
    /// The system does not let us set up a socket, or wait for it.
    #[error("cannot {doing}: {cause}")]
    System {
        /// What we were doing, in words.
        doing: &'static str,
        /// What happened.
        cause: Cause,
    },
    /// The configuration makes no sense.
    #[error("configuration: {0}")]
    Config(ConfigErrors<ConfigError>),
}

/// Why a node does not begin.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration makes no sense.
    #[error("configuration: {0}")]
    NodeConfig(ConfigErrors<NodeConfigError>),
    /// A peer's address, or the one to listen on, is not known.
    #[error(transparent)]
    Address(TransportError),
    /// The declarations are not Bro's notation.
    #[error("declarations: {0}")]
    Declarations(ParseError),
    /// The names of the events to request make no pattern.
    #[error("events: {0}")]
    Events(PatternError),
    /// A variable cannot be shared.
    #[error("variables: {0}")]
    State(StateError),
    /// A log cannot be declared.
    #[error("logs: {0}")]
    Log(StreamError),
    /// The system does not let us run it.
    #[error("cannot {doing}: {cause}")]
    System {
        /// What we were doing, in words.
        doing: &'static str,
        /// What happened.
        cause: Cause,
    },
}

/// Why there is no answer to an event.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The event does not fit its declaration.
    #[error("{0}")]
    Event(#[from] CallError),
    /// No peer that is Running has requested the event.
    #[error("no peer has requested the event")]
    NobodyAsked,
    /// The answer does not fit the Rust type that was asked for.
    #[error("answer: {0}")]
    Answer(ConversionError),
    /// There was no answer in time.
    #[error("no answer within {} s", .timeout.as_secs_f64())]
    TimedOut {
        /// The time that was allowed.
        timeout: Duration,
    },
    /// The node has ended.
    #[error("communication is terminated")]
    Terminated,
}

/// Why the system refused something, in words: an [`io::Error`] that can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What kind of failure it is, for programs.
    pub kind: io::ErrorKind,
    /// What happened, for people.
    pub text: Box<str>,
}

impl From<&io::Error> for Cause {
    fn from(error: &io::Error) -> Cause {
        let text = error.to_string();
        // The number is for programs, and a colon may lead to what another library says.
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

/// Prints an address as it was given, and what became of it if that differs.
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
    fn causes_are_for_people() {
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
    fn an_address_is_named_as_given_and_as_found() {
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
