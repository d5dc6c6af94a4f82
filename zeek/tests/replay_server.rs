//! Feeds the server what the recorded clients sent, and compares its answers with Zeek's.

use std::collections::BTreeMap;
use std::slice::from_ref;

use brocomm::Time;
use brocomm::data::Declarations;
use brocomm_zeek::json::{Options, Spelling};
use brocomm_zeek::mapping::{self, Mapping};
use brocomm_zeek::message::{NETWORK_TIMESTAMP, Publication, ServerMessage, ZeekEvent};
use brocomm_zeek::server::{Notification, Server, ServerConfig};
use brocomm_zeek::{Data, signatures};
use bytes::Bytes;

use crate::session::{self, Content, From, Row, Session};

/// The answers of our server or of Zeek: messages, pongs and close frames, each in order.
#[derive(Debug, Default)]
struct Answers {
    http: Vec<u8>,
    messages: Vec<Bytes>,
    pongs: Vec<Vec<u8>>,
    pings: usize,
    closes: Vec<Vec<u8>>,
}

impl Answers {
    fn of_zeek(rows: &[Row]) -> Answers {
        let mut answers = Answers {
            messages: session::messages(session::of(rows, From::Zeek)),
            ..Answers::default()
        };
        for row in session::of(rows, From::Zeek) {
            match &row.content {
                Content::Http(bytes) => answers.http.extend(bytes),
                Content::Frame { opcode: 8, payload, .. } => answers.closes.push(payload.clone()),
                Content::Frame { opcode: 9, .. } => answers.pings += 1,
                Content::Frame { opcode: 10, payload, .. } => answers.pongs.push(payload.clone()),
                _ => {}
            }
        }
        answers
    }

    /// Parses the output of a server, which is not masked.
    fn of_server(bytes: &[u8]) -> Answers {
        let mut answers = Answers::default();
        let head = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let (head, mut rest) = bytes.split_at(head.map_or(bytes.len(), |at| at + 4));
        answers.http.extend(head);
        while let [first, second, ..] = *rest {
            let (length, start) = match second {
                126 => (u16::from_be_bytes([rest[2], rest[3]]).into(), 4),
                127 => (u64::from_be_bytes(rest[2..10].try_into().unwrap()) as usize, 10),
                short => (short.into(), 2),
            };
            let payload = rest[start..start + length].to_vec();
            rest = &rest[start + length..];
            match first {
                0x81 | 0x82 => answers.messages.push(payload.into()),
                0x88 => answers.closes.push(payload),
                0x89 => answers.pings += 1,
                0x8a => answers.pongs.push(payload),
                other => panic!("{other:x}"),
            }
        }
        answers
    }
}

/// The visible behavior of the script that the recorded Zeek ran.
struct Script {
    mapping: Mapping,
    /// The events that `go` publishes.
    list: Vec<(Vec<u8>, ZeekEvent)>,
    has_times: bool,
    is_meta: bool,
}

impl Script {
    fn of(session: &Session) -> Script {
        let mut text = std::fs::read_to_string(session::folder().join("site.zeek")).unwrap();
        let is_lab = session.connections.values().flatten().any(|row| {
            row.bytes().len() > 100
                && matches!(&row.content, Content::Frame { payload, .. }
                    if payload.windows(5).any(|window| window == b"Lab::"))
        });
        let mut zeek = signatures::base();
        match session.name.as_str() {
            "server-script" => text = "global zeek_init: event();".to_owned(),
            _ if is_lab => text = text.replace("module Site", "module Lab"),
            _ => {}
        }
        signatures::read(&text, &mut zeek).unwrap();
        let options =
            mapping::Options { as_zeek: true, functions: true, ..mapping::Options::default() };
        // The connection that received the most events received all of them.
        let lists = session.connections.values().map(|rows| {
            let texts = session::messages(session::of(rows, From::Zeek));
            let publications = texts.iter().filter_map(|text| match ServerMessage::read(text) {
                Ok(ServerMessage::Publication(publication)) => Some(publication),
                _ => None,
            });
            publications
                .filter(|publication| !publication.topic.starts_with(b"/echo/"))
                .map(|Publication { topic, data }| {
                    (topic.to_vec(), ZeekEvent::from_data(data).unwrap())
                })
                .collect::<Vec<_>>()
        });
        let mut list = lists.max_by_key(Vec::len).unwrap();
        // These were published by clients, which use other topics than Zeek.
        if session.name == "two-clients" {
            list.clear();
        }
        Script {
            mapping: Mapping::new(Declarations::new(), zeek, options),
            list,
            has_times: session.name == "metadata-on",
            is_meta: session.name.starts_with("metadata"),
        }
    }

