//! Setup: VERSION against VERSION (§3.1).

use std::sync::Arc;

use bytes::Bytes;

use super::{CommLogMessage, Connection, Handshake, Notification, Phase, ProtocolErrorKind};
use crate::data::{Attribute, AttributeTag, Attributes, Id, Name, Type, Value};
use crate::serial::Mode;
use crate::wire::{Message, MessageType, Version};

/// The name of the ID that carries a node's description (§3.1).
pub(super) const PEER_DESCRIPTION: &str = "peer_description";

impl Connection {
    /// Queues what each side sends at once: VERSION, and the description if there is one.
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
            // Fails only for a description that no receiver would take; then none is sent.
            let _ =
                self.output.serial(|writer, argument| writer.id(Mode::HANDSHAKE, &id, argument));
        }
        self.log(CommLogMessage::PeerConnected);
        self.log(CommLogMessage::PhaseVersion);
    }

    /// Takes the peer's VERSION and enters Handshake.
    pub(super) fn version(&mut self, mut version: Version, offset: u64) {
        // It is kept as long as the connection; the message it came in need not be.
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
        match self.config.handshake {
            Handshake::Automatic => self.apply(&self.config.requests.clone()),
            Handshake::Application => self.held = true,
        }
    }
}

/// Makes the ID as a Bro declares it: a constant with `&redef`.
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
