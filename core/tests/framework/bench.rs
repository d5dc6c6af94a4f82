//! A node whose peers are plain connections or are scripted by the test.

use std::time::Duration;

use brocomm::Time;
use brocomm::data::Event;
use brocomm::lowlevel::connection;
use brocomm::lowlevel::connection::{Connection, ConnectionConfig, PollClose};
use brocomm::lowlevel::wire;
use brocomm::lowlevel::wire::{Decoder, Encoder, Framing, Message};
use brocomm::node::Role;
use brocomm::node::{
    Action, ConnectionId, Endpoint, NodeMachine, Notification, Options, PeerConfig, PeerId,
};

use super::support::{FIRST, configuration, host, lines, number, numbers};

/// A node with peers that the test drives.
pub(crate) struct Bench {
    pub(crate) now: Time,
    pub(crate) node: NodeMachine,
    /// Notifications that the test has not read.
    pub(crate) notified: Vec<Notification>,
    /// Actions that the test has not processed.
    pub(crate) actions: Vec<Action>,
    pub(crate) hands: Vec<Hand>,
    /// Whether the application reads notifications.
    pub(crate) takes: bool,
}

/// The other end of one of the node's connections.
pub(crate) struct Hand {
    pub(crate) link: ConnectionId,
    /// The peer's protocol implementation; `None` if the test sends messages itself.
    pub(crate) connection: Option<Connection>,
    pub(crate) notified: Vec<connection::ConnectionNotification>,
    decoder: Decoder,
    /// Everything that the node sent.
    pub(crate) sent: Vec<Message>,
    /// Whether it does not read.
    pub(crate) stalls: bool,
    /// Whether the node has closed the connection.
    pub(crate) closed: bool,
}

impl Bench {
    pub(crate) fn new(options: Options, nodes: Vec<(&str, PeerConfig)>) -> Bench {
        Bench::begun(Time::from_secs_f64(1_500_000_000.0), options, nodes)
    }

    /// A node that starts at a given time.
    pub(crate) fn begun(now: Time, options: Options, nodes: Vec<(&str, PeerConfig)>) -> Bench {
        let configuration = configuration(options, nodes);
        let mut node = NodeMachine::new(configuration).expect("the configuration is valid");
        node.start(now);
        let (notified, actions, hands) = (Vec::new(), Vec::new(), Vec::new());
        let mut bench = Bench { now, node, notified, actions, hands, takes: true };
        bench.settle();
        bench
    }

    /// A node with one peer in phase Running. Discards earlier notifications.
    pub(crate) fn running(options: Options, node: PeerConfig, peer: ConnectionConfig) -> Bench {
        let mut bench = Bench::new(options, vec![("peer", node)]);
        bench.accept(Some(peer));
        assert!(bench.is_running(FIRST));
        bench.notified.clear();
        bench
    }

    pub(crate) fn is_running(&self, id: PeerId) -> bool {
        self.node.connection_to(id).is_some_and(|c| c.phase() == brocomm::node::Phase::Running)
    }

    /// Lets a peer connect to the node from its own port. Without a configuration the test sends
    /// the peer's messages.
    pub(crate) fn accept(&mut self, peer: Option<ConnectionConfig>) -> usize {
        let port = 50_000 + u16::try_from(self.hands.len()).expect("few peers connect");
        self.accept_from(Endpoint::new(host(), port), peer)
    }

    pub(crate) fn accept_from(&mut self, from: Endpoint, peer: Option<ConnectionConfig>) -> usize {
        let link = self.node.feed_accepted(from, self.now).expect("it is accepted");
        let at = self.add(link, peer, Role::Initiator);
        self.settle();
        at
    }

