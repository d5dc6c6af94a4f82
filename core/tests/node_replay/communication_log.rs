//! Compares the log of the node with that of the recorded Bro.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use brocomm::node::{CommLogEntry, LogLevel, LogSource};
use brocomm_conformance::Side;
use regex::Regex;

use super::player::{PLAYED, Played, party};
use crate::common::is_older;

/// Source, level and message of a line of a communication log.
type Line<'a> = (&'a str, &'a str, String);

fn recorded_lines(log: &str) -> impl Iterator<Item = Line<'_>> {
    log.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let fields: Vec<_> = line.splitn(8, '\t').collect();
        (fields[2], fields[6], fields[7].to_owned())
    })
}

fn logged_lines(log: &[CommLogEntry]) -> impl Iterator<Item = Line<'_>> {
    log.iter().map(|entry| {
        let source = match entry.source() {
            Some(LogSource::Child) => "child",
            Some(LogSource::Parent) => "parent",
            Some(LogSource::Script) => "script",
            None => "-",
        };
        let level = match entry.level() {
            Some(LogLevel::Info) => "info",
            Some(LogLevel::Error) => "error",
            None => "-",
        };
        (source, level, entry.to_string())
    })
}

/// Groups the lines of a communication log by source. Lines of different sources have no defined
/// order (part 4 §5).
fn by_source<'a>(lines: impl Iterator<Item = Line<'a>>) -> BTreeMap<String, Vec<String>> {
    let mut sources = BTreeMap::<_, Vec<_>>::new();
    // In the recordings the ports, the order of requested events, and the order in which the sides
    // started to compress are arbitrary.
    static PORT: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^(\[#1\d{4}/(?:[\d.]+|\[[\da-f:]+\]):)\d+\]").unwrap());
    for (source, level, message) in lines {
        let message = PORT.replace(&message, "${1}PORT]").into_owned();
        sources.entry(source.to_owned()).or_default().push(format!("{level} {message}"));
    }
    for lines in sources.values_mut() {
        for what in ["registered for event", "compression"] {
            let first = lines.iter().position(|line| line.contains(what));
            let last = lines.iter().rposition(|line| line.contains(what));
            if let (Some(first), Some(last)) = (first, last) {
                lines[first..=last].sort();
            }
        }
    }
    sources
}

/// Returns whether the node must log the same line as the Bro. This excludes lines about Bro's two
/// processes and about counts of reads and writes, and lines that depend on how the program exits:
/// a Bro that exits by itself logs nothing, while a node logs that it is terminating and closing.
/// A Bro that receives logs also writes the lines of its peer's log, which do not count either.
fn counts(source: &str, message: &str, side: Side, closed_by_us: bool) -> bool {
    let of_other = match side {
        Side::Connector => message.starts_with("[#10000/"),
        Side::Listener => message.starts_with("[#1/"),
    };
    let of_processes = ["communication started", "raised pipe", "CPU usage", "parent statistics"];
    let of_ending = ["terminat", "stopped listening"];
    let after_close = ["peer disconnected", "connection closed"];
    let of_processes = of_processes.iter().chain(&of_ending).any(|what| message.starts_with(what));
    let after_close = closed_by_us && after_close.iter().any(|what| message.ends_with(what));
    let by_script = closed_by_us && source == "script" && message == "connection closed";
    !(of_other || of_processes || after_close || by_script)
}

#[test]
fn a_node_logs_the_same_lines_as_the_recorded_bro() {
    let (mut compared, mut differ) = (0, Vec::new());
    for Played { session, side, replay, .. } in PLAYED.iter() {
        let (name, side) = (session.name(), *side);
        let expectation = session.expectation().unwrap();
        // The log covers both connections, and older Bros word some lines differently.
        if !expectation.further_connections.is_empty() || is_older(name) {
            continue;
        }
        // In this session both sides close at the end of their traces.
        let closed_by_us =
            session.recording().unwrap().closed_by() == Some(side) || name == "bro-bro-sync-points";
        let recorded = &party(&expectation, side).logs["communication.log"];
        let recorded =
            by_source(recorded_lines(recorded).filter(|f| counts(f.0, &f.2, side, closed_by_us)));

        let logged =
            by_source(logged_lines(&replay.log).filter(|f| counts(f.0, &f.2, side, closed_by_us)));
        for (source, recorded) in &recorded {
            let logged = logged.get(source).cloned().unwrap_or_default();
            if logged != *recorded {
                differ.push(format!("{name}, {side}, {source}:\n{logged:#?}\n{recorded:#?}"));
            }
        }
        assert_eq!(logged.len(), recorded.len(), "{name}, {side}");
        compared += logged.values().map(Vec::len).sum::<usize>();
    }
    assert!(differ.is_empty(), "{}", differ.join("\n\n"));
    assert!(compared > 1000, "{compared}");
}

/// Returns the lines about closing a connection and terminating the node, in order.
fn closing<'a>(lines: impl Iterator<Item = Line<'a>>, side: Side) -> Vec<String> {
    static PREFIX: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\[#(\d+)/[^ ]+\] ").unwrap());
    let of_other = match side {
        Side::Connector => 10_000..20_000,
        Side::Listener => 1..10_000,
    };
    let what = [
        "connection closed",
        "peer disconnected",
        "closing connection",
        "terminating...",
        "terminating",
        "parent statistics",
        "stopped listening",
    ];
    lines
        .filter_map(|(source, _, message)| {
            // The log of a Bro that receives logs also has the lines of its peer.
            let peer = PREFIX.captures(&message).map(|peer| peer[1].parse().unwrap());
            if peer.is_some_and(|peer: u32| of_other.contains(&peer)) {
                return None;
            }
            let about = if peer.is_some() { "of a peer" } else { "" };
            let message = PREFIX.replace(&message, "");
            // Drops the counts of reads and writes.
            let message = message.split(':').next().unwrap_or_default();
            what.contains(&message).then(|| format!("{source} {message} {about}"))
        })
        .collect()
}

#[test]
fn a_node_logs_its_termination_like_the_recorded_bro() {
    let (mut compared, mut of_terminated) = (0, 0);
    for Played { session, side, replay, .. } in PLAYED.iter() {
        let (name, side) = (session.name(), *side);
        let expectation = session.expectation().unwrap();
        // The log covers both connections, and older Bros word some lines differently.
        if !expectation.further_connections.is_empty() || is_older(name) {
            continue;
        }
        let recorded = &party(&expectation, side).logs["communication.log"];
        let mut recorded = closing(recorded_lines(recorded), side);
        if name == "bro-bro-sync-points" {
            // In this session both sides close at the end of their traces, and the peer was first.
            let of_other = ["script", "child", "parent peer disconnected"];
            recorded.retain(|line| !of_other.iter().any(|of_other| line.starts_with(of_other)));
        }
        let mut logged = closing(logged_lines(&replay.log), side);
        // A Bro that exits by itself does not log that, and a terminated one may exit before its
        // I/O process has logged it.
        logged.retain(|line| !line.contains("terminating") || recorded.contains(line));
        assert_eq!(logged, recorded, "{name}, {side}");
        compared += logged.len();
        of_terminated += usize::from(logged.iter().any(|line| line.contains("terminating...")));
    }
    assert!(compared > 150 && of_terminated > 5, "{compared} {of_terminated}");
}
