//! The timers of a client.

use std::time::Duration;

use brocomm::Time;

use super::machine::{Client, Phase};
use super::notification::CloseCause;
use crate::websocket::Opcode;

impl Client {
    /// Sends a ping, to confirm events and to detect a dead server.
    pub(super) fn ping(&mut self) {
        let payload = self.confirm.ping();
        self.output.frame(Opcode::Ping, &payload);
        self.pinged = Some(self.now);
        self.since = self.now;
    }

    pub(super) fn timers(&self) -> Timers {
        let timeouts = &self.config.timeouts;
        let timed_out = |what, since: Time, after: Duration| {
            Some((later(since, after), CloseCause::TimedOut { what, after }))
        };
        let phase = match self.phase {
            Phase::Handshake => {
                timed_out("answer to the handshake", self.since, timeouts.handshake)
            }
            Phase::Subscribing => timed_out("acknowledgement", self.since, timeouts.ack),
            Phase::Closing => timed_out("answer to the close frame", self.since, timeouts.close),
            Phase::Ready | Phase::Closed => None,
        };
        let is_ready = self.phase == Phase::Ready;
        let pong = self.pinged.filter(|_| is_ready);
        let can_ping = is_ready && !self.confirm.is_waiting();
        Timers {
            phase,
            pong: pong.and_then(|since| timed_out("answer to a ping", since, timeouts.pong)),
            idle: can_ping.then(|| later(self.heard, timeouts.idle)),
            confirm: (can_ping && self.confirm.is_due())
                .then(|| later(self.since, timeouts.confirm)),
        }
    }
}

/// The pending timers.
pub(super) struct Timers {
    pub(super) phase: Option<(Time, CloseCause)>,
    pub(super) pong: Option<(Time, CloseCause)>,
    pub(super) idle: Option<Time>,
    pub(super) confirm: Option<Time>,
}

fn later(time: Time, after: Duration) -> Time {
    let after = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
    Time::from_nanos(time.as_nanos().saturating_add(after))
}
