//! Carries sessions out, and says what must come of them.

use std::collections::VecDeque;

use brocomm::data::{Serial, Value};
use brocomm::wire::{
    Caps, Compression, EventNames, Message, PingArgs, PingLayout, PrintItem, PrintItems, SyncPoint,
};

use super::{Manner, Script, Step};
use crate::suite::{Exchange, Got, Outcome, Stop, Trial};

/// What an implementation has still to send, in order.
#[derive(Debug, Default)]
struct Model {
    /// What is echoed is sent to us.
    requested: bool,
    compressed: bool,
    /// What is to be echoed, and whether it has to be: one that was sent before what is echoed was
    /// requested may be answered before or behind that.
    echoes: VecDeque<(Value, bool)>,
    pongs: VecDeque<u32>,
}

impl Model {
    fn echo(&mut self, value: &Value) {
        self.echoes.push_back((value.clone(), self.requested));
    }

    /// Returns what may be echoed next.
    fn next_echo(&mut self, value: &Value) -> Option<Value> {
        while let Some((expected, must)) = self.echoes.pop_front() {
            if must || expected == *value {
                return Some(expected);
            }
        }
        None
    }

    /// Holds what came against what had to come.
    fn came(&mut self, got: &Got) -> Outcome {
        match (&got.message, &got.serial) {
            (_, Some(Serial::Event(event))) if event.name == "conformance_echoed" => {
                let [value] = event.args.as_slice() else {
                    return Stop::failed("conformance_echoed has not one argument");
                };
                match self.next_echo(value) {
                    Some(expected) if *value == expected => Ok(()),
                    Some(expected) => {
                        Stop::failed(format!("{value} came back where {expected} was to"))
                    }
                    None => Stop::failed(format!("{value} was echoed without cause")),
                }
            }
            (_, Some(Serial::Event(event))) => {
                Stop::failed(format!("the event {} came, which was not requested", event.name))
            }
            (Message::Pong(args), _) => {
                let expected = self.pongs.pop_front();
                Stop::unless(expected == Some(args.seq), || {
                    format!("the PONG {} came where {expected:?} was to", args.seq)
                })
            }
            _ => Ok(()),
        }
    }

    /// Waits until everything came that has to.
    fn settle(&mut self, peer: &mut Exchange) -> Outcome {
        while self.echoes.iter().any(|(_, must)| *must) || !self.pongs.is_empty() {
            let Some(got) = peer.receive()? else {
                return Stop::failed("it closed a session that was legal");
            };
            self.came(&got)?;
        }
        Ok(())
    }
}

/// Goes through a session.
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
    })?;
    let mut model = Model { requested: script.requests, ..Model::default() };
    for step in &script.steps {
        take(step, &mut peer, &mut model)?;
    }
    // Whatever was not to come has come before this.
    if !model.requested {
        take(&Step::Request, &mut peer, &mut model)?;
    }
    take(&Step::Echo(Value::Count(4711)), &mut peer, &mut model)?;
    model.settle(&mut peer)
}

fn take(step: &Step, peer: &mut Exchange, model: &mut Model) -> Outcome {
    match step {
        Step::Echo(value) => {
            model.echo(value);
            peer.send_echo(value.clone())
        }
        Step::EchoInPieces(value, cuts) => {
            model.echo(value);
            let argument = peer.encode_event("conformance_echo", std::slice::from_ref(value))?;
            let bytes = peer.encode(&Message::Serial(argument));
            let at = cuts.iter().map(|cut| usize::from(*cut) * bytes.len() / 1000);
            let at: Vec<usize> = at.collect();
            peer.send_split(&bytes, &at, "conformance_echo in pieces")
        }
        Step::Await => model.settle(peer),
        Step::Unknown(value) => peer.send_event("conformance_unknown", std::slice::from_ref(value)),
        Step::Request => {
            model.requested = true;
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
            model.pongs.push_back(*seq);
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
    }
}
