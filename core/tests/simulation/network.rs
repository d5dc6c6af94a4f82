//! The simulated transport, and failures of connections.

use brocomm::lowlevel::connection::PollClose;
use brocomm::node::{Action, ConnectionId, Endpoint, ListenTarget, PeerId};

use super::host::Host;
use super::tcp::{Loss, Packet, TcpConnection, TcpEnd};
use super::{Happening, MS, Nanos, SECOND, Simulation, Who, address};

impl Simulation {
    pub(super) fn act(&mut self, n: usize, action: Action) {
        self.note(format_args!("node {n}: {action:?}"));
        let who = self.hosts[n].who;
        assert!(!self.hosts[n].done, "{who:?} has ended and wants {action:?}");
        let chaos = self.faults > 0;
        match action {
            Action::Connect { connection, endpoint, .. } => {
                self.connect(n, connection, endpoint, chaos);
            }
            Action::CancelConnect(id) => {
                if let Some((_, Some(tcp))) = self.attempts.remove(&(who, id)) {
                    self.drop_side(tcp, 0);
                }
            }
            Action::Listen(target) => {
                let at = self.now + if chaos { self.random.range(0, 400) * MS } else { 0 };
                let epoch = self.hosts[n].listen_epoch;
                self.at(at, Happening::Listens(who, epoch, target));
            }
            Action::StopListening => {
                self.hosts[n].listens = false;
                self.hosts[n].listen_epoch += 1;
            }
        }
    }

    fn connect(&mut self, n: usize, id: ConnectionId, to: Endpoint, chaos: bool) {
        let (who, now) = (self.hosts[n].who, self.now);
        let host = &mut self.hosts[n];
        let node = host.node.as_ref().expect("the node is up");
        let peer = node.peers().find(|peer| peer.endpoint == to && peer.id.0 < 10_000);
        let peer = peer.expect("a peer that is connected to is known").id;
        assert!(!host.left.contains(&peer), "{who:?} connects again to {peer}, which it left");
        if let Some(failed) = host.failed.remove(&peer) {
            let entry = node.nodes().find(|(_, node)| node.connect && node.host == to.host);
            let retry = entry.expect("there is an entry to connect").1.retry.as_nanos() as Nanos;
            let exact = node.options().retry_backoff.is_none();
            assert!(retry > 0, "{who:?} retries without retry");
            assert!(!exact || now - failed == retry, "{who:?} retries after {}", now - failed);
        }
        self.attempts.insert((who, id), (peer, None));
        if chaos && self.random.percent(8) {
            let at = now + self.random.range(1, 5) * SECOND;
            self.at(at, Happening::ConnectFails(who, id, "connection timed out"));
        } else {
            let at = now + self.random.range(0, 300) * MS;
            self.at(at, Happening::ConnectArrives(who, id, to));
        }
    }

    pub(super) fn listens(&mut self, who: Who, epoch: u32, target: ListenTarget) {
        let host = &mut self.hosts[who.node];
        if host.listen_epoch != epoch {
            return;
        }
        let now = host.time(self.now);
        if host.plan.address_in_use > 0 {
            host.plan.address_in_use -= 1;
            let reason = "address already in use";
            host.node().feed_listen_failed(target.endpoint, true, reason, now);
        } else {
            host.listens = true;
            host.node().feed_listening(target.endpoint, target.ssl, now);
            assert!(host.node().is_listening());
        }
        self.work(who);
    }

    pub(super) fn connect_arrives(&mut self, who: Who, id: ConnectionId, to: &Endpoint) {
        let now = self.now;
        let Some((peer, _)) = self.attempts.get(&(who, id)).copied() else { return };
        let reachable =
            |host: &Host| address(host.who.node) == to.host && host.listens && host.node.is_some();
        let Some(n) = self.hosts.iter().position(reachable) else {
            let at = now + self.random.range(0, 300) * MS;
            return self.at(at, Happening::ConnectFails(who, id, "connection refused"));
        };
        let host = &mut self.hosts[n];
        let from = Endpoint::new(address(who.node), self.random.range(40_000, 60_000) as u16);
        let (time, other) = (host.time(now), host.who);
        let Some(accepted) = host.node().feed_accepted(from, time) else {
            return self.at(now, Happening::ConnectFails(who, id, "connection reset by peer"));
        };
        let newest = host.node().peers().last().expect("a peer was added").id;
        assert!(newest.0 >= 10_000);
        let number = self.connections.len();
        let sides = [TcpEnd::new(who, id, peer), TcpEnd::new(other, accepted, newest)];
        let mut tcp = TcpConnection::new(sides, self.faults, self.heavy, &mut self.random);
        tcp.sides[1].connected = true;
        let at = now + tcp.latency;
        self.connections.push(tcp);
        self.ends.insert((other, accepted), (number, 1));
        let host = &mut self.hosts[n];
        host.history.entry(newest).or_default().push_back((number, 1));
        host.latest.insert(newest, (number, 1));
        self.attempts.insert((who, id), (peer, Some(number)));
        self.at(at, Happening::Connected(who, id, number));
        self.note(format_args!("connection {number} is {who:?} {id:?} to {other:?} {accepted:?}"));
        self.work(other);
    }

