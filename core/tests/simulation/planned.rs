//! Planned actions and failures.

use brocomm::node::PeerId;

use super::scenario::Planned;
use super::{Happening, Simulation};

impl Simulation {
    pub(super) fn planned(&mut self, planned: Planned) {
        self.note(format_args!("{planned:?}"));
        match planned {
            Planned::Raise { node, name, size } => self.raise_later(node, name, size),
            Planned::Crash { node, back } => self.crash(node, back),
            Planned::Restart { node, back } => {
                let host = &mut self.hosts[node];
                if host.returns.is_none() && host.node.is_some() {
                    host.returns = Some(back);
                    let now = host.time(self.now);
                    host.node().terminate_communication(now);
                    let who = host.who;
                    self.work(who);
                }
            }
            Planned::Disconnect { node } => self.disconnect(node),
            Planned::StopListening { node, back } => {
                let who = self.hosts[node].who;
                if self.alive(who) && self.hosts[node].plan.configuration.options.listen {
                    self.hosts[node].node().stop_listening();
                    self.work(who);
                    self.at(self.now + back, Happening::Listen(who));
                }
            }
        }
    }

    pub(super) fn raise_later(&mut self, n: usize, name: usize, size: usize) {
        let who = self.hosts[n].who;
        if self.alive(who) {
            self.hosts[n].pending.push_back((name, size));
            self.raise_pending(n);
            self.work(who);
        }
    }

    fn disconnect(&mut self, n: usize) {
        let host = &mut self.hosts[n];
        let (now, who) = (host.time(self.now), host.who);
        let Some(node) = &mut host.node else { return };
        let peers: Vec<PeerId> = node.peers().map(|peer| peer.id).collect();
        if peers.is_empty() {
            return;
        }
        let peer = peers[self.random.below(peers.len())];
        if node.disconnect(peer, now).is_ok() {
            host.left.insert(peer);
            host.failed.remove(&peer);
        }
        self.work(who);
    }

    pub(super) fn heal(&mut self) {
        self.faults = 0;
        for tcp in 0..self.connections.len() {
            self.connections[tcp].cut = None;
            for side in 0..2 {
                self.connections[tcp].sides[side].stalled_until = 0;
                self.at(self.now, Happening::Ready(tcp, side));
            }
        }
        for n in 0..self.hosts.len() {
            self.hosts[n].period = None;
            let who = self.hosts[n].who;
            self.work(who);
        }
    }
}
