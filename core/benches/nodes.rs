//! Two connected nodes.

use std::net::IpAddr;

use brocomm::Time;
use brocomm::data::{Declarations, Event, Port, TypeTag, Value};
use brocomm::logs::{LogField, LogStream, LogValue};
use brocomm::node::{
    Action, ConnectionId, Endpoint, NodeConfig, NodeMachine, Notification, PeerConfig,
};

use crate::EVENTS;

/// A node that sends events and log entries to another node.
pub struct Nodes {
    here: End,
    there: End,
    now: Time,
}

/// The numbers of the logs' streams.
const LOG: i32 = 1;
const CONN: i32 = 2;

impl Nodes {
    /// Connects two nodes, and exchanges as many events and log entries as a measurement does.
    pub fn warm() -> Nodes {
        let now = Time::from_secs_f64(1_500_000_000.0);
        let host = IpAddr::from([192, 0, 2, 1]);
        let node = |node| {
            let mut declarations = Declarations::new();
            declarations.read("event small_event(n: count, s: string);").expect("it is valid");
            let nodes = vec![("other".to_owned(), node)];
            let declarations = declarations.into();
            let config = NodeConfig { nodes, declarations, ..NodeConfig::default() };
            let mut node = NodeMachine::new(config).expect("the configuration is valid");
            node.start(now);
            node
        };
        let mut here = node(PeerConfig::new(host));
        let columns = vec![LogField::new("n", TypeTag::Count), LogField::new("s", TypeTag::String)];
        here.declare_log(LogStream::new(LOG, "small", columns)).expect("the stream is valid");
        let columns = LogStream::new(CONN, "conn", conn_columns());
        here.declare_log(columns).expect("the stream is valid");
        let events = Some("small_event".parse().expect("the pattern is valid"));
        let wants =
            PeerConfig { connect: true, events, request_logs: true, ..PeerConfig::new(host) };
        let mut there = node(wants);
        let Some(Action::Connect { connection, .. }) = there.poll_action() else {
            panic!("the peer connects")
        };
        there.feed_connected(connection, now);
        let accepted = here.feed_accepted(Endpoint::new(host, 50_000), now).expect("it accepts");
        let mut nodes = Nodes { here: (here, accepted), there: (there, connection), now };
        while nodes.carry() {
            nodes.take();
        }
        for _ in 0..4 {
            assert_eq!((nodes.events(), nodes.log_entries()), (EVENTS, EVENTS));
            assert_eq!(nodes.conn_log_entries(), EVENTS);
        }
        nodes
    }

    /// Raises [`EVENTS`] events; returns how many the other node received.
    #[inline(never)]
    pub fn events(&mut self) -> usize {
        let mut came = 0;
        for n in 0..EVENTS as u64 {
            let event = Event::new("small_event", vec![Value::Count(n), Value::string("hello")]);
            self.here.0.raise(event, self.now).expect("there is room");
            self.carry();
            came += self.take();
        }
        came
    }

    /// Writes [`EVENTS`] log entries, which are sent in batches; returns how many the other node
    /// received.
    #[inline(never)]
    pub fn log_entries(&mut self) -> usize {
        for n in 0..EVENTS as u64 {
            let values = [LogValue::Count(n), LogValue::string("hello")];
            self.here.0.write_log(LOG, &values, self.now).expect("there is room");
        }
        self.flush_logs()
    }

    /// Does the same with entries as of a `conn.log`.
    #[inline(never)]
    pub fn conn_log_entries(&mut self) -> usize {
        let values = conn_values();
        for _ in 0..EVENTS {
            self.here.0.write_log(CONN, &values, self.now).expect("there is room");
        }
        self.flush_logs()
    }

    fn flush_logs(&mut self) -> usize {
        let mut came = 0;
        self.here.0.flush_batches(self.now);
        while self.carry() {
            came += self.take();
        }
        came
    }

    /// Transfers bytes in both directions; returns whether there were any.
    fn carry(&mut self) -> bool {
        let Nodes { here, there, now } = self;
        carry(here, there, *now) | carry(there, here, *now)
    }

    /// Takes all notifications; returns the number of events and log entries among them.
    fn take(&mut self) -> usize {
        while self.here.0.poll_notification().is_some() {}
        let came = std::iter::from_fn(|| self.there.0.poll_notification());
        let is_counted = |notified: &Notification| match notified {
            Notification::Event { .. } => true,
            // This decodes the values.
            Notification::LogEntry { values, .. } => !values.is_empty(),
            _ => false,
        };
        came.filter(|notified| is_counted(std::hint::black_box(notified))).count()
    }
}

/// The columns of a `conn.log`.
fn conn_columns() -> Vec<LogField> {
    let columns = conn_values().into_iter().zip(0..).map(|(value, n)| match value {
        LogValue::Set(_) => LogField::set(format!("column{n}"), TypeTag::String),
        value => LogField::new(format!("column{n}"), value.tag()),
    });
    columns.collect()
}

fn conn_values() -> Vec<LogValue> {
    let host = |last| LogValue::Addr([10, 0, 0, last].into());
    vec![
        LogValue::Time(1_500_000_000.5),
        LogValue::string("CHhAvVGS1DHFjwGM9a"),
        host(1),
        LogValue::Port(Port::tcp(50_000)),
        host(2),
        LogValue::Port(Port::tcp(443)),
        LogValue::Enum("tcp".into()),
        LogValue::string("ssl"),
        LogValue::Interval(1.5),
        LogValue::Count(1_000),
        LogValue::Count(17_000),
        LogValue::string("SF"),
        LogValue::Unset(TypeTag::Bool),
        LogValue::Count(0),
        LogValue::string("ShADadfF"),
        LogValue::Count(11),
        LogValue::Count(1_400),
        LogValue::Count(19),
        LogValue::Count(18_000),
        LogValue::Set(Vec::new()),
    ]
}

type End = (NodeMachine, ConnectionId);

/// Transfers bytes in one direction; returns whether there were any.
fn carry((from, out): &mut End, (to, into): &mut End, now: Time) -> bool {
    let bytes = from.poll_transmit(*out);
    let length = bytes.len();
    to.feed_bytes(*into, bytes, now);
    from.advance(*out, length, now);
    length > 0
}
