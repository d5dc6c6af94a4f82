//! The phases (§3), which side sends its state (§3.3), and the messages that are legal in each phase
//! (§3.7).

use std::fmt;

use super::Role;
use crate::wire::MessageType;

/// The role in the synchronization (§3.3, §3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SyncRole {
    /// Sends its state.
    Sender,
    /// Receives the peer's state, and sends nothing meanwhile.
    Receiver,
}

impl SyncRole {
    /// Returns the role of the other side.
    pub const fn other(self) -> SyncRole {
        match self {
            SyncRole::Sender => SyncRole::Receiver,
            SyncRole::Receiver => SyncRole::Sender,
        }
    }
}

impl fmt::Display for SyncRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SyncRole::Sender => "sender",
            SyncRole::Receiver => "receiver",
        })
    }
}

/// The phase of a connection, as seen by one side (§3).
///
/// ```text
///            VERSION            both PHASE_DONEs, neither requested sync
///   Setup ────────────▶ Handshake ──────────────────────────────▶ Running
///                           │                                        ▲
///                           └─────────────▶ Sync ────────────────────┘
///                             one requested         sender's PHASE_DONE
///   (any) ── either side closes, or a violation ──▶ Closed
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The peer's VERSION has not arrived (§3.1).
    Setup,
    /// Requests are exchanged (§3.2).
    Handshake,
    /// One side sends its synchronized variables (§3.4).
    Sync(SyncRole),
    /// Events, state changes and logs are exchanged (§3.5).
    Running,
    /// The connection is closed (§3.6).
    Closed,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Phase::Setup => f.write_str("Setup"),
            Phase::Handshake => f.write_str("Handshake"),
            Phase::Sync(role) => write!(f, "Sync ({role})"),
            Phase::Running => f.write_str("Running"),
            Phase::Closed => f.write_str("Closed"),
        }
    }
}

/// The contents of a REQUEST_SYNC (§2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SyncRequest {
    /// Whether the requesting side considers its own state authoritative.
    pub authoritative: bool,
}

/// The phase that follows a handshake (§3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Authority {
    /// Neither side requested sync: Running.
    NoSync,
    /// Sync, with this role for our side.
    Sync(SyncRole),
    /// Both sides claim to be authoritative: the connection is closed.
    Misconfiguration,
}

