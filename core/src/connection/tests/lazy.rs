//! Tests of lazy events.

use super::*;

#[test]
fn lazy_events_are_delivered_and_forwarded() {
    let lazy = ConnectionConfig { events_lazily: true, ..config() };
    let mut pair = Pair::running(config(), lazy);
    let two = event("two", vec![Value::Count(1), Value::string("x")]);
    for event in [&two, &count(2)] {
        assert_eq!(pair.initiator.send_event(event), Ok(Sent::Sent));
    }
    let (_, notified) = pair.notified();
    let lazily: Vec<_> = notified
        .iter()
        .map(|notification| match notification {
            ConnectionNotification::LazyEvent(event) => event,
            other => panic!("{other:?}"),
        })
        .collect();
    let decoded: Vec<Event> = lazily.iter().map(|event| event.to_event()).collect();
    assert_eq!(decoded, [two.clone(), count(2)]);
    assert_eq!(pair.acceptor.counters().events_received, 2);

    let mut onward = Pair::running(config(), config());
    for event in lazily {
        assert_eq!(onward.initiator.forward_event(event), Ok(Sent::Sent));
    }
    let events = vec![ConnectionNotification::Event(two), ConnectionNotification::Event(count(2))];
    assert_eq!(onward.notified(), (vec![], events));
    assert_eq!(onward.initiator.counters().events_sent, 2);
}

#[test]
fn lazy_calls_are_checked_too() {
    let undeclared = Undeclared::Deliver;
    let deliver = ConnectionConfig { undeclared, declarations: Arc::default(), ..config() };
    let names = ["count", "stranger", "a_global"].map(Name::from).to_vec();
    let requests = Requests { events: names, ..requests() };
    let lazy = ConnectionConfig { events_lazily: true, requests, ..config() };
    let mut pair = Pair::running(deliver, lazy);
    for (call, mismatch) in [
        (event("stranger", vec![]), CallMismatch::Unknown),
        (event("a_global", vec![]), CallMismatch::NotAnEvent),
        (event("count", vec![]), CallMismatch::ArgumentCount { expected: 1, found: 0 }),
        (event("count", vec![Value::Int(1)]), not_a_count(&Value::Int(1))),
    ] {
        let _ = pair.initiator.send_event(&call);
        let name = call.name.clone();
        assert_eq!(
            pair.notified(),
            (vec![], vec![ConnectionNotification::CallRejected { name, mismatch }])
        );
    }
    assert_eq!(pair.acceptor.counters().calls_rejected, 4);
}