    pub(super) fn connected(&mut self, who: Who, id: ConnectionId, tcp: usize) {
        if self.attempts.remove(&(who, id)).is_none() || !self.alive(who) {
            return;
        }
        let side = &mut self.connections[tcp].sides[0];
        side.connected = true;
        let peer = side.peer;
        let host = &mut self.hosts[who.node];
        host.history.entry(peer).or_default().push_back((tcp, 0));
        host.latest.insert(peer, (tcp, 0));
        self.ends.insert((who, id), (tcp, 0));
        let now = host.time(self.now);
        host.node().feed_connected(id, now);
        self.work(who);
        self.service(tcp, 0);
        self.work(who);
    }

    pub(super) fn connect_fails(&mut self, who: Who, id: ConnectionId, reason: &str) {
        if let Some((peer, _)) = self.attempts.remove(&(who, id)) {
            let host = &mut self.hosts[who.node];
            host.failed.insert(peer, self.now);
            let now = host.time(self.now);
            host.node().feed_connect_failed(id, reason, now);
            self.work(who);
        }
    }

    /// Handles data that has arrived at one side of a connection.
    pub(super) fn arrive(&mut self, tcp: usize, side: usize) {
        let now = self.now;
        let to = &mut self.connections[tcp].sides[side];
        if !to.arrive(now) {
            return;
        }
        if !to.open {
            // The side has closed the connection.
            if !std::mem::take(&mut to.arrived).is_empty() {
                self.send(tcp, side, Packet::Reset("connection reset by peer"));
            }
            return;
        }
        let who = to.who;
        self.service(tcp, side);
        self.work(who);
    }

    fn send(&mut self, tcp: usize, side: usize, packet: Packet) {
        if let Some(at) = self.connections[tcp].send(side, packet, self.now) {
            self.at(at, Happening::Arrive(tcp, 1 - side));
        }
    }

    /// Reads, writes and closes as the node requests and the network allows.
    pub(super) fn service(&mut self, tcp: usize, side: usize) {
        let who = self.connections[tcp].sides[side].who;
        if !self.alive(who) {
            return;
        }
        for round in 0.. {
            assert!(round < 200_000, "connection {tcp} never becomes idle");
            let end = &self.connections[tcp].sides[side];
            if !end.open || !end.connected {
                return;
            }
            let moved = self.read(tcp, side) || self.write(tcp, side);
            let end = &self.connections[tcp].sides[side];
            let (id, lost) = (end.id, end.lost);
            let node = self.hosts[who.node].node();
            match node.poll_close(id) {
                Some(PollClose::Now) => return self.close(tcp, side),
                Some(PollClose::WhenWritten) if lost || node.poll_transmit(id).is_empty() => {
                    return self.close(tcp, side);
                }
                _ if moved => {}
                _ => return,
            }
        }
    }

    fn read(&mut self, tcp: usize, side: usize) -> bool {
        let Simulation { hosts, connections, random, .. } = self;
        let full = connections[tcp].room(1 - side) == 0;
        let (piece, latency) = (connections[tcp].piece, connections[tcp].latency);
        let end = &mut connections[tcp].sides[side];
        let host = &mut hosts[end.who.node];
        let (now, id) = (host.time(self.now), end.id);
        if let Some(reason) = end.reset.take().filter(|_| !end.lost) {
            (end.lost, end.arrived) = (true, Vec::new());
            host.node().feed_read_failure(id, reason, now);
            if self.closes_at_once {
                self.close(tcp, side);
            }
            return true;
        }
        if end.stalled_until > self.now || end.lost || !host.node().wants_input(id) {
            return false;
        }
        if end.arrived.is_empty() {
            let ends = end.fin && !std::mem::replace(&mut end.eof_fed, end.fin);
            if ends {
                host.node().feed_eof(id, now);
            }
            return ends;
        }
        let length = 1 + random.below(end.arrived.len().min(piece));
        let rest = end.arrived.split_off(length);
        let bytes = std::mem::replace(&mut end.arrived, rest);
        self.transcript.borrow_mut().bytes(&bytes);
        host.node().feed_bytes(id, &bytes, now);
        if full {
            self.at(self.now + latency, Happening::Ready(tcp, 1 - side));
        }
        true
    }

