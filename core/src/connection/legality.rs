//! The legality of each message in each phase (§3.7).
//!
//! | message | Setup | Handshake | Sync | Running |
//! | --- | --- | --- | --- | --- |
//! | VERSION | first | violation | violation | violation |
//! | SERIAL | violation | yes | yes | yes |
//! | REQUEST_EVENTS | violation | yes | tolerated | tolerated |
//! | CAPTURE_FILTER | violation | yes | tolerated | tolerated |
//! | REQUEST_SYNC | violation | yes | tolerated | tolerated |
//! | PHASE_DONE | violation | once, more ignored | from the state sender | violation |
//! | PING | violation | yes | yes | yes |
//! | PONG | violation | yes | yes | yes |
//! | CAPS | violation | yes | tolerated | tolerated |
//! | COMPRESS | violation | after PHASE_DONE | yes | yes |
//! | SYNC_POINT | violation | yes | yes | yes |
//! | REMOTE_PRINT | violation | yes | yes | yes |
//! | LOG_CREATE_WRITER | violation | yes | yes | yes |
//! | LOG_WRITE | violation | yes | yes | yes |
//! | REQUEST_LOGS | violation | yes | tolerated | tolerated |

use std::fmt;

use super::{Phase, SyncRole};
use crate::wire::MessageType;

/// The legality of a message in a phase (§3.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Legality {
    /// The message is legal any number of times.
    Yes,
    /// The message must be the first one, once.
    First,
    /// The message is not legal, but Bro and this crate accept it.
    Tolerated,
    /// The message ends the phase for the peer. A repetition is ignored, as in Bro.
    Once,
    /// The message is legal after the peer's PHASE_DONE.
    AfterPhaseDone,
    /// The message is legal from the side that sends its state, and ends the phase.
    FromStateSender,
    /// The message ends the connection.
    Violation,
}

impl fmt::Display for Legality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Legality::Yes => "yes",
            Legality::First => "first",
            Legality::Tolerated => "tolerated",
            Legality::Once => "once, more ignored",
            Legality::AfterPhaseDone => "after PHASE_DONE",
            Legality::FromStateSender => "from the state sender",
            Legality::Violation => "violation",
        })
    }
}

/// A row of the table in §3.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegalityRow {
    /// The message.
    pub message: MessageType,
    /// Whether it is legal in Setup.
    pub setup: Legality,
    /// Whether it is legal in Handshake.
    pub handshake: Legality,
    /// Whether it is legal in Sync.
    pub sync: Legality,
    /// Whether it is legal in Running.
    pub running: Legality,
}

const fn row(message: MessageType) -> LegalityRow {
    use Legality::{AfterPhaseDone, First, FromStateSender, Once, Tolerated, Violation, Yes};
    let (setup, handshake, sync, running) = match message {
        MessageType::Version => (First, Violation, Violation, Violation),
        MessageType::RequestEvents
        | MessageType::CaptureFilter
        | MessageType::RequestSync
        | MessageType::Caps
        | MessageType::RequestLogs => (Violation, Yes, Tolerated, Tolerated),
        MessageType::PhaseDone => (Violation, Once, FromStateSender, Violation),
        MessageType::Compress => (Violation, AfterPhaseDone, Yes, Yes),
        MessageType::Serial
        | MessageType::Ping
        | MessageType::Pong
        | MessageType::SyncPoint
        | MessageType::RemotePrint
        | MessageType::LogCreateWriter
        | MessageType::LogWrite => (Violation, Yes, Yes, Yes),
    };
    LegalityRow { message, setup, handshake, sync, running }
}

/// The table of §3.7, in the order of §2.
#[expect(clippy::indexing_slicing, reason = "evaluated at compile time")]
pub const LEGALITY: [LegalityRow; MessageType::ALL.len()] = {
    let mut rows = [row(MessageType::Version); MessageType::ALL.len()];
    let mut at = 0;
    while at < rows.len() {
        rows[at] = row(MessageType::ALL[at]);
        at += 1;
    }
    rows
};

/// Looks up whether a message is legal in a phase. A closed connection ignores all messages (§3.6).
pub const fn legality(message: MessageType, phase: Phase) -> Legality {
    let row = row(message);
    match phase {
        Phase::Setup => row.setup,
        Phase::Handshake => row.handshake,
        Phase::Sync(_) => row.sync,
        Phase::Running => row.running,
        Phase::Closed => Legality::Tolerated,
    }
}

/// Returns whether a message is a violation now; `phase_done` says whether the peer has sent its
/// first PHASE_DONE.
pub(super) const fn is_violation(message: MessageType, phase: Phase, phase_done: bool) -> bool {
    match legality(message, phase) {
        Legality::Yes | Legality::First | Legality::Tolerated | Legality::Once => false,
        Legality::AfterPhaseDone => !phase_done,
        Legality::FromStateSender => !matches!(phase, Phase::Sync(SyncRole::Receiver)),
        Legality::Violation => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_table_matches_the_code() {
        let shown: Vec<_> = include_str!("legality.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("//! | "))
            .skip(2)
            .collect();
        let made: Vec<_> = LEGALITY
            .iter()
            .map(|LegalityRow { message, setup, handshake, sync, running }| {
                format!("{message} | {setup} | {handshake} | {sync} | {running} |")
            })
            .collect();
        assert_eq!(shown, made);
    }

    #[test]
    fn conditions_depend_on_the_peer() {
        let sender = Phase::Sync(SyncRole::Sender);
        let receiver = Phase::Sync(SyncRole::Receiver);
        assert!(is_violation(MessageType::PhaseDone, sender, true));
        assert!(!is_violation(MessageType::PhaseDone, receiver, true));
        assert!(is_violation(MessageType::Compress, Phase::Handshake, false));
        assert!(!is_violation(MessageType::Compress, Phase::Handshake, true));
        for &message in MessageType::ALL {
            assert!(!is_violation(message, Phase::Closed, false), "{message}");
        }
    }
}
