//! Times `brocomm control` over 60 nodes, one of which answers after half a second, against that
//! one alone: `cargo bench -p brocomm-cli --bench control`.

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use brocomm::data::{Declarations, Event, Value};
use brocomm::node::{NodeConfig, Notification, Options, PeerConfig};
use brocomm_std::Node;

const NODES: usize = 60;
const ROUNDS: usize = 5;
const SLOW: Duration = Duration::from_millis(500);

fn main() {
    let nodes: Vec<Node> =
        (0..NODES).map(|number| start(if number == 0 { SLOW } else { Duration::ZERO })).collect();
    let addresses: Vec<String> =
        nodes.iter().map(|node| node.listening(None).unwrap().to_string()).collect();
    let mut out = std::io::stdout().lock();
    let mut ratios: Vec<f64> = (0..ROUNDS)
        .map(|round| {
            let one = asked(&addresses[..1]);
            let all = asked(&addresses);
            let ratio = all.as_secs_f64() / one.as_secs_f64();
            writeln!(out, "round {round}: {NODES} nodes {all:.2?}, the slow one {one:.2?}")
                .unwrap();
            ratio
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    writeln!(out, "median: {:.2} times the slowest node", ratios[ROUNDS / 2]).unwrap();
    nodes.iter().for_each(|node| drop(node.terminate()));
}

/// Returns how long it takes to ask these nodes.
fn asked(nodes: &[String]) -> Duration {
    let begin = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_brocomm"))
        .arg("control")
        .args(nodes)
        .arg("netstats")
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    begin.elapsed()
}

/// Starts a node that answers after this time.
fn start(after: Duration) -> Node {
    let mut declarations = Declarations::new();
    let events =
        "event Control::net_stats_request(); event Control::net_stats_response(s: string);";
    declarations.read(events).unwrap();
    let local = [127, 0, 0, 1].into();
    let options =
        Options { listen: true, listen_interface: local, listen_port: 0, ..Options::default() };
    let entry = PeerConfig {
        class: Some("control".into()),
        events: Some("/Control::.*_request/".parse().unwrap()),
        ..PeerConfig::new(local)
    };
    let nodes = vec![("control".to_owned(), entry)];
    let node = Node::start(NodeConfig { options, nodes, declarations: declarations.into() });
    let node = node.unwrap();
    let (own, mut notifications) = (node.clone(), node.subscribe());
    thread::spawn(move || {
        while let Some(notification) = notifications.next(None) {
            if let Notification::Event { .. } = notification {
                thread::sleep(after);
                let args = vec![Value::string("1.500000 recvd=7 dropped=1 link=8\n")];
                let name = "Control::net_stats_response".into();
                let _ = own.raise(Event { name, time: 0.0, args }, None);
            }
        }
    });
    node
}