impl Authority {
    /// Decides which side sends its state (§3.3).
    ///
    /// `ours` and `theirs` are the requests of the two sides, the runtimes are those of the two
    /// VERSIONs in whole seconds, compared as signed numbers as Bro does, `role` is ours. Both
    /// sides make the same decision.
    ///
    /// ```
    /// use brocomm::lowlevel::connection::Authority;
    /// use brocomm::node::{Role, SyncRequest, SyncRole};
    ///
    /// let asks = Some(SyncRequest { authoritative: false });
    /// assert_eq!(Authority::decide(None, asks, 0, 0, Role::Acceptor), Authority::Sync(SyncRole::Sender));
    /// assert_eq!(Authority::decide(asks, asks, 3, 9, Role::Initiator), Authority::Sync(SyncRole::Receiver));
    /// ```
    #[must_use]
    pub fn decide(
        ours: Option<SyncRequest>,
        theirs: Option<SyncRequest>,
        our_runtime: u32,
        their_runtime: u32,
        role: Role,
    ) -> Authority {
        let (ours, theirs) = match (ours, theirs) {
            (None, None) => return Authority::NoSync,
            (Some(_), None) => return Authority::Sync(SyncRole::Receiver),
            (None, Some(_)) => return Authority::Sync(SyncRole::Sender),
            (Some(ours), Some(theirs)) => (ours.authoritative, theirs.authoritative),
        };
        if ours && theirs {
            return Authority::Misconfiguration;
        }
        // Bro's runtime is negative if its clock was set back after the start (part 5).
        let (our_runtime, their_runtime) = (our_runtime as i32, their_runtime as i32);
        let we_send = ours
            || !theirs
                && (our_runtime, role == Role::Initiator) > (their_runtime, role == Role::Acceptor);
        Authority::Sync(if we_send { SyncRole::Sender } else { SyncRole::Receiver })
    }
}

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
///
/// | message | Setup | Handshake | Sync | Running |
/// | --- | --- | --- | --- | --- |
/// | VERSION | first | violation | violation | violation |
/// | SERIAL | violation | yes | yes | yes |
/// | REQUEST_EVENTS | violation | yes | tolerated | tolerated |
/// | CAPTURE_FILTER | violation | yes | tolerated | tolerated |
/// | REQUEST_SYNC | violation | yes | tolerated | tolerated |
/// | PHASE_DONE | violation | once, more ignored | from the state sender | violation |
/// | PING | violation | yes | yes | yes |
/// | PONG | violation | yes | yes | yes |
/// | CAPS | violation | yes | tolerated | tolerated |
/// | COMPRESS | violation | after PHASE_DONE | yes | yes |
/// | SYNC_POINT | violation | yes | yes | yes |
/// | REMOTE_PRINT | violation | yes | yes | yes |
/// | LOG_CREATE_WRITER | violation | yes | yes | yes |
/// | LOG_WRITE | violation | yes | yes | yes |
/// | REQUEST_LOGS | violation | yes | tolerated | tolerated |
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
    use super::Authority::{Misconfiguration, NoSync, Sync};
    use super::SyncRole::{Receiver, Sender};
    use super::*;

    const NONE: Option<SyncRequest> = None;
    const ASKS: Option<SyncRequest> = Some(SyncRequest { authoritative: false });
    const AUTH: Option<SyncRequest> = Some(SyncRequest { authoritative: true });

    /// Our request, theirs, and the results if our runtime is less, equal as initiator, equal as
    /// acceptor, greater.
    const TABLE: [(Option<SyncRequest>, Option<SyncRequest>, [Authority; 4]); 9] = [
        (NONE, NONE, [NoSync; 4]),
        (NONE, ASKS, [Sync(Sender); 4]),
        (NONE, AUTH, [Sync(Sender); 4]),
        (ASKS, NONE, [Sync(Receiver); 4]),
        (AUTH, NONE, [Sync(Receiver); 4]),
        (ASKS, ASKS, [Sync(Receiver), Sync(Sender), Sync(Receiver), Sync(Sender)]),
        (ASKS, AUTH, [Sync(Receiver); 4]),
        (AUTH, ASKS, [Sync(Sender); 4]),
        (AUTH, AUTH, [Misconfiguration; 4]),
    ];

    #[test]
    fn every_combination_of_requests_runtimes_and_roles() {
        use Role::{Acceptor, Initiator};
        for (ours, theirs, [less, equal_initiator, equal_acceptor, greater]) in TABLE {
            for (runtimes, role, expected) in [
                ((3, 4), Initiator, less),
                ((3, 4), Acceptor, less),
                ((4, 4), Initiator, equal_initiator),
                ((4, 4), Acceptor, equal_acceptor),
                ((4, 3), Initiator, greater),
                ((4, 3), Acceptor, greater),
            ] {
                let (our, their) = runtimes;
                let found = Authority::decide(ours, theirs, our, their, role);
                assert_eq!(found, expected, "{ours:?} {theirs:?} {runtimes:?} {role:?}");
            }
        }
    }

    #[test]
    fn a_runtime_is_negative_after_the_clock_was_set_back() {
        let minus_five = 5_u32.wrapping_neg();
        for role in [Role::Initiator, Role::Acceptor] {
            assert_eq!(Authority::decide(ASKS, ASKS, 3, minus_five, role), Sync(Sender));
            assert_eq!(Authority::decide(ASKS, ASKS, minus_five, 3, role), Sync(Receiver));
        }
    }

    #[test]
    fn both_sides_agree() {
        for ours in [NONE, ASKS, AUTH] {
            for theirs in [NONE, ASKS, AUTH] {
                for (our, their) in [(1, 2), (2, 2), (2, 1), (1, u32::MAX)] {
                    let here = Authority::decide(ours, theirs, our, their, Role::Initiator);
                    let there = Authority::decide(theirs, ours, their, our, Role::Acceptor);
                    match (here, there) {
                        (Sync(here), Sync(there)) => assert_eq!(here, there.other()),
                        _ => assert_eq!(here, there),
                    }
                }
            }
        }
    }
}
