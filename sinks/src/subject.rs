//! Subjects of entries, as Zeek's NATS backend names them.
//!
//! A log entry has the subject `zeek.logs.<stream>.<filter>.<path>`, as in
//! `zeek.logs.Conn::LOG.default.conn`. Bro does not send the name of the filter, so it is always
//! `default`.

use std::fmt::Write;

/// The pattern to subscribe to the subjects of all log entries.
pub const LOGS: &str = "zeek.logs.>";

/// The default template for the subjects of events.
pub const EVENTS: &str = "brocomm.events.{peer}.{event}";

/// Returns the subject of a log's entries.
///
/// ```
/// use brocomm_sinks::subject;
///
/// assert_eq!(subject::log(b"Conn::LOG", b"conn"), "zeek.logs.Conn::LOG.default.conn");
/// assert_eq!(subject::log(b"log-12", b"a.b *"), "zeek.logs.log-12.default.a_b__");
/// ```
pub fn log(stream: &[u8], path: &[u8]) -> String {
    format!("zeek.logs.{}.default.{}", token(stream), token(path))
}

/// Returns the subject of an event. In the template, `{peer}` is replaced by the peer's description
/// and `{event}` by the event's name.
///
/// ```
/// use brocomm_sinks::subject;
///
/// let subject = subject::event(subject::EVENTS, b"worker-1", b"Site::alert");
/// assert_eq!(subject, "brocomm.events.worker-1.Site::alert");
/// ```
pub fn event(template: &str, peer: &[u8], event: &[u8]) -> String {
    // The peer's description may contain `{event}`.
    let mut subject = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        subject.push_str(before);
        let (value, after) = match (after.strip_prefix("peer}"), after.strip_prefix("event}")) {
            (Some(after), _) => (token(peer), after),
            (_, Some(after)) => (token(event), after),
            _ => ("{".to_owned(), after),
        };
        subject.push_str(&value);
        rest = after;
    }
    subject.push_str(rest);
    subject
}

/// Returns a pattern that matches all subjects of a template.
///
/// ```
/// use brocomm_sinks::subject;
///
/// assert_eq!(subject::all_events(subject::EVENTS), "brocomm.events.*.*");
/// assert_eq!(subject::all_events("a.x-{event}.b"), "a.*.b");
/// ```
pub fn all_events(template: &str) -> String {
    let has_name = |token: &str| token.contains("{peer}") || token.contains("{event}");
    let tokens = template.split('.').map(|token| if has_name(token) { "*" } else { token });
    tokens.collect::<Vec<_>>().join(".")
}

/// Returns the last token of a subject: the path of a log, or usually the name of an event.
///
/// ```
/// assert_eq!(brocomm_sinks::subject::name("zeek.logs.Conn::LOG.default.conn"), "conn");
/// ```
pub fn name(subject: &str) -> &str {
    subject.rsplit('.').next().unwrap_or(subject)
}

/// Returns the path of the log to which an entry with this subject belongs, if it is a log entry.
///
/// ```
/// use brocomm_sinks::subject;
///
/// assert_eq!(subject::path("zeek.logs.Conn::LOG.default.conn"), Some("conn"));
/// assert_eq!(subject::path("brocomm.events.sensor.ping"), None);
/// ```
pub fn path(subject: &str) -> Option<&str> {
    subject.starts_with("zeek.logs.").then(|| name(subject))
}

/// Checks a template for the subjects of events.
///
/// # Errors
/// A token is empty or contains a character that is not allowed in subjects.
pub fn check_template(template: &str) -> Result<(), String> {
    let is_wrong = |byte: u8| byte <= b' ' || byte >= 0x7f || matches!(byte, b'*' | b'>');
    let mut error = String::new();
    if template.split('.').any(str::is_empty) {
        let _ = write!(error, "a part between dots is empty");
    } else if let Some(byte) = template.bytes().find(|byte| is_wrong(*byte)) {
        let _ = write!(error, "`{}` is not allowed in a subject", byte.escape_ascii());
    }
    if error.is_empty() { Ok(()) } else { Err(error) }
}

/// Returns a valid token: separators, wildcards, spaces and everything that is not printable ASCII
/// become `_`.
fn token(name: &[u8]) -> String {
    if name.is_empty() {
        return "_".to_owned();
    }
    let character = |byte: &u8| match byte {
        b'.' | b'*' | b'>' | 0..=b' ' | 0x7f.. => '_',
        byte => char::from(*byte),
    };
    name.iter().map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_peers_cannot_change_the_subject() {
        for (peer, name, subject) in [
            (&b"a.b"[..], &b"e"[..], "x.a_b.e"),
            (b"", b"e", "x._.e"),
            (b">", b"* \n\xff", "x._.____"),
            (b"{event}", b"e", "x.{event}.e"),
        ] {
            assert_eq!(event("x.{peer}.{event}", peer, name), subject);
        }
        assert_eq!(event("plain", b"a", b"b"), "plain");
        assert_eq!(event("{x}.{", b"a", b"b"), "{x}.{");
    }

    #[test]
    fn templates_are_checked() {
        for (template, error) in [
            ("a.{peer}", None),
            (EVENTS, None),
            ("", Some("a part between dots is empty")),
            ("a..b", Some("a part between dots is empty")),
            ("a.>", Some("`>` is not allowed in a subject")),
            ("a b", Some("` ` is not allowed in a subject")),
        ] {
            assert_eq!(check_template(template).err().as_deref(), error, "{template}");
        }
    }
}
