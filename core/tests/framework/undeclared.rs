//! Events that are undeclared or do not match their declaration (§5).

use brocomm::data::{Event, Value};
use brocomm::lowlevel::connection::{ConnectionConfig, ConnectionNotification};
use brocomm::lowlevel::wire::{Encoder, Framing, Message};
use brocomm::node::Undeclared;
use brocomm::node::{Notification, Options};

use super::support::*;

const PREFIX: &str = "[#10000/10.9.9.9:50000]";

/// The configuration of a peer that knows any event.
fn knowing(events: &[&str]) -> ConnectionConfig {
    ConnectionConfig { undeclared: Undeclared::Deliver, ..requesting(events) }
}

/// A node with a peer that raises events which the node did not request.
fn running(undeclared: Undeclared) -> Bench {
    let options = Options { undeclared, ..Options::default() };
    let mut bench = Bench::running(options, wants(".*", peer()), knowing(&[]));
    let names = ["mystery"].into_iter().collect();
    let mut bytes = Vec::new();
    Encoder::new(Framing::Clear).message(&Message::RequestEvents(names), &mut bytes);
    let peer = bench.hands[0].connection.as_mut().unwrap();
    peer.feed_bytes(&bytes, bench.now);
    bench
}

fn mystery() -> Event {
    Event::new("mystery", vec![Value::Count(1), Value::string("x")])
}

fn rejected(bench: &Bench) -> u64 {
    bench.node.counters(FIRST).unwrap().connection.calls_rejected
}

#[test]
fn ignore() {
    let mut bench = running(Undeclared::Ignore);
    bench.raise(0, &mystery());
    let notified = bench.notified();
    let line = "unserializing event/function mystery: unknown event/function, ignoring";
    assert_eq!(lines(&notified), [format!("error parent {PREFIX} {line}")]);
    assert!(!notified.iter().any(|notified| matches!(notified, Notification::Event { .. })));
    assert_eq!(rejected(&bench), 1);
    assert!(bench.is_running(FIRST), "the connection is kept");
}

#[test]
fn deliver() {
    let mut bench = running(Undeclared::Deliver);
    bench.raise(0, &mystery());
    let news = bench.notified();
    assert!(
        matches!(&news[..], [Notification::Event { event, .. }] if *event == mystery()),
        "{news:?}"
    );
}

#[test]
fn deliver_lets_peers_request_undeclared_events() {
    let options = Options { undeclared: Undeclared::Deliver, ..Options::default() };
    let mut bench = Bench::new(options, vec![("peer", peer())]);
    let hand = bench.accept(Some(knowing(&["mystery"])));
    let now = bench.now;
    assert_eq!(bench.node.raise(mystery(), now).map(|raised| raised.peers), Ok(1));
    bench.settle();
    let notified = bench.hands[hand].notified.iter();
    assert_eq!(notified.filter(|it| matches!(it, ConnectionNotification::Event(_))).count(), 1);
}

#[test]
fn an_event_that_does_not_match_its_declaration_is_dropped_counted_and_logged() {
    for undeclared in [Undeclared::Ignore, Undeclared::Deliver] {
        let mut bench = running(undeclared);
        for (args, what) in [
            (vec![], "wrong number of arguments, ignoring"),
            (vec![Value::Count(1), Value::Count(2)], "wrong number of arguments, ignoring"),
            (vec![Value::string("x")], "mismatch in argument types; ignoring"),
            (vec![Value::Int(1)], "mismatch in argument types; ignoring"),
        ] {
            bench.raise(0, &Event::new("ping", args));
            let notified = bench.notified();
            let line = format!("error parent {PREFIX} unserializing event/function ping: {what}");
            assert_eq!(lines(&notified), [line]);
            assert!(
                !notified.iter().any(|notified| matches!(notified, Notification::Event { .. }))
            );
        }
        assert_eq!(rejected(&bench), 4);
        assert!(bench.is_running(FIRST), "the connection is kept");
        bench.raise(0, &ping(8));
        assert_eq!(bench.pings(), [8]);
    }
}
