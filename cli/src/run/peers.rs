//! The table of peers of a running node.

use std::fmt::Write;

use brocomm::Time;
use brocomm::node::Phase;
use brocomm::node::{NodeMachine, PeerCounters, PeerState};

use crate::snapshot::Counters;

/// Returns a table of the peers, one line each.
pub(super) fn table(node: &NodeMachine, now: Time) -> String {
    let mut rows = vec![
        ["peer", "address", "node", "state", "events in/out", "bytes in/out", "waiting", "dropped"]
            .map(str::to_owned),
    ];
    let mut errors = String::new();
    for peer in node.peers() {
        let counters = node.counters(peer.id).unwrap_or_default();
        let PeerCounters { connection, outgoing, incoming, .. } = counters;
        rows.push([
            format!("#{} {}", peer.id, peer.descr),
            peer.endpoint.to_string(),
            node.node_of(peer.id).unwrap_or("-").to_owned(),
            node.peer_state(peer.id).map_or_else(String::new, |state| state_in_words(&state, now)),
            format!("{}/{}", connection.events_received, connection.events_sent),
            format!("{}/{}", connection.input.bytes, connection.output.bytes),
            format!("{}/{}", incoming.events, outgoing.events),
            format!("{}/{}", counters.dropped_incoming, counters.dropped_outgoing),
        ]);
        if let Some(error) = node.last_error(peer.id) {
            // Writing to a string never fails.
            let _ = writeln!(errors, "#{}: last error: {error}", peer.id);
        }
    }
    let mut text = String::new();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..8).map(|column| width(column).unwrap_or_default()).collect();
    for row in &rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    text + &errors
}

/// The numbers of peers, and the counters of all peers, including those that are gone.
pub(super) struct Totals {
    pub(super) running: usize,
    pub(super) all: usize,
    pub(super) counters: Counters,
}

impl Totals {
    pub(super) fn of(node: &NodeMachine) -> Totals {
        let is_running = |id| node.peer_state(id) == Some(PeerState::Connected(Phase::Running));
        Totals {
            running: node.peers().filter(|peer| is_running(peer.id)).count(),
            all: node.peers().count(),
            counters: Counters::of(&node.total_counters()),
        }
    }
}

/// Returns the numbers of peers and events on one line.
pub(super) fn summary(node: &NodeMachine) -> String {
    let Totals { running, all, counters } = Totals::of(node);
    let Counters { events_in, events_out, queued_out, .. } = counters;
    format!(
        "{running} of {all} peers running, events in {events_in}, out {events_out}, waiting \
         {queued_out}"
    )
}

fn state_in_words(state: &PeerState, now: Time) -> String {
    match state {
        PeerState::Connecting => "connecting".to_owned(),
        PeerState::Waiting { until } => {
            format!("retry in {} s", until.saturating_since(now).as_secs())
        }
        PeerState::Connected(phase) => phase.to_string().to_lowercase(),
        PeerState::Gone => "not connected".to_owned(),
    }
}
