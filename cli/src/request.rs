//! `brocomm request`: sends an event to a peer and waits for the event that answers it.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use brocomm::data::{Declarations, Event, EventDecl};
use serde::Serialize;

use crate::control::client::{self, Client};
use crate::declare::{Declare, pointed};
use crate::failure::{Failure, failed, misused};
use crate::number::within;
use crate::session::{self, timeout};
use crate::tls::Tls;
use crate::{address, call, literal};

/// Sends an event to a peer and prints the event that answers it.
///
/// The protocol has no answers: the first event with the name of --answer counts, even if it
/// answers another peer. With --match, that argument must be equal in both events.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The peer's address: HOST or HOST:PORT. The default port is 47757. Write an IPv6 address as
    /// [::1]:47757, with a zone as [fe80::1%eth0].
    #[arg(value_name = "HOST[:PORT]", value_parser = address::parse_peer)]
    peer: String,

    /// The event, as in a Bro script or as JSON; see `brocomm send --help`.
    #[arg(value_name = "EVENT(VALUE, …)")]
    call: String,

    /// The event that answers, with its types; only its name if it is declared.
    #[arg(long, value_name = "NAME(TYPE, …)")]
    answer: String,

    /// Accept only an answer whose argument N, from 1, equals the event's; may be repeated.
    #[arg(long = "match", value_name = "N", value_parser = within(1..=1000_usize))]
    matches: Vec<usize>,

    #[command(flatten)]
    declare: Declare,

    /// The class to send. A Bro uses it to choose the entry in its `Communication::nodes`.
    #[arg(long)]
    class: Option<String>,

    /// The time limit for connecting and for the answer, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = timeout,
        allow_negative_numbers = true)]
    timeout: Duration,

    /// Print one JSON object: from, the peer, and event, time and args, as `brocomm listen` prints
    /// them.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    tls: Tls,
}

const AFTER_HELP: &str = "\
Examples:
  brocomm request sensor 'ping(7)' --answer 'pong(count)' --match 1
  brocomm request sensor 'lookup(\"10.0.0.1\")' --answer 'found(string, string)' --timeout 2

Exit codes:
  0  the answer arrived
  1  there was no connection, the peer does not request the event, or no answer arrived in time
  2  the command line, or an event on it, is wrong";

/// Sends the event, and prints the answer.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let mut declared = args.declare.read()?;
    let event = event(&args.call, &declared)?;
    let answer = answer(&args.answer, &declared)?;
    check(args, &event, &answer)?;
    let name = answer.name.clone();
    declared.add_event(answer);
    let mut config = session::base(Arc::new(declared));
    config.class = Some(args.class.clone().unwrap_or_default().into());
    config.tls = args.tls.read()?;
    client::request(&mut config, vec![name.clone()]);

    let asked = literal::call(&event);
    let fits = |answer: &Event| {
        let same = |number: &usize| {
            let at = number.saturating_sub(1);
            answer.args.get(at).is_some_and(|value| event.args.get(at) == Some(value))
        };
        answer.name == name && args.matches.iter().all(same)
    };
    let ask = || -> Result<(String, Event), String> {
        let mut client = Client::connect(&args.peer, config, args.timeout)?;
        client.ready()?;
        client.send(event.clone())?;
        let answer = client.answer(&asked, |answer| fits(answer).then(|| answer.clone()))?;
        let from = client.address();
        client.part();
        Ok((from, answer))
    };
    let (from, answer) = ask().map_err(|why| failed(format_args!("{}: {why}", args.peer)))?;
    if args.json {
        let line = Line { from, event: &answer };
        serde_json::to_writer(&mut *out, &line).map_err(io::Error::from)?;
        return Ok(writeln!(out)?);
    }
    Ok(writeln!(out, "{}", literal::call(&answer))?)
}

/// The answer, as a line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    from: String,
    #[serde(flatten)]
    event: &'a Event,
}

fn event(text: &str, declared: &Declarations) -> Result<Event, Failure> {
    let event = match call::is_json(text) {
        false => Event::parse(text, declared).map_err(|error| pointed(text, &error)),
        true => call::json(text, declared)
            .and_then(|event| event.ok_or_else(|| format!("not an event: {text}"))),
    };
    event.map_err(|error| misused(format_args!("event: {error}")))
}

/// Parses the answering event: its declaration, or the name of a declared event.
fn answer(text: &str, declared: &Declarations) -> Result<EventDecl, Failure> {
    if let Some(event) = declared.event(text) {
        return Ok(event.clone());
    }
    EventDecl::parse(text, declared)
        .map_err(|error| misused(format_args!("--answer: {}", pointed(text, &error))))
}

/// Checks that both events have the arguments that must be equal.
fn check(args: &Args, event: &Event, answer: &EventDecl) -> Result<(), Failure> {
    for number in &args.matches {
        let (asked, answered) = (event.args.len(), answer.params.len());
        if *number > asked.min(answered) {
            return Err(misused(format_args!(
                "--match {number}: the event has {asked} arguments, and its answer {answered}"
            )));
        }
    }
    Ok(())
}
