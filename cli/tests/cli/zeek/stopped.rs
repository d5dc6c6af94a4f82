//! Tests that a reader that stops costs no more memory than the limit of its queue, in all
//! directions.

use std::fs;
use std::path::Path;

use brocomm::data::{Event, Value};
use brocomm_std::Node;

use super::{folder, stand_in};
use crate::operations::{metrics_of, scrape};
use crate::support::Program;

/// The length of the string in each event. A queue of 100 events takes two megabytes.
const LONG: usize = 20_000;

/// The number of events. They take more than all queues of a process together.
const EVENTS: u64 = 2_800;

/// The number of events for a server, which has a queue more.
const EVENTS_TO_SERVER: u64 = 3_600;

/// The most that a process may grow if its queues hold 100 events each.
const FEW: u64 = 10_000_000;

/// The most that a process may grow: two queues of 16 MiB each, of printed lines and of what it
/// writes, and something for the allocator.
const MOST: u64 = 44_000_000;
const _: () = assert!(EVENTS * LONG as u64 > MOST);

/// The most that a server may grow, which has a third queue of 16 MiB, for its client.
const MOST_OF_SERVER: u64 = 60_000_000;
const _: () = assert!(EVENTS_TO_SERVER * LONG as u64 > MOST_OF_SERVER);

/// Returns the peak memory of a process, in bytes.
fn peak(program: &Program) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", program.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

/// Waits until a metric reaches a value.
fn reaches(metrics: &str, name: &str, least: u64) {
    loop {
        let page = scrape(metrics);
        let line = page.lines().find_map(|line| line.strip_prefix(name));
        if line.is_some_and(|line| line.trim().parse::<u64>().unwrap() >= least) {
            return;
        }
        // Otherwise the process would do little but answer requests.
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// Starts a node that sends this number of long events to an address. It does not read them from
/// text, which takes longer than everything else.
fn send(address: &str, event: &'static str, events: u64) -> Node {
    let declaration = format!("event {event}(number: count, text: string);");
    let node = Node::builder().declare(&declaration).connect(address).start().unwrap();
    let sender = node.clone();
    std::thread::spawn(move || {
        let text = Value::string("x".repeat(LONG));
        sender.connected(None).unwrap();
        for number in 0..events {
            let args = vec![Value::Count(number), text.clone()];
            sender.raise(Event::new(event, args), None).unwrap();
        }
    });
    node
}

/// Starts a bridge with small queues. Returns it with the addresses of its metrics and for peers.
fn bridge(folder: &Path, url: &str, events: &str) -> (Program, String, String) {
    let file = folder.join("bridge.toml");
    let text = format!(
        "listen = true\nlisten_interface = '127.0.0.1'\nlisten_port = 0\n\
         declaration_files = ['shared.bro']\n\
         [outgoing]\nevents = 100\n[incoming]\nevents = 100\n\
         [nodes.any]\nhost = '127.0.0.1'\nevents = '{events}'\n\
         [[zeek]]\nurl = '{url}'\nsignatures = 'zeek-side.zeek'\nto_zeek = 'back'\nto_bro = 'back'\n\
         rename = {{ back = 'Site::back' }}\nqueue = {{ events = 100 }}\n"
    );
    fs::write(&file, text).unwrap();
    let arguments = ["bridge", file.to_str().unwrap(), "--no-log", "--log-level=info"];
    let mut bridge = Program::start([&arguments[..], &["--metrics=127.0.0.1:0"]].concat());
    let metrics = metrics_of(&mut bridge);
    let address = bridge.line_with("listening on ").replace("listening on ", "");
    bridge.ignore_output();
    bridge.error_with("connected to Zeek");
    (bridge, metrics, address)
}

/// Checks that a process grows by the sizes of its queues, not by that of the offered events.
fn assert_flat(program: &Program, before: u64, most: u64) {
    let grown = peak(program).saturating_sub(before);
    assert!(grown < most, "{grown} bytes, at most {most} are allowed");
}

#[test]
fn a_zeek_that_stops_reading_does_not_fill_the_bridge() {
    let folder = folder("zeek-stopped");
    let (_zeek, url, _) = stand_in(&folder, &["--zeek-fault=stop-after=10"]);
    let (bridge, metrics, address) = bridge(&folder, &url, "back");
    let before = peak(&bridge);
    let _sender = send(&address, "back", EVENTS);
    let name = format!("brocomm_zeek_events_total{{target=\"{url}\",what=\"offered\"}}");
    reaches(&metrics, &name, EVENTS);
    assert_flat(&bridge, before, MOST);
}

#[test]
fn a_bro_that_stops_reading_does_not_fill_the_bridge() {
    let folder = folder("zeek-stopped-bro");
    let (mut zeek, url, peer) = stand_in(&folder, &["--zeek-topic=brocomm/to-bro/{event}"]);
    zeek.ignore_output();
    let (bridge, metrics, address) = bridge(&folder, &url, "none");
    let mut bro = Program::start(["connect", &address, "--event", "back(count, string)"]);
    bro.notice_with(" handshake_done");
    bro.signal("-STOP");
    let before = peak(&bridge);
    let _sender = send(&peer, "Site::back", EVENTS);
    let name = format!("brocomm_zeek_events_total{{target=\"{url}\",what=\"received\"}}");
    // Events that the Zeek's server has dropped do not arrive.
    reaches(&metrics, &name, EVENTS / 4);
    // Its queues hold 100 events each; a quarter of all events takes more.
    const { assert!(EVENTS / 4 * LONG as u64 > FEW) };
    assert_flat(&bridge, before, FEW);
    bro.signal("-CONT");
}

#[test]
fn a_client_that_stops_reading_does_not_fill_the_server() {
    let folder = folder("zeek-stopped-client");
    let (mut zeek, url, peer) = stand_in(&folder, &["--metrics=127.0.0.1:0"]);
    let metrics = metrics_of(&mut zeek);
    zeek.ignore_output();
    let mut client = Program::start(["zeek", "listen", &url]);
    client.notice_with(" ready ");
    client.signal("-STOP");
    let before = peak(&zeek);
    let _sender = send(&peer, "Site::back", EVENTS_TO_SERVER);
    let name = "brocomm_zeek_events_total{target=\"clients\",what=\"offered\"}";
    reaches(&metrics, name, EVENTS_TO_SERVER);
    assert_flat(&zeek, before, MOST_OF_SERVER);
    client.signal("-CONT");
}
