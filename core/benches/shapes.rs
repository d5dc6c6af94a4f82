//! The measured events, and both ends of a connection in steady state.

pub mod counting;
mod fan_out;
mod nodes;
pub mod tables;

use brocomm::Time;
use brocomm::data::{Event, Field, Record, Table, Type, Value};
use brocomm::lowlevel::connection::{Connection, ConnectionConfig, ConnectionNotification, Requests, Sent};
use brocomm::lowlevel::serial::Serial;
use brocomm::lowlevel::serial::{Caching, LazyEvent, LazySerial, ReaderLimits, Mode, Reader, Writer};
use brocomm::node::{Phase, Role};
use brocomm::lowlevel::wire::{Decoder, Encoder, Framing, Message};
use bytes::Bytes;

pub use fan_out::{FanOut, Locked};
pub use nodes::Nodes;

/// The number of events in one measurement.
pub const EVENTS: usize = 1000;

/// The mode without a cache, which a Broccoli requests by default and uses itself.
pub const UNCACHED: Mode = Mode { caching: Caching::None, ..Mode::HANDSHAKE };

/// Returns `event(count, string)`, with a string of 20 bytes.
pub fn small() -> Event {
    let args = vec![Value::Count(42), Value::string("twenty bytes of text")];
    Event { name: "small_event".into(), time: 1_500_000_000.0, args }
}

/// Returns `event(record {addr, port, addr, port}, string, double)`, with a string of 20 bytes.
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
        vec![Record::new(ty, values).into(), Value::string("GET /index.html?a=20"), Value::Double(0.25)];
    Event { name: "large_event".into(), time: 1_500_000_000.0, args }
}

/// Returns `event(record)` with 20 fields, among them a set of two strings and a table of two
/// entries.
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

/// Returns `event(table[addr] of count)` with this many entries.
pub fn table(entries: u64) -> Event {
    let mut table = Table::new(Type::table(vec![Type::ADDR], Type::COUNT));
    for n in 0..entries {
        table.push(vec![Value::Addr((0x0a00_0000 + n as u32).to_be_bytes().into())], Some(Value::Count(n)));
    }
    Event { name: "table_event".into(), time: 1_500_000_000.0, args: vec![table.into()] }
}

/// Returns `event(string, …)` with this many strings of 20 bytes.
pub fn strings(args: usize) -> Event {
    let args = vec![Value::string("twenty bytes of text"); args];
    Event { name: "strings_event".into(), time: 1_500_000_000.0, args }
}

/// Returns a connection in phase Running that has already received the event, and the bytes of
/// [`EVENTS`] more, in pieces as read from a socket.
pub fn connected(event: Event) -> (Connection, Vec<Vec<u8>>) {
    const NOW: Time = Time::from_nanos(1);
    let transfer = |from: &mut Connection, to: &mut Connection| {
        to.feed_bytes(from.poll_transmit(), NOW);
        from.advance(usize::MAX, NOW);
    };
    let requests = Requests {
        events: vec![event.name.clone()],
        accept_input: true,
        ..Requests::default()
    };
    let config = ConnectionConfig {
        undeclared: brocomm::node::Undeclared::Deliver,
        requests,
        ..ConnectionConfig::default()
    };
    let mut here = Connection::new(config.clone(), Role::Initiator, NOW);
    let mut there = Connection::new(config, Role::Acceptor, NOW);
    while here.phase() != Phase::Running || there.phase() != Phase::Running {
        transfer(&mut here, &mut there);
        transfer(&mut there, &mut here);
    }
    let events = anew(&event, FORGOTTEN);
    let mut bytes = Vec::new();
    for round in 0..4000 + EVENTS {
        assert_eq!(here.send_event(&events[round % events.len()]), Ok(Sent::Sent));
        if round < 4000 {
            transfer(&mut here, &mut there);
            while there.poll_notification().is_some() {}
        } else {
            bytes.extend_from_slice(here.poll_transmit());
            here.advance(usize::MAX, NOW);
        }
    }
    (there, bytes.chunks(4096).map(<[u8]>::to_vec).collect())
}

/// Feeds bytes to a connection; returns the number of events in them.
#[inline(never)]
pub fn feed(connection: &mut Connection, bytes: &[u8]) -> usize {
    let mut events = 0;
    connection.feed_bytes(bytes, Time::from_nanos(1));
    while let Some(notification) = connection.poll_notification() {
        events += usize::from(matches!(std::hint::black_box(notification), ConnectionNotification::Event(_)));
    }
    events
}

/// The number of events after which the object cache no longer contains the first.
const FORGOTTEN: usize = 3000;

