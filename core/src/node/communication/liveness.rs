//! Finding peers that are gone without saying so.

use super::super::Liveness;
use super::super::log::CommLogLine;
use super::timers::Timer;
use super::{NodeMachine, PeerKey};
use crate::connection::Phase;
use crate::wire::Caps;

/// The number of our PINGs, which nobody else needs to know.
const SEQ: u32 = 0;

impl NodeMachine {
    /// Begins to watch a peer that is Running, if its entry says so.
    pub(super) fn watch(&mut self, id: PeerKey) {
        if let Some((liveness, heard)) = self.watched(id) {
            self.timers.set(heard + liveness.ping_after, Timer::Liveness(id));
        }
    }

    /// Returns how a peer is to be watched and when it was heard of last. A Broccoli is not: it
    /// never answers a PING (part 5).
    fn watched(&self, id: PeerKey) -> Option<(Liveness, crate::Time)> {
        let liveness = self.entry(id)?.node.liveness?;
        let connection = self.connection(id)?;
        let answers = !connection.peer_caps().contains(Caps::BROCCOLI_PEER);
        (connection.phase() == Phase::Running && answers)
            .then_some((liveness, self.peers.get(id)?.heard))
    }

    /// Pings a peer that is silent, or gives it up.
    pub(super) fn check_liveness(&mut self, id: PeerKey) {
        let Some((Liveness { ping_after, close_after }, heard)) = self.watched(id) else { return };
        let reads = self.peers.get(id).and_then(|p| p.link).is_none_or(|l| self.wants_input(l));
        let Some(peer) = self.peers.get_mut(id) else { return };
        if std::mem::take(&mut peer.was_unread) || !reads {
            // Whatever it sends, we do not read it now, or began to again only after the time that we
            // know of.
            (peer.heard, peer.pinged) = (self.clock.now(), false);
            return self.timers.set(self.clock.now() + ping_after, Timer::Liveness(id));
        }
        let silent = self.clock.now().saturating_since(heard);
        if silent >= close_after {
            self.give_up(id, CommLogLine::Silent, "no sign of life");
            return self.drain(id);
        }
        if silent < ping_after {
            return self.timers.set(heard + ping_after, Timer::Liveness(id));
        }
        let pinged = self.peers.get_mut(id).is_some_and(|p| std::mem::replace(&mut p.pinged, true));
        if !pinged {
            // If the send queue is full, that will show whether the peer lives.
            let _ = self.ping(id.id(), SEQ);
        }
        self.timers.set(heard + close_after, Timer::Liveness(id));
    }
}
