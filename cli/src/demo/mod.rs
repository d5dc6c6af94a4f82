//! `brocomm demo`: two nodes talk, and what crosses the wire is shown and judged.

mod node;
mod script;
mod table;
mod verdict;

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use brocomm::connection::{Observed, Observer, Role};
use brocomm::serial;
use brocomm::wire::{self, Framing};
use brocomm_std::{Listener, Peer};

use crate::failure::{Failure, failed};
use node::{Node, Outcome};
use script::Script;
use serde_json::json;

/// Lets two nodes talk on this machine, shows what crosses the wire, and judges it.
///
/// Needs nothing outside: both nodes are in this program, on the loopback interface. They exchange a
/// class, requests for events, a capture filter, compression and hundreds of events of many types in
/// both directions.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Print one JSON object: address, of the one that listens; nodes: [{name, sent, got}, …], in
    /// events; messages: [{phase, message, from, count, bytes}, …]; and findings, which are what is
    /// wrong.
    #[arg(long)]
    json: bool,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  everything arrived, in order and unchanged
  1  something did not
  2  the command line is wrong";

/// How long all of it may take before something is wrong.
const LIMIT: Duration = Duration::from_secs(60);

/// Lets the nodes talk, and judges.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<(), Failure> {
    let script = Script::new().map_err(|error| failed(format_args!("{error}")))?;
    let (at_acceptor, at_initiator, observed) = talk(&script)?;
    let [initiator, acceptor] = &script.nodes;
    let mut findings = verdict::of_outcome(acceptor, initiator, &at_acceptor);
    findings.extend(verdict::of_outcome(initiator, acceptor, &at_initiator));
    findings.extend(verdict::of_wire(&observed));
    if args.json {
        let node = |here: &Node, outcome: &Outcome| json!({ "name": here.name, "sent": here.calls.len(), "got": outcome.events.len() });
        let object = json!({
            "address": at_initiator.address.to_string(),
            "nodes": [node(initiator, &at_initiator), node(acceptor, &at_acceptor)],
            "messages": table::objects(&observed, [initiator.name, acceptor.name]),
            "findings": findings,
        });
        writeln!(out, "{object}")?;
        return if findings.is_empty() { Ok(()) } else { Err(Failure::Told) };
    }
    let address = at_initiator.address;
    writeln!(out, "two nodes on {address}: {initiator} connects to {acceptor}\n")?;
    table::print(&observed, [initiator.name, acceptor.name], out)?;
    writeln!(out)?;
    for (from, to, seen) in
        [(initiator, acceptor, &at_acceptor), (acceptor, initiator, &at_initiator)]
    {
        let (sent, got) = (from.calls.len(), seen.events.len());
        writeln!(out, "{from} sent {sent} events of {} kinds, {to} got {got}", script.kinds())?;
    }
    if findings.is_empty() {
        writeln!(out, "\nverdict: good; everything arrived, in order and unchanged")?;
        return Ok(());
    }
    writeln!(out, "\nverdict: BAD")?;
    for finding in &findings {
        writeln!(out, "  {finding}")?;
    }
    out.flush()?;
    Err(failed(format_args!("demo: {} findings, see above", findings.len())))
}

/// Runs both nodes; returns what the acceptor and the initiator saw, and what crossed the wire.
fn talk(script: &Script) -> Result<(Outcome, Outcome, Vec<Observed>), Failure> {
    let deadline = Instant::now().checked_add(LIMIT);
    let observer =
        Observer::new(Framing::Clear, wire::Limits::default(), serial::Limits::default());
    let observer = Arc::new(Mutex::new(observer));
    let [initiator, acceptor] = &script.nodes;
    let error = |error: brocomm_std::TransportError| failed(format_args!("demo: {error}"));

    let mut listener = Listener::bind("127.0.0.1:0").map_err(error)?;
    let first = Peer::connect(listener.local_addr(), script.config(initiator), LIMIT);
    let mut first = first.map_err(error)?;
    let second = listener.accept(script.config(acceptor), deadline).map_err(error)?;
    let mut second = second.ok_or_else(|| failed(format_args!("demo: nobody connected")))?;
    // A node acts on bytes only after they were shown, so what answers them is shown later.
    for (peer, sender) in [(&mut first, Role::Acceptor), (&mut second, Role::Initiator)] {
        let observer = Arc::clone(&observer);
        peer.tap_input(move |bytes| {
            observer.lock().unwrap_or_else(PoisonError::into_inner).feed(sender, bytes);
        });
    }
    let other = acceptor.clone();
    let expected = initiator.calls.len();
    let other = thread::spawn(move || node::run(&other, second, expected, deadline));
    let first = node::run(initiator, first, acceptor.calls.len(), deadline).map_err(error)?;
    let second = match other.join() {
        Ok(second) => second.map_err(error)?,
        Err(_) => return Err(failed(format_args!("demo: a node crashed"))),
    };
    let mut observer = observer.lock().unwrap_or_else(PoisonError::into_inner);
    let observed = std::iter::from_fn(|| observer.poll()).collect();
    Ok((second, first, observed))
}
