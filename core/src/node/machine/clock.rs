//! The time, the timers, and pseudo-realtime (§2.11, §6).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::NodeMachine;
use super::peers::{PeerKey, Peers};
use crate::Time;
use crate::connection::Phase;
use crate::node::ConnectionId;
use crate::node::log::CommLogLine;
use crate::wire::SyncPoint;

/// The fed times, and the timers that are set.
#[derive(Debug)]
pub(super) struct Clock {
    now: Time,
    /// How far the wall clock is ahead of `now`, in nanoseconds.
    wall_ahead: i128,
    started: Time,
    timers: Timers,
}

impl Default for Clock {
    fn default() -> Clock {
        Clock { now: Time::EPOCH, wall_ahead: 0, started: Time::EPOCH, timers: Timers::default() }
    }
}

impl Clock {
    /// Records the time. An earlier time than the last one is treated as the last one.
    pub(super) fn feed(&mut self, now: Time) {
        self.now = self.now.max(now);
    }

    /// Records a reading of the wall clock.
    pub(super) fn feed_wall(&mut self, wall: Time, now: Time) {
        self.wall_ahead = wall.ahead_of(now);
    }

    /// Records that the node starts.
    pub(super) fn start(&mut self) {
        self.started = self.now;
    }

    pub(super) fn now(&self) -> Time {
        self.now
    }

    /// Returns the wall-clock time.
    pub(super) fn wall(&self) -> Time {
        self.now.shifted(self.wall_ahead)
    }

    /// Returns how far the wall clock is ahead, in nanoseconds.
    pub(super) fn wall_ahead(&self) -> i128 {
        self.wall_ahead
    }

    /// Returns the whole seconds since the node started (§3.3).
    pub(super) fn runtime(&self) -> u32 {
        u32::try_from(self.now.saturating_since(self.started).as_secs()).unwrap_or(u32::MAX)
    }

    /// Sets a timer, replacing an earlier setting.
    pub(super) fn set(&mut self, at: Time, timer: Timer) {
        self.timers.set(at, timer);
    }

    /// Sets a timer to this long from now.
    pub(super) fn set_in(&mut self, wait: Duration, timer: Timer) {
        self.timers.set(self.now + wait, timer);
    }

    pub(super) fn cancel(&mut self, timer: Timer) {
        self.timers.cancel(timer);
    }

    /// Returns when a timer is due.
    pub(super) fn due(&self, timer: Timer) -> Option<Time> {
        self.timers.set.get(&timer).copied()
    }

    /// Returns when the first timer is due.
    pub(super) fn next(&self) -> Option<Time> {
        self.timers.due.first().map(|(at, _)| *at)
    }

    /// Returns the next timer that is due.
    pub(super) fn pop(&mut self) -> Option<Timer> {
        self.timers.pop(self.now)
    }
}

/// A kind of timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// Reconnect to a peer.
    Retry(PeerKey),
    /// Check whether a peer is silent.
    Liveness(PeerKey),
    /// Send the batches of a peer (§6).
    Batch(PeerKey),
    /// The TLS handshake has timed out.
    Secure(ConnectionId),
    /// Bind again.
    Listen,
    /// Log statistics.
    Statistics,
    /// Stop waiting for peers to receive their queues.
    Terminate,
}

/// The timers that are set, each at most once.
#[derive(Debug, Default)]
struct Timers {
    due: BTreeSet<(Time, Timer)>,
    set: BTreeMap<Timer, Time>,
}

impl Timers {
    fn set(&mut self, at: Time, timer: Timer) {
        self.cancel(timer);
        self.due.insert((at, timer));
        self.set.insert(timer, at);
    }

    fn cancel(&mut self, timer: Timer) {
        if let Some(at) = self.set.remove(&timer) {
            self.due.remove(&(at, timer));
        }
    }

    /// Returns the next timer that is due.
    fn pop(&mut self, now: Time) -> Option<Timer> {
        let (at, timer) = *self.due.first()?;
        (at <= now).then(|| {
            self.cancel(timer);
            timer
        })
    }
}

/// The position in our own trace.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// The current point; `None` before the first packet.
    point: Option<SyncPoint>,
    /// The trace time of the next point.
    next: Time,
    waiting: bool,
}

/// The next step of a node that reads a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "peers expect us to wait"]
pub enum TraceStep {
    /// Continue with the next packet.
    GoOn,
    /// Wait until [`NodeMachine::trace_step`] returns another value.
    Wait,
}

