//! Tests of coercing calls to the declared types: our own when sent, the peer's when delivered
//! (§5).

use super::*;

fn known() -> Arc<Declarations> {
    let mut known = Declarations::new();
    known
        .read(
            "type Conn: record { host: addr; tries: count; note: string &optional;
                                 level: count &default=3; tags: set[string]; };
             event scan_seen(host: addr, tries: count);
             event conn(c: Conn);
             event conns(list: vector of Conn, rate: double);
             event match(p: pattern);
             event anything(x: any);
             global hits: count &synchronized;",
        )
        .unwrap();
    Arc::new(known)
}

fn knowing(declarations: Arc<Declarations>) -> ConnectionConfig {
    let events = ["scan_seen", "conn", "conns", "unknown", "hits"].map(Name::from).to_vec();
    let requests = Requests { events, ..Requests::default() };
    let undeclared = Undeclared::Deliver;
    ConnectionConfig { requests, declarations, undeclared, ..ConnectionConfig::default() }
}

fn knowing_nothing() -> ConnectionConfig {
    knowing(Arc::default())
}

fn host() -> Value {
    Value::Addr([10, 0, 0, 1].into())
}

fn record(fields: Vec<(&str, Value)>) -> Value {
    let declared = fields.iter().map(|(name, value)| Field::new(*name, value.ty())).collect();
    let values = fields.into_iter().map(|(_, value)| Some(value)).collect();
    crate::data::Record::new(Type::record("", declared), values).into()
}

fn printed(event: &Event) -> String {
    let args: Vec<String> = event.args.iter().map(Value::to_line).collect();
    format!("{}({})", event.name, args.join(", "))
}

/// Returns the notifications of the acceptor.
fn got(pair: &mut Pair) -> Vec<String> {
    let notified = pair.notified().1.into_iter().map(|notified| match notified {
        ConnectionNotification::Event(event) => printed(&event),
        ConnectionNotification::CallRejected { name, mismatch } => format!("no {name}: {mismatch}"),
        other => panic!("{other:?}"),
    });
    notified.collect()
}

#[test]
fn our_arguments_are_coerced_to_the_declared_types() {
    let mut pair = Pair::running(knowing(known()), knowing_nothing());
    let conn = record(vec![("tries", Value::Int(2)), ("host", host()), ("tags", empty_set())]);
    for sent in [
        event("scan_seen", vec![host(), Value::Int(5)]),
        event("conn", vec![conn.clone()]),
        event("conns", vec![Value::from(vec![conn]), Value::Count(1)]),
        event("unknown", vec![Value::Int(1), Value::string("as it is")]),
    ] {
        assert_eq!(pair.initiator.send_event(&sent), Ok(Sent::Sent));
    }
    let conn = "[host=10.0.0.1, tries=2, note=<uninitialized>, level=3, tags={}]";
    let line = |text: String| text.replace(['\n', '\t'], "").replace("\\x0a", "");
    assert_eq!(
        got(&mut pair).into_iter().map(line).collect::<Vec<_>>(),
        [
            "scan_seen(10.0.0.1, 5)".to_owned(),
            format!("conn({conn})"),
            format!("conns([{conn}], 1.0)"),
            "unknown(1, as it is)".to_owned(),
        ]
    );
}

fn empty_set() -> Value {
    crate::data::Table::new(Type::set(vec![Type::ANY])).into()
}

