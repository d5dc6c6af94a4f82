//! Scenarios: nodes, connections, traffic and failures, derived from a seed.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use brocomm::data::Declarations;
use brocomm::node::{
    Backoff, Bound, Handshake, Liveness, NodeConfig, Options, Overflow, PeerConfig, Queue,
};

use super::random::Random;
use super::{MS, Nanos, SECOND, address};

/// When failures end.
pub const CHAOS: Nanos = 12 * SECOND;

/// The names of events.
pub const NAMES: [&str; 3] = ["alpha", "beta", "gamma"];

pub struct Scenario {
    pub plans: Vec<Plan>,
    /// The percentage of connections that are disturbed.
    pub faults: u64,
    /// Whether events are large, so that queues fill.
    pub heavy: bool,
    /// Whether there is at most one path between any two nodes.
    pub is_tree: bool,
    /// Whether the transport reports a lost connection as closed at once, without waiting for the
    /// request to close it.
    pub closes_at_once: bool,
    pub happenings: Vec<(Nanos, Planned)>,
}

pub struct Plan {
    pub configuration: NodeConfig,
    /// How far its clock is ahead of the true time.
    pub skew: Nanos,
    /// The interval at which the application reads notifications; `None` for immediately.
    pub period: Option<Nanos>,
    /// The number of notifications that it reads each time.
    pub batch: usize,
    /// The number of attempts to listen that fail because its address is in use.
    pub address_in_use: u32,
}

#[derive(Debug, Clone)]
pub enum Planned {
    Raise {
        node: usize,
        name: usize,
        size: usize,
    },
    /// The node crashes, and starts again later.
    Crash {
        node: usize,
        back: Nanos,
    },
    /// The node terminates in an orderly way, and starts again later.
    Restart {
        node: usize,
        back: Nanos,
    },
    Disconnect {
        node: usize,
    },
    StopListening {
        node: usize,
        back: Nanos,
    },
}

impl Scenario {
    pub fn new(random: &mut Random) -> Scenario {
        let count = random.pick(&[2, 2, 2, 3, 3, 4, 6]);
        let heavy = random.percent(25);
        let forward = random.percent(30);
        let faults = random.pick(&[0, 0, 30, 70]);
        let mut is_tree = true;
        let mut plans: Vec<Plan> = (0..count).map(|_| Plan::new(heavy, forward, random)).collect();
        let mut first = None;
        for n in 1..count {
            let parent = random.below(n);
            let (from, to) = if random.percent(70) { (n, parent) } else { (parent, n) };
            connect(&mut plans, from, to, random);
            first.get_or_insert((from, to));
        }
        if !forward && random.percent(20) {
            // A second connection between two nodes, in the opposite direction.
            is_tree = false;
            let (from, to) = first.unwrap_or((0, 1));
            connect(&mut plans, to, from, random);
        }
        let mut happenings = Vec::new();
        let raises = if heavy { random.range(8, 30) } else { random.range(2, 25) };
        for _ in 0..raises {
            let sizes: &[usize] = if heavy { &[10, 100, 9000, 20_000] } else { &[0, 10, 90, 600] };
            let planned = Planned::Raise {
                node: random.below(count),
                name: random.below(NAMES.len()),
                size: random.pick(sizes),
            };
            let at = if heavy { random.range(2, 6) * SECOND } else { random.range(0, CHAOS) };
            happenings.push((at, planned));
        }
        for node in (0..count).filter(|_| faults > 0) {
            let at = random.range(0, CHAOS);
            let back = random.range(MS, 5 * SECOND);
            match random.below(16) {
                0 => happenings.push((at, Planned::Crash { node, back })),
                1 => happenings.push((at, Planned::Restart { node, back })),
                2 => happenings.push((at, Planned::Disconnect { node })),
                3 => happenings.push((at, Planned::StopListening { node, back })),
                _ => {}
            }
        }
        let closes_at_once = random.percent(50);
        Scenario { plans, faults, heavy, is_tree, closes_at_once, happenings }
    }
}

