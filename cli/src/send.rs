//! `brocomm send`: sends events.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use brocomm::data::{Declarations, Event, Name};
use brocomm::lowlevel::connection::Sent;
use serde::Serialize;

use crate::declare::{Declare, pointed};
use crate::failure::{Failure, failed, misused};
use crate::session::{self, timeout};
use crate::tls::Tls;
use crate::{address, call, literal};

/// Sends events to a peer.
///
/// Connects, waits until the peer has requested all of the events, sends them in the given order,
/// and closes the connection. A peer receives only events that it requested.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The peer's address: HOST or HOST:PORT. The default port is 47757. Write an IPv6 address as
    /// [::1]:47757, with a zone as [fe80::1%eth0].
    #[arg(value_name = "HOST[:PORT]", value_parser = address::parse_peer)]
    peer: String,

    /// The events, as in a Bro script: 'my_event("hello", 7, 10.0.0.1, 80/tcp)', or as JSON:
    /// '{"event": "my_event", "args": ["hello", 7]}'.
    #[arg(required = true, value_name = "EVENT(VALUE, …)")]
    calls: Vec<String>,

    #[command(flatten)]
    declare: Declare,

    /// The class to send. A Bro uses it to choose the entry in its `Communication::nodes`.
    #[arg(long)]
    class: Option<String>,

    /// The time limit for connecting and for the peer's requests, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = timeout,
        allow_negative_numbers = true)]
    timeout: Duration,

    /// Print one JSON object per event: to (the peer), and event, time and args as in `brocomm
    /// listen`.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    tls: Tls,
}

const EXAMPLES: &str = "\
Examples:
  brocomm send sensor 'my_event(\"hello\", 7, 10.0.0.1, 80/tcp)'
  brocomm send sensor --event 'seen(double, set[addr])' 'seen(5, {10.0.0.1, [::1]})'
  brocomm send sensor --event 'seen(addr)' '{\"event\": \"seen\", \"args\": [\"10.0.0.1\"]}'";

const AFTER_HELP: &str = "\
Values:
  T  -5  7  1.5  \"text\\n\"  /pattern/  5 min  10.0.0.1  [2001:db8::1]  10.0.0.0/8  80/tcp
  time(1234.5)  set(1, 2)  vector(1, 2)  table([1] = \"a\")  [$a=1, $b=\"x\"]
Without a declaration, 7 is a count, +7 and -7 are ints, and records have no name. A receiver drops
 an event whose arguments have other types than it expects. Declare the event if in doubt.
JSON is as printed by `brocomm listen --json`. The types of its values come from the declaration.

Exit codes:
  0  the events were sent; the protocol has no confirmation
  1  the connection failed, or the peer did not request the events in time
  2  the command line, or an event on it, is wrong

Examples:
  brocomm send sensor 'my_event(\"hello\", 7, 10.0.0.1, 80/tcp)'
  brocomm send sensor --event 'seen(double, set[addr])' 'seen(5, {10.0.0.1, [::1]})'
  brocomm send sensor --event 'seen(addr)' '{\"event\": \"seen\", \"args\": [\"10.0.0.1\"]}'";

/// Sends the events when all are requested.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let declared = Arc::new(args.declare.read()?);
    let mut events = parse(&args.calls, &declared)?;
    let is_declared = |event: &Event| declared.events.contains_key(&event.name);
    let guessed: Vec<bool> = events.iter().map(|event| !is_declared(event)).collect();
    let deadline = Instant::now().checked_add(args.timeout);
    let mut config = session::base(declared);
    config.tls = args.tls.read()?;
    config.class = Some(args.class.clone().unwrap_or_default().into());
    let mut peer = session::join(&args.peer, config, args.timeout)?;
    let name = peer.remote_addr();
    let names: Vec<&Name> = events.iter().map(|event| &event.name).collect();
    session::wait_until_requested(&mut peer, &names, args.timeout, deadline)?;
    for event in &mut events {
        event.time = peer.now().as_secs_f64();
        match peer.send_event(event) {
            Ok(Sent::Sent) => {}
            Ok(why) => return Err(failed(format_args!("{name}: not sent: {why:?}"))),
            Err(error) => return Err(failed(format_args!("{name}: not sent: {error}"))),
        }
    }
    if !session::part(&mut peer).map_err(|error| failed(format_args!("{error}")))? {
        return Err(failed(format_args!("{name}: the peer did not receive all of the events")));
    }
    for (event, guessed) in events.iter().zip(guessed) {
        if args.json {
            let line = Line { to: name.to_string(), event };
            serde_json::to_writer(&mut *out, &line).map_err(io::Error::from)?;
            writeln!(out)?;
        } else {
            // The receiver silently drops an event with other argument types.
            let types = match guessed && !event.args.is_empty() {
                true => format!(" as {}", literal::types(event)),
                false => String::new(),
            };
            writeln!(out, "sent {}{types} to {name}", literal::call(event))?;
        }
    }
    Ok(())
}

/// A sent event as a JSON line.
#[derive(Serialize)]
struct Line<'a> {
    to: String,
    #[serde(flatten)]
    event: &'a Event,
}

fn parse(calls: &[String], declared: &Declarations) -> Result<Vec<Event>, Failure> {
    let parse = |text: &String| {
        let event = match call::is_json(text) {
            false => Event::parse(text, declared).map_err(|error| pointed(text, &error)),
            true => call::json(text, declared)
                .and_then(|event| event.ok_or_else(|| format!("not an event: {text}"))),
        };
        event.map_err(|error| misused(format_args!("event: {error}")))
    };
    calls.iter().map(parse).collect()
}
