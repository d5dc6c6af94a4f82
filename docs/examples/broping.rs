//! A port of Broccoli's `broping` to `brocomm-std`. It sends `ping` events to a Bro and measures
//! the time until the `pong`s.
//!
//! ```text
//! cargo run -p brocomm-docs --example broping -- [-r] [-c COUNT] HOST:PORT
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is a program")]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brocomm::data::{Declarations, Event, Handlers};
use brocomm::lowlevel::connection::{ConnectionConfig, Notification, Requests, Sent};
use brocomm::node::CloseCause;
use brocomm::{Record, Time, event};
use brocomm_std::Peer;

/// The script's events: `ping(src_time: time, seq: count)` and
/// `pong(src_time: time, dst_time: time, seq: count)`.
const PLAIN: &str = "
    event ping(src_time: time, seq: count);
    event pong(src_time: time, dst_time: time, seq: count);
";

/// The same with records, for `-r`.
const RECORDS: &str = "
    type ping_data: record { seq: count; src_time: time; };
    type pong_data: record { seq: count; src_time: time; dst_time: time; };
    event ping(data: ping_data);
    event pong(data: pong_data);
";

#[derive(Record)]
#[bro(name = "ping_data")]
struct PingData {
    seq: u64,
    src_time: Time,
}

#[derive(Record)]
#[bro(name = "pong_data")]
struct PongData {
    seq: u64,
    src_time: Time,
    dst_time: Time,
}

/// The options of the command line.
struct Arguments {
    peer: String,
    count: Option<u64>,
    records: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { peer: host, count, records } = arguments()?;

    let mut declarations = Declarations::new();
    declarations.read(if records { RECORDS } else { PLAIN })?;
    let declarations = Arc::new(declarations);

    // The state that handlers work on: the current time and the number of answers.
    type Answers = (Time, u64);
    let handlers = Handlers::new(Arc::clone(&declarations));
    let handlers = if records {
        handlers.on("pong", |answers: &mut Answers, pong: PongData| {
            answered(answers, pong.seq, pong.src_time, pong.dst_time);
        })?
    } else {
        handlers.on("pong", |answers: &mut Answers, sent: Time, there: Time, seq: u64| {
            answered(answers, seq, sent, there);
        })?
    };

    let config = ConnectionConfig {
        description: "broping".into(),
        requests: Some(Requests {
            events: handlers.events().cloned().collect(),
            accept_input: true,
            ..Requests::default()
        }),
        declarations,
        ..ConnectionConfig::default()
    };
    let mut peer = Peer::connect(&host, config, Duration::from_secs(10))?;

    let mut answers: Answers = (peer.now(), 0);
    let (mut sent, mut next) = (0, None);
    while count.is_none_or(|count| answers.1 < count) {
        match peer.next(next)? {
            Some(Notification::HandshakeDone) => next = Some(Instant::now()),
            Some(Notification::Event(event)) => {
                answers.0 = peer.now();
                handlers.dispatch(&event, &mut answers)?;
            }
            Some(Notification::Closed(CloseCause::PeerClosed)) => {
                return Err("the Bro closed the connection".into());
            }
            Some(Notification::Closed(cause)) => return Err(format!("{cause:?}").into()),
            Some(_) => {}
            // Send the next ping.
            None if count.is_none_or(|count| sent < count) => {
                let ping = ping(records, peer.now(), sent);
                if peer.send_event(&ping)? == Sent::NotRequested {
                    return Err("the Bro has not requested ping".into());
                }
                sent += 1;
                next = Instant::now().checked_add(Duration::from_secs(1));
            }
            None => next = None,
        }
    }
    peer.close(Instant::now().checked_add(Duration::from_secs(5)))?;
    Ok(())
}

fn ping(records: bool, now: Time, seq: u64) -> Event {
    let ping = if records {
        event!("ping", PingData { seq, src_time: now })
    } else {
        event!("ping", now, seq)
    };
    ping.at(now)
}

fn answered((now, answers): &mut (Time, u64), seq: u64, sent: Time, there: Time) {
    *answers += 1;
    let one_way = there.as_secs_f64() - sent.as_secs_f64();
    let both_ways = now.saturating_since(sent);
    println!("pong: seq={seq}, time={one_way:.6}/{:.6} s", both_ways.as_secs_f64());
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    const USAGE: &str = "usage: broping [-r] [-c COUNT] HOST:PORT";
    let mut arguments = Arguments { peer: String::new(), count: None, records: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-r" => arguments.records = true,
            "-c" => arguments.count = Some(words.next().ok_or(USAGE)?.parse()?),
            _ => arguments.peer = word,
        }
    }
    if arguments.peer.is_empty() { Err(USAGE.into()) } else { Ok(arguments) }
}
