//! Starting, waking and running nodes.

use brocomm::node::NodeMachine;
use brocomm::node::Phase;

use super::{Happening, Simulation, Who};

impl Simulation {
    pub(super) fn start(&mut self, n: usize) {
        let host = &mut self.hosts[n];
        let node = NodeMachine::new(host.plan.configuration.clone());
        let mut node = node.expect("the configuration is valid");
        node.feed_random(self.random.next());
        node.start(host.time(self.now));
        host.node = Some(node);
        let who = host.who;
        self.note(format_args!("{who:?} starts"));
        if let Some(period) = self.hosts[n].period {
            self.at(self.now + period, Happening::Application(who));
        }
        self.work(who);
    }

    pub(super) fn wake(&mut self, n: usize) {
        let host = &mut self.hosts[n];
        if host.timer != Some(self.now) {
            return;
        }
        host.timer = None;
        let now = host.time(self.now);
        host.node().feed_time(now);
        let next = host.node().next_timeout();
        assert!(next.is_none_or(|next| next > now), "{next:?} is not after {now:?}");
        let who = host.who;
        self.work(who);
    }

    /// Lets a slow application read a few notifications, and schedules the next time.
    pub(super) fn look(&mut self, n: usize) {
        let who = self.hosts[n].who;
        for _ in 0..self.hosts[n].plan.batch {
            if !self.take_notification(n) {
                break;
            }
        }
        self.raise_pending(n);
        self.work(who);
        if let Some(period) = self.hosts[n].period.filter(|_| self.alive(who)) {
            self.at(self.now + period, Happening::Application(who));
        }
    }

    /// Performs all actions of a node, and schedules its next wakeup.
    pub(super) fn work(&mut self, who: Who) {
        if !self.alive(who) {
            return;
        }
        let n = who.node;
        for round in 0.. {
            assert!(round < 1000, "{who:?} never becomes idle");
            let mut moved = false;
            while let Some(action) = self.hosts[n].node().poll_action() {
                moved = true;
                self.act(n, action);
            }
            while let Some(id) = self.hosts[n].node().poll_connection() {
                moved = true;
                if let Some((tcp, side)) = self.ends.get(&(who, id)).copied() {
                    self.service(tcp, side);
                }
            }
            self.note_runs(who);
            if self.hosts[n].period.is_none() {
                while self.take_notification(n) {
                    moved = true;
                }
                moved |= self.raise_pending(n);
            }
            if !self.alive(who) {
                return;
            }
            if !moved {
                break;
            }
        }
        self.inspect(n);
        let host = &mut self.hosts[n];
        let next = host.node().next_timeout();
        assert!(!host.done || next.is_none(), "{who:?} has ended and still waits");
        if let Some(next) = next {
            let at = host.true_time(next).max(self.now);
            if host.timer != Some(at) {
                host.timer = Some(at);
                self.at(at, Happening::Timer(who));
            }
        }
    }

    /// Records connections that have reached Running.
    pub(super) fn note_runs(&mut self, who: Who) {
        let Simulation { hosts, connections, streams, .. } = self;
        let host = &hosts[who.node];
        let Some(node) = &host.node else { return };
        for (peer, (tcp, side)) in &host.latest {
            let side = &mut connections[*tcp].sides[*side];
            let Some(connection) = node.connection_to(*peer).filter(|_| side.run == 0) else {
                continue;
            };
            if connection.phase() == Phase::Running && side.open {
                let stream = streams.entry((who, *peer)).or_default();
                stream.runs += 1;
                side.run = stream.runs;
                side.requests = connection.peer_events().iter().map(|name| name.to_vec()).collect();
            }
        }
    }
}
