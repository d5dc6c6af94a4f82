//! Input from the application is checked against the declarations (§5).

use brocomm::data::{Event, Type, Value};
use brocomm::lowlevel::serial::{Id, Opcode, StateAccess};
use brocomm::node::{Notification, Options, Overflow, Queue, RaiseError, Undeclared};

use super::support::*;

fn unlike() -> Vec<(Event, &'static str)> {
    let ping = |args| Event::new("ping", args);
    vec![
        (ping(vec![Value::string("5")]), "event ping: argument 0, n: expected count, found string"),
        (ping(vec![Value::Int(-5)]), "event ping: argument 0, n: -5 is out of the range of count"),
        (ping(vec![]), "event ping: expected 1 argument, found 0"),
        (ping(vec![Value::Count(5); 2]), "event ping: expected 1 argument, found 2"),
        (Event::new("number", vec![]), "event number: declared as a variable, not as an event"),
    ]
}

/// Regardless of receivers, the policy, and free space in the queues.
#[test]
fn events_that_do_not_match_their_declaration_are_rejected() {
    for overflow in [Overflow::Block, Overflow::DropNewest, Overflow::DropOldest] {
        let options = || Options {
            outgoing: Queue { overflow, ..Options::default().outgoing },
            ..Options::default()
        };
        for wanted in [&[][..], &["ping", "number"]] {
            let mut bench = Bench::running(options(), peer(), requesting(wanted));
            let now = bench.now;
            for (event, expected) in unlike() {
                let error = bench.node.raise(event.clone(), now).unwrap_err();
                assert!(matches!(&error, RaiseError::Event(error) if error.event == event.name));
                assert_eq!(error.to_string(), expected);
            }
            bench.settle();
            let counters = bench.node.counters(FIRST).unwrap();
            assert_eq!((counters.connection.events_sent, counters.dropped_outgoing), (0, 0));
            assert_eq!(bench.pinged(0), [0; 0]);
        }
    }
}

#[test]
fn events_are_sent_with_the_declared_types() {
    let mut bench = Bench::running(Options::default(), peer(), requesting(&["ping"]));
    let now = bench.now;
    let raised = bench.node.raise(Event::new("ping", vec![Value::Int(5)]), now);
    assert_eq!(raised.map(|raised| raised.peers), Ok(1));
    bench.settle();
    assert_eq!(bench.pinged(0), [5]);
}

/// No peer can request them, so they would be lost in silence. With `Deliver` they are sent
/// unchanged.
#[test]
fn undeclared_events_cannot_be_raised() {
    for undeclared in [Undeclared::Ignore, Undeclared::Deliver] {
        let options = Options { undeclared, ..Options::default() };
        let mut bench = Bench::running(options, peer(), requesting(&["mystery"]));
        let now = bench.now;
        let raised = bench.node.raise(Event::new("mystery", vec![Value::Int(5)]), now);
        let raised = raised.map(|raised| raised.peers).map_err(|error| error.to_string());
        let expected = match undeclared {
            Undeclared::Deliver => Ok(1),
            _ => Err("event mystery: no such event is declared".to_owned()),
        };
        assert_eq!(raised, expected);
    }
}

#[test]
fn values_of_variables_that_do_not_match_their_declaration_are_rejected() {
    let mut bench = Bench::running(Options::default(), peer(), syncing(false));
    let (now, expected) = (bench.now, "value for number: expected count, found string");
    let assign = |op1| StateAccess {
        opcode: Opcode::Assign,
        target: "number".into(),
        op1,
        op2: None,
        op3: None,
    };
    let wrong = || assign(Value::string("5"));
    let error = bench.node.send_state_access(FIRST, &wrong()).unwrap_err();
    assert_eq!(error.to_string(), expected);
    let error = bench.node.broadcast_state_access(wrong(), None, now).unwrap_err();
    assert_eq!(error.to_string(), expected);
    let id = Id::global("number", Type::STRING, Some(Value::string("5")));
    assert_eq!(bench.node.send_id(FIRST, &id.into()).unwrap_err().to_string(), expected);
    bench.settle();
    assert_eq!(bench.node.counters(FIRST).unwrap().connection.accesses_sent, 0);
    bench.node.broadcast_state_access(assign(Value::Int(5)), None, now).unwrap();
    bench.settle();
    assert_eq!(bench.node.counters(FIRST).unwrap().connection.accesses_sent, 1);
}

/// The message has Bro's wording, followed by the two types that do not match.
#[test]
fn rejected_events_of_a_peer_are_reported_with_both_types() {
    let mut bench = Bench::running(Options::default(), wants("ping", peer()), requesting(&[]));
    bench.raise(0, &Event::new("ping", vec![Value::Int(5)]));
    let reasons = bench.notified().into_iter().filter_map(|notified| match notified {
        Notification::ConnectionError { reason, .. } => Some(reason),
        _ => None,
    });
    let reasons: Vec<_> = reasons.collect();
    let [reason] = reasons.as_slice() else { panic!("{reasons:?}") };
    assert!(reason.ends_with("(argument 0, n: expected count, found int)"), "{reason}");
}