/// Returns this many copies of an event.
fn anew(event: &Event, times: usize) -> Vec<Event> {
    let anew = |_| {
        let args = event.args.iter().map(Value::compact).collect();
        Event { args, ..event.clone() }
    };
    (0..times).map(anew).collect()
}

/// The sending end.
pub struct Sender {
    /// Copies of the event. The same containers would be sent as references.
    events: Vec<Event>,
    next: usize,
    mode: Mode,
    encoder: Encoder,
    writer: Writer,
    pub out: Vec<u8>,
}

impl Sender {
    /// Creates a sender that has already sent the event and has room for the next ones.
    pub fn warm(event: Event, mode: Mode) -> Sender {
        let mut sender = Sender {
            events: anew(&event, FORGOTTEN),
            next: 0,
            mode,
            encoder: Encoder::new(Framing::Clear),
            writer: Writer::new(3000),
            // Large enough, because growing the buffer would be measured as well.
            out: Vec::with_capacity(EVENTS * 8192),
        };
        for _ in 0..4000 {
            sender.send();
            sender.out.clear();
        }
        sender
    }

    /// Forwards an event from another peer.
    #[inline(never)]
    pub fn forward(&mut self, event: &LazyEvent) {
        let Sender { mode, encoder, writer, out, .. } = self;
        encoder.serial(out, |out| writer.forward(*mode, event, out)).expect("the event is small");
    }

    #[inline(never)]
    pub fn send(&mut self) {
        let Sender { events, next, mode, encoder, writer, out } = self;
        let event = &events[*next % events.len()];
        *next += 1;
        encoder
            .serial(out, |out| writer.event(*mode, &event.name, event.time, &event.args, out))
            .expect("the event is small");
    }
}

/// Returns the argument of the next message, a SERIAL.
#[inline(always)]
fn next(decoder: &mut Decoder) -> Option<Bytes> {
    if let Some((chunk, _)) = decoder.poll_serial() {
        return Some(chunk);
    }
    match decoder.poll().expect("the bytes are valid")?.message {
        Message::Serial(chunk) => Some(chunk),
        other => panic!("not a SERIAL: {other:?}"),
    }
}

/// The receiving end.
pub struct Receiver {
    mode: Mode,
    decoder: Decoder,
    reader: Reader,
}

impl Receiver {
    /// Creates a receiver that has already received the event, lazily if so requested. Also returns
    /// the bytes of [`EVENTS`] more, in pieces as read from a socket.
    pub fn warm(event: Event, mode: Mode, lazily: bool) -> (Receiver, Vec<Vec<u8>>) {
        Receiver::of(anew(&event, FORGOTTEN), mode, lazily)
    }

    /// Does the same for several events in turn. Containers that are sent again are sent as references.
    pub fn of(events: Vec<Event>, mode: Mode, lazily: bool) -> (Receiver, Vec<Vec<u8>>) {
        let mut receiver = Receiver {
            mode,
            decoder: Decoder::new(Framing::Clear, Default::default()),
            reader: Reader::new(ReaderLimits::default()),
        };
        receiver.reader.set_cache_size(3000);
        let mut sender = Sender {
            events,
            next: 0,
            mode,
            encoder: Encoder::new(Framing::Clear),
            writer: Writer::new(3000),
            out: Vec::new(),
        };
        for _ in 0..4000 {
            sender.send();
            let bytes = std::mem::take(&mut sender.out);
            let events = if lazily {
                receiver.receive_lazily(&bytes, |_| {})
            } else {
                receiver.receive(&bytes)
            };
            assert_eq!(events, 1);
        }
        for _ in 0..EVENTS {
            sender.send();
        }
        (receiver, sender.out.chunks(4096).map(<[u8]>::to_vec).collect())
    }

    /// Reads bytes; returns the number of events in them.
    #[inline(never)]
    pub fn receive(&mut self, bytes: &[u8]) -> usize {
        let mut events = 0;
        self.decoder.feed(bytes);
        while let Some(chunk) = next(&mut self.decoder) {
            let serial = self.reader.read_owned(chunk, self.mode).expect("the bytes are valid");
            events += usize::from(matches!(std::hint::black_box(serial), Serial::Event(_)));
        }
        events
    }

    /// Reads bytes lazily and passes each event to `take`; returns the number of events.
    #[inline(never)]
    pub fn receive_lazily(
        &mut self,
        bytes: &[u8],
        mut take: impl FnMut(&LazyEvent),
    ) -> usize {
        let mut events = 0;
        self.decoder.feed(bytes);
        while let Some(chunk) = next(&mut self.decoder) {
            let read = self.reader.read_owned_lazily(chunk, self.mode);
            if let LazySerial::Event(event) = read.expect("the bytes are valid") {
                take(std::hint::black_box(&event));
                events += 1;
            }
        }
        events
    }
}
