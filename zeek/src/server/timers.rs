//! The timers of a server.

use std::time::Duration;

use brocomm::Time;

use super::machine::{Phase, Server};

impl Server {
    pub(super) fn phase_timer(&self) -> Option<Time> {
        match self.phase {
            Phase::Request => Some(later(self.since, self.config.handshake)),
            Phase::Closing => Some(later(self.since, self.config.close)),
            _ => None,
        }
    }

    pub(super) fn ack_timer(&self) -> Option<Time> {
        let since = self.acknowledged.filter(|_| self.phase == Phase::Subscribed)?;
        Some(later(since, self.config.faults.late_ack))
    }

    pub(super) fn ping_timer(&self) -> Option<Time> {
        let (since, _) = self.pinged.filter(|_| self.phase < Phase::Closing)?;
        Some(later(since, self.config.ping_interval?))
    }
}

fn later(time: Time, after: Duration) -> Time {
    let after = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
    Time::from_nanos(time.as_nanos().saturating_add(after))
}