impl Trace {
    /// Returns the point that a packet with this time reaches, if any.
    fn reached(&mut self, packet: Time, interval: Duration) -> Option<u32> {
        let reached = match self.point {
            None => 0,
            Some(SyncPoint::Point(point)) if packet >= self.next => point,
            Some(_) => return None,
        };
        self.next = packet + interval;
        Some(reached)
    }

    /// Moves to a point and waits there. Returns whether it was not waiting before.
    fn wait_at(&mut self, point: SyncPoint) -> bool {
        self.point = Some(point);
        !std::mem::replace(&mut self.waiting, true)
    }

    /// Stops waiting if at least `enough` peers have reached our point. Returns the point.
    fn arrive(&mut self, peers: &Peers, enough: usize) -> Option<SyncPoint> {
        let ours = self.point.filter(|_| self.waiting)?;
        let there = |theirs: SyncPoint| match (theirs, ours) {
            (SyncPoint::Final, _) => true,
            (SyncPoint::Point(_), SyncPoint::Final) => false,
            (SyncPoint::Point(theirs), SyncPoint::Point(ours)) => theirs >= ours,
        };
        let there = peers.iter().filter(|(_, peer)| peer.point.is_some_and(there)).count();
        self.waiting = there < enough;
        (!self.waiting).then_some(ours)
    }
}

impl NodeMachine {
    /// Records the time of the next packet in our trace. The caller must not process it before
    /// [`TraceStep::GoOn`], which is always the result without
    /// [`remote_trace_sync_interval`](crate::node::Options::remote_trace_sync_interval).
    pub fn reached_packet(&mut self, packet: Time, now: Time) -> TraceStep {
        self.feed_time(now);
        let interval = self.settings.options.remote_trace_sync_interval;
        if interval.is_zero() || self.trace.waiting {
            return self.trace_step();
        }
        let Some(reached) = self.trace.reached(packet, interval) else { return TraceStep::GoOn };
        self.log(CommLogLine::ReachedSyncPoint(SyncPoint::Point(reached)));
        self.reach(SyncPoint::Point(reached.saturating_add(1)));
        if self.trace.waiting {
            let next = self.trace.next;
            self.log(CommLogLine::StoppingAtPacket { packet, next });
        }
        self.trace_step()
    }

    /// Records the end of our trace. When all peers have reached the end of theirs, communication
    /// is [terminated](Self::terminate_communication).
    pub fn reached_end_of_trace(&mut self, now: Time) {
        self.feed_time(now);
        if !self.settings.options.remote_trace_sync_interval.is_zero() {
            self.log(CommLogLine::EndOfTrace);
            self.reach(SyncPoint::Final);
        }
    }

    /// Returns whether to continue reading our trace.
    pub fn trace_step(&self) -> TraceStep {
        if self.trace.waiting { TraceStep::Wait } else { TraceStep::GoOn }
    }

    fn reach(&mut self, point: SyncPoint) {
        let begins = self.trace.wait_at(point);
        let peers: Vec<_> = self.peers.keys().collect();
        for id in peers {
            self.announce_sync_point(id);
        }
        if begins {
            self.log(CommLogLine::WaitingForPeers);
        }
        self.look_for_peers(None);
    }

    /// Sends our current point to a peer in phase Running.
    pub(super) fn announce_sync_point(&mut self, id: PeerKey) {
        let Some(point) = self.trace.point else { return };
        if let Some(connection) = self.connection_mut(id).filter(|c| c.phase() == Phase::Running) {
            // If the send queue is full, the peer receives the next point, or this one over its
            // next connection.
            let _ = connection.send_sync_point(point);
            self.touch_peer(id);
        }
    }

    /// Handles a point reached by a peer in its trace.
    pub(super) fn peer_reached(&mut self, id: PeerKey, point: SyncPoint) {
        if let Some(peer) = self.peers.get_mut(id) {
            peer.point = Some(point);
        }
        self.look_for_peers(Some(id));
    }

    /// Continues if enough peers have reached our point; `last` is the peer that reached it last,
    /// if any.
    fn look_for_peers(&mut self, last: Option<PeerKey>) {
        let enough = self.settings.options.remote_trace_sync_peers as usize;
        let Some(ours) = self.trace.arrive(&self.peers, enough) else { return };
        let line = CommLogLine::AllPeersReached(ours);
        match last {
            Some(id) => self.log_after(id, line),
            None => self.log(line),
        }
        if ours == SyncPoint::Final {
            self.terminate(last);
        }
    }
}
