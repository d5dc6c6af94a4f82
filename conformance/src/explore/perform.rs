//! Running sessions.

use brocomm::data::Value;
use brocomm::lowlevel::serial::{Opcode, StateAccess};
use brocomm::lowlevel::wire::{
    Caps, Compression, EventNames, Message, PingArgs, PingLayout, PrintItem, PrintItems, SyncPoint,
};

use super::model::{Model, State};
use super::{About, Manner, Operation, Script, Step};
use crate::cases::logs::Logs;
use crate::cases::state;
use crate::suite::{Exchange, Outcome, Trial};

/// More than the log buffer of an implementation (§6), so that everything is sent.
const FULL_BATCH: usize = 60_000;

/// The name of the suite's log.
const LOG: &str = "explored";

/// Runs a session.
pub(super) fn act(script: &Script, trial: &mut Trial<'_>) -> Outcome {
    let mut peer = trial.running_as(|hello| {
        match script.manner {
            Manner::Bro => {}
            Manner::NoCaps => hello.caps = None,
            Manner::Broccoli => hello.caps = Some(Caps::BROCCOLI_PEER | Caps::NO_CACHING),
        }
        if !script.described {
            hello.description = None;
        }
        if !script.requests {
            hello.events.clear();
        }
        hello.sync = (script.about == About::State).then_some(false);
        hello.logs = script.about == About::Logs;
    })?;
    let mut model = Model::new(script.requests, script.tame);
    if script.about == About::State {
        state::pass_sync(&mut peer)?;
        model.state = State::of(&state::report(&mut peer)?);
    }
    for step in &script.steps {
        take(step, &mut peer, &mut model)?;
    }
    // Anything unexpected has arrived before this.
    if !model.echoes.requested {
        take(&Step::Request, &mut peer, &mut model)?;
    }
    model.settle(&mut peer)?;
    if model.awaits_entries() {
        take(&Step::Log("x".repeat(FULL_BATCH)), &mut peer, &mut model)?;
        model.settle_entries(&mut peer)?;
    }
    Ok(())
}

fn take(step: &Step, peer: &mut Exchange, model: &mut Model) -> Outcome {
    match step {
        Step::Echo(value) => {
            model.echoes.expect(value);
            peer.send_echo(value.clone())
        }
        Step::EchoInPieces(value, cuts) => {
            model.echoes.expect(value);
            let argument = peer.encode_event("conformance_echo", std::slice::from_ref(value))?;
            let bytes = peer.encode(&Message::Serial(argument));
            let at = cuts.iter().map(|cut| usize::from(*cut) * bytes.len() / 1000);
            let at: Vec<usize> = at.collect();
            peer.send_split(&bytes, &at, "conformance_echo in pieces")
        }
        Step::Await => model.settle(peer),
        Step::Unknown(value) => peer.send_event("conformance_unknown", std::slice::from_ref(value)),
        // A Bro sends an event twice if it was requested twice (part 5).
        Step::Request if model.tame && model.echoes.requested => Ok(()),
        Step::Request => {
            model.echoes.requested = true;
            let names = EventNames::from_iter(["conformance_echoed"]);
            peer.send(&Message::RequestEvents(names))
        }
        Step::CaptureFilter(filter) => {
            peer.send(&Message::CaptureFilter(filter.clone().into_bytes().into()))
        }
        Step::SyncPoint(point) => peer.send(&Message::SyncPoint(SyncPoint::Point(*point))),
        Step::Print(text) => {
            let item = PrintItem { file: b"/dev/stdout", text: text.as_bytes() };
            peer.send(&Message::RemotePrint(PrintItems::from_iter([item])))
        }
        Step::Ping(seq) => {
            model.ping(*seq);
            let layout = PingLayout::Padded32;
            let (seq, time1, time2, time3) = (*seq, 1_500_000_000.0, 1_500_000_000.5, 0.0);
            peer.send(&Message::Ping(PingArgs { seq, time1, time2, time3, layout }))
        }
        Step::Compress(level) => match Compression::new(*level) {
            Some(level) if !model.compressed => {
                model.compressed = true;
                peer.send_compress(level)
            }
            _ => Ok(()),
        },
        // A missing element cannot be incremented.
        Step::Operate(Operation::IncrementElement(key, _)) if !model.state.t.contains_key(key) => {
            Ok(())
        }
        Step::Operate(operation) => {
            // Operations may be applied before earlier events are handled.
            model.settle_state(peer)?;
            model.state.apply(operation);
            peer.send_access(access(operation))
        }
        Step::Change(key) => {
            // A Bro encodes a table when it sends its events, which may be after this (part 5).
            if model.tame {
                model.settle_state(peer)?;
            }
            model.change(key);
            peer.send_event("conformance_change", &[Value::string(key)])
        }
        Step::Report => {
            model.report();
            peer.send_event("conformance_report", &[])
        }
        Step::Log(text) => {
            model.entry(text);
            peer.send_event("conformance_log", &[Value::string(text)])
        }
        Step::Entries(texts) => {
            let logs = Logs::on(peer);
            if !model.announced {
                model.announced = true;
                peer.send(&Message::LogCreateWriter(logs.writer(LOG)))?;
            }
            let entries: Vec<u8> = texts.iter().flat_map(|text| logs.filled(LOG, text)).collect();
            peer.send(&Message::LogWrite(entries.into()))
        }
    }
}

/// Returns the state access for an operation (2§9).
pub(super) fn access(operation: &Operation) -> StateAccess {
    let count = |number: u64| Some(Value::Count(number));
    // Only the difference of the operands matters.
    let incremented = |by: &u64| (count(1000 + by), count(1000));
    let (opcode, target, operands) = match operation {
        Operation::Assign(n) => (Opcode::Assign, "conformance_n", [count(*n), None, None]),
        Operation::Increment(by) => {
            let (new, old) = incremented(by);
            (Opcode::Incr, "conformance_n", [new, old, None])
        }
        Operation::AssignElement(key, n) => {
            (Opcode::AssignIdx, "conformance_t", [Some(state::key(key)), count(*n), None])
        }
        Operation::IncrementElement(key, by) => {
            let (new, old) = incremented(by);
            (Opcode::IncrIdx, "conformance_t", [Some(state::key(key)), new, old])
        }
        Operation::Delete(key) => {
            (Opcode::Del, "conformance_t", [Some(state::key(key)), None, None])
        }
    };
    state::access(opcode, target, operands)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_batch_exceeds_the_log_buffer_of_the_core() {
        const { assert!(FULL_BATCH > brocomm::node::LOG_BATCH) };
    }
}
