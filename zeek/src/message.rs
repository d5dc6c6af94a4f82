//! The messages of the API: subscriptions, `ack`, `error` and events.

use brocomm::data::Name;
use bytes::Bytes;

use crate::json::{Options, Reader, Writer};
use crate::{Data, DecodeError, EncodeError};

/// An event of Zeek.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZeekEvent {
    /// The event's full name.
    pub name: Name,
    /// The arguments.
    pub args: Vec<Data>,
    /// Metadata of the event by number, such as [`NETWORK_TIMESTAMP`].
    pub metadata: Vec<(u64, Data)>,
}

/// The number of the metadata with the sender's network time, a [`Data::Timestamp`].
///
/// Zeek 8 and later sends it only with `EventMetadata::add_network_timestamp`. Numbers from 200 on
/// are free, but Zeek drops those that its scripts haven't registered.
pub const NETWORK_TIMESTAMP: u64 = 1;

impl ZeekEvent {
    /// Creates an event without metadata.
    pub fn new(name: impl Into<Name>, args: Vec<Data>) -> ZeekEvent {
        ZeekEvent { name: name.into(), args, metadata: Vec::new() }
    }

    /// Returns the sender's network time, in nanoseconds since the Unix epoch, if it was sent.
    pub fn time(&self) -> Option<i64> {
        self.metadata.iter().find_map(|(id, data)| match data {
            Data::Timestamp(nanos) if *id == NETWORK_TIMESTAMP => Some(*nanos),
            _ => None,
        })
    }

    /// Converts a message's content: format, kind, and the event. Like Zeek, ignores the values of
    /// the format and the kind, and surplus elements. Returns `None` if it has no event.
    pub fn from_data(data: Data) -> Option<ZeekEvent> {
        let Data::Vector(message) = data else { return None };
        let Some(Data::Vector(call)) = message.into_iter().nth(2) else { return None };
        let mut parts = call.into_iter();
        let Some(Data::String(name)) = parts.next() else { return None };
        let args = match parts.next() {
            None => Vec::new(),
            Some(Data::Vector(args)) => args,
            Some(_) => return None,
        };
        let metadata = match parts.next() {
            Some(Data::Vector(pairs)) => pairs.into_iter().filter_map(pair).collect(),
            _ => Vec::new(),
        };
        Some(ZeekEvent { name: Name::from_bytes(name), args, metadata })
    }
}

/// Returns an entry of metadata, or `None` for an invalid one, which Zeek ignores.
fn pair(data: Data) -> Option<(u64, Data)> {
    let Data::Vector(pair) = data else { return None };
    match <[Data; 2]>::try_from(pair) {
        Ok([Data::Count(id), value]) => Some((id, value)),
        _ => None,
    }
}

/// A message that is published under a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The topic.
    pub topic: Name,
    /// The content, which should be an event. See [`ZeekEvent::from_data`].
    pub data: Data,
}

/// A message of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerMessage {
    /// The subscriptions are active. Events follow.
    Ack {
        /// The name under which Zeek knows the client. It contains Zeek's host name.
        endpoint: Name,
        /// Zeek's version.
        version: Name,
    },
    /// A message of the client was not processed.
    Error(ErrorMessage),
    /// A message under one of the topics.
    Publication(Publication),
}

/// An error that a server reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorMessage {
    /// The kind: `deserialization_failed`, `invalid_uri`, `invalid_application_name`.
    pub code: Name,
    /// What is wrong. It doesn't name the message.
    pub context: Name,
}

impl ErrorMessage {
    /// Creates an error.
    pub fn new(code: &'static str, context: &'static str) -> ErrorMessage {
        ErrorMessage { code: Name::from_static(code), context: Name::from_static(context) }
    }
}

/// The reason why a server does not process a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublicationError {
    /// It is not the JSON of a value.
    #[error("failed to decode JSON object")]
    Json(DecodeError),
    /// It has no topic, or the one that Zeek treats as missing.
    #[error("no topic in top-level JSON object")]
    NoTopic,
}