    /// Returns what the script publishes for a received event, or `None` if Zeek rejects it.
    fn handle(&self, topic: &[u8], event: &ZeekEvent) -> Option<Vec<(Vec<u8>, ZeekEvent)>> {
        let own = self.mapping.to_bro(event, &event.name).ok()?;
        if !topic.starts_with(b"/to/") {
            return Some(Vec::new());
        }
        let name = event.name.to_string();
        let short = name.split("::").nth(1).unwrap_or(&name).to_owned();
        if short == "go" {
            return Some(self.list.clone());
        }
        let mut echo = self.mapping.to_zeek(&own, &event.name).unwrap();
        if self.has_times {
            // The time of the handled event, or the network time.
            let time = event.time().unwrap_or(4_711_250_000_000);
            echo.metadata = vec![(NETWORK_TIMESTAMP, Data::Timestamp(time))];
        }
        let topic = if self.is_meta { "/echo/meta".to_owned() } else { format!("/echo/{short}") };
        Some(vec![(topic.into(), echo)])
    }
}

fn config(rows: &[Row]) -> ServerConfig {
    let answers = Answers::of_zeek(rows);
    let mut config = ServerConfig::new("", "8.2.2");
    config.encoding = Options { spelling: Spelling::Zeek, ..Options::default() };
    for text in &answers.messages {
        if let Ok(ServerMessage::Ack { endpoint, version }) = ServerMessage::read(text) {
            (config.endpoint, config.version) = (endpoint, version);
        }
    }
    let mut seconds = 5;
    for row in rows {
        if let Content::Frame { opcode: 9, payload, .. } = &row.content
            && row.from == From::Zeek
            && payload.starts_with(b"ixwebsocket::heartbeat::1s")
        {
            seconds = 1;
        }
    }
    config.ping_interval = Some(std::time::Duration::from_secs(seconds));
    config.limits.outgoing = 64 << 20;
    config
}

/// Replays a session's clients against one server per connection, all with the same script.
fn play(session: &Session, piece: usize) -> BTreeMap<u64, Vec<u8>> {
    let script = Script::of(session);
    let mut servers: BTreeMap<u64, Server> = BTreeMap::new();
    let mut written: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    let mut rows: Vec<(u64, &Row)> = Vec::new();
    for (number, of_connection) in &session.connections {
        rows.extend(of_connection.iter().map(|row| (*number, row)));
    }
    rows.sort_by_key(|(_, row)| row.time);
    for (number, row) in rows {
        let connection = &session.connections[&number];
        let server =
            servers.entry(number).or_insert_with(|| Server::new(config(connection), row.time));
        match (row.from, &row.content) {
            (From::Zeek, Content::Frame { opcode: 8, payload, .. })
                if payload.ends_with(b"Terminating") =>
            {
                server.terminate(row.time);
            }
            // The server's timers trigger these.
            (From::Zeek, Content::Frame { opcode: 8 | 9, .. }) => {
                let due =
                    |server: &Server| server.next_timeout().filter(|at| *at <= later(row.time));
                while let Some(at) = due(server) {
                    server.feed_time(at);
                    if server.next_timeout() == Some(at) {
                        break;
                    }
                }
            }
            (From::Zeek, _) => {}
            (From::Client, Content::Eof) => server.feed_eof(row.time),
            (From::Client, Content::Reset) => server.feed_failure("reset", row.time),
            (From::Client, _) => {
                for bytes in row.bytes().chunks(piece) {
                    server.feed_bytes(bytes, row.time);
                }
            }
        }
        handle(&mut servers, number, &script, row.time);
        for (number, server) in &mut servers {
            let bytes = server.poll_transmit().to_vec();
            server.advance(bytes.len(), row.time);
            written.entry(*number).or_default().extend(bytes);
        }
    }
    written
}

/// Allows for the difference between Zeek's clock and that of the recording client.
fn later(time: Time) -> Time {
    Time::from_nanos(time.as_nanos() + 50_000_000)
}

fn handle(servers: &mut BTreeMap<u64, Server>, number: u64, script: &Script, now: Time) {
    while let Some(notification) = servers.get_mut(&number).unwrap().poll_notification() {
        match notification {
            Notification::Subscribed { .. } => {
                servers.get_mut(&number).unwrap().acknowledge(now);
            }
            Notification::Event { topic, event } => match script.handle(&topic, &event) {
                None => servers.get_mut(&number).unwrap().refuse(now),
                Some(published) => {
                    for (other, server) in servers.iter_mut().filter(|(other, _)| **other != number)
                    {
                        let _ = other;
                        let own = script.mapping.to_bro(&event, &event.name).unwrap();
                        let event = script.mapping.to_zeek(&own, &event.name).unwrap();
                        server.publish(&topic, &event, now).unwrap();
                    }
                    for (topic, event) in published {
                        for server in servers.values_mut() {
                            server.publish(&topic, &event, now).unwrap();
                        }
                    }
                }
            },
            _ => {}
        }
    }
}

/// An escaped slash, which Zeek reads as a question mark.
const SLASH: &str = r"\/";

/// Values that Zeek accepts and silently changes, and that our server rejects. In addition, Zeek
/// reads `\/` as `?`, and some doubles as other ones.
const CHANGED_BY_ZEEK: [&str; 17] = [
    // The value that Zeek sends for a time that it can't represent.
    r#""data":"1677-09-21T00:12:44""#,
    r#""data":5e-324"#,
    r#""data":1.7976931348623157e308"#,
    r#""data":1e400"#,
    r#""data":"80/TCP""#,
    r#""data":"70000/tcp""#,
    r#""data":"x/tcp""#,
    r#""data":"-1/tcp""#,
    r#""port","data":"""#,
    r#""data":"10.0.0.0/33""#,
    r#""data":"::/129""#,
    r#""data":"0001-01-01T00:00:00""#,
    r#""data":"2300-01-01T00:00:00""#,
    r#""data":"2262-04-11T23:47:16.854775807"#,
    r#""data":"9223372036854775807ns""#,
    r#""data":"-9223372036854775808ns""#,
    SLASH,
];

