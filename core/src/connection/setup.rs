//! Setup: the exchange of VERSIONs (§3.1).

use std::sync::Arc;

use bytes::Bytes;

use super::{CommLogMessage, Connection, Notification, Phase, ProtocolErrorKind};
use crate::data::{Attribute, AttributeTag, Attributes, Id, Name, Type, Value};
use crate::serial::Mode;
use crate::wire::{Message, MessageType, Version};

/// The name of the ID with a node's description (§3.1).
pub(super) const PEER_DESCRIPTION: &str = "peer_description";

impl Connection {
    /// Queues what each side sends first: VERSION, and the description if there is one.
    pub(super) fn begin(&mut self) {
        self.begun = true;
        let class = self.config.class.clone();
        if let Some(class) = class.as_ref().filter(|class| !class.is_empty()) {
            self.log(CommLogMessage::SendingClass(class.clone()));
        }
        self.output.message(&Message::Version(Version {
            protocol: Version::PROTOCOL,
            cache_size: self.config.cache_size,
            data_format: Version::DATA_FORMAT,
            runtime: self.config.runtime,
            class,
        }));
        if !self.config.description.is_empty() {
            let id = Arc::new(description_id(&self.config.description));
            // Fails only for a description that no receiver would accept; then none is sent.
            let _ =
                self.output.serial(|writer, argument| writer.id(Mode::HANDSHAKE, &id, argument));
        }
        self.log(CommLogMessage::PeerConnected);
        self.log(CommLogMessage::PhaseVersion);
    }

    /// Handles the peer's VERSION and enters Handshake.
    pub(super) fn version(&mut self, mut version: Version, offset: u64) {
        // Copied, so that the received message need not stay in memory.
        version.class = version.class.map(|class| Bytes::copy_from_slice(&class));
        let wrong = if version.protocol != Version::PROTOCOL {
            Some(ProtocolErrorKind::ProtocolVersion { got: version.protocol })
        } else if version.data_format != Version::DATA_FORMAT && version.data_format != 0 {
            Some(ProtocolErrorKind::DataVersion { got: version.data_format })
        } else {
            None
        };
        if let Some(wrong) = wrong {
            return self.violation(wrong, Some(MessageType::Version), offset);
        }
        self.reader.set_cache_size(version.cache_size);
        self.peer.version = Some(version.clone());
        self.phase = Phase::Handshake;
        self.output.message(&Message::Caps(self.config.capabilities));
        self.notify(Notification::Established(version));
        self.log(CommLogMessage::PhaseHandshake);
        match self.config.requests.clone() {
            Some(requests) => self.apply(&requests),
            None => self.held = true,
        }
    }
}

/// Creates the ID as Bro declares it: a constant with `&redef`.
fn description_id(description: &Name) -> Id {
    let redef = Attribute { tag: AttributeTag::Redef, expr: None };
    Id {
        is_const: 1,
        attributes: Some(Arc::new(Attributes { ty: Type::STRING, list: vec![redef] })),
        ..Id::global(
            PEER_DESCRIPTION,
            Type::STRING,
            Some(Value::String(description.as_bytes().clone())),
        )
    }
}
