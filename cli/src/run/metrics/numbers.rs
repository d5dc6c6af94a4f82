//! The counters of a node, per peer and in total.

use std::fmt;

use brocomm::node::Phase;
use brocomm::node::PingStatistics;
use brocomm::node::{Endpoint, NodeMachine, PeerCounters, PeerId, PeerState};
use brocomm_tokio::Node;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use super::Tally;

/// A metric: its name, help text, kind, and a function that returns the value.
type Number = (&'static str, &'static str, Kind, fn(&PeerCounters) -> u64);

/// The metrics per peer, and in total including disconnected peers. Those per peer have the prefix
/// `peer_`.
const COUNTERS: [Number; 20] = {
    use Kind::{Counter, Gauge};
    [
        ("connections", "Connections established", Counter, |c| c.connects),
        ("received_bytes", "Bytes received", Counter, |c| c.connection.input.bytes),
        ("sent_bytes", "Bytes sent", Counter, |c| c.connection.output.bytes),
        ("received_messages", "Messages received", Counter, |c| c.connection.input.messages),
        ("sent_messages", "Messages sent", Counter, |c| c.connection.output.messages),
        ("received_events", "Events received", Counter, |c| c.connection.events_received),
        ("sent_events", "Events sent", Counter, |c| c.connection.events_sent),
        ("log_entries_received", "Log entries received from peers", Counter, |c| {
            c.connection.log_entries_received
        }),
        ("received_accesses", "Operations on state received", Counter, |c| {
            c.connection.accesses_received
        }),
        ("sent_accesses", "Operations on state sent", Counter, |c| c.connection.accesses_sent),
        ("rejected_events", "Events received that match no declaration", Counter, |c| {
            c.connection.calls_rejected
        }),
        ("discarded", "Values received that were not accepted", Counter, |c| {
            c.connection.discarded
        }),
        ("not_running", "Events and operations not sent during the handshake", Counter, |c| {
            c.connection.not_running
        }),
        (
            "unwritable_events",
            "Events not sent because they are too large or too deep",
            Counter,
            |c| c.unwritable,
        ),
        (
            "outgoing_dropped",
            "Events and other messages dropped because a send queue was full",
            Counter,
            |c| c.dropped_outgoing,
        ),
        (
            "incoming_dropped",
            "Events and other messages dropped because a receive queue was full",
            Counter,
            |c| c.dropped_incoming,
        ),
        ("outgoing_waiting", "Entries in the send queues", Gauge, |c| number(c.outgoing.events)),
        ("outgoing_waiting_bytes", "Memory of the send queues", Gauge, |c| {
            number(c.outgoing.bytes)
        }),
        ("incoming_waiting", "Entries in the receive queues", Gauge, |c| number(c.incoming.events)),
        ("incoming_waiting_bytes", "Memory of the receive queues", Gauge, |c| {
            number(c.incoming.bytes)
        }),
    ]
};

/// The kind of a metric.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
}

impl Kind {
    const fn metric_type(self) -> MetricType {
        match self {
            Kind::Counter => MetricType::Counter,
            Kind::Gauge => MetricType::Gauge,
        }
    }

    fn encode(self, number: u64, encoder: MetricEncoder<'_>) -> fmt::Result {
        match self {
            Kind::Counter => ConstCounter::new(number).encode(encoder),
            Kind::Gauge => ConstGauge::new(number).encode(encoder),
        }
    }
}