impl Plan {
    fn new(heavy: bool, forward: bool, random: &mut Random) -> Plan {
        let overflow = |random: &mut Random| {
            random.pick(&[
                Overflow::Block,
                Overflow::Block,
                Overflow::DropNewest,
                Overflow::DropOldest,
                Overflow::Disconnect,
            ])
        };
        let bound = |random: &mut Random| {
            let bytes = if random.percent(30) { 2000 } else { 1 << 20 };
            Bound::new(random.range(1, 8) as usize, bytes)
        };
        let small = random.percent(if heavy { 80 } else { 40 });
        let queue =
            |random: &mut Random| Queue { bound: bound(random), overflow: overflow(random) };
        let defaults = Options::default();
        let options = Options {
            listen_retry: Duration::from_secs(random.range(1, 3)),
            compression_level: random.pick(&[0, 0, 0, 1, 6]),
            forward_remote_events: forward && random.percent(80),
            max_remote_events_processed: random.range(1, 10) as u32,
            handshake: random.pick(&[
                Handshake::Automatic,
                Handshake::Automatic,
                Handshake::Automatic,
                Handshake::Application,
            ]),
            outgoing: if small { queue(random) } else { defaults.outgoing },
            outgoing_total: if small && random.percent(30) {
                bound(random)
            } else {
                defaults.outgoing_total
            },
            incoming: if small { queue(random) } else { defaults.incoming },
            incoming_total: if small && random.percent(30) {
                bound(random)
            } else {
                defaults.incoming_total
            },
            retry_backoff: random.percent(20).then(|| Backoff {
                factor: 2.0,
                max: Duration::from_secs(6),
                jitter: 0.5,
            }),
            peer_description: "node".into(),
            cache_size: random.pick(&[1, 5, 3000]),
            ..defaults
        };
        let declared = if random.percent(80) { 3 } else { 2 };
        let mut declarations = Declarations::new();
        for name in &NAMES[..declared] {
            let text = format!("global {name}: event(origin: count, n: count, text: string);");
            declarations.read(&text).expect("the declaration is valid");
        }
        let slow = random.percent(35);
        Plan {
            configuration: NodeConfig {
                options,
                nodes: Vec::new(),
                declarations: Arc::new(declarations),
            },
            skew: random.range(0, 4000) * SECOND,
            period: slow.then(|| random.range(1, 900) * MS),
            batch: random.range(1, 20) as usize,
            address_in_use: if random.percent(15) { random.range(1, 3) as u32 } else { 0 },
        }
    }
}

/// Lets a node connect to another.
fn connect(plans: &mut [Plan], from: usize, to: usize, random: &mut Random) {
    let class = random.percent(20).then(|| Bytes::from_static(b"sensor"));
    let retry = random.pick(&[0, 1, 1, 2, 5]);
    let sync = random.percent(40);
    let initiator = PeerConfig {
        connect: true,
        retry: Duration::from_secs(retry),
        class: class.clone(),
        store_and_forward: (retry > 0 && random.percent(30))
            .then(|| Bound::new(random.range(1, 9) as usize, 1 << 20)),
        ..entry(to, sync, random)
    };
    plans[from].configuration.nodes.push((format!("to-{to}"), initiator));
    plans[to].configuration.options.listen = true;
    // Peers without an entry may make requests but not send events.
    if random.percent(90) {
        let class = if random.percent(90) { class } else { Some(Bytes::from_static(b"other")) };
        let both = sync && random.percent(50);
        let acceptor = PeerConfig { class, ..entry(from, both, random) };
        plans[to].configuration.nodes.push((format!("from-{from}"), acceptor));
    }
}

fn entry(other: usize, sync: bool, random: &mut Random) -> PeerConfig {
    let events = random.pick(&[".*", ".*", ".*", "alpha|gamma", "beta", ""]);
    let ping_after = Duration::from_secs(random.range(1, 3));
    PeerConfig {
        events: (!events.is_empty()).then(|| events.parse().expect("the pattern is valid")),
        accept_input: random.percent(90),
        sync,
        auth: sync && random.percent(30),
        request_logs: random.percent(10),
        compression: random.percent(20).then(|| random.range(0, 9) as u8),
        capture_filter: random.percent(10).then(Bytes::new),
        liveness: random.percent(25).then(|| Liveness { ping_after, close_after: ping_after * 2 }),
        ..PeerConfig::new(address(other))
    }
}