    /// Takes the node's request to connect.
    pub(crate) fn attempt(&mut self) -> (ConnectionId, Endpoint) {
        self.settle();
        let at = self.actions.iter().position(|action| matches!(action, Action::Connect { .. }));
        match self.actions.remove(at.expect("the node connects")) {
            Action::Connect { connection, endpoint, .. } => (connection, endpoint),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn connects(&self) -> bool {
        self.actions.iter().any(|action| matches!(action, Action::Connect { .. }))
    }

    /// Lets the node's attempt to connect succeed.
    pub(crate) fn connect(&mut self, peer: Option<ConnectionConfig>) -> usize {
        let (link, _) = self.attempt();
        self.node.feed_connected(link, self.now);
        let at = self.add(link, peer, Role::Acceptor);
        self.settle();
        at
    }

    /// Lets the node's attempt to connect fail.
    pub(crate) fn refuse(&mut self) {
        let (link, _) = self.attempt();
        self.node.feed_connect_failed(link, "connection refused", self.now);
        self.settle();
    }

    fn add(&mut self, link: ConnectionId, peer: Option<ConnectionConfig>, role: Role) -> usize {
        self.hands.push(Hand {
            link,
            connection: peer.map(|config| Connection::new(config, role, self.now)),
            notified: Vec::new(),
            decoder: Decoder::new(Framing::Clear, wire::FramingLimits::default()),
            sent: Vec::new(),
            stalls: false,
            closed: false,
        });
        self.hands.len() - 1
    }

    /// Feeds the node messages from a peer that the test scripts.
    pub(crate) fn send(&mut self, hand: usize, messages: &[Message]) {
        let mut encoder = Encoder::new(Framing::Clear);
        let mut bytes = Vec::new();
        messages.iter().for_each(|message| encoder.message(message, &mut bytes));
        self.send_bytes(hand, &bytes);
    }

    pub(crate) fn send_bytes(&mut self, hand: usize, bytes: &[u8]) {
        self.node.feed_bytes(self.hands[hand].link, bytes, self.now);
        self.settle();
    }

    /// Lets a peer raise an event. [`settle`](Self::settle) delivers it.
    pub(crate) fn raise(&mut self, hand: usize, event: &Event) {
        let connection = self.hands[hand].connection.as_mut().expect("a peer with a connection");
        assert_eq!(connection.send_event(event), Ok(connection::Sent::Sent));
    }

    /// Transfers bytes until there are none left.
    pub(crate) fn settle(&mut self) {
        while self.step() {}
    }

    fn step(&mut self) -> bool {
        let mut moved = false;
        while let Some(action) = self.node.poll_action() {
            moved = true;
            self.actions.push(action);
        }
        while self.takes {
            let Some(notification) = self.node.poll_notification() else { break };
            moved = true;
            self.notified.push(notification);
        }
        while let Some(_touched) = self.node.poll_connection() {}
        for hand in &mut self.hands {
            moved |= hand.step(&mut self.node, self.now);
        }
        moved
    }

    /// Advances the time, stopping at each timeout.
    pub(crate) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        loop {
            self.settle();
            match self.node.next_timeout().filter(|due| *due <= until) {
                Some(due) => self.now = self.now.max(due),
                None => break,
            }
            self.node.feed_time(self.now);
        }
        self.now = until;
        self.node.feed_time(until);
        self.settle();
    }

    /// The peer closes the connection.
    pub(crate) fn hang_up(&mut self, hand: usize) {
        self.node.feed_eof(self.hands[hand].link, self.now);
        self.settle();
    }

    /// The connection is lost.
    pub(crate) fn lose(&mut self, hand: usize) {
        self.node.feed_read_failure(self.hands[hand].link, "connection reset by peer", self.now);
        self.settle();
    }

    /// Takes all notifications.
    pub(crate) fn notified(&mut self) -> Vec<Notification> {
        self.settle();
        std::mem::take(&mut self.notified)
    }

    /// Takes all notifications except log lines.
    pub(crate) fn news(&mut self) -> Vec<Notification> {
        let mut notified = self.notified();
        notified.retain(|notified| !matches!(notified, Notification::Log(_)));
        notified
    }

    /// Takes the log lines, formatted by [`line`].
    pub(crate) fn log(&mut self) -> Vec<String> {
        lines(&self.notified())
    }

    /// Takes the numbers in the pings that the node received.
    pub(crate) fn pings(&mut self) -> Vec<u64> {
        numbers(&self.notified())
    }

    /// Returns the numbers in the pings that the node sent.
    pub(crate) fn pinged(&mut self, hand: usize) -> Vec<u64> {
        self.settle();
        let number = |notified: &connection::ConnectionNotification| match notified {
            connection::ConnectionNotification::Event(event) => number(event),
            _ => None,
        };
        self.hands[hand].notified.iter().filter_map(number).collect()
    }
}

impl Hand {
    fn step(&mut self, node: &mut NodeMachine, now: Time) -> bool {
        let mut moved = false;
        if let Some(connection) = &mut self.connection {
            while let Some(notification) = connection.poll_notification() {
                moved = true;
                self.notified.push(notification);
            }
            let bytes = connection.poll_transmit().to_vec();
            if !bytes.is_empty() && node.wants_input(self.link) {
                connection.advance(bytes.len(), now);
                node.feed_bytes(self.link, &bytes, now);
                moved = true;
            }
        }
        let bytes = node.poll_transmit(self.link).to_vec();
        if !bytes.is_empty() && !self.stalls {
            moved = true;
            node.advance(self.link, bytes.len(), now);
            self.decoder.feed(&bytes);
            while let Some(decoded) = self.decoder.poll().expect("the node sends messages") {
                self.sent.push(decoded.message);
            }
            if let Some(connection) = &mut self.connection {
                connection.feed_bytes(&bytes, now);
            }
        }
        let over = node.poll_close(self.link) == Some(PollClose::Now);
        if over && !self.closed {
            moved = true;
            self.closed = true;
            node.feed_closed(self.link, now);
            if let Some(connection) = &mut self.connection {
                connection.feed_eof(now);
            }
        }
        moved
    }

    /// Returns the messages that the node sent, except SERIALs.
    pub(crate) fn requests(&self) -> Vec<&Message> {
        self.sent.iter().filter(|message| !matches!(message, Message::Serial(_))).collect()
    }

    pub(crate) fn was_sent(&self, message: &Message) -> bool {
        self.sent.contains(message)
    }
}
