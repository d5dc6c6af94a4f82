//! Tests that need a peer.

use brocomm::lowlevel::connection::ConnectionConfig;
use brocomm::lowlevel::wire::DataFormat;

use super::peer::{Peer, usual};
use super::support::Folder;

/// Runs a program against a peer. Returns what the peer received, or `None` if there is no
/// compiler.
fn run(source: &str, name: &str, config: &str, args: &[&str]) -> Option<Vec<String>> {
    run_with(&Peer::start(), source, name, config, args)
}

fn run_with(
    peer: &Peer,
    source: &str,
    name: &str,
    config: &str,
    args: &[&str],
) -> Option<Vec<String>> {
    let folder = Folder::new(name);
    folder.configure(config);
    let program = folder.compile(source)?;
    let printed = folder.run(&program, &[&[peer.address.as_str()], args].concat());
    assert!(printed.ends_with(" checks, 0 failed\n"), "{printed}");
    Some(peer.seen())
}

#[test]
fn events_of_all_types_go_both_ways() {
    let Some(seen) = run("connection", "connection", "", &[]) else { return };
    for expected in ["echo(2)", "echo(9/unknown)", "ask(0)", "late(3)"] {
        assert!(seen.iter().any(|event| event == expected), "{expected}: {seen:#?}");
    }
    assert!(!seen.iter().any(|event| event.starts_with("unrequested")), "{seen:?}");
}

/// Bros 2.1 to 2.5, and a peer that uses the library's data format (2§13).
#[test]
fn events_go_both_ways_in_the_data_format_of_the_peer() {
    for number in [22, 23, 25, 26, 0] {
        let peer = Peer::start();
        peer.configure(ConnectionConfig {
            data_format: DataFormat::from_number(number),
            ..usual()
        });
        let name = format!("connection-{number}");
        let Some(seen) = run_with(&peer, "connection", &name, "", &[]) else { return };
        for expected in ["echo(2)", "echo(9/unknown)", "ask(0)", "late(3)"] {
            assert!(seen.iter().any(|event| event == expected), "{number}, {expected}: {seen:#?}");
        }
    }
}

/// Events queued before the peer's data format is known are also sent in that format.
#[test]
fn queued_events_go_in_the_data_format_of_the_peer() {
    for number in [22, 26] {
        let peer = Peer::start();
        peer.configure(ConnectionConfig {
            data_format: DataFormat::from_number(number),
            ..usual()
        });
        let name = format!("flags-{number}");
        let Some(seen) = run_with(&peer, "robust", &name, NO_PAUSE, &["flags"]) else { return };
        assert_eq!(numbers(&seen, &["count"]), vec![1; 1001], "{number}");
    }
}

const NO_PAUSE: &str = "/broccoli/reconnect_interval 0\n";

fn robust(which: &str) -> Option<Vec<String>> {
    run("robust", which, NO_PAUSE, &[which])
}

/// Returns the numbers of the events with one of these names.
fn numbers(seen: &[String], names: &[&str]) -> Vec<u64> {
    let number = |event: &String| {
        let (name, rest) = event.split_once('(')?;
        names.contains(&name).then(|| rest.trim_end_matches(')').parse().unwrap())
    };
    seen.iter().filter_map(number).collect()
}

#[test]
fn no_event_is_lost_when_the_peer_goes_away() {
    let Some(seen) = robust("lost") else { return };
    let expected: Vec<u64> = (0..50).chain(0..50).collect();
    assert_eq!(numbers(&seen, &["count"]), expected);
}

#[test]
fn events_sent_when_the_peer_closes_its_side_arrive_once() {
    let Some(seen) = robust("half") else { return };
    let mut found = numbers(&seen, &["count", "half"]);
    found.sort_unstable();
    assert_eq!(found, (0..5000).collect::<Vec<u64>>());
}

#[test]
fn programs_that_only_receive_reconnect() {
    let Some(seen) = robust("receive") else { return };
    assert_eq!(numbers(&seen, &["echo"]), [1]);
}

#[test]
fn flags_control_events_without_a_connection() {
    let Some(seen) = robust("flags") else { return };
    assert_eq!(numbers(&seen, &["count"]), vec![1; 1001]);
}

#[test]
fn processes_share_a_connection_after_fork() {
    let Some(seen) = robust("forks") else { return };
    let mut found = numbers(&seen, &["count"]);
    found.sort_unstable();
    assert_eq!(found, (0..2001).collect::<Vec<u64>>());
}

#[test]
fn callbacks_may_jump_out() {
    robust("jump");
}

#[test]
fn callbacks_may_throw() {
    let folder = Folder::new("exception");
    folder.configure("");
    let Some(program) = folder.compile_cpp("exception") else { return };
    let peer = Peer::start();
    assert_eq!(folder.run(&program, &[&peer.address]), "10 exceptions\n");
}

#[test]
fn callbacks_may_delete_their_connection_and_handle_more_input() {
    robust("nested");
}

#[test]
fn threads_use_separate_connections() {
    let Some(seen) = robust("threads") else { return };
    assert_eq!(numbers(&seen, &["echo"]).len(), 1000);
}

#[test]
fn invalid_bytes_end_only_the_connection() {
    robust("garbage");
}

#[test]
fn pings_are_answered() {
    let Some(seen) = robust("pings") else { return };
    assert_eq!(numbers(&seen, &["ping"]), [5]);
}
