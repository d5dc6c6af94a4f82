//! The topic and the payload of an entry, in the form of the plugin `zeek-kafka`.

use std::borrow::Cow;

use super::KafkaConfig;
use crate::spool::Entry;
use crate::subject;

/// The maximum length of a topic's name.
const MAX_TOPIC: usize = 249;

/// Returns the topic of an entry.
pub(super) fn topic<'a>(config: &'a KafkaConfig, entry: &'a Entry) -> Cow<'a, str> {
    if config.topic_name.is_empty() {
        name(subject::name(&entry.subject))
    } else {
        Cow::Borrowed(&config.topic_name)
    }
}

/// Returns the payload of an entry.
pub(super) fn payload<'a>(config: &KafkaConfig, entry: &'a Entry) -> Cow<'a, [u8]> {
    if !config.tag_json {
        return Cow::Borrowed(&entry.line);
    }
    let tag = subject::name(&entry.subject);
    let mut payload = Vec::with_capacity(tag.len() + entry.line.len() + 6);
    payload.push(b'{');
    crate::line::quoted(tag.as_bytes(), &mut payload);
    payload.extend_from_slice(b": ");
    payload.extend_from_slice(&entry.line);
    payload.push(b'}');
    Cow::Owned(payload)
}

/// Returns whether this is a valid topic name.
pub(super) fn is_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !name.is_empty()
        && name.len() <= MAX_TOPIC
        && name.bytes().all(is_allowed)
        && !matches!(name, "." | "..")
}

/// Returns a valid topic name: other characters become `_`.
fn name(name: &str) -> Cow<'_, str> {
    if is_name(name) {
        return Cow::Borrowed(name);
    }
    let character = |c: char| match c {
        c if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') => c,
        _ => '_',
    };
    let name: String = name.chars().take(MAX_TOPIC).map(character).collect();
    // No topic may be `.` or `..`. This cannot happen: a token of a subject has no dots.
    Cow::Owned(if name.is_empty() { "_".to_owned() } else { name })
}

#[cfg(test)]
mod tests {
    use brocomm::Time;

    use super::*;

    #[test]
    fn topics_and_payloads_are_those_of_zeek_kafka() {
        let one = KafkaConfig::new("n", Vec::new());
        let by_path = KafkaConfig { topic_name: String::new(), ..one.clone() };
        let tagged = KafkaConfig { tag_json: true, ..one.clone() };
        let long = format!("a.{}", "é".repeat(300));
        for (config, subject, expected_topic, expected) in [
            (&one, "zeek.logs.Conn::LOG.default.conn", "zeek", r#"{"a":1}"#),
            (&by_path, "zeek.logs.Conn::LOG.default.conn", "conn", r#"{"a":1}"#),
            (&by_path, "brocomm.events.p.Site::alert", "Site__alert", r#"{"a":1}"#),
            (&by_path, "plain", "plain", r#"{"a":1}"#),
            (&by_path, &long, &"_".repeat(249), r#"{"a":1}"#),
            (&tagged, "zeek.logs.Conn::LOG.default.conn", "zeek", r#"{"conn": {"a":1}}"#),
            (&tagged, "a.b\"c", "zeek", r#"{"b\"c": {"a":1}}"#),
        ] {
            let line = bytes::Bytes::from_static(br#"{"a":1}"#);
            let entry = Entry { sequence: 1, time: Time::EPOCH, subject: subject.into(), line };
            assert_eq!(topic(config, &entry), expected_topic, "{subject}");
            assert_eq!(payload(config, &entry), expected.as_bytes(), "{subject}");
            assert!(is_name(&topic(config, &entry)));
        }
    }
}
