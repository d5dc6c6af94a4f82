//! The cost of events over loopback, compared with the same bytes over plain sockets in the same
//! run.
//!
//! The including file provides a module `runtime` that implements waiting. Compare only ratios
//! between runs, and CPU time rather than wall time if other programs are running.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::ops::Add;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brocomm::Time;
use brocomm::data::{Declarations, Event, Value};
use brocomm::lowlevel::connection::{Connection, ConnectionConfig, Requests};
use brocomm::node::{NodeConfig, Notification, Options, PeerConfig};
use brocomm::node::{Role, Undeclared};

use crate::runtime::{self, Node, Notifications, Stream};

/// The number of rounds, in each of which everything of a row is measured. The medians count.
const ROUNDS: usize = 5;

/// The block size of the plain sockets.
const BLOCK: usize = 64 << 10;

/// The number of events whose arguments a receiver keeps: the object cache has 3,000 objects, and
/// each event has two arguments.
const KEPT: usize = 1500;

/// Wall time and CPU time of all processors.
#[derive(Debug, Clone, Copy)]
struct Cost {
    wall: Duration,
    cpu: Duration,
}

impl Add for Cost {
    type Output = Cost;

    fn add(self, other: Cost) -> Cost {
        Cost { wall: self.wall + other.wall, cpu: self.cpu + other.cpu }
    }
}

