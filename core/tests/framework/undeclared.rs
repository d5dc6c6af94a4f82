//! Events that arrive without a declaration, or unlike theirs (§5).

use brocomm::connection::{Notification as Told, Undeclared};
use brocomm::data::{Event, Value};
use brocomm::node::{Notification, Options};

use super::support::*;

const PREFIX: &str = "[#10000/10.9.9.9:50000]";

fn running(undeclared: Undeclared) -> Bench {
    let options = Options { undeclared, ..Options::default() };
    Bench::running(options, wants(".*", peer()), requesting(&[]))
}

fn mystery() -> Event {
    Event::new("mystery", vec![Value::Count(1), Value::string("x")])
}

/// Has the peer raise an event whether we requested it or not.
fn raise(bench: &mut Bench, event: &Event) {
    let names = [event.name.clone()];
    let known = bench.hands[0].connection.as_ref().unwrap().is_event_requested(&names[0]);
    if !known {
        // It knows nothing of it, so it is told as a peer would be that asks later (§3.7).
        let names = names.iter().map(|name| &**name).collect();
        let mut encoder = brocomm::wire::Encoder::new(brocomm::wire::Framing::Clear);
        let mut bytes = Vec::new();
        encoder.message(&brocomm::wire::Message::RequestEvents(names), &mut bytes);
        let now = bench.now;
        bench.hands[0].connection.as_mut().unwrap().feed_bytes(&bytes, now);
    }
    bench.raise(0, event);
    bench.settle();
}

/// The peer knows all that it is asked for.
fn knowing(mut bench: Bench) -> Bench {
    let config = brocomm::connection::Config {
        undeclared: Undeclared::Deliver,
        ..requesting(&["mystery", "ping"])
    };
    bench.hang_up(0);
    bench.hands.clear();
    bench.accept(Some(config));
    bench.told.clear();
    bench
}

fn rejected(bench: &Bench) -> u64 {
    bench
        .node
        .peers()
        .map(|peer| bench.node.counters(peer.id).unwrap().connection.calls_rejected)
        .sum()
}

#[test]
fn ignore() {
    let mut bench = knowing(running(Undeclared::Ignore));
    raise(&mut bench, &mystery());
    let told = bench.told();
    let line = "unserializing event/function mystery: unknown event/function, ignoring";
    assert_eq!(lines(&told), [format!("error parent [#10001/10.9.9.9:50000] {line}")]);
    assert!(!told.iter().any(|told| matches!(told, Notification::Event { .. })));
    assert_eq!(rejected(&bench), 1);
    assert_eq!(bench.node.peers().count(), 1, "the connection is kept");
}

#[test]
fn deliver() {
    let mut bench = knowing(running(Undeclared::Deliver));
    raise(&mut bench, &mystery());
    let news = bench.told();
    assert!(
        matches!(&news[..], [Notification::Event { event, .. }] if *event == mystery()),
        "{news:?}"
    );
}

#[test]
fn deliver_lets_peers_request_what_nobody_declared() {
    for (undeclared, peers) in [(Undeclared::Ignore, 0), (Undeclared::Deliver, 1)] {
        let options = Options { undeclared, ..Options::default() };
        let mut bench = Bench::new(options, vec![("peer", peer())]);
        let config = brocomm::connection::Config {
            undeclared: Undeclared::Deliver,
            ..requesting(&["mystery"])
        };
        let hand = bench.accept(Some(config));
        let now = bench.now;
        assert_eq!(bench.node.raise(mystery(), now).map(|raised| raised.peers), Ok(peers));
        bench.settle();
        let got = bench.hands[hand].told.iter().filter(|told| matches!(told, Told::Event(_)));
        assert_eq!(got.count(), peers);
    }
}

#[test]
fn unlike_the_declaration_is_dropped_counted_and_logged() {
    for undeclared in [Undeclared::Ignore, Undeclared::Deliver] {
        let mut bench = running(undeclared);
        for (args, what) in [
            (vec![], "wrong number of arguments, ignoring"),
            (vec![Value::Count(1), Value::Count(2)], "wrong number of arguments, ignoring"),
            (vec![Value::string("x")], "mismatch in argument types; ignoring"),
            (vec![Value::Int(1)], "mismatch in argument types; ignoring"),
        ] {
            raise(&mut bench, &Event::new("ping", args));
            let told = bench.told();
            let line = format!("error parent {PREFIX} unserializing event/function ping: {what}");
            assert_eq!(lines(&told), [line]);
            assert!(!told.iter().any(|told| matches!(told, Notification::Event { .. })));
        }
        assert_eq!(rejected(&bench), 4);
        assert!(bench.is_running(FIRST), "the connection is kept");
        raise(&mut bench, &ping(8));
        assert_eq!(bench.pings(), [8]);
    }
}
