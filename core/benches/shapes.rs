//! What is measured: events, both ends of a connection in steady state, two nodes.

use std::net::IpAddr;

use brocomm::Time;
use brocomm::data::{Declarations, Event, Field, Record, Table, Type, TypeTag, Value};
use brocomm::logs::{LogField, LogStream, LogValue};
use brocomm::lowlevel::serial::Serial;
use brocomm::lowlevel::serial::{Caching, LazyEvent, LazySerial, Limits, Mode, Reader, Writer};
use brocomm::lowlevel::wire::{Decoder, Encoder, Framing, Message};
use brocomm::node::{
    Action, ConnectionId, Endpoint, NodeConfig, NodeMachine, Notification, PeerConfig,
};

/// How many events one measured call encodes or decodes.
pub const EVENTS: usize = 1000;

/// Nothing is cached: what a Broccoli asks for by default, and writes itself.
pub const UNCACHED: Mode = Mode { caching: Caching::None, ..Mode::HANDSHAKE };

/// `event(count, string)`
pub fn small() -> Event {
    let args = vec![Value::Count(42), Value::string("hello")];
    Event { name: "small_event".into(), time: 1_500_000_000.0, args }
}

/// `event(record {addr, port, addr, port}, string, double)`
pub fn large() -> Event {
    let fields = [
        ("orig_h", Type::ADDR),
        ("orig_p", Type::PORT),
        ("resp_h", Type::ADDR),
        ("resp_p", Type::PORT),
    ];
    let ty = Type::record(
        "conn_id",
        fields.into_iter().map(|(name, ty)| Field::new(name, ty)).collect(),
    );
    let values = vec![
        Some(Value::Addr([10, 0, 0, 1].into())),
        Some(Value::Port(brocomm::data::Port::tcp(40000))),
        Some(Value::Addr([192, 168, 1, 1].into())),
        Some(Value::Port(brocomm::data::Port::tcp(80))),
    ];
    let args =
        vec![Record::new(ty, values).into(), Value::string("GET /index.html"), Value::Double(0.25)];
    Event { name: "large_event".into(), time: 1_500_000_000.0, args }
}

/// `event(record)` with 20 fields, among them a set of two strings and a table of two entries.
pub fn wide() -> Event {
    let mut set = Table::new(Type::set(vec![Type::STRING]));
    let mut table = Table::new(Type::table(vec![Type::ADDR], Type::COUNT));
    for n in 0..2u8 {
        set.push(vec![Value::string([b'a' + n])], None);
        table.push(vec![Value::Addr([10, 0, 0, n].into())], Some(Value::Count(u64::from(n))));
    }
    let mut values = vec![Value::from(set), table.into()];
    let scalars = [
        Value::Time(1_500_000_000.0),
        Value::string("CHhAvVGS1DHFjwGM9"),
        Value::Addr([192, 168, 1, 1].into()),
        Value::Port(brocomm::data::Port::tcp(80)),
        Value::Count(1234),
        Value::Bool(true),
    ];
    values.extend(scalars.iter().cycle().take(18).cloned());
    let fields = values.iter().enumerate();
    let fields = fields.map(|(n, value)| Field::new(format!("field_{n}"), value.ty())).collect();
    let ty = Type::record("wide", fields);
    let args = vec![Record::new(ty, values.into_iter().map(Some).collect()).into()];
    Event { name: "wide_event".into(), time: 1_500_000_000.0, args }
}

/// The sending end.
pub struct Sender {
    pub event: Event,
    mode: Mode,
    encoder: Encoder,
    writer: Writer,
    pub out: Vec<u8>,
}

impl Sender {
    /// Makes a sender that has sent the event before and has room for those to come.
    pub fn warm(event: Event, mode: Mode) -> Sender {
        let mut sender = Sender {
            event,
            mode,
            encoder: Encoder::new(Framing::Clear),
            writer: Writer::new(3000),
            out: Vec::with_capacity(EVENTS * 1024),
        };
        for _ in 0..4000 {
            sender.send();
            sender.out.clear();
        }
        sender
    }

    /// Sends another peer's event.
    #[inline(never)]
    pub fn forward(&mut self, event: &LazyEvent) {
        let Sender { mode, encoder, writer, out, .. } = self;
        encoder.serial(out, |out| writer.forward(*mode, event, out)).expect("the event is small");
    }

    #[inline(never)]
    pub fn send(&mut self) {
        let Sender { event, mode, encoder, writer, out } = self;
        encoder
            .serial(out, |out| writer.event(*mode, &event.name, event.time, &event.args, out))
            .expect("the event is small");
    }
}

/// The receiving end.
pub struct Receiver {
    mode: Mode,
    decoder: Decoder,
    reader: Reader,
}

