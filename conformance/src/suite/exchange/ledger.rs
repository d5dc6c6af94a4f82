//! The state of a connection, derived from what both sides have announced.

use std::sync::Arc;

use brocomm::data::Name;
use brocomm::lowlevel::connection::Authority;
use brocomm::lowlevel::serial::Id;
use brocomm::lowlevel::serial::Mode;
use brocomm::lowlevel::wire::{Caps, DataFormat, Message, Version};
use brocomm::node::{Role, SyncRequest, SyncRole};
use bytes::Bytes;

/// What one side has announced on a connection.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Announced {
    /// Its VERSION (§2.1).
    pub(crate) version: Option<Version>,
    /// Its CAPS (§2.9).
    pub(crate) caps: Option<Caps>,
    /// Its `peer_description` (§3.1). Not recorded for the suite's side.
    pub(crate) description: Option<Arc<Id>>,
    /// The events that it requested (§2.3).
    pub(crate) requested: Vec<Name>,
    /// The capture filter that it sent (§2.4).
    pub(crate) capture_filter: Option<Bytes>,
    /// Its REQUEST_SYNC (§2.5).
    pub(crate) sync: Option<SyncRequest>,
    /// Whether it requested logs (§2.15).
    pub(crate) logs: bool,
    /// Whether it compresses (§2.10).
    pub(crate) compress: bool,
    /// The number of PHASE_DONEs that it sent (§2.6).
    pub(crate) phase_done: u32,
}

impl Announced {
    fn record(&mut self, message: &Message) {
        match message {
            Message::Version(version) => self.version = Some(version.clone()),
            Message::Caps(caps) => self.caps = Some(*caps),
            Message::RequestEvents(names) => {
                let names = names.iter().map(|name| Bytes::copy_from_slice(name).into());
                self.requested.extend(names);
            }
            Message::CaptureFilter(filter) => self.capture_filter = Some(filter.clone()),
            Message::RequestSync { authoritative } => {
                self.sync = Some(SyncRequest { authoritative: *authoritative });
            }
            Message::RequestLogs => self.logs = true,
            Message::Compress => self.compress = true,
            Message::PhaseDone => self.phase_done += 1,
            _ => {}
        }
    }

    fn caps(&self) -> Caps {
        self.caps.unwrap_or(Caps::NONE)
    }

    fn data_format(&self) -> Option<DataFormat> {
        self.version.as_ref().and_then(|version| DataFormat::from_number(version.data_format))
    }

    fn runtime(&self) -> u32 {
        self.version.as_ref().map_or(0, |version| version.runtime)
    }
}

/// Records what both sides announce, and derives the state of the connection by the core's rules.
#[derive(Debug)]
pub(super) struct Ledger {
    /// The suite's side.
    role: Role,
    pub(super) ours: Announced,
    pub(super) theirs: Announced,
    authority: Option<Authority>,
}

impl Ledger {
    /// Creates the state of a new connection. `role` is the suite's.
    pub(super) fn new(role: Role) -> Ledger {
        let (ours, theirs) = (Announced::default(), Announced::default());
        Ledger { role, ours, theirs, authority: None }
    }

    /// Records a message that the suite sends.
    pub(super) fn sent(&mut self, message: &Message) {
        self.ours.record(message);
        self.decide();
    }

    /// Records a message that the implementation sent.
    pub(super) fn received(&mut self, message: &Message) {
        self.theirs.record(message);
        self.decide();
    }

    /// Decides which side sends its state when both sides have completed the handshake. A later
    /// REQUEST_SYNC does not start Sync (§2).
    fn decide(&mut self) {
        let Ledger { role, ours, theirs, authority } = self;
        if authority.is_none() && ours.phase_done > 0 && theirs.phase_done > 0 {
            let runtimes = (ours.runtime(), theirs.runtime());
            *authority =
                Some(Authority::decide(ours.sync, theirs.sync, runtimes.0, runtimes.1, *role));
        }
    }

    /// Returns which side sends its state in Sync, from the suite's point of view (§3.3). Returns
    /// `None` until both sides have completed the handshake.
    pub(super) fn authority(&self) -> Option<Authority> {
        self.authority
    }

