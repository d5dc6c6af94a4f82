//! Synchronized tables as maps.

use super::*;

fn table(node: &Node) -> Table<(IpAddr, u64), Info> {
    node.table("blocked").unwrap()
}

#[test]
fn a_table_is_a_map_on_both_sides() {
    let [manager, worker] = pair(|node| node.table::<(IpAddr, u64), Info>("blocked"));
    let (here, there) = (table(&manager), table(&worker));
    assert_eq!(here.name(), "blocked");
    let mut changes = there.changes();
    let mut change = || loop {
        match changes.next(late()).unwrap().unwrap() {
            Change::Replaced => {}
            change => return change,
        }
    };
    let keys: [(IpAddr, u64); 2] = [([10, 0, 0, 1].into(), 80), ([10, 0, 0, 2].into(), 443)];
    for (at, key) in (1..).zip(&keys) {
        assert_eq!(here.get(key), Ok(None));
        here.insert(key, info(at)).unwrap();
        assert_eq!(change(), Change::Set(*key, info(at)));
        assert_eq!(there.get(key), Ok(Some(info(at))));
        assert!(there.contains(key));
    }
    assert_eq!((there.len(), there.is_empty()), (2, false));
    here.insert(&keys[0], info(7)).unwrap();
    assert_eq!(change(), Change::Set(keys[0], info(7)));
    assert_eq!(here.remove(&keys[1]), Ok(true));
    assert_eq!(change(), Change::Removed(keys[1]));
    assert_eq!(here.remove(&keys[1]), Ok(false));
    assert_eq!(there.entries(), Ok(vec![(keys[0], info(7))]));
    // The other direction.
    let mut changes = here.changes();
    there.insert(&keys[1], info(3)).unwrap();
    assert_eq!(changes.next(late()), Some(Ok(Change::Set(keys[1], info(3)))));
    there.remove(&keys[0]).unwrap();
    assert_eq!(changes.next(late()), Some(Ok(Change::Removed(keys[0]))));
    // Changes that are not made with the methods of `Table`.
    worker
        .with(|node, now| {
            let empty = BTreeMap::<(IpAddr, u64), Info>::new().to_value();
            node.change_state(now, |store| store.assign("blocked", empty))
        })
        .unwrap();
    assert_eq!(changes.next(late()), Some(Ok(Change::Replaced)));
    assert!(here.is_empty());
    manager.terminate();
    worker.terminate();
    let after = std::iter::from_fn(|| changes.next(late()));
    assert!(after.collect::<Vec<_>>().is_empty());
}

#[test]
fn the_acceptor_has_the_authoritative_tables() {
    let build = || Node::builder().table::<String, u64>("hits");
    let manager = build().listen("127.0.0.1:0").accept("127.0.0.1").start().unwrap();
    let address = manager.listening(late()).unwrap().to_string();
    let hits = manager.table::<String, u64>("hits").unwrap();
    hits.insert(&"first".to_owned(), 1).unwrap();
    let worker = build().connect(&address).start().unwrap();
    let copy = worker.table::<String, u64>("hits").unwrap();
    let mut changes = copy.changes();
    assert_eq!(changes.next(late()), Some(Ok(Change::Replaced)));
    assert_eq!(copy.entries(), Ok(vec![("first".to_owned(), 1)]));
}

#[test]
fn a_table_with_other_types_is_refused() {
    let node = Node::builder()
        .table::<IpAddr, String>("blocked")
        .declare("global seen: set[addr] &synchronized; global own: table[addr] of string;")
        .start()
        .unwrap();
    assert!(node.table::<IpAddr, String>("blocked").is_ok());
    let other = node.table::<IpAddr, u64>("blocked").unwrap_err();
    assert_eq!(
        other.to_string(),
        "value for blocked: expected table[addr] of count, found table[addr] of string"
    );
    for name in ["own", "nowhere"] {
        let unknown = node.table::<IpAddr, String>(name).unwrap_err();
        assert_eq!(unknown, StateError::UnknownTarget(name.into()));
    }
    assert!(node.table::<IpAddr, String>("seen").is_err());
}