fn median<const N: usize>(rounds: &[[Cost; N]], of: impl Fn(&[Cost; N]) -> f64) -> f64 {
    let mut all: Vec<f64> = rounds.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// Returns the median of the ratios of one cost to another.
fn ratio<const N: usize>(
    rounds: &[[Cost; N]],
    costs: impl Fn(&[Cost; N]) -> (Cost, Cost),
) -> String {
    let of = |part: fn(Cost) -> Duration| {
        median(rounds, |round| {
            let (one, other) = costs(round);
            part(one).as_secs_f64() / part(other).as_secs_f64().max(1e-9)
        })
    };
    format!("{:.2} (CPU {:.2})", of(|cost| cost.wall), of(|cost| cost.cpu))
}

/// Returns the CPU time of this process, in steps of 10 ms. Linux only.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let times = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    let ticks: u64 = times.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

async fn measure<T>(what: impl Future<Output = T>) -> (T, Cost) {
    let (start, before) = (Instant::now(), cpu());
    let result = what.await;
    (result, Cost { wall: start.elapsed(), cpu: cpu() - before })
}

/// Returns the string of events, which all of them share.
fn text(size: usize) -> Value {
    Value::string(vec![b'x'; size])
}

fn event(name: &str, n: u64, text: &Value) -> Event {
    Event::new(name, vec![Value::Count(n), text.clone()])
}

async fn start(options: Options, nodes: Vec<PeerConfig>) -> (Node, Notifications) {
    let mut declarations = Declarations::new();
    let text = "global ping: event(n: count, s: string); global pong: event(n: count, s: string);";
    declarations.read(text).unwrap();
    let nodes = nodes.into_iter().enumerate().map(|(n, node)| (format!("node{n}"), node)).collect();
    let declarations = Arc::new(declarations);
    let handle = runtime::start(NodeConfig { options, nodes, declarations });
    let notifications = handle.subscribe();
    (handle, notifications)
}

/// Returns two nodes with `connections` connections between them. The first receives pings, the
/// second pongs.
async fn pair(connections: usize) -> [(Node, Notifications); 2] {
    let here = Ipv4Addr::LOCALHOST.into();
    let wants = |events: &str| PeerConfig {
        events: Some(events.parse().unwrap()),
        ..PeerConfig::new(here)
    };
    let options =
        Options { listen: true, listen_interface: here, listen_port: 0, ..Options::default() };
    let (one, mut notifications) = start(options, vec![wants("ping")]).await;
    let port = loop {
        if let Notification::Listening(endpoint) = runtime::next(&mut notifications).await {
            break endpoint.port;
        }
    };
    let node = PeerConfig { connect: true, p: Some(port), ..wants("pong") };
    let (other, mut other_notifications) = start(Options::default(), vec![node; connections]).await;
    for notifications in [&mut notifications, &mut other_notifications] {
        let mut running = 0;
        while running < connections {
            let notification = runtime::next(notifications).await;
            running +=
                usize::from(matches!(notification, Notification::ConnectionHandshakeDone(_)));
        }
    }
    [(one, notifications), (other, other_notifications)]
}

async fn take(notifications: &mut Notifications, count: u64) {
    let mut taken = 0;
    while taken < count {
        taken +=
            u64::from(matches!(runtime::next(notifications).await, Notification::Event { .. }));
    }
}

fn sent(node: &Node) -> u64 {
    node.with(|node, _| {
        let counters = node.peers().filter_map(|peer| node.counters(peer.id));
        counters.map(|counters| counters.connection.output.bytes).sum()
    })
}

/// Sends events over all connections of a node. Returns the number of bytes.
async fn batch(connections: usize, raised: u64, size: usize) -> (u64, Cost) {
    let [(_here, mut notifications), (there, their_notifications)] = pair(connections).await;
    drop(their_notifications);
    let before = sent(&there);
    let (there, cost) = measure(async {
        let raising = runtime::spawn(async move {
            let text = text(size);
            for n in 0..raised {
                runtime::raise(&there, event("ping", n, &text)).await;
            }
            there
        });
        let taking = runtime::spawn(async move {
            take(&mut notifications, raised * connections as u64).await;
            notifications
        });
        taking.await;
        raising.await
    })
    .await;
    (sent(&there) - before, cost)
}

/// Sends bytes over plain connections. Each receiver keeps the last `kept` bytes in blocks of their
/// own.
async fn raw_batch(connections: usize, bytes: u64, kept: usize) -> Cost {
    let share = bytes / connections as u64;
    let mut pairs: Vec<(Stream, Stream)> = Vec::new();
    for _ in 0..connections {
        pairs.push(runtime::pair().await);
    }
    let move_all = async {
        let (mut writing, mut reading) = (Vec::new(), Vec::new());
        for (mut from, mut to) in pairs {
            writing.push(runtime::spawn(async move {
                let block = vec![b'x'; BLOCK];
                let mut left = share as usize;
                while left > 0 {
                    let part = left.min(BLOCK);
                    runtime::write_all(&mut from, &block[..part]).await;
                    left -= part;
                }
            }));
            reading.push(runtime::spawn(async move {
                let mut block = vec![0; BLOCK];
                let (mut left, mut held, mut blocks) = (share as usize, 0, VecDeque::new());
                while left > 0 {
                    let came = runtime::read(&mut to, &mut block).await;
                    left -= came;
                    if kept > 0 {
                        held += came;
                        blocks.push_back(block[..came].to_vec());
                    }
                    while held > kept {
                        held -= blocks.pop_front().map_or(held, |block| block.len());
                    }
                }
                blocks
            }));
        }
        for task in writing {
            task.await;
        }
        let mut blocks = Vec::new();
        for task in reading {
            blocks.push(task.await);
        }
        blocks
    };
    // Like the nodes, the blocks are freed later.
    let (_blocks, cost) = measure(move_all).await;
    cost
}

/// Sends events between two connections of the core without sockets.
async fn core_alone(count: u64, size: usize) -> Cost {
    let config = || {
        let events = vec!["ping".into()];
        let requests = Requests { events, ..Requests::default() };
        let undeclared = Undeclared::Deliver;
        ConnectionConfig { requests, undeclared, ..ConnectionConfig::default() }
    };
    let now = Time::from_secs_f64(1.0);
    let mut one = Connection::new(config(), Role::Initiator, now);
    let mut other = Connection::new(config(), Role::Acceptor, now);
    let exchange = |from: &mut Connection, to: &mut Connection| {
        let mut events = 0;
        while !from.poll_transmit().is_empty() {
            let bytes = from.poll_transmit();
            let part = bytes.len().min(BLOCK);
            to.feed_bytes(&bytes[..part], now);
            from.advance(part, now);
            while let Some(notification) = to.poll_notification() {
                events += u64::from(matches!(
                    notification,
                    brocomm::lowlevel::connection::ConnectionNotification::Event(_)
                ));
            }
        }
        events
    };
    while exchange(&mut one, &mut other) + exchange(&mut other, &mut one) > 0
        || !one.poll_transmit().is_empty()
        || one.phase() != brocomm::node::Phase::Running
    {}
    let send_all = async {
        let (mut got, text) = (0, text(size));
        for n in 0..count {
            let _ = one.send_event(&event("ping", n, &text)).unwrap();
            if n % 10 == 9 {
                got += exchange(&mut one, &mut other);
            }
        }
        got += exchange(&mut one, &mut other);
        assert_eq!(got, count);
    };
    measure(send_all).await.1
}

/// Sends an event back and forth.
async fn ping_pong(rounds: u64) -> Cost {
    let [(here, mut notifications), (there, mut their_notifications)] = pair(1).await;
    let (pong, ping) = (text(10), text(10));
    let (answering, asking) = (
        runtime::spawn(async move {
            for n in 0..rounds {
                take(&mut notifications, 1).await;
                runtime::raise(&here, event("pong", n, &pong)).await;
            }
            // The event must be sent before the node is dropped.
            take(&mut notifications, 1).await;
        }),
        runtime::spawn(async move {
            let rounds = async {
                for n in 0..rounds {
                    runtime::raise(&there, event("ping", n, &ping)).await;
                    take(&mut their_notifications, 1).await;
                }
            };
            let ((), cost) = measure(rounds).await;
            runtime::raise(&there, event("ping", 0, &ping)).await;
            runtime::flush(&there).await;
            cost
        }),
    );
    let cost = asking.await;
    answering.await;
    cost
}

/// Sends plain bytes back and forth.
async fn raw_ping_pong(rounds: u64, size: usize) -> Cost {
    async fn exactly(stream: &mut Stream, buffer: &mut [u8]) {
        let mut at = 0;
        while at < buffer.len() {
            at += runtime::read(stream, &mut buffer[at..]).await;
        }
    }
    let (mut one, mut other) = runtime::pair().await;
    let exchange = async {
        let answering = runtime::spawn(async move {
            let mut buffer = vec![0; size];
            for _ in 0..rounds {
                exactly(&mut other, &mut buffer).await;
                runtime::write_all(&mut other, &buffer).await;
            }
        });
        let asking = runtime::spawn(async move {
            let mut buffer = vec![0; size];
            for _ in 0..rounds {
                runtime::write_all(&mut one, &buffer).await;
                exactly(&mut one, &mut buffer).await;
            }
        });
        asking.await;
        answering.await;
    };
    measure(exchange).await.1
}

/// Measures everything, or the cases that match the program's argument, and prints the results.
pub(crate) async fn run(name: &str) {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    // With --alone=N, sends N times as many events once, and nothing else, to count system calls.
    let alone: Option<u64> =
        std::env::args().find_map(|argument| argument.strip_prefix("--alone=")?.parse().ok());
    let is_wanted = |case: &str| {
        wanted.as_ref().is_none_or(|wanted| format!("{name}: {case}").contains(wanted))
    };
    println!("{name}: ratios to a plain copy of the same bytes");
    for (row, connections, raised, size) in [
        ("200 connections, 10-byte events", 200, 1000, 10),
        ("one busy peer, 10-byte events", 1, 200_000, 10),
        ("one peer, 16 KiB events", 1, 20_000, 16 << 10),
        ("200 connections, 16 KiB events", 200, 100, 16 << 10),
    ] {
        if !is_wanted(row) {
            continue;
        }
        if let Some(times) = alone {
            batch(connections, raised * times, size).await;
            continue;
        }
        let events = (raised * connections as u64) as f64;
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let (bytes, ours) = batch(connections, raised, size).await;
            let raw = raw_batch(connections, bytes, 0).await;
            let kept = raw_batch(connections, bytes, KEPT * size).await;
            rounds.push([ours, raw, core_alone(events as u64, size).await, kept]);
        }
        println!(
            "{row}: {} of raw, {} of raw and the core alone, {} of raw with the bytes kept; \
             {:.0} events/s, {:.2} us CPU each",
            ratio(&rounds, |[ours, raw, ..]| (*ours, *raw)),
            ratio(&rounds, |[ours, raw, core, _]| (*ours, *raw + *core)),
            ratio(&rounds, |[ours, .., kept]| (*ours, *kept)),
            median(&rounds, |[ours, ..]| events / ours.wall.as_secs_f64()),
            median(&rounds, |[ours, ..]| ours.cpu.as_secs_f64() * 1e6 / events),
        );
    }
    if alone.is_some() || !is_wanted("round trip") {
        return;
    }
    const TIMES: u64 = 10_000;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push([ping_pong(TIMES).await, raw_ping_pong(TIMES, 60).await]);
    }
    println!(
        "round trip: {} of raw; {:.1} us",
        ratio(&rounds, |[ours, raw]| (*ours, *raw)),
        median(&rounds, |[ours, _]| ours.wall.as_secs_f64() * 1e6 / TIMES as f64),
    );
}