    fn write(&mut self, tcp: usize, side: usize) -> bool {
        let Simulation { hosts, connections, random, .. } = self;
        let way = &mut connections[tcp];
        let room = way.room(side);
        let end = &mut way.sides[side];
        let host = &mut hosts[end.who.node];
        let (now, id) = (host.time(self.now), end.id);
        let pending = host.node().poll_transmit(id);
        let most = pending.len().min(room).min(way.piece);
        if most == 0 || end.lost {
            return false;
        }
        let mut length = 1 + random.below(most) as u64;
        let cut = way.cut.take_if(|cut| cut.side == side && end.written + length > cut.at);
        if let Some(cut) = &cut {
            length = cut.at.saturating_sub(end.written);
        }
        end.written += length;
        let bytes = pending[..length as usize].to_vec();
        host.node().advance(id, bytes.len(), now);
        let moved = !bytes.is_empty();
        if moved {
            self.send(tcp, side, Packet::Data(bytes));
        }
        if let Some(cut) = cut {
            self.cut(tcp, side, cut.how);
        }
        moved
    }

    fn cut(&mut self, tcp: usize, side: usize, how: Loss) {
        self.note(format_args!("connection {tcp}: {how:?}"));
        match how {
            Loss::Reset => {
                if self.random.percent(50) {
                    self.connections[tcp].lose_flights();
                }
                for side in 0..2 {
                    self.send(tcp, side, Packet::Reset("connection reset by peer"));
                }
            }
            Loss::HalfOpen => self.vanish(tcp, [true, true]),
            Loss::Stall => {
                let until = self.now + self.random.range(10, 8000) * MS;
                self.connections[tcp].sides[side].stalled_until = until;
                self.at(until, Happening::Ready(tcp, side));
            }
        }
    }

    /// Makes a connection half-open: nothing arrives, and the remaining sides detect it later.
    fn vanish(&mut self, tcp: usize, there: [bool; 2]) {
        self.connections[tcp].half_open = true;
        self.connections[tcp].lose_flights();
        for side in (0..2).filter(|side| there[*side]) {
            let at = self.now + TcpConnection::patience(&mut self.random);
            self.at(at, Happening::Expire(tcp, side));
        }
    }

    /// Closes one side for the node, and notifies it.
    fn close(&mut self, tcp: usize, side: usize) {
        let end = &mut self.connections[tcp].sides[side];
        if end.stalled_until <= self.now {
            end.unread = end.arrived.len();
        }
        let (who, id) = (end.who, end.id);
        self.ends.remove(&(who, id));
        self.drop_side(tcp, side);
        let host = &mut self.hosts[who.node];
        let now = host.time(self.now);
        host.node().feed_closed(id, now);
        self.note(format_args!("connection {tcp} is closed by {who:?}"));
    }

    fn drop_side(&mut self, tcp: usize, side: usize) {
        let end = &mut self.connections[tcp].sides[side];
        if std::mem::take(&mut end.open) {
            let unread = !std::mem::take(&mut end.arrived).is_empty();
            let reset = Packet::Reset("connection reset by peer");
            self.send(tcp, side, if unread { reset } else { Packet::Fin });
        }
    }

    /// Stops a node without any cleanup.
    pub(super) fn crash(&mut self, n: usize, back: Nanos) {
        let who = self.hosts[n].who;
        if self.hosts[n].node.take().is_none() {
            return;
        }
        self.ends.retain(|(owner, _), _| *owner != who);
        self.attempts.retain(|(owner, _), _| *owner != who);
        for tcp in 0..self.connections.len() {
            for side in 0..2 {
                if self.connections[tcp].sides[side].who == who
                    && self.connections[tcp].sides[side].open
                {
                    self.connections[tcp].sides[side].open = false;
                    self.vanish(tcp, [side == 1, side == 0]);
                }
            }
        }
        self.come_back(n, back);
    }

    /// Schedules the restart of a node.
    pub(super) fn come_back(&mut self, n: usize, back: Nanos) {
        self.hosts[n].node = None;
        self.serials += 1;
        self.hosts[n].renew(self.serials);
        self.at(self.now + back, Happening::Start(n));
    }

    /// Checks what a node reports about its peers.
    pub(super) fn inspect(&self, n: usize) {
        let host = &self.hosts[n];
        let Some(node) = &host.node else { return };
        if let Err(wrong) = host.check_bounds() {
            panic!("{:?}: {wrong}", host.who);
        }
        let connected: Vec<PeerId> = node.connected_peers().map(|(peer, _)| peer).collect();
        let pending: Vec<PeerId> = node.pending_peers().map(|(peer, _)| peer).collect();
        for peer in &connected {
            let (tcp, side) = host.latest[peer];
            assert!(self.connections[tcp].sides[side].open, "{peer} has no connection");
            assert!(!pending.contains(peer), "{peer} is connected and pending");
        }
        for ((who, _), (peer, _)) in &self.attempts {
            assert!(*who != host.who || pending.contains(peer), "{peer} is not pending");
        }
    }
}