/// Returns whether two values are equal except for differences below a millisecond or beyond the
/// precision of a double, because Zeek truncates times when it writes them.
fn alike(a: &Data, b: &Data) -> bool {
    let all =
        |a: &[Data], b: &[Data]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b));
    match (a, b) {
        (Data::Timestamp(a), Data::Timestamp(b)) => a.abs_diff(*b) <= 1_000_000,
        (Data::Real(a), Data::Real(b)) => {
            a.to_bits() == b.to_bits()
                || a == b
                || (a - b).abs() <= 1e-6
                || (a - b).abs() <= a.abs() * 1e-14
        }
        (Data::Vector(a), Data::Vector(b)) | (Data::Set(a), Data::Set(b)) => all(a, b),
        _ => a == b,
    }
}

/// Compares whole lists of messages, because it is not known which of them answers which message
/// of a client. Leaves out messages that Zeek changes.
fn compare(at: &str, found: &[Bytes], expected: &[Bytes]) {
    let shown = |texts: &[Bytes]| {
        let text = |text: &Bytes| format!("{}\n", &text.escape_ascii().to_string());
        texts.iter().map(text).collect::<String>()
    };
    for (a, b) in found.iter().zip(expected) {
        let same = match (ServerMessage::read(a).unwrap(), ServerMessage::read(b).unwrap()) {
            (ServerMessage::Publication(a), ServerMessage::Publication(b)) => {
                a.topic == b.topic && alike(&a.data, &b.data)
            }
            (a, b) => a == b,
        };
        assert!(same, "{at}:\n{}{}", shown(from_ref(a)), shown(from_ref(b)));
    }
    assert_eq!(found.len(), expected.len(), "{at}:\n{}---\n{}", shown(found), shown(expected));
}

#[test]
fn the_server_answers_like_zeek() {
    for session in session::all() {
        let session = without_changed(session);
        for piece in [1, 1 << 24] {
            let written = play(&session, piece);
            for (number, rows) in &session.connections {
                let at = format!("{} {number}, pieces of {piece}", session.name);
                let (found, expected) =
                    (Answers::of_server(&written[number]), Answers::of_zeek(rows));
                let line = |http: &[u8]| {
                    let text = String::from_utf8(http.to_vec()).unwrap();
                    text.lines()
                        .filter(|line| !line.starts_with("Server:"))
                        .map(str::to_owned)
                        .collect::<Vec<_>>()
                };
                assert_eq!(line(&found.http), line(&expected.http), "{at}");
                compare(&at, &found.messages, &expected.messages);
                assert_eq!(found.pongs, expected.pongs, "{at}");
                assert_eq!(found.closes, expected.closes, "{at}");
                assert_eq!(found.pings, expected.pings, "{at}");
            }
        }
    }
}

/// Removes the client's messages that Zeek silently changes, with their answers. In the sessions
/// with such messages each one is answered before the next one is sent.
fn without_changed(mut session: Session) -> Session {
    for rows in session.connections.values_mut() {
        let mut is_left_out = false;
        rows.retain(|row| {
            let Content::Frame { opcode: 1 | 2, payload, .. } = &row.content else { return true };
            let text = String::from_utf8_lossy(payload);
            if row.from == From::Client {
                let changed = CHANGED_BY_ZEEK.iter().any(|part| text.contains(part));
                is_left_out = changed;
                return !is_left_out;
            }
            !std::mem::take(&mut is_left_out)
        });
    }
    session
}

#[test]
fn values_that_zeek_would_change_are_an_error() {
    let mut refused = 0;
    for name in ["errors-values", "extremes"] {
        let session = session::named(name);
        let script = Script::of(&session);
        for rows in session.connections.values() {
            for text in session::messages(session::of(rows, From::Client)) {
                let shown = String::from_utf8_lossy(&text).into_owned();
                let change = CHANGED_BY_ZEEK.iter().find(|part| shown.contains(**part));
                let Some(change) = change.filter(|part| **part != SLASH) else { continue };
                let taken = brocomm_zeek::message::Publication::read(&text)
                    .ok()
                    .and_then(|publication| ZeekEvent::from_data(publication.data))
                    .and_then(|event| script.mapping.to_bro(&event, &event.name).ok())
                    .and_then(|event| script.mapping.to_zeek(&event, &event.name).ok());
                let again = taken.map(|event| {
                    let mut out = Vec::new();
                    brocomm_zeek::message::write_event(b"t", &event, Options::default(), &mut out)
                });
                assert!(!matches!(again, Some(Ok(_))), "{change}");
                refused += 1;
            }
        }
    }
    assert!(refused >= 14, "{refused}");
}
