//! Instructions that other formats take for the same events, beside those of the core.
//!
//! Without arguments it prints the figures; `--plot` draws them for the book, too.
//!
//! `typed` are structs known when the program is compiled, `dynamic` a tree of values like
//! [`brocomm::data::Value`]. Formats that carry neither types nor references do less than Bro's.

mod plot;

use std::fmt::Debug;
use std::hint::black_box;
use std::net::IpAddr;
use std::path::Path;

use brocomm::lowlevel::serial::Mode;
use brocomm_benches::counting::{Case, count, figures};
use brocomm_benches::{EVENTS, Receiver, Sender};
use plot::{Bar, Group};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// An event with what it carries: a tuple of arguments, or a list of values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Event<A> {
    name: String,
    time: f64,
    args: A,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ConnId {
    orig_h: IpAddr,
    orig_p: (u16, u8),
    resp_h: IpAddr,
    resp_p: (u16, u8),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Value {
    Count(u64),
    String(String),
    Double(f64),
    Addr(IpAddr),
    Port(u16, u8),
    Record(String, Vec<(String, Option<Value>)>),
}

fn event<A>(name: &str, args: A) -> Event<A> {
    Event { name: name.to_owned(), time: 1_500_000_000.0, args }
}

fn small() -> Event<(u64, String)> {
    event("small_event", (42, "twenty bytes of text".to_owned()))
}

fn large() -> Event<(ConnId, String, f64)> {
    let conn_id = ConnId {
        orig_h: [10, 0, 0, 1].into(),
        orig_p: (40000, 6),
        resp_h: [192, 168, 1, 1].into(),
        resp_p: (80, 6),
    };
    event("large_event", (conn_id, "GET /index.html?a=20".to_owned(), 0.25))
}

fn small_values() -> Event<Vec<Value>> {
    event("small_event", vec![Value::Count(42), Value::String("twenty bytes of text".to_owned())])
}

fn large_values() -> Event<Vec<Value>> {
    let fields = [
        ("orig_h", Value::Addr([10, 0, 0, 1].into())),
        ("orig_p", Value::Port(40000, 6)),
        ("resp_h", Value::Addr([192, 168, 1, 1].into())),
        ("resp_p", Value::Port(80, 6)),
    ];
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), Some(value)));
    let record = Value::Record("conn_id".to_owned(), fields.collect());
    let string = Value::String("GET /index.html?a=20".to_owned());
    event("large_event", vec![record, string, Value::Double(0.25)])
}