#[test]
fn arguments_of_wrong_types_are_refused_and_nothing_is_queued() {
    let short = || record(vec![("host", host())]);
    let more = || record(vec![("host", host()), ("tires", Value::Count(1))]);
    let cases = [
        (
            event("scan_seen", vec![Value::string("10.0.0.1"), Value::Count(5)]),
            "event scan_seen: argument 0, host: expected addr, found string",
        ),
        (
            event("scan_seen", vec![host(), Value::Int(-1)]),
            "event scan_seen: argument 1, tries: -1 is out of the range of count",
        ),
        (
            event("scan_seen", vec![host(), Value::Double(5.0)]),
            "event scan_seen: argument 1, tries: expected count, found double",
        ),
        (event("scan_seen", vec![host()]), "event scan_seen: expected 2 arguments, found 1"),
        (
            event("scan_seen", vec![host(), Value::Count(5), Value::Count(5)]),
            "event scan_seen: expected 2 arguments, found 3",
        ),
        (event("conn", vec![short()]), "event conn: argument 0, c: $tries: unset or absent"),
        (event("conn", vec![more()]), "event conn: argument 0, c: $tires: Conn has no such field"),
        (
            event("conns", vec![vec![1u64].into(), Value::Double(1.0)]),
            "event conns: argument 0, list: [0]: expected record, found count",
        ),
    ];
    // Whether or not the peer has requested the event, and in every phase.
    let deaf = ConnectionConfig {
        requests: Requests { accept_input: false, ..Requests::default() },
        ..knowing_nothing()
    };
    let mut handshake = Connection::new(knowing(known()), Role::Initiator, NOW);
    for receiver in [knowing_nothing(), deaf] {
        let mut pair = Pair::running(knowing(known()), receiver);
        for (sent, expected) in &cases {
            for connection in [&mut pair.initiator, &mut handshake] {
                let waiting = connection.poll_transmit().len();
                let error = connection.send_event(sent).unwrap_err();
                assert!(matches!(&error, UsageError::Event(error) if error.event == sent.name));
                assert_eq!(error.to_string(), *expected);
                assert_eq!(connection.poll_transmit().len(), waiting);
            }
        }
        assert_eq!(pair.initiator.counters().events_sent, 0);
        assert_eq!(got(&mut pair), [""; 0]);
    }
}

/// Bro cannot decode such values, whatever the declaration.
#[test]
fn values_that_no_script_can_make_are_refused_and_nothing_is_queued() {
    use crate::data::{Pattern, Record, Table, Vector};
    let pattern = || Value::from(Pattern::new("a("));
    let set = || Value::from(Table::new(Type::set(vec![Type::PATTERN])));
    let vector = |value: Value| Vector::new(Type::vector(Type::ANY), vec![None, Some(value)]);
    let record = |value: Value| {
        let ty = Type::record("", vec![Field::new("x", value.ty())]);
        Value::from(Record::new(ty, vec![Some(value)]))
    };
    let mut table = Table::new(Type::table(vec![Type::COUNT], Type::ANY));
    table.push(vec![Value::Count(1)], Some(pattern()));
    let compiling = "error compiling pattern: column";
    let index = "bad index type: no pattern can be";
    for (value, what) in [
        (pattern(), compiling),
        (set(), index),
        (vector(pattern()).into(), compiling),
        (vector(set()).into(), index),
        (record(pattern()), compiling),
        (record(set()), index),
        (table.into(), compiling),
    ] {
        let mut pair = Pair::running(knowing(known()), knowing_nothing());
        let events = ["anything", "unknown", "hits"].map(|name| event(name, vec![value.clone()]));
        for event in events {
            let error = pair.initiator.send_event(&event).unwrap_err();
            assert!(matches!(&error, UsageError::Event(_)), "{error:?}");
            let name = &event.name;
            let expected = [
                format!("event {name}: argument 0, x: {what}"),
                format!("event {name}: argument 0: {what}"),
            ];
            assert!(
                expected.iter().any(|expected| error.to_string().starts_with(expected)),
                "{error}"
            );
        }
        assert_eq!(got(&mut pair), [""; 0]);
    }
    let mut pair = Pair::running(knowing(known()), knowing_nothing());
    let error = pair.initiator.send_event(&event("match", vec![pattern()])).unwrap_err();
    assert!(
        error.to_string().starts_with("event match: argument 0, p: error compiling"),
        "{error}"
    );
}

#[test]
fn a_variable_cannot_be_called() {
    let strict = ConnectionConfig { undeclared: Undeclared::Ignore, ..knowing(known()) };
    let mut pair = Pair::running(strict, knowing_nothing());
    let error = pair.initiator.send_event(&event("hits", vec![])).unwrap_err();
    assert_eq!(error.to_string(), "event hits: declared as a variable, not as an event");
    let mut pair = Pair::running(knowing(known()), knowing_nothing());
    assert_eq!(pair.initiator.send_event(&event("hits", vec![])), Ok(Sent::Sent));
}