/// An error in the first message of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubscriptionError {
    /// It is not an array.
    #[error("subscriptions not an array")]
    NotAnArray,
    /// A subscription is not a string.
    #[error("individual subscription not a string")]
    NotAString,
}

/// The topic that Zeek treats as missing.
const NO_TOPIC: &[u8] = b"<$>";

/// The members of a message that are strings.
#[derive(Debug, Default)]
struct Members {
    kind: Option<Bytes>,
    topic: Option<Bytes>,
    endpoint: Option<Bytes>,
    version: Option<Bytes>,
    code: Option<Bytes>,
    context: Option<Bytes>,
}

impl Members {
    /// Reads a message. Members may be in any order. Unknown ones are ignored, and the first
    /// of two with the same name is used.
    fn read(mut reader: Reader<'_>) -> Result<(Members, Option<Data>), DecodeError> {
        let mut members = Members::default();
        let mut parts = crate::json::Parts::default();
        reader.object(|reader, key| {
            if parts.member(reader, key)? {
                return Ok(());
            }
            let slot = match key {
                b"type" => &mut members.kind,
                b"topic" => &mut members.topic,
                b"endpoint" => &mut members.endpoint,
                b"version" => &mut members.version,
                b"code" => &mut members.code,
                b"context" => &mut members.context,
                _ => return reader.skip(),
            };
            if let Some(string) = reader.string_or_skip()? {
                slot.get_or_insert(string);
            }
            Ok(())
        })?;
        let data = if parts.is_empty() { None } else { Some(parts.finish(&mut reader)?) };
        reader.end()?;
        Ok((members, data))
    }
}

impl ServerMessage {
    /// Reads a message of a server.
    ///
    /// # Errors
    ///
    /// The message is invalid. The error has the position.
    pub fn read(text: &Bytes) -> Result<ServerMessage, DecodeError> {
        let (members, data) = Members::read(Reader::new(text))?;
        let name = |bytes: Option<Bytes>| Name::from_bytes(bytes.unwrap_or_default());
        match (members.kind.as_deref(), data) {
            (Some(b"ack"), _) => Ok(ServerMessage::Ack {
                endpoint: name(members.endpoint),
                version: name(members.version),
            }),
            (Some(b"error"), _) => Ok(ServerMessage::Error(ErrorMessage {
                code: name(members.code),
                context: name(members.context),
            })),
            (_, Some(data)) => {
                Ok(ServerMessage::Publication(Publication { topic: name(members.topic), data }))
            }
            (_, None) => {
                let kind = crate::DecodeErrorKind::UnknownKind;
                Err(DecodeError { kind, offset: text.len() })
            }
        }
    }

    /// Appends the message to a text. Returns whether all of it is UTF-8.
    ///
    /// # Errors
    ///
    /// The message cannot be encoded.
    pub fn write(&self, options: Options, out: &mut Vec<u8>) -> Result<bool, EncodeError> {
        let mut writer = Writer::new(options, out);
        match self {
            ServerMessage::Ack { endpoint, version } => {
                writer.raw("{\"type\":\"ack\",\"endpoint\":");
                writer.name(endpoint)?;
                writer.raw(",\"version\":");
                writer.name(version)?;
                writer.raw("}");
            }
            ServerMessage::Error(ErrorMessage { code, context }) => {
                writer.raw("{\"type\":\"error\",\"code\":");
                writer.name(code)?;
                writer.raw(",\"context\":");
                writer.name(context)?;
                writer.raw("}");
            }
            ServerMessage::Publication(Publication { topic, data }) => {
                writer.raw("{\"type\":\"data-message\",\"topic\":");
                writer.name(topic)?;
                let Data::Vector(items) = data else {
                    // Only events are sent, and they are vectors.
                    return Err(EncodeError::NoName);
                };
                writer.raw(",\"@data-type\":\"vector\",\"data\":[");
                writer.deeper(2)?;
                for (at, item) in items.iter().enumerate() {
                    writer.raw(if at > 0 { "," } else { "" });
                    writer.data(item)?;
                }
                writer.raw("]}");
            }
        }
        Ok(writer.is_utf8())
    }
}

