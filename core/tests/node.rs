//! Nodes and their peers on a simulated network.

use std::sync::Arc;
use std::time::Duration;

use crate::network::{Network, address};
use brocomm::data::{Declarations, Event, Value};
use brocomm::node::{NodeConfig, Notification, Options, PeerConfig};

fn declarations() -> Arc<Declarations> {
    let text = "global ping: event(n: count); global pong: event(n: count);";
    let mut declarations = Declarations::new();
    declarations.read(text).expect("the declarations are valid");
    Arc::new(declarations)
}

fn configuration(options: Options, nodes: Vec<(&str, PeerConfig)>) -> NodeConfig {
    let nodes = nodes.into_iter().map(|(name, node)| (name.to_owned(), node)).collect();
    NodeConfig { options, nodes, declarations: declarations() }
}

fn wants(events: &str, node: PeerConfig) -> PeerConfig {
    PeerConfig { events: Some(events.parse().expect("the pattern is valid")), ..node }
}

fn ping(n: u64) -> Event {
    Event::new("ping", vec![Value::Count(n)])
}

#[test]
fn two_nodes_exchange_events_and_terminate() {
    let mut net = Network::new();
    let listening = Options { listen: true, ..Options::default() };
    let manager = net.add(configuration(
        listening,
        vec![("sensor", wants("ping", PeerConfig::new(address(1))))],
    ));
    let node =
        PeerConfig { connect: true, retry: Duration::from_secs(5), ..PeerConfig::new(address(0)) };
    let sensor = net.add(configuration(Options::default(), vec![("manager", wants("pong", node))]));
    net.settle();

    let now = net.now;
    assert_eq!(net.node(sensor).raise(ping(7), now).map(|raised| raised.peers), Ok(1));
    net.settle();
    let received: Vec<Event> = net.events(manager);
    assert_eq!(received, [Event { time: now.as_secs_f64(), ..ping(7) }]);

    net.cut(manager);
    net.settle();
    assert_eq!(net.node(sensor).raise(ping(8), now).map(|raised| raised.peers), Ok(0));
    net.pass(Duration::from_secs(5));
    let now = net.now;
    assert_eq!(net.node(sensor).raise(ping(9), now).map(|raised| raised.peers), Ok(1));
    net.settle();
    net.node(sensor).terminate_communication(now);
    net.settle();
    assert_eq!(
        net.notified(manager)
            .iter()
            .filter(|notified| matches!(notified, Notification::ConnectionClosed { .. }))
            .count(),
        2
    );
    assert!(matches!(
        net.notified(sensor).last(),
        Some(Notification::Terminated { undelivered }) if undelivered.is_empty()
    ));
}