#[test]
fn a_peers_records_are_coerced_to_the_declared_types() {
    let mut pair = Pair::running(knowing_nothing(), knowing(known()));
    let partial = record(vec![("tries", Value::Count(2)), ("host", host())]);
    let other =
        record(vec![("uid", "C1".into()), ("note", "n".into()), ("tries", Value::Count(1))]);
    for sent in [
        event("conn", vec![partial.clone()]),
        event("conn", vec![other]),
        event("conns", vec![Value::from(vec![partial]), Value::Double(0.5)]),
    ] {
        assert_eq!(pair.initiator.send_event(&sent), Ok(Sent::Sent));
    }
    let line = |text: String| text.replace(['\n', '\t'], "").replace("\\x0a", "");
    let conn = "[host=10.0.0.1, tries=2, note=<uninitialized>, level=3, tags={}]";
    assert_eq!(
        got(&mut pair).into_iter().map(line).collect::<Vec<_>>(),
        [
            format!("conn({conn})"),
            "conn([host=<uninitialized>, tries=1, note=n, level=3, tags={}])".to_owned(),
            format!("conns([{conn}], 0.5)"),
        ]
    );
}

#[test]
fn a_peers_records_that_cannot_be_coerced_are_rejected_with_both_types() {
    let mut pair = Pair::running(knowing_nothing(), knowing(known()));
    let wrong = record(vec![("tries", "two".into()), ("host", host())]);
    let _ = pair.initiator.send_event(&event("conn", vec![wrong]));
    let _ = pair.initiator.send_event(&event("scan_seen", vec![host(), Value::Count(1)]));
    pair.drive(&[usize::MAX]);
    // The wording is Bro's, but Bro has no line for this.
    let what = "mismatch in argument types; ignoring";
    let types = "argument 0, c: $tries: expected count, found string";
    let line = format!("parent error unserializing event/function conn: {what} ({types})");
    assert_eq!(log_lines(&pair.acceptor_told), [line]);
    assert_eq!(got(&mut pair), [format!("no conn: {types}"), "scan_seen(10.0.0.1, 1)".into()]);
    let counters = pair.acceptor.counters();
    assert_eq!((counters.calls_rejected, counters.events_received), (1, 1));
}

/// Forwarded events are unchanged.
#[test]
fn lazy_events_are_not_coerced() {
    let lazy = ConnectionConfig { events_lazily: true, ..knowing(known()) };
    let mut pair = Pair::running(knowing_nothing(), lazy);
    let sent = event("conn", vec![record(vec![("tries", Value::Count(2))])]);
    let _ = pair.initiator.send_event(&sent);
    let notified = pair.notified().1;
    let [ConnectionNotification::LazyEvent(lazy)] = notified.as_slice() else {
        panic!("{notified:?}")
    };
    assert_eq!(printed(&lazy.to_event()), "conn([tries=2])");
    let mut onward = Pair::running(knowing(known()), knowing_nothing());
    assert_eq!(onward.initiator.forward_event(lazy), Ok(Sent::Sent));
    assert_eq!(got(&mut onward), ["conn([tries=2])"]);
}

#[test]
fn values_of_variables_are_checked() {
    use crate::data::{Id, Opcode, StateAccess};
    let sync = Some(SyncRequest { authoritative: false });
    let requests = Requests { sync, ..knowing_nothing().requests };
    let receiver = ConnectionConfig { requests, ..knowing_nothing() };
    let mut pair = Pair::running(knowing(known()), receiver);
    let assign = |op1| StateAccess {
        opcode: Opcode::Assign,
        target: "hits".into(),
        op1,
        op2: None,
        op3: None,
    };
    let id = |value: Value| Arc::new(Id::global("hits", Type::COUNT, Some(value)));
    let expected = "value for hits: expected count, found string";
    let error = pair.initiator.send_state_access(&assign("5".into())).unwrap_err();
    assert_eq!(error.to_string(), expected);
    assert_eq!(pair.initiator.send_id(&id("5".into())).unwrap_err().to_string(), expected);
    assert_eq!(pair.initiator.poll_transmit(), b"");
    assert_eq!(pair.initiator.send_id(&id(Value::Int(5))), Ok(()));
    let notified = pair.notified().1;
    let [ConnectionNotification::Id(got)] = notified.as_slice() else { panic!("{notified:?}") };
    assert_eq!(got.value, Some(Value::Count(5)));
}