impl Publication {
    /// Reads a message of a client like a server, which ignores `type`.
    ///
    /// # Errors
    ///
    /// The error that the server must report.
    pub fn read(text: &Bytes) -> Result<Publication, PublicationError> {
        let (members, data) =
            Members::read(Reader::as_zeek(text)).map_err(PublicationError::Json)?;
        let Some(data) = data else {
            let kind = crate::DecodeErrorKind::UnknownKind;
            return Err(PublicationError::Json(DecodeError { kind, offset: text.len() }));
        };
        match members.topic.filter(|topic| **topic != *NO_TOPIC) {
            Some(topic) => Ok(Publication { topic: Name::from_bytes(topic), data }),
            None => Err(PublicationError::NoTopic),
        }
    }
}

/// Appends the message that publishes an event under a topic. Returns whether all of it is UTF-8.
///
/// # Errors
///
/// The event or the topic cannot be encoded. A part of it may have been appended.
pub fn write_event(
    topic: &[u8],
    event: &ZeekEvent,
    options: Options,
    out: &mut Vec<u8>,
) -> Result<bool, EncodeError> {
    if matches!(topic, b"" | NO_TOPIC) {
        return Err(EncodeError::Topic(topic.escape_ascii().to_string()));
    }
    if event.name.is_empty() {
        return Err(EncodeError::NoName);
    }
    let mut writer = Writer::new(options, out);
    writer.raw("{\"type\":\"data-message\",\"topic\":");
    writer.name(topic)?;
    writer.raw(
        ",\"@data-type\":\"vector\",\"data\":[{\"@data-type\":\"count\",\"data\":1},\
         {\"@data-type\":\"count\",\"data\":1},{\"@data-type\":\"vector\",\"data\":[\
         {\"@data-type\":\"string\",\"data\":",
    );
    writer.name(&event.name)?;
    writer.raw("},{\"@data-type\":\"vector\",\"data\":[");
    writer.deeper(6)?;
    for (at, arg) in event.args.iter().enumerate() {
        writer.raw(if at > 0 { "," } else { "" });
        writer.data(arg)?;
    }
    writer.raw("]}");
    if !event.metadata.is_empty() {
        writer.raw(",{\"@data-type\":\"vector\",\"data\":[");
        writer.deeper(2)?;
        for (at, (id, value)) in event.metadata.iter().enumerate() {
            writer.raw(if at > 0 { "," } else { "" });
            writer.raw("{\"@data-type\":\"vector\",\"data\":[");
            writer.data(&Data::Count(*id))?;
            writer.raw(",");
            writer.data(value)?;
            writer.raw("]}");
        }
        writer.raw("]}");
    }
    writer.raw("]}]}");
    Ok(writer.is_utf8())
}

/// Reads the first message of a client: the prefixes of the topics that it subscribes to.
///
/// # Errors
///
/// The error that the server must report.
pub fn read_subscriptions(text: &Bytes) -> Result<Vec<Name>, SubscriptionError> {
    let mut topics = Vec::new();
    let mut other = false;
    let mut reader = Reader::new(text);
    reader
        .array(|reader| {
            match reader.string_or_skip()? {
                Some(topic) => topics.push(Name::from_bytes(topic)),
                None => other = true,
            }
            Ok(())
        })
        .and_then(|()| reader.end())
        .map_err(|_| SubscriptionError::NotAnArray)?;
    if other { Err(SubscriptionError::NotAString) } else { Ok(topics) }
}

/// Appends the first message of a client.
///
/// # Errors
///
/// [`EncodeError::NotUtf8`].
pub fn write_subscriptions(topics: &[Name], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let mut writer = Writer::new(Options::default(), out);
    writer.raw("[");
    for (at, topic) in topics.iter().enumerate() {
        writer.raw(if at > 0 { "," } else { "" });
        writer.name(topic)?;
    }
    writer.raw("]");
    Ok(())
}
