//! The handshake (§3.1–§3.3).

use brocomm::data::{Type, Value};
use brocomm::lowlevel::serial::Id;
use brocomm::lowlevel::wire::{Caps, Compression, DataFormat, Message, MessageType, Version};
use bytes::Bytes;

use super::super::{Entry, Outcome, Role};
use super::Exchange;

/// What the suite announces and requests in a handshake.
#[derive(Debug, Clone)]
pub(crate) struct Hello {
    /// The VERSION (§2.1), including the class.
    pub(crate) version: Version,
    /// The `peer_description`, or `None` to send none, like Broccoli (§3.1).
    pub(crate) description: Option<String>,
    /// The capabilities, or `None` to send no CAPS.
    pub(crate) caps: Option<Caps>,
    /// The events to request.
    pub(crate) events: Vec<String>,
    /// The capture filter to send.
    pub(crate) capture_filter: Option<String>,
    /// Whether to request sync, and with authority.
    pub(crate) sync: Option<bool>,
    /// Whether to request logs.
    pub(crate) logs: bool,
    /// The level to compress at, if the implementation can decompress.
    pub(crate) compression: Option<Compression>,
}

impl Hello {
    /// The size of the object cache that the suite announces.
    pub(crate) const CACHE_SIZE: u32 = 3000;

    /// Returns the handshake of a Bro that requests the echoes and reports.
    fn new(role: Role, entry: Entry, data_format: DataFormat) -> Hello {
        // The initiator sends the class that selects the peer entry (§4).
        let class = match role {
            Role::Listens => entry.class(),
            Role::Connects => "",
        };
        Hello {
            version: Version {
                protocol: Version::PROTOCOL,
                cache_size: Hello::CACHE_SIZE,
                data_format: data_format.number(),
                runtime: 0,
                class: Some(Bytes::from_static(class.as_bytes())),
            },
            description: Some("conformance".to_owned()),
            caps: Some(Caps::BRO),
            events: vec!["conformance_echoed".to_owned(), "conformance_reported".to_owned()],
            capture_filter: None,
            sync: None,
            logs: false,
            compression: None,
        }
    }

    /// Changes the handshake to that of a Broccoli without a cache.
    #[must_use]
    pub(crate) fn broccoli(mut self) -> Hello {
        self.version.cache_size = 1000;
        self.version.class = self.version.class.filter(|class| !class.is_empty());
        self.description = None;
        self.caps = Some(Caps::BROCCOLI_PEER | Caps::NO_CACHING);
        self
    }
}

impl Exchange {
    /// Returns the handshake of a Bro on this connection.
    pub(crate) fn hello(&self) -> Hello {
        Hello::new(self.role, self.entry, self.data_format)
    }

    /// Runs the whole handshake, up to Running or Sync.
    ///
    /// # Errors
    /// Failed if the implementation does not complete it.
    pub(crate) fn shake(&mut self, hello: &Hello) -> Outcome {
        self.greet(hello)?;
        self.request(hello)?;
        self.complete(hello)
    }

    /// Sends VERSION and the description, and waits for the implementation's VERSION (§3.1). With
    /// data format 0 it waits before it sends the description, because that is in the data format
    /// of the implementation.
    ///
    /// # Errors
    /// Failed if it does not arrive.
    pub(crate) fn greet(&mut self, hello: &Hello) -> Outcome {
        self.send(&Message::Version(hello.version.clone()))?;
        if hello.version.data_format == 0 {
            self.await_version()?;
        }
        if let Some(description) = &hello.description {
            let value = Value::string(description);
            self.send_id(Id::global("peer_description", Type::STRING, Some(value)))?;
        }
        self.await_version()
    }

    fn await_version(&mut self) -> Outcome {
        match self.theirs().version {
            Some(_) => Ok(()),
            None => self.expect(MessageType::Version).map(drop),
        }
    }

    /// Sends CAPS and the requests, without PHASE_DONE (§3.2).
    ///
    /// # Errors
    /// As [`send_bytes`](Self::send_bytes).
    pub(crate) fn request(&mut self, hello: &Hello) -> Outcome {
        if let Some(caps) = hello.caps {
            self.send(&Message::Caps(caps))?;
        }
        if !hello.events.is_empty() {
            self.send(&Message::RequestEvents(hello.events.iter().collect()))?;
        }
        if let Some(filter) = &hello.capture_filter {
            self.send(&Message::CaptureFilter(filter.clone().into()))?;
        }
        if let Some(authoritative) = hello.sync {
            self.send(&Message::RequestSync { authoritative })?;
        }
        if hello.logs {
            self.send(&Message::RequestLogs)?;
        }
        Ok(())
    }

    /// Sends PHASE_DONE and waits for the implementation's, then sends COMPRESS if requested
    /// (§3.3).
    ///
    /// # Errors
    /// Failed if it does not arrive.
    pub(crate) fn complete(&mut self, hello: &Hello) -> Outcome {
        self.send(&Message::PhaseDone)?;
        if self.theirs().phase_done == 0 {
            self.expect(MessageType::PhaseDone)?;
        }
        let decompresses = self.theirs().caps.is_some_and(|caps| caps.contains(Caps::COMPRESSION));
        match hello.compression {
            Some(level) if decompresses => self.send_compress(level),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use brocomm::lowlevel::connection::ConnectionConfig;

    use super::*;

    #[test]
    fn the_suite_announces_the_defaults_of_the_core() {
        let (hello, config) =
            (Hello::new(Role::Listens, Entry::Plain, DataFormat::V26), ConnectionConfig::default());
        assert_eq!(hello.version.cache_size, config.cache_size);
        assert_eq!(hello.caps, Some(config.capabilities));
    }
}
