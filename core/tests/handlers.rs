//! Typed handlers of events.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use brocomm::data::{
    Declarations, DispatchError, Handler, Handlers, SignatureErrorKind, Step, Value,
};
use brocomm::event;

const DECLARED: &str = "
    event none();
    event plain(a: count, b: string, c: addr);
    event loose(a: any, b: counter, c: time);
    event deep(t: table[addr, count] of set[string], v: vector of vector of int);
";

/// The calls of the handlers.
type Log = Vec<String>;

fn handlers() -> Handlers<Log> {
    let mut declarations = Declarations::new();
    declarations.read(DECLARED).unwrap();
    Handlers::new(Arc::new(declarations))
}

fn refused<A>(name: &str, handler: impl Handler<Log, A>) -> String {
    handlers().on(name, handler).unwrap_err().to_string()
}

#[test]
fn handlers_are_called_in_order() {
    let handlers = handlers()
        .on("none", |log: &mut Log| log.push("first".into()))
        .and_then(|h| h.on("none", |log: &mut Log| log.push("second".into())))
        .and_then(|h| {
            h.on("plain", |log: &mut Log, a: u8, b: String, c: IpAddr| {
                log.push(format!("{a} {b} {c}"));
            })
        })
        .and_then(|h| {
            h.on("loose", |log: &mut Log, a: Value, b: u64, c: f64| {
                log.push(format!("{a} {b} {c}"))
            })
        })
        .unwrap();
    let names: Vec<String> = handlers.events().map(|name| name.to_string()).collect();
    assert_eq!(names, ["loose", "none", "plain"]);

    let mut log = Log::new();
    let addr = IpAddr::from([1, 2, 3, 4]);
    assert_eq!(handlers.dispatch(&event!("none"), &mut log), Ok(true));
    assert_eq!(handlers.dispatch(&event!("plain", 1u64, "x", addr), &mut log), Ok(true));
    let loose = event!("loose", "any", Value::Counter(2), Value::Time(1.5));
    assert_eq!(handlers.dispatch(&loose, &mut log), Ok(true));
    assert_eq!(handlers.dispatch(&event!("other"), &mut log), Ok(false));
    assert_eq!(log, ["first", "second", "1 x 1.2.3.4", "any 2 1.5"]);
}

#[test]
fn arguments_that_do_not_match_the_handler_are_an_error() {
    let handlers = handlers().on("plain", |log: &mut Log, _: u8, _: String, _: IpAddr| {
        log.push("called".into());
    });
    let handlers = handlers.unwrap();
    let mut log = Log::new();
    let addr = IpAddr::from([1, 2, 3, 4]);
    let DispatchError { event, error } =
        handlers.dispatch(&event!("plain", 256u64, "x", addr), &mut log).unwrap_err();
    assert_eq!(
        (event.as_str(), error.path.as_slice()),
        (Some("plain"), [Step::Argument(0)].as_slice())
    );
    let error = handlers.dispatch(&event!("plain", 1u64), &mut log).unwrap_err();
    assert_eq!(error.to_string(), "plain: expected 3 values, found 1");
    let error = handlers.dispatch(&event!("plain", 1u64, "x", 2u64), &mut log).unwrap_err();
    assert_eq!(error.to_string(), "plain: argument 2: expected addr, found count");
    assert!(log.is_empty());
}

#[test]
fn handlers_are_checked_against_declarations() {
    assert_eq!(refused("other", |_: &mut Log| ()), "handler of other: no such event is declared");
    assert_eq!(
        refused("plain", |_: &mut Log, _: u64| ()),
        "handler of plain: 3 parameters are declared, the handler has 1"
    );
    assert_eq!(
        refused("plain", |_: &mut Log, _: u64, _: i64, _: IpAddr| ()),
        "handler of plain: parameter 1, b: expected int, found string"
    );
    type Table = BTreeMap<(IpAddr, u64), BTreeSet<String>>;
    type Matrix = Vec<Vec<i64>>;
    assert!(handlers().on("deep", |_: &mut Log, _: Table, _: Matrix| ()).is_ok());
    assert_eq!(
        refused("deep", |_: &mut Log, _: Table, _: Vec<Vec<u64>>| ()),
        "handler of deep: parameter 1, v: expected vector of vector of count, found \
         vector of vector of int"
    );
    assert_eq!(
        refused("deep", |_: &mut Log, _: BTreeSet<(IpAddr, u64)>, _: Matrix| ()),
        "handler of deep: parameter 0, t: expected a set, found a table"
    );
    assert_eq!(
        refused("deep", |_: &mut Log, _: BTreeMap<(IpAddr, u64), u64>, _: Matrix| ()),
        "handler of deep: parameter 0, t: expected table[addr,count] of count, found \
         table[addr,count] of set[string]"
    );
    let index = |_: &mut Log, _: BTreeMap<IpAddr, BTreeSet<String>>, _: Matrix| ();
    let error = handlers().on("deep", index).unwrap_err();
    assert!(matches!(error.kind, SignatureErrorKind::Parameter { position: 0, .. }), "{error}");
    let component = |_: &mut Log, _: BTreeMap<(IpAddr, bool), BTreeSet<String>>, _: Matrix| ();
    assert_eq!(
        refused("deep", component),
        "handler of deep: parameter 0, t: expected table[addr,bool] of set[string], found \
         table[addr,count] of set[string]"
    );
}
