//! The configuration of a connection.

use std::sync::Arc;

use bytes::Bytes;
use thiserror::Error;

use super::SyncRequest;
use crate::ConfigErrors;
use crate::data::{CallError, Declarations, Event, Name, Origin, TypeTag, Value, check_arguments};
use crate::logs::LogLimits;
use crate::wire::{Caps, Compression, DataFormat, Framing};
use crate::{serial, wire};

/// The event whose request enables prints to files (§3.5). A Bro always knows it.
pub(crate) const PRINT_HOOK: &[u8] = b"print_hook";

/// The configuration of a connection.
///
/// Plain data with a default for each field. [`validate`](Self::validate) finds errors. Fields may
/// be added, and some depend on features, so end a literal with `..ConnectionConfig::default()`:
///
/// ```
/// use brocomm::lowlevel::connection::{ConnectionConfig, Requests};
///
/// let config = ConnectionConfig {
///     description: "sensor".into(),
///     requests: Requests { events: vec!["scan_seen".into()], ..Requests::default() },
///     ..ConnectionConfig::default()
/// };
/// assert_eq!(config.validate(), Ok(()));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionConfig {
    /// Our `peer_description`. Default `bro`. If empty, as for a Broccoli, none is sent (§3.1).
    pub description: Name,
    /// Our class. Default empty, which a Bro sends as a single NUL. `None`, as for a Broccoli,
    /// omits it (§2.1).
    pub class: Option<Bytes>,
    /// The number of objects in the cache for our messages, on both sides. Default 3000 (2§5).
    pub cache_size: u32,
    /// The data format to announce, which must match the peer's. Default `None`: 0 is announced,
    /// which every Bro accepts, and the peer's is used, or 26 if it announces 0 too (§2.1).
    pub data_format: Option<DataFormat>,
    /// The capabilities that we announce. Default [`Caps::BRO`].
    pub capabilities: Caps,
    /// Whole seconds from the node's start to this connection. Decides which side sends its state
    /// if both request it (§3.3). Default 0.
    pub runtime: u32,
    /// The compression level for sending, if the peer can decompress. Default `None`: no
    /// compression (§1.5).
    pub compression: Option<Compression>,
    /// How chunks are framed. Default [`Framing::Clear`]. [`Framing::Tls`] without `tls` is for a
    /// stream with its own TLS layer.
    pub framing: Framing,
    /// The TLS configuration. If set, the framing is [`Framing::Tls`]. Default `None` (part 4 §6).
    #[cfg(feature = "__tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub tls: Option<crate::tls::TlsConfig>,
    /// Limits for messages from a peer.
    pub wire_limits: wire::FramingLimits,
    /// Limits for a peer's SERIALs.
    pub serial_limits: serial::ReaderLimits,
    /// Limits for a peer's logs.
    pub log_limits: LogLimits,
    /// The declarations of events, types and variables. Default empty.
    pub declarations: Arc<Declarations>,
    /// How undeclared events are handled. Default [`Undeclared::Ignore`].
    pub undeclared: Undeclared,
    /// Whether events are delivered as [`LazyEvent`](super::ConnectionNotification::LazyEvent), so
    /// that an application that uses few arguments, or forwards events, does not decode the rest.
    /// Default no: they are delivered as [`Event`](super::ConnectionNotification::Event).
    pub events_lazily: bool,
    /// The size of the send queue in bytes, beyond which commands return
    /// [`QueueFull`](super::UsageError::QueueFull). The last accepted message may exceed it.
    /// Default 16 MiB.
    pub output_limit: usize,
    /// The number of queued notifications at which input waits. A single message may exceed it.
    /// Default 1024.
    pub notification_limit: usize,
    /// The number of bytes of queued answers to PINGs at which input waits. Default 64 KiB.
    pub reply_limit: usize,
    /// The maximum size of the names of the events that a peer requests, in bytes, plus 32 for
    /// each. A peer that requests more is disconnected. Default 4 MiB.
    pub requests_limit: usize,
    /// The requests to make when the peer's VERSION has arrived. By default nothing is requested,
    /// and the peer's input is accepted.
    pub requests: Requests,
    /// Who makes the requests. Default [`Handshake::Automatic`].
    pub handshake: Handshake,
    /// The source of our state if we must send it. Default [`StateSource::None`].
    pub state: StateSource,
}

