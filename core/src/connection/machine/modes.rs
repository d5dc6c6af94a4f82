//! How SERIALs are encoded (2§3).

use super::Connection;
use crate::connection::Phase;
use crate::serial::Mode;

/// How SERIALs are encoded in both directions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Modes {
    pub(super) read: Mode,
    pub(super) write: Mode,
}

impl Default for Modes {
    fn default() -> Modes {
        Modes { read: Mode::HANDSHAKE, write: Mode::HANDSHAKE }
    }
}

impl Connection {
    /// Derives the encoding of SERIALs anew from the phase, the capabilities and the data format.
    ///
    /// That of the peer depends on the phase of the *writer* (2§3), which follows from ours. The
    /// peer is Running only after both PHASE_DONEs are exchanged, and after its state, if it sends
    /// one. All of these precede its later messages in the stream, so when the peer is Running, we
    /// are too. In between, when it has sent its PHASE_DONE and not received ours, or is about to
    /// receive our state, it sends nothing with IDs.
    pub(super) fn update_modes(&mut self) {
        let (ours, theirs) = (self.config.capabilities, self.peer.caps);
        let running = self.phase == Phase::Running;
        let mode = |from, to| Mode::new(from, to, running).with_data_format(self.data_format);
        self.modes = Modes { read: mode(theirs, ours), write: mode(ours, theirs) };
    }
}