fn number(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// The states of peers, as label values.
const STATES: [&str; 5] = ["connecting", "waiting", "handshake", "running", "gone"];

/// Collects the metrics of a node for each scrape.
#[derive(Debug)]
pub(super) struct Numbers {
    node: Node,
    tally: Tally,
    /// The start time of the node, in seconds since the Unix epoch.
    started: f64,
}

/// A snapshot of a peer.
struct Row {
    labels: [(&'static str, String); 3],
    state: &'static str,
    counters: PeerCounters,
    pings: PingStatistics,
    ping: Option<f64>,
}

/// A snapshot of a node.
struct Seen {
    listening: bool,
    total: PeerCounters,
    rows: Vec<Row>,
}

impl Numbers {
    pub(super) fn new(node: Node, tally: Tally) -> Numbers {
        let started = node.now().as_secs_f64();
        Numbers { node, tally, started }
    }

    fn look(&self) -> Seen {
        self.node.with(|node, _| Seen {
            listening: node.is_listening(),
            total: node.total_counters(),
            rows: node.peers().map(|peer| self.row(node, peer.id, &peer.endpoint)).collect(),
        })
    }

    fn row(&self, node: &NodeMachine, id: PeerId, endpoint: &Endpoint) -> Row {
        let Endpoint { host, zone, .. } = endpoint;
        let host = match zone {
            Some(zone) => format!("{host}%{zone}"),
            None => host.to_string(),
        };
        Row {
            labels: [
                ("peer", id.to_string()),
                ("node", node.node_of(id).unwrap_or_default().to_owned()),
                ("host", host),
            ],
            state: node.peer_state(id).map_or("gone", |state| word(&state)),
            counters: node.counters(id).unwrap_or_default(),
            pings: node.ping_statistics(id).unwrap_or_default(),
            ping: self.tally.ping(id),
        }
    }
}

fn word(state: &PeerState) -> &'static str {
    match state {
        PeerState::Connecting => "connecting",
        PeerState::Waiting { .. } => "waiting",
        PeerState::Connected(Phase::Running) => "running",
        PeerState::Connected(_) => "handshake",
        PeerState::Gone => "gone",
    }
}

impl Collector for Numbers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Seen { listening, total, rows } = self.look();
        let gauge = MetricType::Gauge;
        let help = "When the node started, in seconds since 1970.";
        ConstGauge::new(self.started).encode(encoder.encode_descriptor(
            "start_time_seconds",
            help,
            None,
            gauge,
        )?)?;
        let help = "Whether the node listens for peers: 1 or 0.";
        ConstGauge::new(u64::from(listening)).encode(encoder.encode_descriptor(
            "listening",
            help,
            None,
            gauge,
        )?)?;
        let help = "How many peers are in each state.";
        let mut peers = encoder.encode_descriptor("peers", help, None, gauge)?;
        for state in STATES {
            let count = rows.iter().filter(|row| row.state == state).count();
            ConstGauge::new(number(count)).encode(peers.encode_family(&[("state", state)])?)?;
        }
        for (name, help, kind, of) in COUNTERS {
            let help = format!("{help}.");
            let one = encoder.encode_descriptor(name, &help, None, kind.metric_type())?;
            kind.encode(of(&total), one)?;
        }

        let mut each = |name: &str, help: &str, kind: Kind, of: &dyn Fn(&Row) -> u64| {
            let (name, help) = (format!("peer_{name}"), format!("{help}."));
            let mut all = encoder.encode_descriptor(&name, &help, None, kind.metric_type())?;
            rows.iter().try_for_each(|row| kind.encode(of(row), all.encode_family(&row.labels)?))
        };
        let is_up = |row: &Row| u64::from(row.state == "running");
        each("up", "Whether the connection is in phase running: 1 or 0", Kind::Gauge, &is_up)?;
        for (name, help, kind, of) in COUNTERS {
            each(name, help, kind, &|row| of(&row.counters))?;
        }
        each("pings_sent", "PINGs sent", Kind::Counter, &|row| row.pings.sent)?;
        each("pings_answered", "PINGs answered", Kind::Counter, &|row| row.pings.answered)?;
        let name = "peer_ping_seconds";
        let help = "The round-trip time of the latest answered PING.";
        let mut all = encoder.encode_descriptor(name, help, None, gauge)?;
        for row in &rows {
            if let Some(seconds) = row.ping {
                ConstGauge::new(seconds).encode(all.encode_family(&row.labels)?)?;
            }
        }
        Ok(())
    }
}
