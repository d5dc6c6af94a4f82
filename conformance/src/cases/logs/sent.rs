//! Cases about sent logs, with the log `conformance` (3§1, 3§2).

use std::time::{Duration, Instant};

use brocomm::data::{TypeTag, Value};
use brocomm::logs::LogValue;
use brocomm::lowlevel::logs::{LogWriter, ReceivedEntry};
use brocomm::lowlevel::wire::{Message, MessageType};
use bytes::Bytes;

use super::Logs;
use crate::suite::{Case, Exchange, Got, Outcome, Stop, Trial};

/// How long an implementation may buffer an entry (§6), plus a margin.
const BATCH: Duration = Duration::from_secs(4);

/// The text of entries written only to flush earlier ones: a Bro sends buffered entries with the
/// first entry that is written more than a second after the last flush (§6).
const PUSHED: &str = "another, so that those before it are sent";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::must(
            "3:1/1",
            "every writer is announced to a peer that requested logs",
            "Requests logs, and has an entry written. LOG_CREATE_WRITER for the log must come \
             before its entries, with the one column `text`, a string. Has further entries written \
             while none arrive, because Bro sends buffered entries only with a later one (§6).",
            |trial| {
                let mut peer = logging(trial)?;
                peer.send_event("conformance_log", &[text("first")])?;
                let writer = announced(&mut peer)?;
                let [field] = &writer.fields[..] else {
                    return Stop::failed(format!("it has {} columns", writer.fields.len()));
                };
                let right = field.name == "text" && field.ty == TypeTag::String;
                Stop::unless(right, || format!("its column is {field:?}"))?;
                expect_entries(&mut peer, &["first"])
            },
        ),
        Case::must(
            "3:2/1",
            "entries arrive complete and in order",
            "Requests logs, and has 500 entries written. They must arrive in order, in any number \
             of LOG_WRITEs. Has further entries written while none arrive (§6).",
            |trial| {
                let mut peer = logging(trial)?;
                let texts: Vec<String> = (0..500).map(|n| format!("entry {n}")).collect();
                for one in &texts {
                    peer.send_event("conformance_log", &[text(one)])?;
                }
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                expect_entries(&mut peer, &texts)
            },
        ),
        Case::must(
            "3:2/2",
            "an entry is sent within seconds, even if no other follows",
            "Requests logs, has one entry written, and waits for it. Bro sends buffered entries \
             only with the next one; a robust node also has a timer (§6).",
            |trial| {
                let mut peer = logging(trial)?;
                peer.set_patience(BATCH);
                peer.send_event("conformance_log", &[text("alone")])?;
                let logs = Logs::on(&peer);
                let came = peer.wait_for("LOG_WRITE of conformance", |got| {
                    let came = logs.texts(&written(got)?);
                    came.as_ref().map_or(true, |came| !came.is_empty()).then_some(came)
                })?;
                check(&came?, &["alone"])
            },
        ),
        Case::must(
            "3:2/3",
            "an entry larger than a batch is sent alone",
            "Has an entry of 200,000 bytes written between two small ones. A batch has 50 KiB \
             (§6). Has further entries written while none arrive.",
            |trial| {
                let mut peer = logging(trial)?;
                let long = "0123456789".repeat(20_000);
                for one in ["before", &long, "after"] {
                    peer.send_event("conformance_log", &[text(one)])?;
                }
                expect_entries(&mut peer, &["before", &long, "after"])
            },
        ),
        Case::must(
            "3:2/4",
            "a peer that did not request logs gets none",
            "Has an entry written without having requested logs. Neither LOG_CREATE_WRITER nor \
             LOG_WRITE may arrive.",
            |trial| {
                let mut peer = trial.running()?;
                peer.send_event("conformance_log", &[text("not for you")])?;
                let until = Instant::now() + Duration::from_secs(2);
                while let Some(got) =
                    peer.receive_within(until.saturating_duration_since(Instant::now()))?
                {
                    let Some(got) = got else { return Stop::failed("it closed") };
                    let ty = got.message_type();
                    let log = [MessageType::LogCreateWriter, MessageType::LogWrite].contains(&ty);
                    Stop::unless(!log, || format!("{} came", ty.name()))?;
                }
                peer.answers()
            },
        ),
    ]
}

fn text(text: &str) -> Value {
    Value::string(text)
}

/// Opens a connection and requests logs.
fn logging(trial: &mut Trial<'_>) -> Outcome<Exchange> {
    trial.running_as(|hello| hello.logs = true)
}

/// Waits for the announcement of the log `conformance`.
fn announced(peer: &mut Exchange) -> Outcome<LogWriter> {
    let format = peer.data_format();
    peer.wait_for("LOG_CREATE_WRITER of conformance", |got| {
        let Message::LogCreateWriter(argument) = &got.message else { return None };
        LogWriter::decode_in(argument, format).ok().filter(|writer| writer.path == "conformance")
    })
}

/// Waits until these entries of the log `conformance` have arrived, and checks their order. If none
/// arrives for a while, has another one written.
fn expect_entries(peer: &mut Exchange, wanted: &[&str]) -> Outcome {
    let mut came: Vec<String> = Vec::new();
    while came.len() < wanted.len() {
        let got = peer.expect_pushing(MessageType::LogWrite, |peer| {
            peer.send_event("conformance_log", &[text(PUSHED)])
        })?;
        if let Some(argument) = written(&got) {
            came.extend(Logs::on(peer).texts(&argument)?);
        }
    }
    while came.last().is_some_and(|text| text == PUSHED) {
        came.pop();
    }
    check(&came, wanted)
}

/// Checks that these entries arrived in this order.
fn check(came: &[String], wanted: &[&str]) -> Outcome {
    let first = came.iter().zip(wanted).position(|(came, sent)| came != sent);
    match first {
        Some(at) => Stop::failed(format!("entry {at} is {:.60?}", came.get(at))),
        None if came.len() != wanted.len() => {
            Stop::failed(format!("{} of {} entries arrived", came.len(), wanted.len()))
        }
        None => Ok(()),
    }
}

/// Returns the argument of a LOG_WRITE.
fn written(got: &Got) -> Option<Bytes> {
    match &got.message {
        Message::LogWrite(argument) => Some(argument.clone()),
        _ => None,
    }
}

impl Logs {
    /// Returns the texts of the entries of the log `conformance` in a LOG_WRITE. A Bro also sends
    /// entries of its communication log (part 5).
    pub(crate) fn texts(self, argument: &Bytes) -> Outcome<Vec<String>> {
        let receiver = self.receiver();
        let mut texts = Vec::new();
        for entry in receiver.entries(argument) {
            // No writer was announced to this receiver.
            match entry {
                Ok(ReceivedEntry::Dropped(dropped)) if dropped.path == "conformance" => {
                    let [LogValue::String(text)] = &dropped.values[..] else {
                        let values = &dropped.values;
                        return Stop::failed(format!("an entry of one string has {values:?}"));
                    };
                    texts.push(String::from_utf8_lossy(text).into_owned());
                }
                Ok(_) => {}
                Err(error) => return Stop::failed(format!("it sent an invalid entry: {error}")),
            }
        }
        Ok(texts)
    }
}
