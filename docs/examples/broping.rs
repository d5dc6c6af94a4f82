//! A port of Broccoli's `broping` to `brocomm-std`. It sends `ping` events to a Bro and measures
//! the time until the `pong`s.
//!
//! ```text
//! cargo run -p brocomm-docs --example broping -- [-r] [-c COUNT] HOST:PORT
//! ```

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::error::Error;
use std::time::{Duration, Instant};

use brocomm_std::brocomm::Time;
use brocomm_std::brocomm::data::EventType;
use brocomm_std::{Event, Node, Record};

#[derive(Event)]
struct Ping {
    src_time: Time,
    seq: u64,
}

#[derive(Event)]
struct Pong {
    src_time: Time,
    dst_time: Time,
    seq: u64,
}

/// The same with records, for `-r`.
#[derive(Event)]
#[bro(name = "ping")]
struct RecordPing {
    data: PingData,
}

#[derive(Record)]
#[bro(name = "ping_data")]
struct PingData {
    seq: u64,
    src_time: Time,
}

#[derive(Event)]
#[bro(name = "pong")]
struct RecordPong {
    data: PongData,
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
    let arguments = arguments()?;
    if arguments.records {
        let ping = |src_time, seq| RecordPing { data: PingData { seq, src_time } };
        run(&arguments, ping, |RecordPong { data }| (data.seq, data.src_time, data.dst_time))
    } else {
        let ping = |src_time, seq| Ping { src_time, seq };
        run(&arguments, ping, |pong: Pong| (pong.seq, pong.src_time, pong.dst_time))
    }
}

/// Sends a ping every second, and shows each answer.
fn run<P: EventType, A: EventType>(
    arguments: &Arguments,
    ping: impl Fn(Time, u64) -> P,
    parts: impl Fn(A) -> (u64, Time, Time),
) -> Result<(), Box<dyn Error>> {
    let Arguments { peer, count, .. } = arguments;
    let bro = Node::builder().receive::<A>().send::<P>().connect(peer).start()?;
    let mut answers = bro.events::<A>()?;
    let patience = Instant::now().checked_add(Duration::from_secs(10));
    bro.connected(patience).ok_or_else(|| format!("no connection to {peer} within 10 s"))?;

    let is_done = |number| count.is_some_and(|count| number >= count);
    let (mut sent, mut answered) = (0, 0);
    while !is_done(answered) {
        if !is_done(sent) {
            let ping = ping(bro.now(), sent).to_event();
            if bro.raise(ping, None)?.peers == 0 {
                return Err("the Bro has gone, or has not requested ping".into());
            }
            sent += 1;
        }
        let next = Instant::now().checked_add(Duration::from_secs(1));
        while !is_done(answered)
            && let Some(answer) = answers.next(next)
        {
            let (seq, src_time, dst_time) = parts(answer?.1);
            let one_way = dst_time.as_secs_f64() - src_time.as_secs_f64();
            let both_ways = bro.now().saturating_since(src_time).as_secs_f64();
            println!("pong: seq={seq}, time={one_way:.6}/{both_ways:.6} s");
            answered += 1;
        }
    }
    bro.terminate();
    Ok(())
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