impl ConnectionConfig {
    /// Returns the configuration of a client without declarations. It requests these events,
    /// accepts the peer's input, and delivers all events. Everything else is as in [`Default`].
    #[must_use]
    pub fn requesting(events: &[&str]) -> ConnectionConfig {
        let events = events.iter().map(|&name| Name::from(name)).collect();
        ConnectionConfig {
            requests: Requests { events, ..Requests::default() },
            undeclared: Undeclared::Deliver,
            ..ConnectionConfig::default()
        }
    }
}

impl Default for ConnectionConfig {
    fn default() -> ConnectionConfig {
        ConnectionConfig {
            description: Name::from_static("bro"),
            class: Some(Bytes::new()),
            cache_size: 3000,
            data_format: None,
            capabilities: Caps::BRO,
            runtime: 0,
            compression: None,
            framing: Framing::Clear,
            #[cfg(feature = "__tls")]
            tls: None,
            wire_limits: wire::FramingLimits::default(),
            serial_limits: serial::ReaderLimits::default(),
            log_limits: LogLimits::default(),
            declarations: Arc::default(),
            undeclared: Undeclared::Ignore,
            events_lazily: false,
            output_limit: 16 << 20,
            notification_limit: 1024,
            reply_limit: 64 << 10,
            requests_limit: 4 << 20,
            requests: Requests::default(),
            handshake: Handshake::Automatic,
            state: StateSource::None,
        }
    }
}

/// The requests to a peer, as made by a peer entry that applies (§3.2, §4).
///
/// Fields may be added, so end a literal with `..Requests::default()`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requests {
    /// The events to request, in this order. Default none.
    pub events: Vec<Name>,
    /// The capture filter to send. Default none.
    pub capture_filter: Option<Bytes>,
    /// Whether the peer's events and state are accepted. Default yes, as in Bro's nodes table.
    pub accept_input: bool,
    /// Whether to request the peer's state. Default no.
    pub sync: Option<SyncRequest>,
    /// Whether to request the peer's logs. Default no.
    pub request_logs: bool,
}

impl Default for Requests {
    fn default() -> Requests {
        Requests {
            events: Vec::new(),
            capture_filter: None,
            accept_input: true,
            sync: None,
            request_logs: false,
        }
    }
}

/// Selects who makes the requests and completes the handshake (§3.2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Handshake {
    /// The node makes the requests of the peer entry that applies (§4). A connection without a node
    /// makes its [`requests`](ConnectionConfig::requests).
    #[default]
    Automatic,
    /// The application makes the requests. It is notified of the peer's VERSION with
    /// [`Established`](super::ConnectionNotification::Established) or, by a node, with
    /// [`ConnectionEstablished`](crate::node::Notification::ConnectionEstablished). No later
    /// message is processed until it has taken that notification or, on a node, until it calls
    /// [`complete_handshake`](crate::node::NodeMachine::complete_handshake) (part 4 §4).
    Application,
}

/// The handling of undeclared events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Undeclared {
    /// As in Bro, requests for them and calls of them are ignored with a log line (§2.3, §5).
    #[default]
    Ignore,
    /// A peer may request any name, and calls of any name are delivered with any arguments, even if
    /// the name is that of a variable. Meant for tools without declarations.
    Deliver,
}

impl Undeclared {
    /// Coerces our own call as [`Declarations::coerce_call`] does. With [`Ignore`](Self::Ignore), the
    /// event must be declared, because no peer can request it otherwise. With
    /// [`Deliver`](Self::Deliver), its name may also be that of a variable.
    #[inline]
    pub(crate) fn coerce_call(
        self,
        declarations: &Declarations,
        event: &Event,
    ) -> Result<Option<Vec<Value>>, CallError> {
        let coerced = match (declarations.event(&event.name), self) {
            (Some(declared), _) => declared.coerce(Origin::Own, &event.args),
            (None, Undeclared::Ignore) => Err(declarations.not_an_event(&event.name)),
            (None, Undeclared::Deliver) => check_arguments(&event.args).map(|()| None),
        };
        coerced.map_err(|mismatch| CallError { event: event.name.clone(), mismatch })
    }
}

