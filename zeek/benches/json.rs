//! Instructions for one event to and from its JSON, compared with `serde_json` and owned structs of
//! the same shape.
//!
//! ```text
//! cargo bench -p brocomm-zeek --bench json                # prints the wall time, and how to count
//! valgrind --tool=callgrind target/release/deps/json-… ours-decode 1000
//! ```
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "this is a benchmark")]

use std::hint::black_box;
use std::time::Instant;

use brocomm_zeek::Data;
use brocomm_zeek::json::Options;
use brocomm_zeek::message::{self, Publication, ServerMessage, ZeekEvent};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Typed<T> {
    #[serde(rename = "@data-type")]
    kind: String,
    data: T,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Message {
    r#type: String,
    topic: String,
    #[serde(rename = "@data-type")]
    kind: String,
    data: (Typed<u64>, Typed<u64>, Typed<Call>),
}

type Call = (Typed<String>, Typed<Args>);
type Info = (Typed<String>, Typed<u64>, Typed<bool>, Typed<Vec<Typed<String>>>);
type Args = (Typed<String>, Typed<String>, Typed<u64>, Typed<f64>, Typed<Info>);

fn event() -> ZeekEvent {
    let info = Data::Vector(vec![
        Data::string("a note of some length, as they are"),
        Data::Count(3_141_592),
        Data::Boolean(true),
        Data::Vector(vec![Data::string("scan"), Data::string("vertical"), Data::string("tcp")]),
    ]);
    let args = vec![
        Data::Address([192, 168, 13, 37].into()),
        Data::Port("443/tcp".parse().unwrap()),
        Data::Count(1234),
        Data::Real(0.25),
        info,
    ];
    ZeekEvent::new("Scan::seen", args)
}

fn text() -> Bytes {
    let mut text = Vec::new();
    message::write_event(b"brocomm/from-bro/sensor/scan", &event(), Options::default(), &mut text)
        .unwrap();
    text.into()
}

fn run(what: &str, rounds: u32) {
    let (text, event) = (text(), event());
    let owned: Message = serde_json::from_slice(&text).unwrap();
    let mut out = Vec::with_capacity(4096);
    for _ in 0..rounds {
        match what {
            "ours-decode" => {
                let Ok(ServerMessage::Publication(Publication { topic, data })) =
                    ServerMessage::read(black_box(&text))
                else {
                    panic!();
                };
                black_box((topic, ZeekEvent::from_data(data)));
            }
            "serde-decode" => {
                black_box(serde_json::from_slice::<Message>(black_box(&text)).unwrap());
            }
            "ours-encode" => {
                out.clear();
                let topic = b"brocomm/from-bro/sensor/scan";
                message::write_event(topic, black_box(&event), Options::default(), &mut out)
                    .unwrap();
            }
            "serde-encode" => {
                out.clear();
                serde_json::to_writer(&mut out, black_box(&owned)).unwrap();
            }
            _ => {}
        }
        black_box(&out);
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let [what, rounds] = args.as_slice() {
        return run(what, rounds.parse().unwrap());
    }
    println!(
        "{} bytes; instructions: valgrind --tool=callgrind {}",
        text().len(),
        std::env::args().next().unwrap()
    );
    for what in ["ours-decode", "serde-decode", "ours-encode", "serde-encode"] {
        run(what, 1_000);
        let start = Instant::now();
        run(what, 20_000);
        println!("{what}: {:?}", start.elapsed() / 20_000);
    }
}