/// The same events for prost, which has no addresses and no small numbers.
mod messages {
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Small {
        #[prost(string, tag = "1")]
        pub name: String,
        #[prost(double, tag = "2")]
        pub time: f64,
        #[prost(uint64, tag = "3")]
        pub count: u64,
        #[prost(string, tag = "4")]
        pub string: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct ConnId {
        #[prost(bytes = "vec", tag = "1")]
        pub orig_h: Vec<u8>,
        #[prost(uint32, tag = "2")]
        pub orig_p: u32,
        #[prost(bytes = "vec", tag = "3")]
        pub resp_h: Vec<u8>,
        #[prost(uint32, tag = "4")]
        pub resp_p: u32,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Large {
        #[prost(string, tag = "1")]
        pub name: String,
        #[prost(double, tag = "2")]
        pub time: f64,
        #[prost(message, optional, tag = "3")]
        pub conn_id: Option<ConnId>,
        #[prost(string, tag = "4")]
        pub string: String,
        #[prost(double, tag = "5")]
        pub double: f64,
    }

    pub fn small() -> Small {
        Small {
            name: "small_event".to_owned(),
            time: 1_500_000_000.0,
            count: 42,
            string: "twenty bytes of text".to_owned(),
        }
    }

    pub fn large() -> Large {
        let conn_id = ConnId {
            orig_h: vec![10, 0, 0, 1],
            orig_p: 40000 << 8 | 6,
            resp_h: vec![192, 168, 1, 1],
            resp_p: 80 << 8 | 6,
        };
        Large {
            name: "large_event".to_owned(),
            time: 1_500_000_000.0,
            conn_id: Some(conn_id),
            string: "GET /index.html?a=20".to_owned(),
            double: 0.25,
        }
    }
}

/// Encodes into a buffer that has room.
fn encode<T>(event: T, encode: impl Fn(&T, &mut Vec<u8>)) {
    let mut out = Vec::with_capacity(512);
    count(|| {
        for _ in 0..EVENTS {
            out.clear();
            encode(black_box(&event), &mut out);
            black_box(&out);
        }
    });
}

/// Decodes, and drops what was decoded.
fn decode<T: PartialEq + Debug>(event: T, bytes: Vec<u8>, decode: impl Fn(&[u8]) -> T) {
    assert_eq!(decode(&bytes), event);
    count(|| (0..EVENTS).for_each(|_| drop(black_box(decode(black_box(&bytes))))));
}

const BINCODE: bincode::config::Configuration = bincode::config::standard();

fn bincode_encode<T: Serialize>(event: T) {
    encode(event, |event, out| {
        bincode::serde::encode_into_std_write(event, out, BINCODE).expect("it can be encoded");
    });
}

fn bincode_decode<T: Serialize + DeserializeOwned + PartialEq + Debug>(event: T) {
    let bytes = bincode::serde::encode_to_vec(&event, BINCODE).expect("it can be encoded");
    decode(event, bytes, |bytes| {
        bincode::serde::decode_from_slice(bytes, BINCODE).expect("it can be decoded").0
    });
}

fn rmp_encode<T: Serialize>(event: T) {
    encode(event, |event, out| rmp_serde::encode::write(out, event).expect("it can be encoded"));
}

fn rmp_decode<T: Serialize + DeserializeOwned + PartialEq + Debug>(event: T) {
    let bytes = rmp_serde::to_vec(&event).expect("it can be encoded");
    decode(event, bytes, |bytes| rmp_serde::from_slice(bytes).expect("it can be decoded"));
}

fn prost_encode<T: prost::Message>(event: T) {
    encode(event, |event, out| event.encode(out).expect("it can be encoded"));
}

fn prost_decode<T: prost::Message + Default + PartialEq + Debug>(event: T) {
    let bytes = event.encode_to_vec();
    decode(event, bytes, |bytes| T::decode(bytes).expect("it can be decoded"));
}

fn brocomm_encode(event: brocomm::data::Event) {
    let mut sender = Sender::warm(event, Mode::RUNNING);
    count(|| (0..EVENTS).for_each(|_| black_box(&mut sender).send()));
}

fn brocomm_decode(event: brocomm::data::Event) {
    let (mut receiver, bytes) = Receiver::warm(event, Mode::RUNNING, false);
    count(|| {
        let events: usize = bytes.iter().map(|bytes| black_box(&mut receiver).receive(bytes)).sum();
        assert_eq!(events, EVENTS);
    });
}

const CASES: [Case; 24] = [
    ("encode small, brocomm", 1, || brocomm_encode(brocomm_benches::small())),
    ("encode small, dynamic, bincode", 1, || bincode_encode(small_values())),
    ("encode small, dynamic, rmp", 1, || rmp_encode(small_values())),
    ("encode small, typed, bincode", 1, || bincode_encode(small())),
    ("encode small, typed, rmp", 1, || rmp_encode(small())),
    ("encode small, typed, prost", 1, || prost_encode(messages::small())),
    ("encode large, brocomm", 1, || brocomm_encode(brocomm_benches::large())),
    ("encode large, dynamic, bincode", 1, || bincode_encode(large_values())),
    ("encode large, dynamic, rmp", 1, || rmp_encode(large_values())),
    ("encode large, typed, bincode", 1, || bincode_encode(large())),
    ("encode large, typed, rmp", 1, || rmp_encode(large())),
    ("encode large, typed, prost", 1, || prost_encode(messages::large())),
    ("decode small, brocomm", 1, || brocomm_decode(brocomm_benches::small())),
    ("decode small, dynamic, bincode", 1, || bincode_decode(small_values())),
    ("decode small, dynamic, rmp", 1, || rmp_decode(small_values())),
    ("decode small, typed, bincode", 1, || bincode_decode(small())),
    ("decode small, typed, rmp", 1, || rmp_decode(small())),
    ("decode small, typed, prost", 1, || prost_decode(messages::small())),
    ("decode large, brocomm", 1, || brocomm_decode(brocomm_benches::large())),
    ("decode large, dynamic, bincode", 1, || bincode_decode(large_values())),
    ("decode large, dynamic, rmp", 1, || rmp_decode(large_values())),
    ("decode large, typed, bincode", 1, || bincode_decode(large())),
    ("decode large, typed, rmp", 1, || rmp_decode(large())),
    ("decode large, typed, prost", 1, || prost_decode(messages::large())),
];

/// Returns a bar for each figure, in a group for each event and direction.
fn groups(figures: &[(&str, u64)]) -> Vec<Group> {
    let name = |case: &str| case.split(", ").next().expect("a case has a name").to_owned();
    let groups = figures.chunk_by(|(a, _), (b, _)| name(a) == name(b)).map(|figures| {
        let bars = figures.iter().map(|(case, figure)| {
            let (_, format) = case.split_once(", ").expect("a case has a format");
            let is_ours = format == "brocomm";
            Bar { label: format.to_owned(), shown: figure.to_string(), value: *figure as f64, is_ours }
        });
        Group { title: format!("{} event, instructions", name(figures[0].0)), bars: bars.collect() }
    });
    groups.collect()
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let has = |option: &str| args.iter().any(|arg| arg == option);
    if has("--cases") {
        CASES.iter().for_each(|(_, _, work)| work());
        return;
    }
    let Some(figures) = figures(Path::new(env!("CARGO_TARGET_TMPDIR")), &CASES) else {
        println!("references: skipped: there is no valgrind");
        return;
    };
    for (case, figure) in &figures {
        println!("{figure:>7} {case}");
    }
    if has("--plot") {
        plot::draw("performance.svg", &groups(&figures)).expect("the plot can be written");
    }
}