/// The source of the state that we send in Sync (§3.4).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StateSource {
    /// There is no state: Sync ends as soon as it starts.
    #[default]
    None,
    /// The application sends it after [`SyncStarted`](super::ConnectionNotification::SyncStarted),
    /// and calls `state_done` at the end.
    Application,
}

/// An error in a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A text that is NUL-terminated on the wire contains NUL (§2).
    #[error("{key}: NUL at byte {at}, must have none")]
    ContainsNul {
        /// The field.
        key: &'static str,
        /// The position of the first NUL.
        at: usize,
    },
    /// The name of an event is empty (§2.3).
    #[error("requests.events[{index}]: empty name")]
    EmptyEventName {
        /// Its index.
        index: usize,
    },
    /// A limit is 0. That would allow nothing or, for the cache, mean unlimited (2§5).
    #[error("{key}: 0, must be at least 1")]
    Zero {
        /// The field.
        key: &'static str,
    },
    /// A declaration has a table or set with an index type that Bro rejects (2§4).
    #[error("declarations: {name}: no {tag} can be, or be part of, the index of a table or set")]
    IndexType {
        /// The type, event or variable.
        name: Name,
        /// The type that an index cannot contain.
        tag: TypeTag,
    },
}

impl ConnectionConfig {
    /// Checks the configuration.
    ///
    /// A connection with an invalid configuration is safe, but may not behave as configured.
    ///
    /// # Errors
    /// All errors, in the order of the fields.
    pub fn validate(&self) -> Result<(), ConfigErrors<ConfigError>> {
        let mut errors = Vec::new();
        let mut no_nul = |key, text: &[u8]| {
            if let Some(at) = text.iter().position(|byte| *byte == 0) {
                errors.push(ConfigError::ContainsNul { key, at });
            }
        };
        no_nul("class", self.class.as_deref().unwrap_or_default());
        let Requests { events, capture_filter, .. } = &self.requests;
        events.iter().for_each(|name| no_nul("requests.events", name));
        no_nul("requests.capture_filter", capture_filter.as_deref().unwrap_or_default());
        let empty = events.iter().enumerate().filter(|(_, name)| name.is_empty());
        errors.extend(empty.map(|(index, _)| ConfigError::EmptyEventName { index }));
        for (key, zero) in [
            ("cache_size", self.cache_size == 0),
            ("output_limit", self.output_limit == 0),
            ("notification_limit", self.notification_limit == 0),
            ("reply_limit", self.reply_limit == 0),
            ("requests_limit", self.requests_limit == 0),
        ] {
            if zero {
                errors.push(ConfigError::Zero { key });
            }
        }
        if let Err((name, tag)) = self.declarations.check() {
            errors.push(ConfigError::IndexType { name, tag });
        }
        ConfigErrors::none_in(errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_valid() {
        assert_eq!(ConnectionConfig::default().validate(), Ok(()));
    }

    #[test]
    fn all_errors_are_reported() {
        let config = ConnectionConfig {
            class: Some(Bytes::from_static(b"a\0b")),
            cache_size: 0,
            output_limit: 0,
            notification_limit: 0,
            reply_limit: 0,
            requests_limit: 0,
            requests: Requests {
                events: vec![Name::new(), Name::from("x\0")],
                capture_filter: Some(Bytes::from_static(b"\0")),
                ..Requests::default()
            },
            ..ConnectionConfig::default()
        };
        assert_eq!(
            config.validate(),
            Err(ConfigErrors::from(vec![
                ConfigError::ContainsNul { key: "class", at: 1 },
                ConfigError::ContainsNul { key: "requests.events", at: 1 },
                ConfigError::ContainsNul { key: "requests.capture_filter", at: 0 },
                ConfigError::EmptyEventName { index: 0 },
                ConfigError::Zero { key: "cache_size" },
                ConfigError::Zero { key: "output_limit" },
                ConfigError::Zero { key: "notification_limit" },
                ConfigError::Zero { key: "reply_limit" },
                ConfigError::Zero { key: "requests_limit" },
            ]))
        );
    }
}
