//! The communication log (part 4 §5): what the policy layer reports, always without a prefix.

use brocomm::node::{Options, PeerConfig};

use super::support::*;

/// Returns the lines of the policy layer when a peer connects.
fn logged(node: PeerConfig) -> Vec<String> {
    let mut bench = Bench::new(Options::default(), vec![("peer", node)]);
    bench.accept(Some(requesting(&[])));
    let mut log = bench.log();
    log.retain(|line| line.starts_with("info script "));
    log
}

fn silent() -> PeerConfig {
    PeerConfig { accept_input: false, ..peer() }
}

#[test]
fn connection_established() {
    assert_eq!(logged(silent()), ["info script connection established"]);
    let unlisted = PeerConfig::new([10, 9, 9, 1].into());
    assert_eq!(logged(unlisted), ["info script connection established"]);
}

#[test]
fn connection_established_is_not_written_in_setup() {
    let mut bench = Bench::new(Options::default(), vec![("peer", peer())]);
    let hand = bench.accept(None);
    never(&bench.log(), "script");
    bench.send(hand, &[version("")]);
    once(&bench.log(), "info script connection established");
}

#[test]
fn the_actions_of_an_entry_are_logged_in_order() {
    let node = PeerConfig {
        capture_filter: Some("tcp".into()),
        sync: true,
        request_logs: true,
        ..wants("pi.*|pong", peer())
    };
    let lines = [
        "connection established",
        "requesting events matching /^?(pi.*|pong)$?/",
        "sending capture_filter: tcp",
        "accepting state",
        "requesting synchronized state",
        "requesting logs",
    ];
    assert_eq!(logged(node), lines.map(|line| format!("info script {line}")));
}

#[test]
fn each_action_of_an_entry_is_logged() {
    for (node, line) in [
        (wants("ping", silent()), "requesting events matching /^?(ping)$?/"),
        (
            PeerConfig { capture_filter: Some("".into()), ..silent() },
            "sending capture_filter: ip or not ip",
        ),
        (peer(), "accepting state"),
        (PeerConfig { sync: true, ..silent() }, "requesting synchronized state"),
        (PeerConfig { request_logs: true, ..silent() }, "requesting logs"),
    ] {
        let expected = ["connection established", line].map(|line| format!("info script {line}"));
        assert_eq!(logged(node), expected);
    }
}

#[test]
fn connection_closed() {
    let mut bench = Bench::new(Options::default(), vec![("peer", peer())]);
    let hand = bench.accept(Some(requesting(&[])));
    never(&bench.log(), "closed");
    bench.hang_up(hand);
    once(&bench.log(), "info script connection closed");
}

#[test]
fn connection_closed_is_not_written_before_connection_established() {
    let mut bench = Bench::new(Options::default(), vec![("peer", peer())]);
    let hand = bench.accept(None);
    bench.hang_up(hand);
    never(&bench.log(), "script");
}

#[test]
fn cannot_trigger_connect() {
    let mut bench = Bench::new(Options::default(), vec![("peer", peer())]);
    let now = bench.now;
    assert!(bench.node.connect_peer("nobody", now).is_err());
    assert_eq!(bench.log(), ["- - can't trigger connect"], "without level or source");
}
