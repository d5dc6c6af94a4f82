//! Cases about each message in each phase (§3.7).

use brocomm::data::Value;
use brocomm::lowlevel::wire::{
    Caps, Compression, EventNames, Message, MessageType, PingArgs, PingLayout, PrintItem,
    PrintItems, SyncPoint, Version,
};
use bytes::Bytes;

use super::logs::Logs;
use crate::suite::{Capability, Case, Entry, Exchange, Level, Outcome, Trial};

/// A phase into which the suite can bring the implementation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Setup,
    Handshake,
    Sync,
    Running,
}

/// The entries of the table in §3.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Legal {
    /// The message is allowed.
    Yes,
    /// The message is not allowed, but Bro accepts it.
    Tolerated,
    /// The message ends the connection, also in Bro.
    Violation,
    /// The message should end the connection. Bro does something else.
    Refused,
    /// Covered by another case or phase.
    Elsewhere,
}

use Legal::{Elsewhere, Refused, Tolerated, Violation, Yes};

/// The table in §3.7: whether a message is allowed in Setup, Handshake, Sync and Running.
const TABLE: [(MessageType, [Legal; 4]); 15] = [
    (MessageType::Version, [Elsewhere, Refused, Refused, Refused]),
    (MessageType::Serial, [Violation, Yes, Yes, Yes]),
    (MessageType::RequestEvents, [Violation, Yes, Tolerated, Tolerated]),
    (MessageType::CaptureFilter, [Violation, Yes, Tolerated, Tolerated]),
    (MessageType::RequestSync, [Violation, Elsewhere, Tolerated, Tolerated]),
    (MessageType::PhaseDone, [Violation, Elsewhere, Elsewhere, Violation]),
    (MessageType::Ping, [Violation, Yes, Yes, Yes]),
    (MessageType::Pong, [Violation, Yes, Yes, Yes]),
    (MessageType::Caps, [Violation, Yes, Tolerated, Tolerated]),
    (MessageType::Compress, [Violation, Refused, Yes, Yes]),
    (MessageType::SyncPoint, [Violation, Yes, Yes, Yes]),
    (MessageType::RemotePrint, [Violation, Yes, Yes, Yes]),
    (MessageType::LogCreateWriter, [Violation, Yes, Yes, Yes]),
    (MessageType::LogWrite, [Violation, Yes, Yes, Yes]),
    (MessageType::RequestLogs, [Violation, Yes, Tolerated, Tolerated]),
];

/// The name of the suite's log.
const LOG: &str = "phases";

const PHASES: [Phase; 4] = [Phase::Setup, Phase::Handshake, Phase::Sync, Phase::Running];

/// Returns the cases 1 to 60, four for each message, and some for the text of the table.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = in_words();
    for (row, (message, legal)) in TABLE.into_iter().enumerate() {
        for (column, (phase, legal)) in PHASES.into_iter().zip(legal).enumerate() {
            if legal != Elsewhere {
                cases.push(case(row * 4 + column + 1, message, phase, legal));
            }
        }
    }
    cases
}

fn case(number: usize, message: MessageType, phase: Phase, legal: Legal) -> Case {
    let id = format!("3.7/{number}");
    let does = match legal {
        Violation | Refused => "ends the connection",
        _ => "is taken",
    };
    let title = format!("{message} in {phase:?} {does}");
    let then = match legal {
        Violation => {
            "The connection must be closed, and other peers must still be served.".to_owned()
        }
        Refused => {
            "The connection should be closed, and other peers must still be served. Bro does \
             something else."
                .to_owned()
        }
        _ => "The connection must stay open: an event is echoed afterwards.".to_owned(),
    };
    let description = format!("Sends {message} {}. {then}", when(phase));
    let script = move |trial: &mut Trial<'_>| {
        let mut peer = enter(trial, phase)?;
        send(&mut peer, message)?;
        if matches!(legal, Violation | Refused) {
            return trial.closes(&mut peer, &format!("{message} in {phase:?}"));
        }
        leave(&mut peer, phase)?;
        peer.answers()
    };
    let level = match legal {
        Refused => Level::Should,
        Tolerated => Level::Tolerated,
        _ => Level::Must,
    };
    let mut case = Case::must(&id, title, description, script);
    case.level = level;
    if phase == Phase::Sync {
        case = case.entry(Entry::Sync);
    }
    match message {
        _ if phase == Phase::Setup => case,
        MessageType::Ping => case.needs(Capability::Ping),
        MessageType::Compress => case.needs(Capability::Decompression),
        MessageType::LogCreateWriter | MessageType::LogWrite => case.needs(Capability::Logs),
        _ => case,
    }
}

fn when(phase: Phase) -> &'static str {
    match phase {
        Phase::Setup => "before VERSION",
        Phase::Handshake => "between VERSION and PHASE_DONE",
        Phase::Sync => "while the implementation waits for the suite's state",
        Phase::Running => "when the handshake is complete",
    }
}