#[test]
fn a_table_that_a_peer_declares_with_other_types_is_an_error_among_the_changes() {
    let manager = Node::builder().table::<String, u64>("hits");
    let manager = manager.listen("127.0.0.1:0").accept("127.0.0.1").start().unwrap();
    let address = manager.listening(late()).unwrap().to_string();
    manager.table::<String, u64>("hits").unwrap().insert("first", 1).unwrap();
    let worker = Node::builder().table::<String, String>("hits").connect(&address).start().unwrap();
    let (mut changes, mut all) =
        (worker.table::<String, String>("hits").unwrap().changes(), worker.subscribe());
    let expected = "value for hits: entry 0: expected string, found count";
    // The manager's table does not replace that of the worker.
    assert_eq!(changes.next(late()).unwrap().unwrap_err().to_string(), expected);
    let mut all = std::iter::from_fn(|| all.next(late()));
    let reason = all.find_map(|notification| match notification {
        Notification::ConnectionError { reason, .. } => Some(reason),
        _ => None,
    });
    assert_eq!(reason.as_deref(), Some(&*format!("state not applied: {expected}")));
}

/// Returns the error of the first connection.
fn connection_error(node: &Node) -> String {
    let peer = node.connected(late()).unwrap();
    node.with(|node, _| node.last_error(peer.id).unwrap().to_owned())
}

#[test]
fn changes_that_a_peer_does_not_accept_are_an_error() {
    // The manager accepts no input from this host.
    let manager = Node::builder().table::<String, u64>("hits");
    let manager = manager.listen("127.0.0.1:0").accept("192.0.2.1").start().unwrap();
    let address = manager.listening(late()).unwrap().to_string();
    let worker = Node::builder().table::<String, u64>("hits").connect(&address).start().unwrap();
    let expected = "our changes of variables are not sent: the peer has not requested them; \
                    does it accept input from this host?";
    assert_eq!(connection_error(&worker), expected);
}

#[test]
fn a_table_of_a_peer_with_another_name_is_an_error() {
    let manager = Node::builder().table::<String, u64>("hits");
    let manager = manager.listen("127.0.0.1:0").accept("127.0.0.1").start().unwrap();
    let address = manager.listening(late()).unwrap().to_string();
    let worker = Node::builder().table::<String, u64>("hit").connect(&address).start().unwrap();
    let expected = "state not applied: hits is not a &synchronized variable here";
    assert_eq!(connection_error(&worker), expected);
}

#[test]
fn an_entry_that_a_peer_declares_with_other_types_is_an_error_among_the_changes() {
    let manager = Node::builder().table::<String, u64>("hits");
    let manager = manager.listen("127.0.0.1:0").accept("127.0.0.1").start().unwrap();
    let address = manager.listening(late()).unwrap().to_string();
    let worker = Node::builder().table::<String, i64>("hits").connect(&address).start().unwrap();
    worker.connected(late()).unwrap();
    manager.connected(late()).unwrap();
    let here = manager.table::<String, u64>("hits").unwrap();
    let there = worker.table::<String, i64>("hits").unwrap();
    // Both tables were empty when the nodes connected.
    let (mut changes, mut back) = (there.changes(), here.changes());
    here.insert("first", 1).unwrap();
    assert_eq!(changes.next(late()), Some(Ok(Change::Replaced)));
    let error = changes.next(late()).unwrap().unwrap_err();
    assert_eq!(error.to_string(), "value for hits[first]: expected int, found count");
    there.insert("second", -2).unwrap();
    let error = back.next(late()).unwrap().unwrap_err();
    assert_eq!(error.to_string(), "value for hits: -2 is out of the range of count");
}

#[test]
fn an_error_about_an_entry_names_its_index() {
    let node = Node::builder().table::<(String, u64), u64>("hits").start().unwrap();
    node.table::<(String, u64), u64>("hits").unwrap().insert(&("a".into(), 1), 300).unwrap();
    let small = node.table::<(String, u64), u8>("hits").unwrap();
    let expected = "value for hits[a, 1]: 300 is out of the range of u8";
    assert_eq!(small.entries().unwrap_err().to_string(), expected);
    assert_eq!(small.get(&("a".into(), 1)).unwrap_err().to_string(), expected);
}

#[test]
fn keys_and_values_may_be_borrowed() {
    let name = "seen".to_owned();
    let node = Node::builder().table::<String, String>(&name).start().unwrap();
    let seen = node.table::<String, String>(&name).unwrap();
    let (key, value) = ("key".to_owned(), "value".to_owned());
    seen.insert(&key, "other").unwrap();
    seen.insert("key", &value).unwrap();
    assert_eq!(seen.get("key"), Ok(Some(value)));
    assert_eq!(seen.get(&key), seen.get("key"));
    assert!(seen.contains("key") && seen.contains(&key));
    assert_eq!((seen.remove("key"), seen.remove(&key)), (Ok(true), Ok(false)));
}
