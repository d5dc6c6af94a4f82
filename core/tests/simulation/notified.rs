//! The simulated applications, with checks of their notifications.

use brocomm::data::{Event, Value};
use brocomm::lowlevel::commlog::CommLogLine;
use brocomm::node::{CloseCause, Phase};
use brocomm::node::{Handshake, Notification, Overflow, PeerId, RaiseError};

use super::oracle::{Excuses, What};
use super::scenario::NAMES;
use super::tcp::TcpConnection;
use super::{SECOND, Simulation};

impl Simulation {
    /// Lets an application read one notification; returns whether there was one.
    pub(super) fn take_notification(&mut self, n: usize) -> bool {
        let host = &mut self.hosts[n];
        let who = host.who;
        let Some(node) = &mut host.node else { return false };
        let running = |node: &brocomm::node::NodeMachine| -> Vec<PeerId> {
            let is_running = |peer: &PeerId| {
                node.connection_to(*peer).is_some_and(|c| c.phase() == Phase::Running)
            };
            node.peers().map(|peer| peer.id).filter(is_running).collect()
        };
        let before = running(node);
        let kept_for =
            if node.options().forward_remote_events { host.kept_for() } else { Vec::new() };
        let node = self.hosts[n].node();
        let Some(notification) = node.poll_notification() else { return false };
        let is_event = matches!(notification, Notification::Event { .. });
        assert_eq!(node.is_remote_event(), is_event);
        self.note(format_args!("node {n} is notified of {notification:?}"));
        assert!(!self.hosts[n].done, "{who:?} has ended and notifies of {notification:?}");
        self.note_runs(who);
        match notification {
            Notification::Event { peer, event } => {
                assert_eq!(self.hosts[n].node().get_event_peer().id, peer.id);
                let what = self.event(n, peer.id, &event);
                if self.hosts[n].node().options().forward_remote_events {
                    self.forwarded(n, peer.id, what, &event, &before, &kept_for);
                }
            }
            Notification::Log(entry) => {
                let peer = entry.peer.as_ref().map(|peer| peer.id);
                match (&entry.line, peer) {
                    (CommLogLine::EventDropped { .. }, Some(peer)) => {
                        *self.hosts[n].drops.entry(peer).or_default() += 1;
                    }
                    (CommLogLine::Silent, Some(peer)) => {
                        let (tcp, side) = self.current(n, peer);
                        let end = &self.connections[tcp].sides[side];
                        let unread = end.unread + end.arrived.len();
                        let stalled = end.stalled_until > self.now;
                        assert!(unread == 0 || stalled, "{peer} counts as silent but was not read");
                    }
                    _ => {}
                }
            }
            Notification::ConnectionEstablished { peer, .. } => {
                self.current(n, peer.id);
                let node = self.hosts[n].node();
                if node.options().handshake == Handshake::Application {
                    // The connection may have ended by now.
                    let _ = node.apply_node(peer.id);
                    let _ = node.complete_handshake(peer.id);
                }
            }
            Notification::SyncStarted { peer, role } => {
                let (tcp, side) = self.current(n, peer.id);
                self.connections[tcp].sides[side].sync = Some(role);
                let other = self.connections[tcp].sides[1 - side].sync;
                assert!(other != Some(role), "both are {role} on connection {tcp}");
            }
            Notification::ConnectionClosed { peer, cause, .. } => {
                let tcp = self.current(n, peer.id);
                let host = &mut self.hosts[n];
                host.history.entry(peer.id).or_default().pop_front();
                // With a slow application the peer may have reconnected since.
                let is_last = host.latest.get(&peer.id) == Some(&tcp);
                let ours = matches!(cause, CloseCause::ClosedByUs | CloseCause::Protocol(_));
                if ours && is_last {
                    host.left.insert(peer.id);
                }
            }
            Notification::Terminated { .. } => self.ended(n),
            _ => {}
        }
        true
    }

    /// Returns the connection to a peer whose end the application has not been notified of.
    fn current(&self, n: usize, peer: PeerId) -> (usize, usize) {
        let tcp = self.hosts[n].history.get(&peer).and_then(|connections| connections.front());
        *tcp.unwrap_or_else(|| panic!("node {n} is notified of {peer}, which is not connected"))
    }

    fn ended(&mut self, n: usize) {
        let host = &mut self.hosts[n];
        host.done = true;
        let who = host.who;
        let node = host.node();
        assert_eq!(node.next_timeout(), None, "{who:?} has ended and waits");
        assert!(node.poll_notification().is_none(), "{who:?} has ended and has more notifications");
        let open: Vec<_> = self.ends.keys().filter(|(owner, _)| *owner == who).collect();
        assert!(open.is_empty(), "{who:?} has ended with {open:?}");
        let unseen = self.hosts[n].history.values().any(|connections| !connections.is_empty());
        assert!(!unseen, "{who:?} has ended without notifying of the end of a connection");
        let back = self.hosts[n].returns.expect("nodes end only when the test terminates them");
        if back < 100 * SECOND {
            self.come_back(n, back);
        }
    }

