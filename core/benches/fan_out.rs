//! A node with many peers, all of which have requested one event.

use std::net::IpAddr;
use std::task::Waker;

use brocomm::Time;
use brocomm::data::Event;
use brocomm::lowlevel::driver::{NodeDriver, SocketDriver};
use brocomm::node::{Action, ConnectionId, Endpoint, NodeConfig, NodeMachine, PeerConfig};

use crate::{EVENTS, anew};

const NOW: Time = Time::from_nanos(1_500_000_000_000_000_000);
const HOST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

/// A node with many peers, none of which reads.
pub struct FanOut {
    node: NodeMachine,
    connections: Vec<ConnectionId>,
    /// Copies of the event. The same containers would be sent as references.
    events: Vec<Event>,
}

impl FanOut {
    /// Connects this number of peers and sends them the event several times.
    pub fn warm(peers: usize, event: &Event) -> FanOut {
        let undeclared = brocomm::node::Undeclared::Deliver;
        let options = || brocomm::node::Options { undeclared, ..Default::default() };
        let node = |node| {
            let nodes = vec![("other".to_owned(), node)];
            let config = NodeConfig { nodes, options: options(), ..NodeConfig::default() };
            let mut node = NodeMachine::new(config).expect("the configuration is valid");
            node.start(NOW);
            node
        };
        let mut fan_out = FanOut {
            node: node(PeerConfig::new(HOST)),
            connections: Vec::new(),
            events: anew(event, 200),
        };
        let events = Some(event.name.to_string().parse().expect("the pattern is valid"));
        let mut peer = node(PeerConfig { connect: true, events, ..PeerConfig::new(HOST) });
        let Some(Action::Connect { connection, .. }) = peer.poll_action() else {
            panic!("the peer connects")
        };
        peer.feed_connected(connection, NOW);
        let here = fan_out.accept();
        // All peers send the same bytes as the first.
        let mut said = Vec::new();
        loop {
            let bytes = peer.poll_transmit(connection).to_vec();
            peer.advance(connection, bytes.len(), NOW);
            fan_out.node.feed_bytes(here, &bytes, NOW);
            said.extend_from_slice(&bytes);
            let answer = fan_out.node.poll_transmit(here).to_vec();
            fan_out.node.advance(here, answer.len(), NOW);
            peer.feed_bytes(connection, &answer, NOW);
            while peer.poll_notification().is_some() {}
            fan_out.settle();
            if bytes.is_empty() && answer.is_empty() {
                break;
            }
        }
        for _ in 1..peers {
            let here = fan_out.accept();
            fan_out.node.feed_bytes(here, &said, NOW);
            fan_out.settle();
        }
        assert_eq!(fan_out.node.running_peers().count(), peers);
        for _ in 0..10 {
            fan_out.raise(10);
            fan_out.write();
        }
        fan_out
    }

    fn accept(&mut self) -> ConnectionId {
        let from = Endpoint::new(HOST, 50_000);
        let accepted = self.node.feed_accepted(from, NOW).expect("it accepts");
        self.connections.push(accepted);
        accepted
    }

    fn settle(&mut self) {
        while self.node.poll_notification().is_some() {}
        while self.node.poll_connection().is_some() {}
    }

    /// Discards all output of the node.
    fn write(&mut self) {
        for id in &self.connections {
            let length = self.node.poll_transmit(*id).len();
            self.node.advance(*id, length, NOW);
        }
        self.settle();
    }

    /// Raises the event this number of times and polls the connections with output after each.
    /// Returns the total number of these connections.
    #[inline(never)]
    pub fn raise(&mut self, times: usize) -> usize {
        let mut sent = 0;
        for event in self.events.split_off(self.events.len() - times) {
            let raised = self.node.raise(event, NOW).expect("there is room");
            assert_eq!(raised.peers, self.connections.len());
            sent += std::iter::from_fn(|| self.node.poll_connection()).count();
        }
        sent
    }
}

/// A node with many peers as a transport has it, behind a lock.
pub struct Locked {
    driver: NodeDriver,
    /// The tasks of the connections, in the order in which they get events.
    tasks: Vec<SocketDriver>,
    events: Vec<Event>,
}

impl Locked {
    /// Connects this number of peers and sends them the event several times.
    pub fn warm(peers: usize, event: &Event) -> Locked {
        let FanOut { node, connections, .. } = FanOut::warm(peers, event);
        let (tasks, mut driver) = (connections.into_iter().map(SocketDriver::new), NodeDriver::new(node));
        let tasks: Vec<_> = tasks.collect();
        for task in &tasks {
            assert!(!task.is_given_up(&mut driver, Waker::noop()));
        }
        Locked { driver, tasks, events: anew(event, EVENTS) }
    }

    /// Raises [`EVENTS`] events to their first receivers: for each, what a transport does while it
    /// holds the lock once. Returns the number of tasks that were woken.
    #[inline(never)]
    pub fn hold(&mut self) -> usize {
        let mut woken = 0;
        for event in self.events.drain(..) {
            let raising = self.driver.try_raise(event, NOW).expect("there is room");
            assert_eq!(raising.done(), None, "the others get it later");
            let wakers = self.driver.settle();
            for task in self.tasks.iter().take(wakers.len()) {
                assert!(!task.is_given_up(&mut self.driver, Waker::noop()));
            }
            woken += wakers.len();
        }
        woken
    }
}