impl Receiver {
    /// Makes a receiver that has received the event before, and the bytes of those to come, in
    /// pieces as a socket gives them.
    pub fn warm(event: Event, mode: Mode) -> (Receiver, Vec<Vec<u8>>) {
        let mut receiver = Receiver {
            mode,
            decoder: Decoder::new(Framing::Clear, Default::default()),
            reader: Reader::new(Limits::default()),
        };
        receiver.reader.set_cache_size(3000);
        let mut sender = Sender {
            event,
            mode,
            encoder: Encoder::new(Framing::Clear),
            writer: Writer::new(3000),
            out: Vec::new(),
        };
        for _ in 0..4000 {
            sender.send();
            receiver.receive(&std::mem::take(&mut sender.out));
        }
        for _ in 0..EVENTS {
            sender.send();
        }
        (receiver, sender.out.chunks(4096).map(<[u8]>::to_vec).collect())
    }

    /// Takes bytes and returns how many events came with them.
    #[inline(never)]
    pub fn receive(&mut self, bytes: &[u8]) -> usize {
        let mut events = 0;
        self.decoder.feed(bytes);
        while let Some(decoded) = self.decoder.poll().expect("the bytes are right") {
            if let Message::Serial(chunk) = decoded.message {
                let serial = self.reader.read(&chunk, self.mode).expect("the bytes are right");
                events += usize::from(matches!(std::hint::black_box(serial), Serial::Event(_)));
            }
        }
        events
    }

    /// The same, but reads lazily and hands the events on.
    #[inline(never)]
    pub fn receive_lazily(&mut self, bytes: &[u8], mut take: impl FnMut(&LazyEvent)) -> usize {
        let mut events = 0;
        self.decoder.feed(bytes);
        while let Some(decoded) = self.decoder.poll().expect("the bytes are right") {
            if let Message::Serial(chunk) = decoded.message {
                let read = self.reader.read_lazily(&chunk, self.mode);
                if let LazySerial::Event(event) = read.expect("the bytes are right") {
                    take(std::hint::black_box(&event));
                    events += 1;
                }
            }
        }
        events
    }
}

/// A node that is connected to another, with an event and a log that go from here to there.
pub struct Nodes {
    here: End,
    there: End,
    now: Time,
}

/// The number of the log's stream.
const LOG: i32 = 1;

impl Nodes {
    /// Connects two nodes, and lets as much pass between them as is measured.
    pub fn warm() -> Nodes {
        let now = Time::from_secs_f64(1_500_000_000.0);
        let host = IpAddr::from([192, 0, 2, 1]);
        let node = |node| {
            let mut declarations = Declarations::new();
            declarations.read("event small_event(n: count, s: string);").expect("it is right");
            let nodes = vec![("other".to_owned(), node)];
            let declarations = declarations.into();
            let config = NodeConfig { nodes, declarations, ..NodeConfig::default() };
            let mut node = NodeMachine::new(config).expect("it is right");
            node.start(now);
            node
        };
        let mut here = node(PeerConfig::new(host));
        let columns = vec![LogField::new("n", TypeTag::Count), LogField::new("s", TypeTag::String)];
        here.declare_log(LogStream::new(LOG, "small", columns)).expect("it is right");
        let events = Some("small_event".parse().expect("it is right"));
        let wants =
            PeerConfig { connect: true, events, request_logs: true, ..PeerConfig::new(host) };
        let mut there = node(wants);
        let Some(Action::Connect { connection, .. }) = there.poll_action() else {
            panic!("it connects")
        };
        there.feed_connected(connection, now);
        let accepted = here.feed_accepted(Endpoint::new(host, 50_000), now).expect("it goes on");
        let mut nodes = Nodes { here: (here, accepted), there: (there, connection), now };
        while nodes.carry() {
            nodes.take();
        }
        for _ in 0..4 {
            assert_eq!((nodes.events(), nodes.log_entries()), (EVENTS, EVENTS));
        }
        nodes
    }

    /// Raises an event again and again; returns how many came.
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

    /// Writes a log entry again and again, which go in batches; returns how many came.
    #[inline(never)]
    pub fn log_entries(&mut self) -> usize {
        let mut came = 0;
        for n in 0..EVENTS as u64 {
            let values = [LogValue::Count(n), LogValue::string("hello")];
            self.here.0.write_log(LOG, &values, self.now).expect("there is room");
        }
        self.here.0.flush_batches(self.now);
        while self.carry() {
            came += self.take();
        }
        came
    }

    /// Carries bytes both ways; returns whether there were any.
    fn carry(&mut self) -> bool {
        let Nodes { here, there, now } = self;
        carry(here, there, *now) | carry(there, here, *now)
    }

    /// Takes what is notified; returns how many events and log entries came.
    fn take(&mut self) -> usize {
        while self.here.0.poll_notification().is_some() {}
        let came = std::iter::from_fn(|| self.there.0.poll_notification());
        let is_counted = |told: &Notification| {
            matches!(told, Notification::Event { .. } | Notification::LogEntry { .. })
        };
        came.filter(|told| is_counted(std::hint::black_box(told))).count()
    }
}

type End = (NodeMachine, ConnectionId);

/// Carries bytes one way; returns whether there were any.
fn carry((from, out): &mut End, (to, into): &mut End, now: Time) -> bool {
    let bytes = from.poll_transmit(*out);
    let length = bytes.len();
    to.feed_bytes(*into, bytes, now);
    from.advance(*out, length, now);
    length > 0
}