    fn event(&mut self, n: usize, peer: PeerId, event: &Event) -> What {
        let what = match event.args.as_slice() {
            [Value::Count(origin), Value::Count(number), Value::String(_)] => {
                (*origin as usize, *number)
            }
            args => panic!("an event arrived with {args:?}"),
        };
        let (tcp, side) = self.current(n, peer);
        let other = &self.connections[tcp].sides[1 - side];
        let key = (other.who, other.peer);
        let excuses = self.excuses(tcp, side);
        let stream = self.streams.get_mut(&key).expect("only a peer in Running sends events");
        if let Err(wrong) = stream.delivered(what, &excuses) {
            panic!("connection {tcp} to node {n}: {wrong}");
        }
        // Events that arrive over a connection that has since been replaced come from another
        // peer than the one to which they are then forwarded.
        let pair = |tcp: &TcpConnection| {
            let [a, b] = [tcp.sides[0].who.node, tcp.sides[1].who.node];
            (a.min(b), a.max(b))
        };
        let this = pair(&self.connections[tcp]);
        if self.connections[tcp + 1..].iter().any(|later| pair(later) == this) {
            self.late.insert(what);
        }
        if self.is_tree && !self.late.contains(&what) {
            let host = &mut self.hosts[n];
            if let Err(wrong) = host.seen.event(host.who, what) {
                panic!("node {n}: {wrong}");
            }
        }
        what
    }

    /// Returns why an event may be missing at a side of a connection.
    pub(super) fn excuses(&self, tcp: usize, side: usize) -> Excuses {
        let (sender, receiver) =
            (&self.connections[tcp].sides[1 - side], &self.connections[tcp].sides[side]);
        let from = &self.hosts[sender.who.node];
        let to = &self.hosts[receiver.who.node];
        // A restarted node has the same configuration.
        let outgoing = from.plan.configuration.options.outgoing.overflow;
        let incoming = to.plan.configuration.options.incoming.overflow;
        let node = to.node.as_ref().filter(|_| to.who == receiver.who);
        let connection = node.and_then(|node| node.connection_to(receiver.peer));
        let current = to.latest.get(&receiver.peer) == Some(&(tcp, side));
        Excuses {
            run: sender.run,
            requests: sender.requests.clone(),
            deaf: connection.filter(|_| current).is_some_and(|c| !c.accepts_input()),
            drops_oldest: [outgoing, incoming].contains(&Overflow::DropOldest),
            receiver_drops_newest: incoming == Overflow::DropNewest,
            receiver_is_full: to.plan.configuration.options.incoming_total.events < 100
                && [Overflow::DropNewest, Overflow::DropOldest].contains(&incoming),
            keeps: if from.who == sender.who { from.keeps(sender.peer) } else { 0 },
        }
    }

    /// Raises events that could not be raised before; returns whether this succeeded for any.
    pub(super) fn raise_pending(&mut self, n: usize) -> bool {
        let mut any = false;
        while let Some((name, size)) = self.hosts[n].pending.front().copied() {
            if self.hosts[n].node.is_none() || !self.raise(n, name, size) {
                break;
            }
            self.hosts[n].pending.pop_front();
            any = true;
        }
        any
    }

    fn raise(&mut self, n: usize, name: usize, size: usize) -> bool {
        let who = self.hosts[n].who;
        self.note_runs(who);
        let targets = self.hosts[n].targets(NAMES[name].as_bytes());
        let kept_for = self.hosts[n].kept_for();
        let (event, what) = self.hosts[n].event(name, size);
        let now = self.hosts[n].time(self.now);
        let node = self.hosts[n].node();
        let policy = node.options().outgoing.overflow;
        let raised = match node.raise(event, now) {
            Ok(raised) => raised,
            // Some nodes do not declare it, so no peer could request it from them.
            Err(RaiseError::Event(error)) => {
                assert!(!targets.iter().any(|(_, certain)| *certain), "{error}");
                self.hosts[n].take_back();
                return true;
            }
            Err(full) => {
                assert_eq!(policy, Overflow::Block, "{full}");
                self.hosts[n].take_back();
                return false;
            }
        };
        self.note(format_args!("node {n} raises {} {what:?}: {raised:?}", NAMES[name]));
        let certain = targets.iter().filter(|(_, certain)| *certain).count();
        let notified = raised.peers + raised.dropped;
        assert!(
            raised.kept > 0 || certain <= notified && notified <= targets.len(),
            "of {targets:?} {raised:?}"
        );
        for (peer, certain) in targets {
            let keeps = self.hosts[n].keeps(peer) > 0;
            let stream = self.streams.entry((who, peer)).or_default();
            stream.sent(what, NAMES[name], !(certain || keeps) || raised.dropped > 0);
        }
        for peer in kept_for {
            self.streams.entry((who, peer)).or_default().kept(what, NAMES[name], false);
        }
        true
    }

    /// Records the peers that must receive a forwarded event.
    fn forwarded(
        &mut self,
        n: usize,
        from: PeerId,
        what: What,
        event: &Event,
        before: &[PeerId],
        kept_for: &[PeerId],
    ) {
        let host = &self.hosts[n];
        let who = host.who;
        let name = NAMES.into_iter().find(|name| event.name == *name).expect("it is one of ours");
        let drops = matches!(
            host.plan.configuration.options.outgoing.overflow,
            Overflow::DropNewest | Overflow::Disconnect
        );
        let others = host.targets(name.as_bytes()).into_iter().filter(|(peer, _)| *peer != from);
        for (peer, certain) in others.collect::<Vec<_>>() {
            let keeps = self.hosts[n].keeps(peer) > 0;
            let certain = keeps || certain && before.contains(&peer);
            let stream = self.streams.entry((who, peer)).or_default();
            stream.sent(what, name, !certain || drops);
        }
        for peer in kept_for.iter().filter(|peer| **peer != from) {
            let still = self.hosts[n].kept_for().contains(peer);
            self.streams.entry((who, *peer)).or_default().kept(what, name, !still);
        }
    }
}
