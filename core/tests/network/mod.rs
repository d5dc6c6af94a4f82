//! A simulated network of nodes. Bytes move only when the test asks for it.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use std::collections::BTreeMap;
use std::time::Duration;

use brocomm::Time;
use brocomm::data::Event;
use brocomm::lowlevel::connection::PollClose;
use brocomm::node::{Action, ConnectionId, Endpoint, NodeConfig, NodeMachine, Notification};

/// Nodes, each with its own address, and the connections between them.
pub struct Network {
    pub now: Time,
    pub nodes: Vec<Host>,
    /// The maximum number of bytes that move over a connection at once.
    pub most: usize,
    /// The node and connection at the other end of each connection.
    links: BTreeMap<(usize, ConnectionId), (usize, ConnectionId)>,
}

pub struct Host {
    pub node: NodeMachine,
    pub address: Endpoint,
    listens: bool,
    /// Whether connections to and from it fail.
    pub isolated: bool,
    pub notifications: Vec<Notification>,
}

impl Network {
    pub fn new() -> Network {
        let now = Time::from_secs_f64(1_500_000_000.0);
        Network { now, nodes: Vec::new(), most: usize::MAX, links: BTreeMap::new() }
    }

    /// Adds a node with the address `10.0.0.n`, and starts it.
    pub fn add(&mut self, configuration: NodeConfig) -> usize {
        let mut node = NodeMachine::new(configuration).expect("the configuration is valid");
        let n = self.nodes.len();
        node.start(self.now);
        let address = Endpoint::new(address(n), node.options().listen_port);
        self.nodes.push(Host {
            node,
            address,
            listens: false,
            isolated: false,
            notifications: Vec::new(),
        });
        n
    }

    pub fn node(&mut self, n: usize) -> &mut NodeMachine {
        &mut self.nodes[n].node
    }

    /// Transfers bytes until there are none left.
    pub fn settle(&mut self) {
        while (0..self.nodes.len()).filter(|n| self.step(*n)).count() > 0 {}
    }