    /// Returns whether both sides have completed the handshake and Sync, if there is one (§3.5).
    pub(super) fn is_running(&self) -> bool {
        match self.authority {
            None | Some(Authority::Misconfiguration) => false,
            Some(Authority::NoSync) => true,
            Some(Authority::Sync(SyncRole::Sender)) => self.ours.phase_done > 1,
            Some(Authority::Sync(SyncRole::Receiver)) => self.theirs.phase_done > 1,
        }
    }

    /// Returns how the suite must encode SERIALs now (2§3, 2§5).
    pub(super) fn mode_out(&self) -> Mode {
        Mode::new(self.ours.caps(), self.theirs.caps(), self.is_running())
            .with_data_format(self.data_format())
    }

    /// Returns how the implementation must encode SERIALs now.
    pub(super) fn mode_in(&self) -> Mode {
        Mode::new(self.theirs.caps(), self.ours.caps(), self.is_running())
            .with_data_format(self.data_format())
    }

    /// Returns the data format in which the two VERSIONs result, the suite's first (§2.1).
    pub(super) fn data_format(&self) -> DataFormat {
        self.ours.data_format().or(self.theirs.data_format()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use brocomm::lowlevel::connection::Observer;
    use brocomm::lowlevel::wire::{Encoder, Framing};
    use brocomm::lowlevel::{serial, wire};
    use brocomm::node::Phase;

    use super::*;

    /// A session between the suite's ledger and a core connection.
    struct Pair {
        ledger: Ledger,
        observer: Observer,
    }

    impl Pair {
        fn pass(&mut self, by_suite: bool, message: &Message) {
            let mut bytes = Vec::new();
            Encoder::new(Framing::Clear).message(message, &mut bytes);
            if by_suite {
                self.ledger.sent(message);
                self.observer.feed(self.ledger.role, &bytes);
            } else {
                self.ledger.received(message);
                self.observer.feed(self.ledger.role.other(), &bytes);
            }
            let observed = self.observer.phase(self.ledger.role);
            let (ours, theirs) = (self.ledger.ours.sync, self.ledger.theirs.sync);
            let running = self.ledger.is_running();
            assert_eq!(running, observed == Phase::Running, "{ours:?} {theirs:?}: {observed:?}");
            let sync = match self.ledger.authority() {
                Some(Authority::Sync(role)) if !running => Some(role),
                _ => None,
            };
            let observed_sync = match observed {
                Phase::Sync(role) => Some(role),
                _ => None,
            };
            assert_eq!(sync, observed_sync, "{ours:?} {theirs:?}");
        }
    }

    #[test]
    fn the_ledger_tracks_a_session_like_the_core() {
        let version = |runtime: i32| {
            let (protocol, data_format) = (Version::PROTOCOL, Version::DATA_FORMAT);
            let (cache_size, class) = (3000, Some(Bytes::new()));
            let runtime = runtime as u32;
            Message::Version(Version { protocol, cache_size, data_format, runtime, class })
        };
        let requests = [None, Some(false), Some(true)];
        let request = |session: &mut Pair, by_suite, request| {
            if let Some(authoritative) = request {
                session.pass(by_suite, &Message::RequestSync { authoritative });
            }
        };
        let mut synchronized = 0;
        for role in [Role::Initiator, Role::Acceptor] {
            for (ours, theirs) in requests.iter().flat_map(|a| requests.map(|b| (*a, b))) {
                for runtimes in [(0, 0), (1, 2), (2, 1), (-1, 0), (0, -1), (i32::MIN, i32::MAX)] {
                    let (wire, serial) =
                        (wire::FramingLimits::default(), serial::ReaderLimits::default());
                    let observer = Observer::new(Framing::Clear, wire, serial);
                    let mut session = Pair { ledger: Ledger::new(role), observer };
                    session.pass(true, &version(runtimes.0));
                    session.pass(false, &version(runtimes.1));
                    request(&mut session, true, ours);
                    session.pass(true, &Message::PhaseDone);
                    request(&mut session, false, theirs);
                    session.pass(false, &Message::PhaseDone);
                    // After the handshake, the request starts no Sync.
                    session.pass(true, &Message::RequestSync { authoritative: true });
                    if let Some(Authority::Sync(role)) = session.ledger.authority() {
                        synchronized += 1;
                        session.pass(role == SyncRole::Sender, &Message::PhaseDone);
                        assert!(session.ledger.is_running());
                    }
                }
            }
        }
        // All sessions except those without a sync request or with authority on both sides.
        assert_eq!(synchronized, 2 * 7 * 6);
    }
}