/// Cases about the text in §3.7.
fn in_words() -> Vec<Case> {
    vec![
        Case::must(
            "3.7/61",
            "PHASE_DONE ends the handshake when both sides have sent it",
            "Goes through the handshake and has an event echoed.",
            |trial| trial.running()?.answers(),
        ),
        Case::must(
            "3.7/62",
            "COMPRESS is accepted at the end of the handshake",
            "Sends COMPRESS right after PHASE_DONE, without waiting for the implementation's.",
            |trial| {
                let mut peer = trial.open()?;
                let hello = peer.hello();
                peer.greet(&hello)?;
                peer.request(&hello)?;
                peer.send(&Message::PhaseDone)?;
                peer.send_compress(Compression::default())?;
                peer.expect(MessageType::PhaseDone)?;
                peer.answers()
            },
        )
        .needs(Capability::Decompression),
        Case::must(
            "3.7/63",
            "PHASE_DONE of the side that sends its state ends Sync",
            "Sends PHASE_DONE at once in Sync, without any state, and has an event echoed.",
            |trial| {
                let mut peer = enter(trial, Phase::Sync)?;
                leave(&mut peer, Phase::Sync)?;
                peer.answers()
            },
        )
        .entry(Entry::Sync),
        Case::must(
            "3.7/64",
            "PHASE_DONE after the one in Sync ends the connection",
            "Ends Sync with PHASE_DONE and sends another one. The phase is then Running, in which \
             PHASE_DONE is a violation.",
            |trial| {
                let mut peer = enter(trial, Phase::Sync)?;
                leave(&mut peer, Phase::Sync)?;
                peer.send(&Message::PhaseDone)?;
                trial.closes(&mut peer, "a third PHASE_DONE")
            },
        )
        .entry(Entry::Sync),
    ]
}

/// Brings the implementation into a phase.
fn enter(trial: &mut Trial<'_>, phase: Phase) -> Outcome<Exchange> {
    let mut peer = trial.open()?;
    let mut hello = peer.hello();
    match phase {
        Phase::Setup => {}
        Phase::Handshake => {
            peer.greet(&hello)?;
            peer.request(&hello)?;
            // The implementation does not wait for the suite's PHASE_DONE, and its CAPS decide how
            // SERIALs are encoded.
            peer.expect(MessageType::PhaseDone)?;
        }
        Phase::Sync => {
            // The implementation is not authoritative, so the suite sends its state (§3.3).
            hello.sync = Some(true);
            peer.shake(&hello)?;
        }
        Phase::Running => {
            peer.shake(&hello)?;
        }
    }
    Ok(peer)
}

/// Continues from a phase to Running.
fn leave(peer: &mut Exchange, phase: Phase) -> Outcome {
    match phase {
        Phase::Handshake => peer.complete(&peer.hello()),
        Phase::Sync => peer.send(&Message::PhaseDone),
        Phase::Setup | Phase::Running => Ok(()),
    }
}

/// Sends a message with a valid argument.
fn send(peer: &mut Exchange, message: MessageType) -> Outcome {
    let ping = PingArgs {
        seq: 1,
        time1: 1_500_000_000.0,
        time2: 1_500_000_000.1,
        time3: 0.0,
        layout: PingLayout::Padded32,
    };
    let names = || EventNames::from_iter(["conformance_reported"]);
    let logs = Logs::on(peer);
    let message = match message {
        MessageType::Serial => {
            let text = Value::string("in some phase");
            return peer.send_event("conformance_echo", &[text]);
        }
        MessageType::Compress => return peer.send_compress(Compression::default()),
        MessageType::Version => Message::Version(Version { runtime: 0, ..peer.hello().version }),
        MessageType::RequestEvents => Message::RequestEvents(names()),
        MessageType::CaptureFilter => Message::CaptureFilter(Bytes::from_static(b"tcp")),
        MessageType::RequestSync => Message::RequestSync { authoritative: false },
        MessageType::PhaseDone => Message::PhaseDone,
        MessageType::Ping => Message::Ping(ping),
        MessageType::Pong => Message::Pong(ping),
        MessageType::Caps => Message::Caps(Caps::BRO),
        MessageType::SyncPoint => Message::SyncPoint(SyncPoint::Point(1)),
        MessageType::RemotePrint => {
            let item = PrintItem { file: b"/dev/stdout", text: b"conformance" };
            Message::RemotePrint(PrintItems::from_iter([item]))
        }
        MessageType::LogCreateWriter => Message::LogCreateWriter(logs.writer(LOG)),
        MessageType::LogWrite => {
            peer.send(&Message::LogCreateWriter(logs.writer(LOG)))?;
            Message::LogWrite(logs.filled(LOG, "text").into())
        }
        MessageType::RequestLogs => Message::RequestLogs,
    };
    peer.send(&message)
}

#[cfg(test)]
mod tests {
    use brocomm::lowlevel::connection::{LEGALITY, Legality, LegalityRow};

    use super::*;

    /// Compares the table with the core's rules.
    #[test]
    fn the_core_has_the_same_table() {
        let messages: Vec<_> = LEGALITY.iter().map(|row| row.message).collect();
        assert_eq!(TABLE.map(|(message, _)| message).to_vec(), messages);
        for (LegalityRow { message, setup, handshake, sync, running }, (_, legal)) in
            LEGALITY.into_iter().zip(TABLE)
        {
            for (core, legal) in [setup, handshake, sync, running].into_iter().zip(legal) {
                let same = match core {
                    Legality::Yes => [Yes].as_slice(),
                    Legality::Tolerated => &[Tolerated],
                    Legality::Violation | Legality::AfterPhaseDone => &[Violation, Refused],
                    // These depend on more than one message, so there are separate cases for them.
                    Legality::First | Legality::Once | Legality::FromStateSender => &[Elsewhere],
                };
                let in_words = message == MessageType::RequestSync && legal == Elsewhere;
                assert!(same.contains(&legal) || in_words, "{message}: {core:?}, {legal:?}");
            }
        }
    }
}