    /// Advances the time, stopping at each timeout.
    pub fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        loop {
            self.settle();
            let due = self.nodes.iter().filter_map(|host| host.node.next_timeout()).min();
            match due.filter(|due| *due <= until) {
                Some(due) => self.now = self.now.max(due),
                None => break,
            }
            let now = self.now;
            self.nodes.iter_mut().for_each(|host| host.node.feed_time(now));
        }
        self.now = until;
        self.nodes.iter_mut().for_each(|host| host.node.feed_time(until));
        self.settle();
    }

    /// Advances the time without transferring anything.
    pub fn tick(&mut self, time: Duration) {
        self.now += time;
        let now = self.now;
        self.nodes.iter_mut().for_each(|host| host.node.feed_time(now));
    }

    /// Performs all actions of one node; returns whether there were any.
    pub fn step(&mut self, n: usize) -> bool {
        let mut moved = false;
        while let Some(action) = self.nodes[n].node.poll_action() {
            moved = true;
            self.act(n, action);
        }
        while let Some(id) = self.nodes[n].node.poll_connection() {
            moved = true;
            self.carry(n, id);
        }
        let host = &mut self.nodes[n];
        while let Some(notification) = host.node.poll_notification() {
            moved = true;
            host.notifications.push(notification);
        }
        moved
    }

    /// Performs the actions of one node for one connection, once.
    pub fn nudge(&mut self, n: usize) {
        while let Some(action) = self.nodes[n].node.poll_action() {
            self.act(n, action);
        }
        if let Some(id) = self.nodes[n].node.poll_connection() {
            self.carry(n, id);
        }
        let host = &mut self.nodes[n];
        while let Some(notification) = host.node.poll_notification() {
            host.notifications.push(notification);
        }
    }

    fn act(&mut self, n: usize, action: Action) {
        let now = self.now;
        match action {
            Action::Connect { connection, endpoint, .. } => {
                let reachable = |host: &Host| host.listens && !host.isolated;
                let to = self.nodes.iter().position(|host| host.address == endpoint);
                let to = to.filter(|to| reachable(&self.nodes[*to]) && !self.nodes[n].isolated);
                let from = Endpoint::new(self.nodes[n].address.host, 50000);
                let accepted =
                    to.and_then(|to| Some((to, self.nodes[to].node.feed_accepted(from, now)?)));
                match accepted {
                    Some(other) => {
                        self.links.insert((n, connection), other);
                        self.links.insert(other, (n, connection));
                        self.nodes[n].node.feed_connected(connection, now);
                    }
                    None => {
                        let reason = "connection refused";
                        self.nodes[n].node.feed_connect_failed(connection, reason, now);
                    }
                }
            }
            Action::CancelConnect(_) => {}
            Action::Listen(target) => {
                self.nodes[n].listens = true;
                self.nodes[n].node.feed_listening(target.endpoint, target.ssl, now);
            }
            Action::StopListening => self.nodes[n].listens = false,
        }
    }

    /// Transfers a connection's output, and closes it when required.
    fn carry(&mut self, n: usize, id: ConnectionId) {
        let now = self.now;
        let other = self.links.get(&(n, id)).copied();
        if let Some((m, other)) = other {
            self.send((n, id), (m, other));
            // If it reads again, the other side may have bytes for it.
            self.send((m, other), (n, id));
        }
        if self.nodes[n].node.poll_close(id) == Some(PollClose::Now) {
            self.nodes[n].node.feed_closed(id, now);
            if let Some((m, other)) = self.links.remove(&(n, id)) {
                self.links.remove(&(m, other));
                self.nodes[m].node.feed_eof(other, now);
            }
        }
    }

    /// Transfers queued bytes from one end of a connection to the other if that one reads.
    fn send(&mut self, (n, id): (usize, ConnectionId), (m, other): (usize, ConnectionId)) {
        let now = self.now;
        let waits = self.nodes[n].node.poll_transmit(id);
        let bytes = waits[..waits.len().min(self.most)].to_vec();
        if !bytes.is_empty() && self.nodes[m].node.wants_input(other) {
            self.nodes[n].node.advance(id, bytes.len(), now);
            self.nodes[m].node.feed_bytes(other, &bytes, now);
        }
    }

    /// Returns the connections of a node in the order of their start.
    pub fn links(&self, n: usize) -> impl Iterator<Item = ConnectionId> {
        self.links.keys().filter(move |(m, _)| *m == n).map(|(_, id)| *id)
    }

    /// Breaks all connections of a node.
    pub fn cut(&mut self, n: usize) {
        let now = self.now;
        let ends: Vec<_> = self.links.keys().filter(|(m, _)| *m == n).copied().collect();
        for end in ends {
            let other = self.links.remove(&end);
            for (m, id) in [Some(end), other].into_iter().flatten() {
                self.links.remove(&(m, id));
                self.nodes[m].node.feed_read_failure(id, "connection reset by peer", now);
            }
        }
    }

    /// Takes a node's notifications.
    pub fn notified(&mut self, n: usize) -> Vec<Notification> {
        std::mem::take(&mut self.nodes[n].notifications)
    }

    /// Takes a node's notifications and returns the events among them.
    pub fn events(&mut self, n: usize) -> Vec<Event> {
        let event = |notified| match notified {
            Notification::Event { event, .. } => Some(event),
            _ => None,
        };
        self.notified(n).into_iter().filter_map(event).collect()
    }

    /// Takes a node's notifications and returns the lines of the communication log.
    pub fn log(&mut self, n: usize) -> Vec<String> {
        let line = |notified| match notified {
            Notification::Log(entry) => Some(entry.to_string()),
            _ => None,
        };
        self.notified(n).into_iter().filter_map(line).collect()
    }
}

/// Returns the address of a node.
pub fn address(n: usize) -> std::net::IpAddr {
    let n = u32::try_from(n).expect("there are few nodes") + 1;
    std::net::Ipv4Addr::from(0x0a00_0000 + n).into()
}
