//! Checks after all failures have ended, and at the end of a run.

use brocomm::node::{Overflow, PeerId};

use super::host::Host;
use super::{Simulation, Who, tcp};

impl Simulation {
    /// Checks what must hold when there has been no failure for a while.
    pub(super) fn check_quiet(&mut self) {
        for (number, tcp) in self.connections.iter().enumerate() {
            let open = tcp.sides.iter().filter(|side| side.open).count();
            assert!(open != 1, "one end of connection {number} is open");
            if open == 0 {
                continue;
            }
            for side in 0..2 {
                let Who { node, .. } = tcp.sides[side].who;
                assert!(tcp.sides[side].run > 0, "connection {number} is not Running at {node}");
                let (sender, receiver) = (&tcp.sides[1 - side], &tcp.sides[side]);
                let Some(stream) = self.streams.get(&(sender.who, sender.peer)) else { continue };
                let excuses = self.excuses(number, side);
                if let Err(wrong) = stream.complete(&excuses) {
                    panic!("connection {number} to {node}: {wrong}");
                }
                let (from, to) = (&self.hosts[sender.who.node], &self.hosts[receiver.who.node]);
                let outgoing = dropped(from, sender.peer).1;
                let incoming = dropped(to, receiver.peer).0;
                let missing = stream.missing().filter(|_| !excuses.deaf);
                let only = self.is_only(sender) && self.is_only(receiver);
                if let Some(missing) = missing.filter(|_| only) {
                    let counted = outgoing + incoming;
                    assert_eq!(missing as u64, counted, "missing, and counted as dropped");
                }
            }
            let roles = [tcp.sides[0].sync, tcp.sides[1].sync];
            assert_eq!(roles[0].map(|role| role.other()), roles[1], "in Sync both are senders");
        }
        for host in &self.hosts {
            let Some(node) = &host.node else { continue };
            let entries: Vec<PeerId> = node.connected_peers().map(|(peer, _)| peer).collect();
            for (peer, (tcp, side)) in &host.latest {
                let open = self.connections[*tcp].sides[*side].open;
                let unlisted = peer.0 >= 10_000;
                assert!(entries.contains(peer) == open || unlisted && open, "{peer} is {open}");
            }
            for peer in node.peers() {
                let (incoming, outgoing) = dropped(host, peer.id);
                let options = node.options();
                let disconnects = [options.incoming.overflow, options.outgoing.overflow]
                    .contains(&Overflow::Disconnect);
                let logged = host.drops.get(&peer.id).copied().unwrap_or_default();
                assert!(
                    disconnects || logged == incoming + outgoing,
                    "{logged} drops logged for {}, {incoming} and {outgoing} counted",
                    peer.id
                );
                let counters = node.counters(peer.id).unwrap_or_default();
                assert_eq!(counters.incoming.events, 0, "the application has taken all");
            }
            assert!(host.pending.is_empty(), "{:?} cannot raise", host.who);
        }
    }

    /// Returns whether this is the only connection that there ever was to its peer.
    fn is_only(&self, side: &tcp::TcpEnd) -> bool {
        let sides = self.connections.iter().flat_map(|tcp| &tcp.sides);
        sides.filter(|other| (other.who, other.peer) == (side.who, side.peer)).count() == 1
    }

    /// Checks that a node keeps nothing about peers that have disconnected.
    pub(super) fn check_nothing_is_left(&self) {
        let host = &self.hosts[0];
        let Some(node) = host.node.as_ref().filter(|_| !host.done) else { return };
        assert_eq!(node.connected_peers().count(), 0);
        assert!(node.peers().all(|peer| peer.id.0 < 10_000), "a disconnected peer is left");
        let inside = format!("{node:?}");
        let connecting = self.attempts.keys().filter(|(who, _)| *who == host.who).count();
        assert!(
            connecting > 0 || inside.contains(" transport: Transport { slab: {}"),
            "connections are left"
        );
        assert!(inside.contains(" subscribers: {}"), "subscribers are left");
        assert!(inside.contains(" blocked: {}"), "peers are blocked without a reason");
        assert!(
            host.history.values().all(|connections| connections.is_empty()),
            "no notification of an end"
        );
    }
}

fn dropped(host: &Host, peer: PeerId) -> (u64, u64) {
    let counters = host.node.as_ref().and_then(|node| node.counters(peer)).unwrap_or_default();
    (counters.dropped_incoming, counters.dropped_outgoing)
}
